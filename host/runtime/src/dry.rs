//! The dry run at upload: a component is instantiated, and a workflow is asked what it is. Nothing is granted, and nothing
//! of it is kept but the answer.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use signalsync_core::contract::workflow::Definition;
use signalsync_core::{
    Call, CallLimits, Deployed, Digest, Failure, Grants, Input, Kind, Refusal, TenantScope, Timestamp,
};
use signalsync_data::Gate;
use signalsync_store::Transaction;
use wasmtime::Store;
use wasmtime::component::Component;

use crate::call::{Host, arm, call_state, limited_store};
use crate::capability::http::Outside;
use crate::generated::workflow::Workflow;
use crate::link::{Capabilities, Prepared};
use crate::meter::{Ledger, MemoryMeter};
use crate::outcome::{explain, out_of_time};
use crate::schedule::Share;
use crate::state::CallState;

/// Fuel of the start: initialisers only, no call.
const START_FUEL: u64 = 20_000_000;

/// Shortest time of the start and of the description, whatever the tier says: an upload is not a call that others wait for.
const WALL_MS_MIN: u64 = 1_000;

/// Why something of a dry run did not come to its end.
enum Stopped {
    Late,
    Panicked,
    Error(wasmtime::Error),
}

impl Host {
    /// Instantiates a component once, so that one that cannot start is refused at upload and not at its first call, and
    /// asks a workflow for its definition.
    ///
    /// # Errors
    /// `wrong-type`, `over-limit`, `traps-at-start`, `describe-failed` or `bad-definition`, for the developer.
    pub(crate) async fn try_out(
        &self,
        scope: &TenantScope,
        component: &Component,
        kind: Kind,
    ) -> Result<Option<Definition>, Refusal> {
        let prepared = self.linkers.prepare(component, kind, Capabilities::ALL).map_err(|error| {
            Refusal::new("wrong-type", format!("an import or export does not have the contract's type: {error:#}"))
        })?;
        let limits = scope.tier().call(kind);
        let starting = CallLimits { fuel: START_FUEL, ..limits };
        let mut store = self.dry_store(scope, &starting, kind);
        let job = async move {
            let started = within(&starting, start(&mut store, &prepared)).await;
            let guest = started.map_err(|stopped| refused_start(&stopped.failure(&store, &starting)))?;
            let Some(guest) = guest else { return Ok(None) };
            arm(&mut store, &limits);
            let described = within(&limits, guest.call_describe(&mut store)).await;
            let definition = described.map_err(|stopped| refused_description(&stopped.failure(&store, &limits)))?;
            Ok(Some(Definition::from(definition)))
        };
        let definition = self.scheduler.spawn(Share::new(scope.tenant(), scope.tier().weight), job).await?;
        let flaws = definition.as_ref().map(Definition::flaws).unwrap_or_default();
        if flaws.is_empty() { Ok(definition) } else { Err(Refusal::of_definition(flaws)) }
    }

    fn dry_store(&self, scope: &TenantScope, limits: &CallLimits, kind: Kind) -> Store<CallState> {
        let unbounded = Arc::new(Ledger::new(u64::MAX));
        let memory = MemoryMeter::new(limits.memory_bytes, unbounded, Arc::clone(&self.memory));
        let outside = Outside::new(Arc::clone(&self.egress), None, 0);
        let call = dry_call(kind);
        let gate = Gate::via(&self.schemas, scope, call.now, &call.deployed.deployment);
        let state = call_state(&call, scope, gate, memory, outside, Transaction::detached());
        limited_store(&self.engine, state, limits, kind)
    }
}

/// Instantiates it; a workflow can then be asked.
async fn start(store: &mut Store<CallState>, prepared: &Prepared) -> wasmtime::Result<Option<Workflow>> {
    match prepared {
        Prepared::Validation(pre) => pre.instantiate_async(store).await.map(|_| None),
        Prepared::Mapping(pre) => pre.instantiate_async(store).await.map(|_| None),
        Prepared::Workflow(pre) => pre.instantiate_async(store).await.map(Some),
    }
}

async fn within<T>(limits: &CallLimits, work: impl Future<Output = wasmtime::Result<T>>) -> Result<T, Stopped> {
    let wall = Duration::from_millis(limits.wall_ms.max(WALL_MS_MIN));
    match tokio::time::timeout(wall, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(result)) => result.map_err(Stopped::Error),
        Ok(Err(_)) => Err(Stopped::Panicked),
        Err(_) => Err(Stopped::Late),
    }
}

impl Stopped {
    fn failure(&self, store: &Store<CallState>, limits: &CallLimits) -> Failure {
        match self {
            Self::Late => out_of_time(limits),
            Self::Panicked => Failure::HostFault,
            Self::Error(error) => explain(error, limits, store.data().memory.was_denied()),
        }
    }
}

fn refused_start(failure: &Failure) -> Refusal {
    match failure {
        Failure::OutOfMemory { limit_bytes } => Refusal::new(
            "over-limit",
            format!("it needs more than {limit_bytes} bytes of memory and tables to start; ask for less at the start"),
        ),
        other => Refusal::new("traps-at-start", format!("it does not start: {other}; check its start function")),
    }
}

fn refused_description(failure: &Failure) -> Refusal {
    Refusal::new(
        "describe-failed",
        format!("it does not say what it is: {failure}; let `describe` only return the definition"),
    )
}

fn dry_call(kind: Kind) -> Call {
    // The name only fills the record of a call that is never stored.
    let deployment = "dry-run".parse().unwrap_or_else(|error| unreachable!("{error}"));
    let component = Digest::of(&[]);
    let grants = Grants::default();
    let deployed = Deployed { deployment, version: 0, component, kind, grants, settings: "{}".to_owned() };
    Call { deployed: Arc::new(deployed), input: Input::Describe, now: Timestamp(0), seed: 0 }
}
