//! A component that only fails is held back for a while, so that its storm costs the host little.

use std::num::NonZeroUsize;
use std::time::Duration;

use lru::LruCache;
use parking_lot::Mutex;
use signalsync_core::{Digest, Failure, TenantId};
use tokio::time::Instant;

/// Failures in a row that open the breaker.
pub(crate) const FAILURES_MAX: u32 = 100;
/// They count only when they come within this time.
const WINDOW: Duration = Duration::from_secs(10);
/// How long a component is held back.
const PAUSE: Duration = Duration::from_secs(5);
/// Components that are watched; the ones that failed longest ago are forgotten.
const WATCHED_MAX: NonZeroUsize = NonZeroUsize::new(4_096).expect("is not zero");

/// The breakers of all components of all tenants.
pub(crate) struct Breakers(Mutex<LruCache<(TenantId, Digest), Breaker>>);

struct Breaker {
    failures: u32,
    since: Instant,
    open_until: Option<Instant>,
}

impl Default for Breakers {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(WATCHED_MAX)))
    }
}

impl Breakers {
    /// Lets a call pass.
    ///
    /// # Errors
    /// `quarantined` while the component is held back.
    pub(crate) fn check(&self, tenant: TenantId, component: Digest) -> Result<(), Failure> {
        let breakers = self.0.lock();
        let Some(until) = breakers.peek(&(tenant, component)).and_then(|breaker| breaker.open_until) else {
            return Ok(());
        };
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        Err(Failure::Denied {
            code: "quarantined".to_owned(),
            message: format!("it failed {FAILURES_MAX} times in a row; look at its executions, then try again"),
            retry_after_ms: u64::try_from(left.as_millis()).ok(),
        })
    }

    /// Notes how a call ended. An answer, even an unfriendly one, closes the breaker.
    pub(crate) fn note(&self, tenant: TenantId, component: Digest, failed: bool) {
        let mut breakers = self.0.lock();
        if !failed {
            breakers.pop(&(tenant, component));
            return;
        }
        let now = Instant::now();
        let fresh = || Breaker { failures: 0, since: now, open_until: None };
        let breaker = breakers.get_or_insert_mut((tenant, component), fresh);
        if now.duration_since(breaker.since) > WINDOW {
            *breaker = fresh();
        }
        breaker.failures += 1;
        if breaker.failures >= FAILURES_MAX {
            *breaker = Breaker { failures: 0, since: now, open_until: Some(now + PAUSE) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_storm_of_failures_is_held_back_for_a_while() {
        let (breakers, tenant, component) = (Breakers::default(), TenantId::new(), Digest::of(b"x"));
        for _ in 1..FAILURES_MAX {
            breakers.note(tenant, component, true);
        }
        assert!(breakers.check(tenant, component).is_ok());
        breakers.note(tenant, component, true);
        assert!(breakers.check(tenant, component).is_err());
        assert!(breakers.check(TenantId::new(), component).is_ok(), "another tenant's copy is not held back");
        tokio::time::advance(PAUSE).await;
        assert!(breakers.check(tenant, component).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn failures_that_are_rare_or_interrupted_do_not_count() {
        let (breakers, tenant, component) = (Breakers::default(), TenantId::new(), Digest::of(b"x"));
        for round in 0..FAILURES_MAX * 3 {
            breakers.note(tenant, component, true);
            if round % 50 == 0 {
                breakers.note(tenant, component, false);
            }
            assert!(breakers.check(tenant, component).is_ok());
        }
        let component = Digest::of(b"y");
        for _ in 0..FAILURES_MAX * 3 {
            breakers.note(tenant, component, true);
            tokio::time::advance(Duration::from_millis(200)).await;
            assert!(breakers.check(tenant, component).is_ok());
        }
    }
}
