//! How many requests a tenant, and one of its keys, may send: evenly over the minute, with room for a burst.
//!
//! The generic cell rate algorithm: of everybody who is counted, one time is kept, at which what they have sent so far would
//! be used up at their rate. It lies at most a burst ahead of now.

use std::num::{NonZeroU32, NonZeroUsize};

use lru::LruCache;
use parking_lot::Mutex;
use signalsync_core::{KeyId, TenantId, Timestamp};

/// Those who are counted at the same time; whoever was quiet for longest is forgotten, and starts with a full burst.
const COUNTED_MAX: NonZeroUsize = NonZeroUsize::new(100_000).expect("it is not zero");

/// Requests of so long a time can come at once.
const BURST_MS: u64 = 10_000;

const MINUTE_US: u64 = 60_000_000;

/// Whose requests are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Counted {
    /// All of a tenant.
    Tenant(TenantId),
    /// Those with one key.
    Key(KeyId),
}

/// What everybody has sent.
pub(crate) struct Rates(Mutex<LruCache<Counted, u64>>);

impl Default for Rates {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(COUNTED_MAX)))
    }
}

impl Rates {
    /// Counts a request, or says how many milliseconds later one is possible.
    pub(crate) fn admit(&self, who: Counted, per_minute: NonZeroU32, now: Timestamp) -> Result<(), u64> {
        let mut sent = self.0.lock();
        let until = sent.get(&who).copied().unwrap_or(0);
        let until = after_one_more(until, per_minute, now.0.saturating_mul(1_000))?;
        sent.put(who, until);
        Ok(())
    }
}

/// Until when the rate is used up with one more request; or the wait in milliseconds. Times in microseconds.
fn after_one_more(until: u64, per_minute: NonZeroU32, now: u64) -> Result<u64, u64> {
    let each = MINUTE_US / u64::from(per_minute.get());
    let room = (BURST_MS * 1_000).max(each);
    // Nothing lies further ahead than a burst, unless the clock was set back since: then it says nothing any more.
    let used = if until > now.saturating_add(room) { now } else { until.max(now) };
    let next = used + each;
    let ahead = next - now;
    if ahead <= room { Ok(next) } else { Err((ahead - room).div_ceil(1_000)) }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn per_minute(requests: u32) -> NonZeroU32 {
        NonZeroU32::new(requests).unwrap()
    }

    /// How many of so many requests at once are let in.
    fn at_once(rates: &Rates, who: Counted, rate: u32, now: u64, requests: usize) -> usize {
        (0..requests).filter(|_| rates.admit(who, per_minute(rate), Timestamp(now)).is_ok()).count()
    }

    #[test]
    fn a_burst_is_ten_seconds_worth_and_comes_back_evenly() {
        let (rates, who) = (Rates::default(), Counted::Tenant(TenantId::new()));
        assert_eq!(at_once(&rates, who, 60, 1_000_000, 100), 10);
        assert_eq!(rates.admit(who, per_minute(60), Timestamp(1_000_000)), Err(1_000));
        assert_eq!(rates.admit(who, per_minute(60), Timestamp(1_000_999)), Err(1));
        assert_eq!(at_once(&rates, who, 60, 1_001_000, 100), 1);
        assert_eq!(at_once(&rates, who, 60, 1_060_000, 100), 10, "quiet times are not saved up beyond a burst");
    }

    #[test]
    fn nobody_uses_up_what_is_somebody_elses() {
        let rates = Rates::default();
        let [one, other] = [Counted::Key(KeyId::new()), Counted::Key(KeyId::new())];
        assert_eq!(at_once(&rates, one, 60, 5, 100), 10);
        assert_eq!(at_once(&rates, other, 60, 5, 100), 10);
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_nobody_out() {
        let (rates, who) = (Rates::default(), Counted::Tenant(TenantId::new()));
        assert_eq!(at_once(&rates, who, 60, 100_000_000, 100), 10);
        assert_eq!(at_once(&rates, who, 60, 13_600_000, 100), 10, "a day before");
        assert_eq!(at_once(&rates, who, 60, 13_601_000, 100), 1);
    }

    #[test]
    fn the_slowest_rate_lets_one_in_a_minute() {
        let (rates, who) = (Rates::default(), Counted::Tenant(TenantId::new()));
        assert_eq!(at_once(&rates, who, 1, 0, 5), 1);
        assert_eq!(rates.admit(who, per_minute(1), Timestamp(59_999)), Err(1));
        assert_eq!(at_once(&rates, who, 1, 60_000, 5), 1);
    }
}
