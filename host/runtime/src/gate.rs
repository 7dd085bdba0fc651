//! How many calls may exist: a bounded number for each tenant, a bounded number in all, and a
//! bounded queue before both. What is over is refused at once, with a time to come back.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use signalsync_core::{Failure, TenantId, TenantScope, Tier};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::meter::Ledger;

/// How long a call waits for its place before it is refused.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// The gates of all tenants.
pub(crate) struct Gates {
    tenants: Mutex<HashMap<TenantId, Arc<Gate>>>,
    places: Arc<Semaphore>,
}

/// One tenant's gate; it lives as long as somebody is at it.
struct Gate {
    places: Arc<Semaphore>,
    waiting: AtomicU32,
    memory: Arc<Ledger>,
}

/// A call's place, and its tenant's ledger of memory.
pub(crate) struct Place {
    gate: Arc<Gate>,
    _tenant: OwnedSemaphorePermit,
    _process: OwnedSemaphorePermit,
}

impl Place {
    pub(crate) fn memory(&self) -> &Arc<Ledger> {
        &self.gate.memory
    }
}

impl Gates {
    /// Lets at most so many calls exist in the process.
    pub(crate) fn new(places: usize) -> Self {
        Self { tenants: Mutex::default(), places: Arc::new(Semaphore::new(places)) }
    }

    /// Waits for a place.
    ///
    /// # Errors
    /// `too-many-calls` when the queue is full or the wait too long.
    pub(crate) async fn enter(&self, scope: &TenantScope) -> Result<Place, Failure> {
        let gate = self.gate(scope);
        let tier = scope.tier();
        let _waiting = Waiting::join(&gate.waiting, tier)?;
        let both = async {
            let tenant = Arc::clone(&gate.places).acquire_owned().await.ok()?;
            let process = Arc::clone(&self.places).acquire_owned().await.ok()?;
            Some((tenant, process))
        };
        match tokio::time::timeout(WAIT_MAX, both).await {
            Ok(Some((tenant, process))) => Ok(Place { gate: Arc::clone(&gate), _tenant: tenant, _process: process }),
            Ok(None) | Err(_) => Err(too_many(format!("no place became free within {} s", WAIT_MAX.as_secs()))),
        }
    }

    fn gate(&self, scope: &TenantScope) -> Arc<Gate> {
        const GATES_BEFORE_SWEEP: usize = 1_024;
        let mut tenants = self.tenants.lock();
        if tenants.len() >= GATES_BEFORE_SWEEP && tenants.len().is_power_of_two() {
            tenants.retain(|_, gate| Arc::strong_count(gate) > 1);
        }
        let gate = tenants.entry(scope.tenant()).or_insert_with(|| Arc::new(Gate::new(scope.tier())));
        Arc::clone(gate)
    }
}

impl Gate {
    fn new(tier: &Tier) -> Self {
        Self {
            places: Arc::new(Semaphore::new(tier.live_calls_max as usize)),
            waiting: AtomicU32::new(0),
            memory: Arc::new(Ledger::new(tier.live_memory_bytes_max)),
        }
    }
}

/// A place in the queue; left when dropped.
struct Waiting<'a>(&'a AtomicU32);

impl<'a> Waiting<'a> {
    fn join(waiting: &'a AtomicU32, tier: &Tier) -> Result<Self, Failure> {
        // Those who are about to find a place at once are counted too, hence the sum of both limits.
        let max = tier.waiting_calls_max.saturating_add(tier.live_calls_max);
        if waiting.fetch_add(1, Ordering::AcqRel) >= max {
            waiting.fetch_sub(1, Ordering::AcqRel);
            return Err(too_many(format!("{} calls of this tenant wait already", tier.waiting_calls_max)));
        }
        Ok(Self(waiting))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

fn too_many(message: String) -> Failure {
    Failure::Denied { code: "too-many-calls".to_owned(), message, retry_after_ms: Some(1_000) }
}

#[cfg(test)]
mod tests {
    use signalsync_core::{Authority, Caller};

    use super::*;

    #[expect(clippy::disallowed_methods, reason = "a test is a composition of its own")]
    fn scope(live: u32, waiting: u32) -> TenantScope {
        let tier = Tier { live_calls_max: live, waiting_calls_max: waiting, ..Tier::default() };
        Authority::ambient().scope(TenantId::new(), Arc::new(tier), Caller::host())
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_over_the_queue_is_refused_and_what_waits_too_long_too() {
        let gates = Gates::new(10);
        let scope = scope(1, 1);
        let place = gates.enter(&scope).await;
        assert!(place.is_ok());
        let refused = gates.enter(&scope).await;
        assert_eq!(refused.err().map(|f| f.code().to_owned()), Some("too-many-calls".to_owned()));
        drop(place);
        assert!(gates.enter(&scope).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn one_tenant_cannot_take_all_places() {
        let gates = Gates::new(3);
        let (greedy, modest) = (scope(2, 100), scope(2, 100));
        let _first = gates.enter(&greedy).await;
        let _second = gates.enter(&greedy).await;
        assert!(gates.enter(&modest).await.is_ok());
    }
}
