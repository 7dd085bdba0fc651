//! What a call uses: memory against three ledgers, fuel for host calls.

use std::mem::size_of;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use wasmtime::{AsContextMut, ResourceLimiter, Trap};

use crate::state::CallState;

/// Fuel between two looks at the scheduler: about 0.3 ms of work. It must be set for another reason too:
/// without it, fuel that was burnt before a hardware trap is not charged.
pub(crate) const SLICE_FUEL: u64 = 1_000_000;

/// Fuel for a host call that touches nothing but the call's own state.
pub(crate) const CHEAP_CALL_FUEL: u64 = 500;

/// Fuel for a host call that reads or writes the tenant's data.
pub(crate) const STORE_CALL_FUEL: u64 = 10_000;

/// Fuel for a request to the outside.
pub(crate) const HTTP_CALL_FUEL: u64 = 200_000;

/// Fuel for each byte that a host call moves in or out.
pub(crate) const FUEL_PER_BYTE: u64 = 1;

/// Bytes that the process or a tenant may have in guest memories.
#[derive(Debug)]
pub(crate) struct Ledger {
    used: AtomicU64,
    limit: u64,
}

impl Ledger {
    pub(crate) fn new(limit: u64) -> Self {
        Self { used: AtomicU64::new(0), limit }
    }

    /// Bytes that are booked now.
    pub(crate) fn used(&self) -> u64 {
        self.used.load(Ordering::Acquire)
    }

    fn book(&self, bytes: u64) -> bool {
        self.used
            .try_update(Ordering::AcqRel, Ordering::Acquire, |used| {
                used.checked_add(bytes).filter(|sum| *sum <= self.limit)
            })
            .is_ok()
    }

    fn release(&self, bytes: u64) {
        self.used.fetch_sub(bytes, Ordering::AcqRel);
    }
}

/// The memory of one call: the sum over all its linear memories and tables.
///
/// The stock limiter of wasmtime counts each memory alone, so that a component with eight memories
/// would have eight times its limit.
#[derive(Debug)]
pub(crate) struct MemoryMeter {
    limit: u64,
    booked: u64,
    peak: u64,
    last: u64,
    denied: bool,
    ledgers: [Arc<Ledger>; 2],
}

impl MemoryMeter {
    /// A meter for a call with this limit, booked in the tenant's and in the process's ledger.
    pub(crate) fn new(limit: u64, tenant: Arc<Ledger>, process: Arc<Ledger>) -> Self {
        Self { limit, booked: 0, peak: 0, last: 0, denied: false, ledgers: [tenant, process] }
    }

    /// The most that was booked.
    pub(crate) fn peak(&self) -> u64 {
        self.peak
    }

    /// Whether the call was refused memory.
    pub(crate) fn was_denied(&self) -> bool {
        self.denied
    }

    fn grow(&mut self, current: usize, desired: usize, maximum: Option<usize>, unit: usize) -> bool {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return false;
        }
        let bytes = (desired.saturating_sub(current) as u64).saturating_mul(unit as u64);
        let granted = self.book(bytes);
        self.denied |= !granted;
        self.last = if granted { bytes } else { 0 };
        granted
    }

    fn book(&mut self, bytes: u64) -> bool {
        let Some(sum) = self.booked.checked_add(bytes).filter(|sum| *sum <= self.limit) else { return false };
        let [tenant, process] = &self.ledgers;
        if !tenant.book(bytes) {
            return false;
        }
        if !process.book(bytes) {
            tenant.release(bytes);
            return false;
        }
        self.booked = sum;
        self.peak = self.peak.max(sum);
        true
    }

    /// The host could not provide what was booked last.
    fn undo_last(&mut self) {
        let bytes = std::mem::take(&mut self.last);
        self.booked -= bytes;
        self.ledgers.iter().for_each(|ledger| ledger.release(bytes));
        self.denied = true;
    }
}

impl Drop for MemoryMeter {
    fn drop(&mut self) {
        self.ledgers.iter().for_each(|ledger| ledger.release(self.booked));
    }
}

impl ResourceLimiter for MemoryMeter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(self.grow(current, desired, maximum, 1))
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.undo_last();
        Ok(())
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(self.grow(current, desired, maximum, size_of::<usize>()))
    }

    fn table_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.undo_last();
        Ok(())
    }
}

/// Takes fuel for a host call that moves so many bytes.
///
/// # Errors
/// Out of fuel: the call has less left than this host call costs.
pub(crate) fn charge(store: &mut impl AsContextMut<Data = CallState>, base: u64, bytes: usize) -> wasmtime::Result<()> {
    let mut store = store.as_context_mut();
    let cost = base.saturating_add((bytes as u64).saturating_mul(FUEL_PER_BYTE));
    let left = store.get_fuel()?;
    store.set_fuel(left.saturating_sub(cost))?;
    if left < cost { Err(Trap::OutOfFuel.into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter(limit: u64, tenant: &Arc<Ledger>, process: &Arc<Ledger>) -> MemoryMeter {
        MemoryMeter::new(limit, Arc::clone(tenant), Arc::clone(process))
    }

    #[test]
    fn memories_and_tables_share_one_limit() {
        let (tenant, process) = (Arc::new(Ledger::new(1_000)), Arc::new(Ledger::new(1_000)));
        let mut call = meter(100, &tenant, &process);
        assert!(call.grow(0, 60, None, 1));
        assert!(call.grow(0, 5, None, 8));
        assert!(!call.grow(60, 61, None, 1));
        assert!(call.was_denied());
        assert_eq!((call.peak(), tenant.used(), process.used()), (100, 100, 100));
    }

    #[test]
    fn a_full_ledger_refuses_and_a_dropped_call_gives_back() {
        let (tenant, process) = (Arc::new(Ledger::new(150)), Arc::new(Ledger::new(120)));
        let mut first = meter(100, &tenant, &process);
        assert!(first.grow(0, 100, None, 1));
        let mut second = meter(100, &tenant, &process);
        assert!(!second.grow(0, 30, None, 1), "the process is full");
        assert_eq!(tenant.used(), 100, "what the process refused is not booked on the tenant");
        drop(first);
        assert!(second.grow(0, 30, None, 1));
        drop(second);
        assert_eq!((tenant.used(), process.used()), (0, 0));
    }

    #[test]
    fn the_modules_own_maximum_is_no_refusal_of_ours() {
        let ledger = Arc::new(Ledger::new(u64::MAX));
        let mut call = meter(100, &ledger, &ledger);
        assert!(!call.grow(0, 50, Some(40), 1));
        assert!(!call.was_denied());
    }

    #[test]
    fn a_failed_growth_is_not_booked() {
        let ledger = Arc::new(Ledger::new(1_000));
        let mut call = meter(100, &ledger, &Arc::new(Ledger::new(1_000)));
        assert!(call.grow(0, 50, None, 1));
        call.undo_last();
        assert_eq!(ledger.used(), 0);
    }
}
