//! How failed attempts slow down further ones, without letting anyone lock somebody else out.
//!
//! What is slowed down is never an account alone: a pair of account and place, so that whoever guesses from elsewhere
//! does not touch the person; a place; and, in memory, a tenant as a whole, from which places are exempt that the
//! account's owner has signed in from before. Codes of the second factor are counted for the account, because only who
//! has the password gets so far. An attempt counts as failed from its beginning until it is known to be right, so that
//! many at once are not one.

use std::collections::HashMap;
use std::net::IpAddr;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use signalsync_core::{TenantId, Timestamp, UserId};
use signalsync_store::{Key, StoreError, Table, Transaction};

use crate::secret::SecretHash;
use crate::structure::{read, write};

/// After this long without a failure they are forgotten.
const FORGET_MS: u64 = 60 * 60_000;

/// Rows are kept in windows of this length, so that old ones can be swept by their time.
const WINDOW_MS: u64 = 6 * 60 * 60_000;

/// Old rows that each failure sweeps.
const SWEPT: usize = 4;

/// Longest wait for one account from one place.
const PAIR_WAIT_MS_MAX: u64 = 15 * 60_000;

/// Longest wait for one place: an office may share one.
const PLACE_WAIT_MS_MAX: u64 = 30_000;

/// Failures from one place before it has to wait.
pub(crate) const PLACE_FREE: u32 = 50;

/// Wrong codes of one person before the next has to wait.
pub(crate) const CODE_FREE: u32 = 5;

/// Tenants that are counted at the same time. Beyond that a window is begun anew for all.
const TENANTS_MAX: usize = 10_000;

const MINUTE_MS: u64 = 60_000;

/// What is counted.
#[derive(Debug, Clone)]
pub(crate) enum Counted<'a> {
    /// An account, known or not, from a place.
    Pair(&'a str, &'a str),
    /// A place.
    Place(&'a str),
    /// Codes, and passwords of one who is signed in.
    Proofs(UserId),
    /// An account, known or not: nothing waits for it, but a mail warns.
    Account(&'a str),
}

impl Counted<'_> {
    /// Says nothing about whom or what it is.
    fn part(&self) -> String {
        let hash = match self {
            Self::Pair(account, place) => SecretHash::of(&[b"pair", account.as_bytes(), place.as_bytes()]),
            Self::Place(place) => SecretHash::of(&[b"place", place.as_bytes()]),
            Self::Proofs(person) => SecretHash::of(&[b"proofs", person.as_bytes()]),
            Self::Account(account) => SecretHash::of(&[b"account", account.as_bytes()]),
        };
        hash.part()
    }
}

/// Failures one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failures {
    pub(crate) count: u32,
    last: Timestamp,
}

const NONE: Failures = Failures { count: 0, last: Timestamp(0) };

impl Failures {
    /// How long the next attempt has to wait: not at all for the first `free` failures, then a second, two, four …
    pub(crate) fn wait_ms(self, free: u32, max_ms: u64, now: Timestamp) -> u64 {
        let Some(over) = self.count.checked_sub(free.max(1)) else { return 0 };
        let delay = 1_000_u64.checked_shl(over.min(20)).unwrap_or(max_ms).min(max_ms);
        // A clock that went back must not make the wait longer than it was.
        self.last.0.saturating_add(delay).saturating_sub(now.0).min(delay)
    }
}

/// How long an attempt has to wait that is made now.
pub(crate) fn wait_ms(
    tx: &mut Transaction,
    account: &str,
    place: &str,
    free: u32,
    known_place: bool,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let pair = failures(tx, &Counted::Pair(account, place), now)?.wait_ms(free, PAIR_WAIT_MS_MAX, now);
    let all = failures(tx, &Counted::Place(place), now)?.wait_ms(PLACE_FREE, PLACE_WAIT_MS_MAX, now);
    Ok(if known_place { pair } else { pair.max(all) })
}

/// How long a person's next code has to wait.
pub(crate) fn proofs_wait_ms(tx: &mut Transaction, person: UserId, now: Timestamp) -> Result<u64, StoreError> {
    Ok(failures(tx, &Counted::Proofs(person), now)?.wait_ms(CODE_FREE, PAIR_WAIT_MS_MAX, now))
}

/// What failed until now.
pub(crate) fn failures(tx: &mut Transaction, what: &Counted<'_>, now: Timestamp) -> Result<Failures, StoreError> {
    let part = what.part();
    for window in [window(now, 0), window(now, 1)] {
        let found: Option<Failures> = read(tx, &Key::new(Table::Throttles, &[&window, &part]))?;
        if let Some(failures) = found {
            let forgotten = now.0.saturating_sub(failures.last.0) >= FORGET_MS;
            return Ok(if forgotten { NONE } else { failures });
        }
    }
    Ok(NONE)
}

/// Counts a failure.
pub(crate) fn note(tx: &mut Transaction, what: &Counted<'_>, now: Timestamp) -> Result<Failures, StoreError> {
    let count = failures(tx, what, now)?.count.saturating_add(1);
    let failures = Failures { count, last: now };
    put(tx, what, failures, now)?;
    tx.sweep_before(Table::Throttles, &window(now, 1), SWEPT)?;
    Ok(failures)
}

/// Takes one failure back: the attempt was right.
pub(crate) fn take_back(tx: &mut Transaction, what: &Counted<'_>, now: Timestamp) -> Result<(), StoreError> {
    let failures = failures(tx, what, now)?;
    put(tx, what, Failures { count: failures.count.saturating_sub(1), ..failures }, now)
}

/// Forgets all failures.
pub(crate) fn forget(tx: &mut Transaction, what: &Counted<'_>, now: Timestamp) -> Result<(), StoreError> {
    put(tx, what, NONE, now)
}

fn put(tx: &mut Transaction, what: &Counted<'_>, failures: Failures, now: Timestamp) -> Result<(), StoreError> {
    write(tx, Key::new(Table::Throttles, &[&window(now, 0), &what.part()]), &failures)
}

/// Names of one length, so that they are in the order of time.
fn window(now: Timestamp, ago: u64) -> String {
    format!("{:010}", (now.0 / WINDOW_MS).saturating_sub(ago))
}

/// A client's address as far as it is one place: whoever has an IPv6 address has all of its network.
pub(crate) fn place(address: Option<IpAddr>) -> String {
    match address.map(|address| address.to_canonical()) {
        None => "unknown".to_owned(),
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// Wrong guesses at a tenant's accounts from places that the accounts' owners never signed in from, per minute.
#[derive(Debug)]
pub(crate) struct Guesses {
    per_minute_max: u32,
    windows: Mutex<HashMap<TenantId, (u64, u32)>>,
}

impl Guesses {
    pub(crate) fn new(per_minute_max: u32) -> Self {
        Self { per_minute_max, windows: Mutex::default() }
    }

    /// Counts an attempt; how long it has to wait when there were too many.
    pub(crate) fn note(&self, tenant: TenantId, now: Timestamp) -> Option<u64> {
        let (minute, mut windows) = (now.0 / MINUTE_MS, self.windows.lock());
        if windows.len() >= TENANTS_MAX && !windows.contains_key(&tenant) {
            windows.clear();
        }
        let window = windows.entry(tenant).or_insert((minute, 0));
        if window.0 != minute {
            *window = (minute, 0);
        }
        if window.1 >= self.per_minute_max {
            return Some(MINUTE_MS - now.0 % MINUTE_MS);
        }
        window.1 += 1;
        None
    }

    /// Takes an attempt back: it was right.
    pub(crate) fn take_back(&self, tenant: TenantId) {
        if let Some((_, count)) = self.windows.lock().get_mut(&tenant) {
            *count = count.saturating_sub(1);
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_and_has_an_end() {
        let wait = |count, elapsed: u64| {
            Failures { count, last: Timestamp(1_000_000) }.wait_ms(5, PAIR_WAIT_MS_MAX, Timestamp(1_000_000 + elapsed))
        };
        assert_eq!([0, 4, 5, 6, 7].map(|count| wait(count, 0)), [0, 0, 1_000, 2_000, 4_000]);
        assert_eq!([14, 15, 200, u32::MAX].map(|count| wait(count, 0)), [512_000, 900_000, 900_000, 900_000]);
        assert_eq!((wait(6, 1_500), wait(6, 2_000)), (500, 0));
        let back = Failures { count: 6, last: Timestamp(1_000_000) }.wait_ms(5, PAIR_WAIT_MS_MAX, Timestamp(0));
        assert_eq!(back, 2_000, "a clock that goes back does not lock out");
    }

    #[test]
    fn failures_are_forgotten_with_time_and_by_success() {
        let (mut tx, what) = (Transaction::detached(), Counted::Pair("a@example.org", "10.0.0.1"));
        // Across the border of two windows.
        let border = 7 * WINDOW_MS;
        for n in 0..3 {
            assert_eq!(note(&mut tx, &what, Timestamp(border - 2 + n)).unwrap().count, n as u32 + 1);
        }
        assert_eq!(failures(&mut tx, &what, Timestamp(border + FORGET_MS - 1)).unwrap().count, 3);
        assert_eq!(failures(&mut tx, &what, Timestamp(border + FORGET_MS)).unwrap().count, 0);
        take_back(&mut tx, &what, Timestamp(border)).unwrap();
        assert_eq!(failures(&mut tx, &what, Timestamp(border)).unwrap().count, 2);
        forget(&mut tx, &what, Timestamp(border)).unwrap();
        assert_eq!(failures(&mut tx, &what, Timestamp(border)).unwrap().count, 0);
    }

    #[test]
    fn an_account_from_one_place_does_not_slow_it_down_from_another() {
        let (mut tx, now) = (Transaction::detached(), Timestamp(WINDOW_MS));
        for _ in 0..20 {
            note(&mut tx, &Counted::Pair("a@example.org", "10.0.0.1"), now).unwrap();
            note(&mut tx, &Counted::Place("10.0.0.1"), now).unwrap();
        }
        let mut wait = |place, known| wait_ms(&mut tx, "a@example.org", place, 5, known, now).unwrap();
        assert_eq!((wait("10.0.0.1", false), wait("10.0.0.2", false)), (900_000, 0));
    }

    #[test]
    fn a_place_that_fails_again_and_again_waits_but_not_for_its_known_accounts() {
        let (mut tx, now) = (Transaction::detached(), Timestamp(WINDOW_MS));
        for _ in 0..=PLACE_FREE {
            note(&mut tx, &Counted::Place("10.0.0.1"), now).unwrap();
        }
        let mut wait = |known| wait_ms(&mut tx, "new@example.org", "10.0.0.1", 5, known, now).unwrap();
        assert_eq!((wait(false), wait(true)), (2_000, 0));
    }

    #[test]
    fn a_tenant_is_guessed_at_only_so_often() {
        let (guesses, tenant, other) = (Guesses::new(3), TenantId::new(), TenantId::new());
        let now = Timestamp(MINUTE_MS + 1);
        assert_eq!([(); 4].map(|()| guesses.note(tenant, now)), [None, None, None, Some(MINUTE_MS - 1)]);
        assert_eq!(guesses.note(other, now), None);
        guesses.take_back(tenant);
        assert_eq!(guesses.note(tenant, now), None);
        assert_eq!(guesses.note(tenant, Timestamp(2 * MINUTE_MS)), None);
    }

    #[test]
    fn an_ipv6_network_is_one_place() {
        let of = |text: &str| place(Some(text.parse().unwrap()));
        assert_eq!(of("2001:db8:1:2:3::4"), of("2001:db8:1:2:ffff::1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:10.0.0.1"), of("10.0.0.1"));
    }
}
