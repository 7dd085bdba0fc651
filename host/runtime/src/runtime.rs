//! The runtime's face: admits components and runs calls.

use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use lru::LruCache;
use parking_lot::Mutex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_core::contract::workflow::Definition;
use signalsync_core::{
    Admission, Admit, Admitted, Call, Clock, Completed, Digest, Failure, Invoke, Kind, Refusal, TenantScope,
};
use signalsync_data::Schemas;
use signalsync_egress::Egress;
use signalsync_store::Transaction;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::admission::AdmissionLimits;
use crate::breaker::Breakers;
use crate::call::{Ended, Host, Run};
use crate::compile::{Admissions, DryRun, LoadError};
use crate::engine::{Allocator, PoolLimits, Ticker, engine_config};
use crate::gate::{Gates, Place};
use crate::link::{Capabilities, Linkers, Prepared};
use crate::meter::Ledger;
use crate::schedule::Scheduler;

/// Settings of the runtime. What tenants may use is in their tiers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuntimeConfig {
    /// Directory for components and compiled images; nobody else may write there.
    pub data: PathBuf,
    /// Program that is started as `<compiler> compile-worker` for each compilation.
    pub compiler: PathBuf,
    /// Threads that run guests.
    pub guest_threads: usize,
    /// Compilations that run at the same time.
    pub compile_workers: usize,
    /// Sum of all guests' memories.
    pub guest_memory_bytes_max: u64,
    /// Compiled components that are kept mapped; those used longest ago go first.
    pub components_loaded_max: NonZeroUsize,
    /// Size of the instance pool.
    pub pool: PoolLimits,
    /// What a component may look like.
    pub admission: AdmissionLimits,
}

/// The runtime could not start.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// wasmtime refused its configuration, or the pool does not fit the address space.
    #[error("the WebAssembly engine does not start: {0:#}")]
    Engine(#[from] wasmtime::Error),
    /// A thread, directory or key file could not be made.
    #[error("the runtime does not start: {0}")]
    Io(#[from] std::io::Error),
}

/// Runs components: one for each process.
pub struct Runtime {
    host: Host,
    admissions: Admissions,
    gates: Gates,
    breakers: Breakers,
    prepared: Mutex<LruCache<(Digest, Capabilities), Arc<Prepared>>>,
    faults: AtomicU64,
    _ticker: Ticker,
}

/// Figures about the runtime for its operator.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct RuntimeFigures {
    /// Failures of the host itself since the start; each deserves a look.
    pub host_faults: u64,
    /// Bytes in guest memories now.
    pub guest_memory_bytes: u64,
    /// Component instances that exist now.
    pub live_instances: u64,
    /// Call stacks that exist now.
    pub live_stacks: u64,
}

impl Runtime {
    /// Starts the engine, its threads and its clock tick. Call it inside of a tokio runtime.
    ///
    /// # Errors
    /// The engine, a thread or a directory could not be made.
    pub fn start(config: RuntimeConfig, egress: Arc<Egress>, clock: Arc<dyn Clock>) -> Result<Arc<Self>, RuntimeError> {
        let engine = Engine::new(&engine_config(Allocator::Pooling(config.pool)))?;
        let ticker = Ticker::start(&engine)?;
        let linkers = Linkers::new(&engine)?;
        let admissions = Admissions::open(engine.clone(), &config)?;
        let scheduler = Scheduler::start(config.guest_threads)?;
        let memory = Arc::new(Ledger::new(config.guest_memory_bytes_max));
        // The pool is a little larger than the gate, so that a slot is free when a place is.
        let places = (config.pool.calls - config.pool.calls / 8).max(1) as usize;
        Ok(Arc::new(Self {
            host: Host { engine, linkers, scheduler, egress, clock, schemas: Arc::default(), memory },
            admissions,
            gates: Gates::new(places),
            breakers: Breakers::default(),
            prepared: Mutex::new(LruCache::new(config.components_loaded_max)),
            faults: AtomicU64::new(0),
            _ticker: ticker,
        }))
    }

    /// Definitions of collections that were compiled; whoever opens a gate to records shares them.
    pub fn schemas(&self) -> &Arc<Schemas> {
        &self.host.schemas
    }

    /// What the runtime is doing now.
    pub fn figures(&self) -> RuntimeFigures {
        let pool = self.host.engine.pooling_allocator_metrics();
        RuntimeFigures {
            host_faults: self.faults.load(Ordering::Relaxed),
            guest_memory_bytes: self.host.memory.used(),
            live_instances: pool.as_ref().map_or(0, |pool| pool.component_instances()),
            live_stacks: pool.as_ref().map_or(0, |pool| pool.stacks() as u64),
        }
    }

    /// Begins a look for components that nobody keeps any more: doubts stored ones behind this one. The answer is
    /// where the next look goes on; none when this one reaches the end.
    ///
    /// Ask everybody what they keep, [`vouch`](Self::vouch) for it, then
    /// [`remove_doubted`](Self::remove_doubted). Whoever admits a component ends the doubt about it, and so a component
    /// may be removed if everybody notes that they keep it before they admit it.
    ///
    /// # Errors
    /// The disk.
    pub async fn doubt(&self, after: Option<Digest>) -> std::io::Result<Option<Digest>> {
        self.admissions.doubt(after).await
    }

    /// Somebody keeps this component.
    pub fn vouch(&self, digest: Digest) {
        self.admissions.vouch(digest);
    }

    /// Removes the components that are still doubted, with their images; how many that were. Calls that run go on.
    pub async fn remove_doubted(&self) -> usize {
        let removed = self.admissions.remove_doubted().await;
        let mut prepared = self.prepared.lock();
        let stale: Vec<_> =
            prepared.iter().map(|(key, _)| *key).filter(|(digest, _)| removed.contains(digest)).collect();
        stale.iter().for_each(|key| _ = prepared.pop(key));
        removed.len()
    }

    async fn start_call(&self, scope: &TenantScope, call: &Call) -> Result<(Arc<Prepared>, Place), Failure> {
        if call.deployed.kind != call.input.kind() {
            tracing::error!(kind = %call.deployed.kind, asked = %call.input.kind(), "a call does not fit its component");
            return Err(Failure::HostFault);
        }
        self.breakers.check(scope.tenant(), call.deployed.component)?;
        let place = self.gates.enter(scope).await?;
        Ok((self.prepare(scope, call).await?, place))
    }

    async fn prepare(&self, scope: &TenantScope, call: &Call) -> Result<Arc<Prepared>, Failure> {
        let key = (call.deployed.component, Capabilities::of(&call.deployed.grants));
        if let Some(prepared) = self.prepared.lock().get(&key) {
            return Ok(Arc::clone(prepared));
        }
        let component = self.admissions.load(scope, key.0).await.map_err(|error| not_ready(&error))?;
        let prepared = self.host.linkers.prepare(&component, call.deployed.kind, key.1).map_err(|error| {
            tracing::error!(component = %key.0, %error, "a deployed component does not link");
            Failure::HostFault
        })?;
        let prepared = Arc::new(prepared);
        self.prepared.lock().put(key, Arc::clone(&prepared));
        Ok(prepared)
    }
}

fn not_ready(error: &LoadError) -> Failure {
    tracing::error!(%error, "a deployed component cannot be loaded");
    Failure::Denied {
        code: "component-not-ready".to_owned(),
        message: "the component is not compiled at the moment; try again later".to_owned(),
        retry_after_ms: Some(5_000),
    }
}

impl Invoke<Transaction> for Runtime {
    fn invoke<'a>(
        &'a self,
        scope: &'a TenantScope,
        call: Call,
        tx: Transaction,
    ) -> BoxFuture<'a, Completed<Transaction>> {
        Box::pin(async move {
            let mut run = Run::begin(&self.host, call);
            let ended = match self.start_call(scope, run.call()).await {
                Ok((prepared, place)) => run.execute(&self.host, scope, prepared, place, tx).await,
                Err(failure) => Ended::not_started(failure, tx),
            };
            let failed = ended.answer.as_ref().err();
            if matches!(failed, Some(Failure::HostFault)) {
                self.faults.fetch_add(1, Ordering::Relaxed);
            }
            if !matches!(failed, Some(Failure::Denied { .. } | Failure::HostFault)) {
                let stormy = failed.is_some_and(|failure| !matches!(failure, Failure::GuestError { .. }));
                self.breakers.note(scope.tenant(), run.call().deployed.component, stormy);
            }
            run.complete(scope, ended)
        })
    }
}

impl Admit for Runtime {
    fn inspect(&self, wasm: &[u8]) -> Result<Admitted, Refusal> {
        self.admissions.inspect(wasm)
    }

    fn admit<'a>(&'a self, scope: &'a TenantScope, wasm: Bytes) -> BoxFuture<'a, Admission> {
        Box::pin(self.admissions.admit(scope, wasm, &self.host))
    }

    fn bytes(&self, digest: Digest) -> io::Result<Option<Bytes>> {
        self.admissions.bytes(digest)
    }
}

impl DryRun for Host {
    fn dry_run<'a>(
        &'a self,
        scope: &'a TenantScope,
        component: &'a Component,
        kind: Kind,
    ) -> BoxFuture<'a, Result<Option<Definition>, Refusal>> {
        Box::pin(self.try_out(scope, component, kind))
    }
}
