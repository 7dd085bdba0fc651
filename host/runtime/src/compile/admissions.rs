//! Admission from end to end: inspect, wait, compile, load, try.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use lru::LruCache;
use parking_lot::Mutex;
use signalsync_core::contract::workflow::Definition;
use signalsync_core::{Admission, Admitted, Digest, Kind, Refusal, TenantId, TenantScope, Tier};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep_until};
use wasmtime::Engine;
use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;

use super::compiler::{Compiler, NotCompiled};
use super::leases::{Lease, Leases};
use super::queue::{Busy, Queue, Turn};
use super::refusals::{Known, Refusals};
use crate::admission::{self, AdmissionLimits, Inspection};
use crate::images::{Images, Opened, WasmError};
use crate::runtime::RuntimeConfig;

/// What one compilation before this one is expected to take; only for `Retry-After`.
const COMPILATION_GUESS_MS: u64 = 5_000;

/// Components that are doubted at the same time; more wait for the next look. About 100 bytes each.
const DOUBTED_MAX: usize = 10_000;

/// Makes an instance of a component, and asks a workflow what it is.
pub(crate) trait DryRun: Send + Sync {
    /// Links, checks types, instantiates, and asks for a workflow's definition, under the tenant's limits.
    ///
    /// # Errors
    /// Why the component can never run for this tenant.
    fn dry_run<'a>(
        &'a self,
        scope: &'a TenantScope,
        component: &'a Component,
        kind: Kind,
    ) -> BoxFuture<'a, Result<Option<Definition>, Refusal>>;
}

/// A component that was admitted before cannot be had now.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum LoadError {
    /// Its bytes are gone, or are not what they were.
    #[error("the component is not in the store")]
    Missing,
    /// It has to be compiled again, and too many of the tenant's components wait for that.
    #[error("too many of the tenant's components wait to be compiled")]
    Busy,
    /// This host's configuration no longer accepts it.
    #[error("the component is no longer accepted: {0}")]
    Refused(Refusal),
    /// The host failed; it was logged.
    #[error("the host could not compile or map the component")]
    Fault,
}

/// Admits components and keeps them.
pub(crate) struct Admissions(Arc<Inner>);

struct Inner {
    limits: AdmissionLimits,
    images: Arc<Images>,
    leases: Arc<Leases>,
    refusals: Refusals,
    compiler: Compiler,
    queue: Arc<Queue>,
    loaded: Mutex<LruCache<Digest, Component>>,
    flights: Mutex<HashMap<Digest, Flight>>,
}

/// Work on one component that everybody waits for who asks for it.
type Flight = Shared<BoxFuture<'static, Settled>>;

/// How it ended.
#[derive(Clone)]
struct Settled {
    end: Result<Component, LoadError>,
    /// How long compiling took, now or before.
    took: Duration,
    /// Whether it was now.
    compiled: bool,
}

/// The right to compile, or how to get it if compiling turns out to be needed.
enum Place {
    Turn(Turn),
    Lane { tenant: TenantId, waiting_max: u32 },
}

/// An import of types alone asks for nothing: every mapping names the header type of `http`, whether it sends or not.
fn asking_for_functions(mut admitted: Admitted, component: &Component) -> Admitted {
    let ty = component.component_type();
    let functions = |name: &str| match ty.get_import(component.engine(), name).map(|import| import.ty) {
        Some(ComponentItem::ComponentInstance(instance)) => {
            instance.exports(component.engine()).any(|(_, export)| matches!(export.ty, ComponentItem::ComponentFunc(_)))
        }
        _ => true,
    };
    for import in &mut admitted.imports {
        import.capability = import.capability.take().filter(|_| functions(&import.name));
    }
    admitted
}

impl Admissions {
    /// Opens the stores below `config.data`.
    ///
    /// # Errors
    /// A directory, the key or an old refusal cannot be read or made.
    pub(crate) fn open(engine: Engine, config: &RuntimeConfig) -> io::Result<Self> {
        let limits = config.admission.clone();
        let images = Arc::new(Images::open(&config.data, engine)?);
        let configuration = configuration(&images, &limits)?;
        Ok(Self(Arc::new(Inner {
            leases: Leases::new(Arc::clone(&images)),
            refusals: Refusals::open(config.data.join("refusals"), configuration)?,
            compiler: Compiler::new(config.compiler.clone(), limits.compile.clone()),
            queue: Queue::new(config.compile_workers),
            loaded: Mutex::new(LruCache::new(config.components_loaded_max)),
            flights: Mutex::default(),
            images,
            limits,
        })))
    }

    /// See [`signalsync_core::Admit::inspect`].
    pub(crate) fn inspect(&self, wasm: &[u8]) -> Result<Admitted, Refusal> {
        admission::inspect(wasm, &self.0.limits).map(|inspection| inspection.admitted)
    }

    /// See [`signalsync_core::Admit::bytes`].
    pub(crate) fn bytes(&self, digest: Digest) -> io::Result<Option<Bytes>> {
        match self.0.images.wasm(digest) {
            Ok(wasm) => Ok(Some(wasm.into())),
            Err(WasmError::Missing) => Ok(None),
            Err(WasmError::Io(error)) => Err(error),
            Err(error @ WasmError::Damaged) => Err(io::Error::other(error.to_string())),
        }
    }

    /// See [`signalsync_core::Admit::admit`]. Whether another tenant had the same bytes compiled before is visible
    /// neither in the answer nor in how long it takes.
    pub(crate) async fn admit(&self, scope: &TenantScope, wasm: Bytes, dry_run: &dyn DryRun) -> Admission {
        match self.try_admit(scope, wasm, dry_run).await {
            Ok(admitted) => Admission::Ready(admitted),
            Err(other) => other,
        }
    }

    async fn try_admit(&self, scope: &TenantScope, wasm: Bytes, dry_run: &dyn DryRun) -> Result<Admitted, Admission> {
        let inner = &self.0;
        let admitted = inner.check(scope.tier(), wasm.clone()).await?;
        let digest = admitted.digest;
        let ticket =
            inner.queue.enter(scope.tenant(), scope.tier().waiting_compiles_max).map_err(|busy| later(&busy))?;
        // Those who wait do so on disk, not in memory.
        let lease = inner.keep(digest, wasm).await?;
        let turn = ticket.turn().await.ok_or(Admission::HostFault)?;
        let began = Instant::now();
        let (flight, first) = inner.fly(digest, Place::Turn(turn), Some(Arc::clone(&lease)));
        let settled = flight.await;
        if !(first && settled.compiled) {
            sleep_until(began + settled.took).await;
        }
        let component = settled.end.map_err(|error| match error {
            LoadError::Refused(refusal) => Admission::Refused(refusal),
            LoadError::Missing | LoadError::Busy | LoadError::Fault => Admission::HostFault,
        })?;
        let definition = dry_run.dry_run(scope, &component, admitted.kind).await.map_err(Admission::Refused)?;
        lease.admitted();
        Ok(Admitted { definition, ..asking_for_functions(admitted, &component) })
    }

    /// A component that was admitted: from memory, from its image, or compiled again.
    ///
    /// # Errors
    /// It cannot be had now; see [`LoadError`].
    pub(crate) async fn load(&self, scope: &TenantScope, digest: Digest) -> Result<Component, LoadError> {
        if let Some(component) = self.0.loaded.lock().get(&digest) {
            return Ok(component.clone());
        }
        let place = Place::Lane { tenant: scope.tenant(), waiting_max: scope.tier().waiting_compiles_max };
        self.0.fly(digest, place, None).0.await.end
    }

    /// See [`Runtime::doubt`](crate::Runtime::doubt).
    ///
    /// # Errors
    /// The disk.
    pub(crate) async fn doubt(&self, after: Option<Digest>) -> io::Result<Option<Digest>> {
        let inner = Arc::clone(&self.0);
        let doubted = move || {
            let found = inner.images.stored(after, DOUBTED_MAX)?;
            let last = found.last().copied().filter(|_| found.len() == DOUBTED_MAX);
            inner.leases.doubt(found);
            Ok(last)
        };
        blocking(doubted).await.unwrap_or_else(|| Err(io::Error::other("the store of components was not read")))
    }

    /// See [`Runtime::vouch`](crate::Runtime::vouch).
    pub(crate) fn vouch(&self, digest: Digest) {
        self.0.leases.vouch(digest);
    }

    /// See [`Runtime::remove_doubted`](crate::Runtime::remove_doubted).
    pub(crate) async fn remove_doubted(&self) -> Vec<Digest> {
        let inner = Arc::clone(&self.0);
        let remove = move || std::iter::from_fn(|| inner.leases.remove_doubted()).collect();
        let removed: Vec<Digest> = blocking(remove).await.unwrap_or_default();
        let mut loaded = self.0.loaded.lock();
        removed.iter().for_each(|digest| _ = loaded.pop(digest));
        removed
    }
}

impl Inner {
    async fn check(self: &Arc<Self>, tier: &Tier, wasm: Bytes) -> Result<Admitted, Admission> {
        let inner = Arc::clone(self);
        let Inspection { admitted, cost } = blocking(move || admission::inspect(&wasm, &inner.limits))
            .await
            .ok_or(Admission::HostFault)?
            .map_err(Admission::Refused)?;
        let memory = tier.call(admitted.kind).memory_bytes;
        let refused = if admitted.size > tier.component_bytes_max {
            Some(admission::too_many_bytes(admitted.size, tier.component_bytes_max))
        } else if cost.memory_bytes > memory {
            Some(admission::too_much_memory(cost.memory_bytes, memory))
        } else {
            None
        };
        refused.map_or(Ok(admitted), |refusal| Err(Admission::Refused(refusal)))
    }

    async fn keep(self: &Arc<Self>, digest: Digest, wasm: Bytes) -> Result<Arc<Lease>, Admission> {
        let lease = Arc::new(self.leases.begin(digest));
        let images = Arc::clone(&self.images);
        match blocking(move || images.keep(digest, &wasm)).await {
            Some(Ok(new)) => {
                if new {
                    lease.brought();
                }
                Ok(lease)
            }
            Some(Err(error)) => {
                tracing::error!(component = %digest, %error, "a component cannot be stored");
                Err(Admission::HostFault)
            }
            None => Err(Admission::HostFault),
        }
    }

    /// Joins the work on a component, or starts it; true when it was started. The work goes on when those who wait
    /// for it leave.
    fn fly(self: &Arc<Self>, digest: Digest, place: Place, lease: Option<Arc<Lease>>) -> (Flight, bool) {
        let mut flights = self.flights.lock();
        if let Some(flight) = flights.get(&digest) {
            return (flight.clone(), false);
        }
        let inner = Arc::clone(self);
        let work = tokio::spawn(async move {
            let _landing = Landing { inner: &inner, digest };
            let settled = Box::pin(inner.settle(digest, place)).await;
            drop(lease);
            settled
        });
        let flight = work.map(|ended| ended.unwrap_or_else(|error| failed(&error))).boxed().shared();
        flights.insert(digest, flight.clone());
        (flight, true)
    }

    async fn settle(self: &Arc<Self>, digest: Digest, place: Place) -> Settled {
        if let Some(known) = self.refusals.get(digest) {
            return refused(known, false);
        }
        if let Some(settled) = self.open(digest, false).await {
            return settled;
        }
        let _turn = match place {
            Place::Turn(turn) => Some(turn),
            Place::Lane { tenant, waiting_max } => match self.queue.enter(tenant, waiting_max) {
                Ok(ticket) => ticket.turn().await,
                Err(_) => return Settled::error(LoadError::Busy),
            },
        };
        match self.compile(digest).await {
            Ok(()) => self.open(digest, true).await.unwrap_or_else(|| Settled::error(LoadError::Fault)),
            Err(settled) => settled,
        }
    }

    async fn compile(self: &Arc<Self>, digest: Digest) -> Result<(), Settled> {
        let images = Arc::clone(&self.images);
        let wasm = match blocking(move || images.wasm(digest)).await {
            Some(Ok(wasm)) => wasm,
            Some(Err(error @ (WasmError::Missing | WasmError::Damaged))) => {
                tracing::error!(component = %digest, %error, "a component cannot be compiled");
                return Err(Settled::error(LoadError::Missing));
            }
            Some(Err(WasmError::Io(error))) => {
                tracing::error!(component = %digest, %error, "a component cannot be read");
                return Err(Settled::error(LoadError::Fault));
            }
            None => return Err(Settled::error(LoadError::Fault)),
        };
        let began = Instant::now();
        match self.compiler.compile(&wasm, digest, &self.images).await {
            Ok(_) => Ok(()),
            Err(NotCompiled::Refused(refusal)) => Err(self.remember(digest, refusal, began.elapsed()).await),
            Err(NotCompiled::Fault) => Err(Settled::error(LoadError::Fault)),
        }
    }

    async fn remember(self: &Arc<Self>, digest: Digest, refusal: Refusal, took: Duration) -> Settled {
        let inner = Arc::clone(self);
        let known = blocking(move || inner.refusals.put(digest, refusal, took)).await;
        known.map_or_else(|| Settled::error(LoadError::Fault), |known| refused(known, true))
    }

    /// None when there is no image to be trusted.
    async fn open(self: &Arc<Self>, digest: Digest, compiled: bool) -> Option<Settled> {
        let images = Arc::clone(&self.images);
        let (end, took) = match blocking(move || images.open_image(digest)).await? {
            Ok(Opened::Absent) => return None,
            Ok(Opened::Ready(component, took)) => {
                self.loaded.lock().put(digest, component.clone());
                (Ok(component), took)
            }
            Ok(Opened::Unfit(refusal, took)) => (Err(LoadError::Refused(refusal)), took),
            Err(error) => {
                tracing::error!(component = %digest, %error, "a compiled image cannot be mapped");
                (Err(LoadError::Fault), Duration::ZERO)
            }
        };
        Some(Settled { end, took, compiled })
    }
}

impl Settled {
    fn error(error: LoadError) -> Self {
        Self { end: Err(error), took: Duration::ZERO, compiled: true }
    }
}

/// Takes the flight off the board, even if its work panics.
struct Landing<'a> {
    inner: &'a Inner,
    digest: Digest,
}

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        self.inner.flights.lock().remove(&self.digest);
    }
}

fn refused(known: Known, compiled: bool) -> Settled {
    let took = known.took();
    Settled { end: Err(LoadError::Refused(known.refusal)), took, compiled }
}

fn failed(error: &tokio::task::JoinError) -> Settled {
    tracing::error!(%error, "admitting a component failed in the host");
    Settled::error(LoadError::Fault)
}

fn later(busy: &Busy) -> Admission {
    Admission::Busy { retry_after_ms: COMPILATION_GUESS_MS.saturating_mul(busy.before.max(1) as u64) }
}

/// Work on files or many bytes, away from the threads that serve requests. None when it panicked, which is logged.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    match spawn_blocking(work).await {
        Ok(done) => Some(done),
        Err(error) => {
            tracing::error!(%error, "admitting a component failed in the host");
            None
        }
    }
}

/// Everything that a refusal by the compiler depends on, apart from the component.
fn configuration(images: &Images, limits: &AdmissionLimits) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(images.compatibility().as_bytes()).update(&serde_json::to_vec(limits)?);
    Ok(hasher.finalize().to_hex().to_string())
}
