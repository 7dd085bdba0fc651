//! How many mails a tenant queues in an hour.
//!
//! Counted in memory, because a counter in the store would make all who queue at the same time conflict: a restart
//! begins a new hour, and a mail whose transaction came to nothing is counted too.

use std::collections::HashMap;

use parking_lot::Mutex;
use signalsync_core::{TenantId, Timestamp};

const HOUR_MS: u64 = 60 * 60 * 1_000;

/// Tenants that are counted at the same time; beyond that, hours that are over are dropped, or all of them.
const TENANTS_MAX: usize = 10_000;

#[derive(Debug, Default)]
pub(crate) struct Rate(Mutex<HashMap<TenantId, Hour>>);

#[derive(Debug, Clone, Copy)]
struct Hour {
    begun: Timestamp,
    queued: u32,
}

impl Hour {
    fn is_over(&self, now: Timestamp) -> bool {
        now.0.abs_diff(self.begun.0) >= HOUR_MS
    }
}

impl Rate {
    /// Counts one more.
    ///
    /// # Errors
    /// It would be too many; when more are possible.
    pub(crate) fn admit(&self, tenant: TenantId, now: Timestamp, max: u32) -> Result<(), Timestamp> {
        let mut hours = self.0.lock();
        if hours.len() >= TENANTS_MAX && !hours.contains_key(&tenant) {
            hours.retain(|_, hour| !hour.is_over(now));
            if hours.len() >= TENANTS_MAX {
                hours.clear();
            }
        }
        let hour = hours.entry(tenant).or_insert(Hour { begun: now, queued: 0 });
        if hour.is_over(now) {
            *hour = Hour { begun: now, queued: 0 };
        }
        if hour.queued >= max {
            return Err(Timestamp(hour.begun.0 + HOUR_MS));
        }
        hour.queued += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tenant_has_its_own_hour() {
        let (rate, a, b, at) = (Rate::default(), TenantId::new(), TenantId::new(), Timestamp(5_000));
        assert!((0..3).all(|_| rate.admit(a, at, 3).is_ok()));
        assert_eq!(rate.admit(a, at, 3), Err(Timestamp(5_000 + HOUR_MS)));
        assert!(rate.admit(b, at, 3).is_ok());
        assert!(rate.admit(a, Timestamp(5_000 + HOUR_MS), 3).is_ok());
    }

    #[test]
    fn what_is_counted_is_bounded() {
        let rate = Rate::default();
        (0..TENANTS_MAX + 1).for_each(|_| assert!(rate.admit(TenantId::new(), Timestamp(1), 1).is_ok()));
        assert_eq!(rate.0.lock().len(), 1);
    }
}
