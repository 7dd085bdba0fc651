//! Refused attempts: recorded, but not so that refusing costs more than asking.

use std::collections::HashMap;

use parking_lot::Mutex;
use signalsync_core::{TenantId, Timestamp};

/// Refusals of one tenant that are recorded in each window; of the others only the number is.
const RECORDED_MAX: u32 = 60;

/// Length of a window.
const WINDOW_MS: u64 = 60_000;

/// Tenants that are counted at the same time. Beyond that a window is begun anew for all.
const TENANTS_MAX: usize = 10_000;

/// Counts refusals for each tenant. A flood of refused requests must not become a flood of commits.
#[derive(Debug, Default)]
pub struct Denials(Mutex<HashMap<TenantId, Window>>);

#[derive(Debug, Clone, Copy)]
struct Window {
    begun: Timestamp,
    seen: u32,
}

impl Denials {
    /// Whether this refusal is to be recorded. The first one of a window also says how many of the window before
    /// were not.
    pub fn admit(&self, tenant: TenantId, now: Timestamp) -> Option<u32> {
        let mut windows = self.0.lock();
        if windows.len() >= TENANTS_MAX && !windows.contains_key(&tenant) {
            windows.clear();
        }
        let window = windows.entry(tenant).or_insert(Window { begun: now, seen: 0 });
        let mut unrecorded = 0;
        if now.0.abs_diff(window.begun.0) >= WINDOW_MS {
            unrecorded = window.seen.saturating_sub(RECORDED_MAX);
            *window = Window { begun: now, seen: 0 };
        }
        window.seen = window.seen.saturating_add(1);
        (window.seen <= RECORDED_MAX).then_some(unrecorded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_refusals_is_counted_and_not_written() {
        let (denials, tenant, other) = (Denials::default(), TenantId::new(), TenantId::new());
        let admitted = (0..1_000).filter(|_| denials.admit(tenant, Timestamp(5)).is_some()).count();
        assert_eq!(admitted, RECORDED_MAX as usize);
        assert_eq!(denials.admit(other, Timestamp(5)), Some(0), "each tenant has its own count");
        assert_eq!(denials.admit(tenant, Timestamp(5 + WINDOW_MS)), Some(1_000 - RECORDED_MAX));
        assert_eq!(denials.admit(tenant, Timestamp(6 + WINDOW_MS)), Some(0));
    }
}
