//! Who is due when: what the stores tell those who do work that waits.
//!
//! Rows of [`Table::WorkDue`] are named by the time at which somebody has to look at them. Whenever a commit has written
//! such rows, the earliest of them is noted here for its tenant; whoever does the work asks for the tenants that are
//! due. Nothing of it is durable, because all of it can be read again from the stores.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Display;

use parking_lot::Mutex;
use signalsync_core::{TenantId, Timestamp};
use tokio::sync::Notify;

use crate::commit::{Commit, Write};
use crate::key::{Key, Table, behind, prefix};

/// Tenants that are noted at the same time, about 100 bytes each. Of those beyond, it is only noted that there are some.
const TENANTS_MAX: usize = 500_000;

/// Digits of a time in a name: enough for as long as a [`Timestamp`] can say.
const DIGITS: usize = 20;

/// A name of `id` among others that are in the order of time.
pub fn due_name(at: Timestamp, id: impl Display) -> String {
    format!("{:0DIGITS$}/{id}", at.0)
}

/// The row that makes `id` looked at when it is `at`.
pub fn due_key(at: Timestamp, id: &str) -> Key {
    Key::new(Table::WorkDue, &[&due_name(at, id)])
}

/// What such a name says: when, and who.
pub fn parse_due(name: &str) -> Option<(Timestamp, &str)> {
    let (time, id) = name.split_once('/')?;
    Some((Timestamp(time.parse().ok().filter(|_| time.len() == DIGITS)?), id))
}

/// The earliest time in the rows that a commit writes.
pub(crate) fn earliest(commit: &Commit) -> Option<Timestamp> {
    let table = prefix(Table::WorkDue, &[]);
    let end = Key::from_bytes(behind(table.clone())?);
    let rows = commit.writes.range(Key::from_bytes(table.clone())..end);
    let written = rows.filter(|(_, write)| matches!(write, Write::Put(_))).map(|(key, _)| key.as_bytes());
    written.filter_map(|key| parse_due(std::str::from_utf8(&key[table.len()..]).ok()?)).map(|(at, _)| at).next()
}

/// When each tenant has to be looked at next.
#[derive(Debug, Default)]
pub struct Due {
    noted: Mutex<Noted>,
    earlier: Notify,
}

#[derive(Debug, Default)]
struct Noted {
    /// When, and the number of its last note.
    tenants: HashMap<TenantId, (Timestamp, u64)>,
    order: BTreeSet<(Timestamp, TenantId)>,
    notes: u64,
    overflowed: bool,
}

impl Noted {
    fn place(&mut self, tenant: TenantId, at: Timestamp, note: u64) {
        self.remove(tenant);
        self.tenants.insert(tenant, (at, note));
        self.order.insert((at, tenant));
    }

    fn remove(&mut self, tenant: TenantId) {
        if let Some((at, _)) = self.tenants.remove(&tenant) {
            self.order.remove(&(at, tenant));
        }
    }

    fn next(&self) -> Option<Timestamp> {
        self.order.first().map(|(at, _)| *at)
    }
}

impl Due {
    /// Notes that the tenant has to be looked at when it is `at`, or earlier if that was noted before.
    pub fn note(&self, tenant: TenantId, at: Timestamp) {
        let mut noted = self.noted.lock();
        noted.notes += 1;
        let (note, first) = (noted.notes, noted.next());
        match noted.tenants.get(&tenant) {
            None if noted.tenants.len() >= TENANTS_MAX => noted.overflowed = true,
            before => {
                let at = before.map_or(at, |(before, _)| at.min(*before));
                noted.place(tenant, at, note);
            }
        }
        if noted.overflowed || noted.next() != first {
            self.earlier.notify_one();
        }
    }

    /// Tenants that are due, those that wait longest first. They are noted no more.
    pub fn take(&self, now: Timestamp, limit: usize) -> Vec<TenantId> {
        let mut noted = self.noted.lock();
        let due = noted.order.iter().take_while(|(at, _)| *at <= now).take(limit);
        let due: Vec<_> = due.map(|(_, tenant)| *tenant).collect();
        due.iter().for_each(|tenant| noted.remove(*tenant));
        due
    }

    /// When the next tenant is due.
    pub fn next(&self) -> Option<Timestamp> {
        self.noted.lock().next()
    }

    /// Ends when somebody is due earlier than all were before. For one who waits.
    pub async fn earlier(&self) {
        self.earlier.notified().await;
    }

    /// Stands for all notes until now, for [`settle`](Self::settle).
    pub fn notes(&self) -> u64 {
        self.noted.lock().notes
    }

    /// Notes what was read in the tenant's store after `notes` was asked for, in place of what was noted before. What
    /// was noted since then stays, if it is earlier.
    pub fn settle(&self, tenant: TenantId, notes: u64, next: Option<Timestamp>) {
        let mut noted = self.noted.lock();
        if noted.tenants.get(&tenant).is_some_and(|(_, note)| *note <= notes) {
            noted.remove(tenant);
        }
        drop(noted);
        if let Some(at) = next {
            self.note(tenant, at);
        }
    }

    /// Whether some tenant was not noted because there were too many; asking forgets it.
    pub fn take_overflowed(&self) -> bool {
        std::mem::take(&mut self.noted.lock().overflowed)
    }

    /// Tenants that are noted.
    pub fn len(&self) -> usize {
        self.noted.lock().tenants.len()
    }

    /// Whether nobody is due, ever.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_the_order_of_time() {
        let name = |at| String::from_utf8(due_key(Timestamp(at), "wrk_1").as_bytes()[1..].to_vec()).unwrap();
        assert!(name(9) < name(10) && name(10) < name(u64::MAX));
        assert_eq!(parse_due(&name(u64::MAX)), Some((Timestamp(u64::MAX), "wrk_1")));
        for other in ["", "1/x", "wrk_1", "0000000000000000001x/y"] {
            assert_eq!(parse_due(other), None, "{other}");
        }
    }

    #[test]
    fn a_commit_tells_its_earliest_row() {
        let mut commit = Commit::default();
        assert_eq!(earliest(&commit), None);
        commit.writes.insert(Key::new(Table::Records, &["c", "id"]), Write::Put("x".into()));
        commit.writes.insert(Key::new(Table::Mails, &["id"]), Write::Put("x".into()));
        commit.writes.insert(due_key(Timestamp(3), "deleted"), Write::Delete);
        assert_eq!(earliest(&commit), None);
        commit.writes.insert(due_key(Timestamp(7), "a"), Write::Put("".into()));
        commit.writes.insert(due_key(Timestamp(5), "b"), Write::Put("".into()));
        assert_eq!(earliest(&commit), Some(Timestamp(5)));
    }

    #[test]
    fn the_earliest_note_counts_until_the_store_was_read() {
        let (due, tenant, other) = (Due::default(), TenantId::new(), TenantId::new());
        due.note(tenant, Timestamp(50));
        due.note(tenant, Timestamp(70));
        due.note(other, Timestamp(60));
        assert_eq!(due.next(), Some(Timestamp(50)));
        let notes = due.notes();
        due.settle(tenant, notes, Some(Timestamp(90)));
        assert_eq!(due.next(), Some(Timestamp(60)), "what was read replaces what was noted before");
        due.note(tenant, Timestamp(40));
        due.settle(tenant, notes, None);
        assert_eq!(due.next(), Some(Timestamp(40)), "a note that came later stays");
        assert_eq!(due.take(Timestamp(60), 1), [tenant], "those that wait longest come first");
        assert_eq!(due.take(Timestamp(59), 9), []);
        assert_eq!(due.take(Timestamp(60), 9), [other]);
        assert!(due.is_empty());
    }

    #[test]
    fn beyond_the_limit_it_is_noted_that_something_was_not() {
        let due = Due::default();
        (0..TENANTS_MAX).for_each(|_| due.note(TenantId::new(), Timestamp(1)));
        assert!(!due.take_overflowed());
        due.note(TenantId::new(), Timestamp(1));
        assert!(due.take_overflowed() && !due.take_overflowed());
        assert_eq!(due.len(), TENANTS_MAX);
    }
}
