//! Whose turn it is to compile: round-robin over tenants, one compilation of each tenant at a time.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use parking_lot::Mutex;
use signalsync_core::TenantId;
use tokio::sync::oneshot;

/// The queue before the compile workers. However many components one tenant has waiting, another one waits for at
/// most one of them per worker.
#[derive(Debug)]
pub(crate) struct Queue(Mutex<State>);

#[derive(Debug)]
struct State {
    idle_workers: usize,
    lanes: HashMap<TenantId, Lane>,
    /// Tenants that wait and have nothing running; the next one is first.
    ring: VecDeque<TenantId>,
}

#[derive(Debug, Default)]
struct Lane {
    running: bool,
    waiting: VecDeque<oneshot::Sender<Turn>>,
}

/// As many of the tenant's components wait as may wait.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Busy {
    /// How many are before the one that was turned away.
    pub(crate) before: usize,
}

/// A place in the queue. Dropping it leaves the queue.
#[derive(Debug)]
pub(crate) struct Ticket(oneshot::Receiver<Turn>);

impl Ticket {
    /// Waits until it is the tenant's turn. None when the queue is gone.
    pub(crate) async fn turn(self) -> Option<Turn> {
        self.0.await.ok()
    }
}

/// The right to run one compilation, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    queue: Arc<Queue>,
    tenant: TenantId,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.queue.end(self.tenant);
    }
}

impl Queue {
    /// A queue before so many workers.
    pub(crate) fn new(workers: usize) -> Arc<Self> {
        let state = State { idle_workers: workers.max(1), lanes: HashMap::new(), ring: VecDeque::new() };
        Arc::new(Self(Mutex::new(state)))
    }

    /// Joins the tenant's lane, in which one compilation runs and `waiting_max` may wait.
    ///
    /// # Errors
    /// The lane is full.
    pub(crate) fn enter(self: &Arc<Self>, tenant: TenantId, waiting_max: u32) -> Result<Ticket, Busy> {
        let ticket = self.0.lock().enter(tenant, waiting_max as usize)?;
        self.dispatch();
        Ok(ticket)
    }

    fn end(self: &Arc<Self>, tenant: TenantId) {
        self.0.lock().end(tenant);
        self.dispatch();
    }

    /// Gives turns while there are workers. A turn that its owner no longer wants comes back by being dropped,
    /// which must happen outside of the lock.
    fn dispatch(self: &Arc<Self>) {
        loop {
            let next = self.0.lock().next();
            let Some((tenant, owner)) = next else { return };
            let _ = owner.send(Turn { queue: Arc::clone(self), tenant });
        }
    }
}

impl State {
    fn enter(&mut self, tenant: TenantId, waiting_max: usize) -> Result<Ticket, Busy> {
        let lane = self.lanes.entry(tenant).or_default();
        lane.waiting.retain(|owner| !owner.is_closed());
        let before = lane.waiting.len() + usize::from(lane.running);
        if before > waiting_max {
            return Err(Busy { before });
        }
        let (owner, ticket) = oneshot::channel();
        lane.waiting.push_back(owner);
        if !lane.running && !self.ring.contains(&tenant) {
            self.ring.push_back(tenant);
        }
        Ok(Ticket(ticket))
    }

    fn next(&mut self) -> Option<(TenantId, oneshot::Sender<Turn>)> {
        while self.idle_workers > 0 {
            let tenant = self.ring.pop_front()?;
            let Some(lane) = self.lanes.get_mut(&tenant) else { continue };
            lane.waiting.retain(|owner| !owner.is_closed());
            match lane.waiting.pop_front() {
                Some(owner) => {
                    lane.running = true;
                    self.idle_workers -= 1;
                    return Some((tenant, owner));
                }
                None => _ = self.lanes.remove(&tenant),
            }
        }
        None
    }

    fn end(&mut self, tenant: TenantId) {
        self.idle_workers += 1;
        let Some(lane) = self.lanes.get_mut(&tenant) else { return };
        lane.running = false;
        if lane.waiting.is_empty() {
            self.lanes.remove(&tenant);
        } else {
            self.ring.push_back(tenant);
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn granted(ticket: &mut Ticket) -> Option<Turn> {
        ticket.0.try_recv().ok()
    }

    #[test]
    fn a_full_lane_does_not_delay_another_tenant() {
        let queue = Queue::new(1);
        let (busy, other) = (TenantId::new(), TenantId::new());
        let mut first = queue.enter(busy, 3).unwrap();
        let mut waiting: Vec<Ticket> = (0..3).map(|_| queue.enter(busy, 3).unwrap()).collect();
        assert_eq!(queue.enter(busy, 3).unwrap_err(), Busy { before: 4 });

        let mut others = queue.enter(other, 3).unwrap();
        assert!(granted(&mut others).is_none(), "the only worker is taken");
        drop(granted(&mut first).unwrap());
        let turn = granted(&mut others).expect("the other tenant is next, before three of the busy one");
        assert!(granted(&mut waiting[0]).is_none());
        drop(turn);
        assert!(granted(&mut waiting[0]).is_some());
    }

    #[test]
    fn one_tenant_never_has_two_workers() {
        let queue = Queue::new(2);
        let tenant = TenantId::new();
        let (mut first, mut second) = (queue.enter(tenant, 3).unwrap(), queue.enter(tenant, 3).unwrap());
        let turn = granted(&mut first).unwrap();
        assert!(granted(&mut second).is_none());
        drop(turn);
        assert!(granted(&mut second).is_some());
    }

    #[test]
    fn turns_go_round_and_those_who_left_are_passed_over() {
        let queue = Queue::new(1);
        let tenants: Vec<TenantId> = (0..4).map(|_| TenantId::new()).collect();
        let mut held = queue.enter(TenantId::new(), 0).unwrap();
        let mut tickets: Vec<Ticket> = (0..8).map(|n| queue.enter(tenants[n % 4], 3).unwrap()).collect();
        drop(tickets.remove(1)); // the second tenant's first
        drop(granted(&mut held).unwrap());
        let mut order = Vec::new();
        while !tickets.is_empty() {
            let at = tickets.iter_mut().position(|ticket| {
                let turn = granted(ticket);
                let was = turn.is_some();
                order.extend(turn.as_ref().map(|turn| turn.tenant));
                was
            });
            tickets.remove(at.unwrap());
        }
        let [a, b, c, d] = tenants[..] else { panic!("four tenants") };
        assert_eq!(order, [a, b, c, d, a, c, d]);
        assert_eq!(queue.0.lock().idle_workers, 1);
        assert!(queue.0.lock().lanes.is_empty() && queue.0.lock().ring.is_empty());
    }

    #[test]
    fn an_empty_allowance_still_lets_one_run() {
        let queue = Queue::new(1);
        let tenant = TenantId::new();
        let ticket = queue.enter(tenant, 0).unwrap();
        assert_eq!(queue.enter(tenant, 0).unwrap_err(), Busy { before: 1 });
        drop(ticket);
        let mut again = queue.enter(tenant, 0).unwrap();
        assert!(granted(&mut again).is_some());
    }
}
