//! Whose turn it is: places for pieces of work, given to tenants in turn.

use std::collections::{HashMap, HashSet, VecDeque};

use signalsync_core::TenantId;

/// Tenants that wait for their turn. The others stay noted as due.
pub(crate) const READY_MAX: usize = 1_000;

/// A tenant may claim so many pieces of work now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) tenant: TenantId,
    pub(crate) places: usize,
}

/// Which tenants wait for their turn, and who has how many places.
#[derive(Debug)]
pub(crate) struct Board {
    free: usize,
    per_tenant: usize,
    ready: VecDeque<TenantId>,
    /// Those in `ready`.
    queued: HashSet<TenantId>,
    /// Places that each tenant has.
    taken: HashMap<TenantId, usize>,
    /// Tenants that claim right now: one claim at a time, or they would only stand in each other's way.
    claiming: HashSet<TenantId>,
}

impl Board {
    pub(crate) fn new(places: usize, per_tenant: usize) -> Self {
        Self {
            free: places.max(1),
            per_tenant: per_tenant.max(1),
            ready: VecDeque::new(),
            queued: HashSet::new(),
            taken: HashMap::new(),
            claiming: HashSet::new(),
        }
    }

    /// How many tenants more may wait.
    pub(crate) fn room(&self) -> usize {
        READY_MAX.saturating_sub(self.ready.len())
    }

    /// The tenant waits for its turn, behind those who wait already.
    pub(crate) fn add(&mut self, tenant: TenantId) {
        if self.queued.insert(tenant) {
            self.ready.push_back(tenant);
        }
    }

    /// The next turn, if somebody waits who may have one. Places are shared evenly among those who wait.
    pub(crate) fn next(&mut self) -> Option<Turn> {
        let share = self.free.div_ceil(self.ready.len().max(1));
        for _ in 0..self.ready.len() {
            let tenant = self.ready.pop_front()?;
            let taken = self.taken.get(&tenant).copied().unwrap_or(0);
            let places = share.min(self.free).min(self.per_tenant.saturating_sub(taken));
            if places > 0 && self.claiming.insert(tenant) {
                self.queued.remove(&tenant);
                self.free -= places;
                *self.taken.entry(tenant).or_default() += places;
                return Some(Turn { tenant, places });
            }
            self.ready.push_back(tenant);
        }
        None
    }

    /// The tenant has claimed what it could; places that it does not need come back.
    pub(crate) fn claimed(&mut self, turn: Turn, unused: usize) {
        self.claiming.remove(&turn.tenant);
        self.release(turn.tenant, unused);
    }

    /// A piece of work is at its end. True when the tenant has no place any more.
    pub(crate) fn ended(&mut self, tenant: TenantId) -> bool {
        self.release(tenant, 1);
        !self.taken.contains_key(&tenant) && !self.claiming.contains(&tenant)
    }

    fn release(&mut self, tenant: TenantId, places: usize) {
        self.free += places;
        if let Some(taken) = self.taken.get_mut(&tenant) {
            *taken = taken.saturating_sub(places);
            if *taken == 0 {
                self.taken.remove(&tenant);
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn tenants_have_turns_one_after_the_other() {
        let (mut board, a, b) = (Board::new(8, 4), TenantId::new(), TenantId::new());
        board.add(a);
        assert_eq!(board.next(), Some(Turn { tenant: a, places: 4 }), "no tenant has more than its places");
        board.add(a);
        board.add(b);
        let turn = board.next().unwrap();
        assert_eq!(
            (turn.tenant, turn.places),
            (b, 2),
            "those who wait share what is free, also with those at their limit"
        );
        assert_eq!(board.next(), None, "one claim at a time");
        board.claimed(Turn { tenant: a, places: 4 }, 1);
        assert_eq!(board.next(), Some(Turn { tenant: a, places: 1 }));
    }

    #[test]
    fn a_tenant_with_much_to_do_leaves_places_to_others() {
        let (mut board, busy) = (Board::new(2, 2), TenantId::new());
        let others: Vec<_> = (0..3).map(|_| TenantId::new()).collect();
        board.add(busy);
        let turn = board.next().unwrap();
        board.claimed(turn, 0);
        others.iter().for_each(|other| board.add(*other));
        board.add(busy);
        let mut order = Vec::new();
        for _ in 0..4 {
            board.ended(*order.last().unwrap_or(&busy));
            let turn = board.next().unwrap();
            board.claimed(turn, turn.places - 1);
            order.push(turn.tenant);
        }
        assert_eq!(order, [others[0], others[1], others[2], busy]);
    }

    #[test]
    fn places_come_back() {
        let (mut board, tenant) = (Board::new(3, 3), TenantId::new());
        for _ in 0..5 {
            board.add(tenant);
            let turn = board.next().unwrap();
            assert_eq!(turn.places, 3);
            board.claimed(turn, 1);
            assert!(!board.ended(tenant));
            assert!(board.ended(tenant));
        }
    }
}
