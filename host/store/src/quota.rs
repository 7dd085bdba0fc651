//! How much of the disk a tenant may use.
//!
//! What it uses is measured now and then, not counted: deleting leaves holes that are used again, and compaction is the
//! engine's. Between two measurements a tenant can go over its quota by what it writes in that time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::error::StoreError;

/// How old a measurement may be. Measuring walks the tenant's folder.
const MEASURED_AGAIN_AFTER: Duration = Duration::from_secs(10);

/// The quota of one store.
#[derive(Debug)]
pub(crate) struct Quota {
    bytes_max: AtomicU64,
    measured: Mutex<Option<(Instant, u64)>>,
}

impl Quota {
    pub(crate) fn unlimited() -> Self {
        Self { bytes_max: AtomicU64::new(u64::MAX), measured: Mutex::new(None) }
    }

    /// Sets what may be used: a tier may have changed since the store was opened. Then it is measured anew.
    pub(crate) fn allow(&self, bytes_max: u64) {
        if self.bytes_max.swap(bytes_max, Ordering::Relaxed) != bytes_max {
            *self.measured.lock() = None;
        }
    }

    /// The last measurement, unless it is too old.
    pub(crate) fn measured(&self) -> Option<u64> {
        let recent = |(at, _): &(Instant, u64)| at.elapsed() < MEASURED_AGAIN_AFTER;
        self.measured.lock().filter(recent).map(|(_, bytes)| bytes)
    }

    /// Remembers a measurement.
    pub(crate) fn measure(&self, bytes: u64) {
        *self.measured.lock() = Some((Instant::now(), bytes));
    }

    /// # Errors
    /// `QuotaUsedUp`.
    pub(crate) fn check(&self, used: u64) -> Result<(), StoreError> {
        let limit = self.bytes_max.load(Ordering::Relaxed);
        if used < limit { Ok(()) } else { Err(StoreError::QuotaUsedUp { limit }) }
    }

    /// Whether anything is limited at all.
    pub(crate) fn is_limited(&self) -> bool {
        self.bytes_max.load(Ordering::Relaxed) < u64::MAX
    }
}
