//! One call from start to receipt: its own store, its own limits, nothing left behind.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use rand::SeedableRng as _;
use rand::rngs::ChaCha8Rng;
use signalsync_core::execution::Replay;
use signalsync_core::{
    Call, CallLimits, Clock, Completed, Deployed, End, Execution, ExecutionId, Failure, Input, Kind, Output, Recorded,
    Replayed, TenantScope, Timestamp, Touched, Usage,
};
use signalsync_data::{Gate, Schemas};
use signalsync_egress::{Egress, Origin};
use signalsync_store::Transaction;
use wasmtime::component::ResourceTable;
use wasmtime::{Engine, Store};

use crate::capability::http::Outside;
use crate::capability::log::LogBuffer;
use crate::capability::wasi::LockedWasi;
use crate::engine::TICK;
use crate::gate::Place;
use crate::link::{Linkers, Prepared};
use crate::meter::{Ledger, MemoryMeter, SLICE_FUEL};
use crate::outcome::{explain, out_of_time};
use crate::output;
use crate::schedule::{Scheduler, Share, timed};
use crate::state::{CallContext, CallState, HANDLES_MAX, StoreBudget, Traffic};
use crate::transcript::{Played, Transcript};

/// Bytes that one host call, or the answer, may move out of the sandbox. wasmtime's own default is
/// 128 MiB for each call, with which a guest could fill the host's memory.
const MOVED_BYTES_MAX: usize = 2 << 20;

/// The same for the kinds whose answers carry many documents.
const MOVED_BYTES_MAX_LARGE: usize = 10 << 20;

/// Handles of resources that a guest may hold, its own included. wasmtime's default is 100,000.
const GUEST_HANDLES_MAX: usize = 10_000;

/// Largest input that the execution record keeps for a replay.
const REPLAY_INPUT_BYTES_MAX: u64 = 256 << 10;

/// Longest text of a guest's own error.
const GUEST_ERROR_BYTES_MAX: usize = 4 << 10;

/// What calls share.
pub(crate) struct Host {
    pub(crate) engine: Engine,
    pub(crate) linkers: Linkers,
    pub(crate) scheduler: Scheduler,
    pub(crate) egress: Arc<Egress>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) schemas: Arc<Schemas>,
    pub(crate) memory: Arc<Ledger>,
}

/// A call that has begun.
pub(crate) struct Run {
    id: ExecutionId,
    started_at: Timestamp,
    start: Instant,
    call: Call,
    /// Whether the receipt has room for the input.
    keeps_input: bool,
    /// What the host answers, when the call runs once more.
    recorded: Option<Recorded>,
}

/// A call that has ended, before its receipt is written.
pub(crate) struct Ended {
    pub(crate) answer: Result<Output, Failure>,
    tx: Option<Transaction>,
    touched: Vec<Touched>,
    usage: Usage,
    log: LogBuffer,
    transcript: Transcript,
}

impl Ended {
    /// It was refused before it began.
    pub(crate) fn not_started(failure: Failure, tx: Transaction) -> Self {
        Self {
            answer: Err(failure),
            tx: Some(tx),
            touched: Vec::new(),
            usage: Usage::default(),
            log: LogBuffer::default(),
            transcript: Transcript::default(),
        }
    }

    /// The host broke in the middle of it. What it used is unknown, so all of it is charged.
    fn broken(limits: &CallLimits) -> Self {
        Self {
            answer: Err(Failure::HostFault),
            tx: None,
            touched: Vec::new(),
            usage: Usage { fuel: limits.fuel, ..Usage::default() },
            log: LogBuffer::default(),
            transcript: Transcript::default(),
        }
    }
}

impl Run {
    pub(crate) fn begin(host: &Host, call: Call) -> Self {
        let keeps_input = call.input.bytes() <= REPLAY_INPUT_BYTES_MAX;
        Self {
            id: ExecutionId::new(),
            started_at: host.clock.now(),
            start: Instant::now(),
            call,
            keeps_input,
            recorded: None,
        }
    }

    /// Once more, with what was recorded at first.
    pub(crate) fn again(host: &Host, call: Call, recorded: Recorded) -> Self {
        Self { keeps_input: false, recorded: Some(recorded), ..Self::begin(host, call) }
    }

    pub(crate) fn call(&self) -> &Call {
        &self.call
    }

    /// Runs the component on the guests' threads until it answers or is stopped.
    pub(crate) async fn execute(
        &mut self,
        host: &Host,
        scope: &TenantScope,
        prepared: Arc<Prepared>,
        place: Place,
        tx: Transaction,
    ) -> Ended {
        let limits = scope.tier().call(self.call.deployed.kind);
        let origins = match origins(&self.call.deployed) {
            Ok(origins) => origins,
            Err(failure) => return Ended::not_started(failure, tx),
        };
        let before = tx.savepoint();
        let memory = MemoryMeter::new(limits.memory_bytes, Arc::clone(place.memory()), Arc::clone(&host.memory));
        let origins = scope.tier().reaches_outside.then_some(origins);
        let outside = Outside::new(Arc::clone(&host.egress), origins, limits.wall_ms);
        let gate = Gate::via(&host.schemas, scope, self.call.now, &self.call.deployed.deployment);
        let mut state = call_state(&self.call, scope, gate, memory, outside, tx);
        if let Some(Recorded { caller, observed }) = self.recorded.take() {
            (state.context.caller, state.transcript) = (caller, Transcript::replaying(observed));
        }
        let (bytes_in, input) = (self.call.input.bytes(), self.take_input());
        let store = limited_store(&host.engine, state, &limits, self.call.deployed.kind);
        let job = async move {
            let mut store = store;
            let guest = tokio::time::timeout(wall(&limits), ask(&mut store, &prepared, input));
            let (result, cpu) = timed(AssertUnwindSafe(guest).catch_unwind()).await;
            let Ok(result) = result else { return None };
            let left = store.get_fuel().unwrap_or(0);
            let state = store.into_data();
            drop(place);
            Some((result, cpu, left, state))
        };
        let share = Share::new(scope.tenant(), scope.tier().weight);
        match host.scheduler.spawn(share, job).await {
            None => Ended::broken(&limits),
            Some((result, cpu, fuel_left, mut state)) => {
                let answer = match result {
                    Err(_) => Err(out_of_time(&limits)),
                    Ok(Err(error)) => Err(explain(&error, &limits, state.memory.was_denied())),
                    Ok(Ok(answer)) => answer.and_then(acceptable),
                };
                if answer.is_err() {
                    state.tx.rollback(before);
                    state.touched.clear();
                }
                let usage = Usage {
                    fuel: limits.fuel.saturating_sub(fuel_left),
                    cpu_us: u64::try_from(cpu.as_micros()).unwrap_or(u64::MAX),
                    memory_peak_bytes: state.memory.peak(),
                    wall_us: 0,
                    bytes_in: state.traffic.bytes_in + bytes_in,
                    bytes_out: state.traffic.bytes_out + answer.as_ref().map_or(0, output::bytes),
                    host_calls: state.traffic.host_calls,
                };
                state.wasi.print_to(&mut state.log);
                let CallState { tx, touched, log, transcript, .. } = state;
                Ended { answer, tx: Some(tx), touched, usage, log, transcript }
            }
        }
    }

    /// The input for the sandbox: a copy only if the receipt keeps it.
    fn take_input(&mut self) -> Input {
        let input = &mut self.call.input;
        if self.keeps_input { input.clone() } else { std::mem::replace(input, Input::Describe) }
    }

    /// How it went once more; nobody keeps a receipt.
    pub(crate) fn replayed(ended: Ended) -> Replayed {
        let Played { strayed, left_out } = ended.transcript.end();
        Replayed { answer: ended.answer, strayed, left_out, fuel: ended.usage.fuel, log: ended.log.finish().0 }
    }

    /// Writes the receipt.
    pub(crate) fn complete(self, scope: &TenantScope, ended: Ended) -> Completed<Transaction> {
        let Call { deployed, input, now, seed } = self.call;
        let (log, log_truncated) = ended.log.finish();
        let (observed, truncated) = ended.transcript.finish();
        let input = self.keeps_input.then_some(input);
        let execution = Execution {
            id: self.id,
            deployment: deployed.deployment.clone(),
            version: deployed.version,
            component: deployed.component,
            kind: deployed.kind,
            started_at: self.started_at,
            end: match &ended.answer {
                Ok(_) => End::Done,
                Err(failure) => End::Failed(failure.clone()),
            },
            usage: Usage {
                wall_us: u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX),
                ..ended.usage
            },
            log,
            log_truncated,
            replay: Replay {
                truncated: truncated || input.is_none(),
                input,
                deployed: Arc::unwrap_or_clone(deployed),
                caller: scope.caller().principal.clone(),
                now,
                seed,
                observed,
            },
        };
        Completed { tx: ended.tx, answer: ended.answer, execution, touched: ended.touched }
    }
}

fn origins(deployed: &Deployed) -> Result<Vec<Origin>, Failure> {
    let granted = deployed.grants.http.as_deref().unwrap_or_default();
    granted.iter().map(|text| text.parse()).collect::<Result<_, _>>().map_err(|error| {
        tracing::error!(deployment = %deployed.deployment, %error, "a stored grant is not an origin");
        Failure::HostFault
    })
}

pub(crate) fn call_state(
    call: &Call,
    scope: &TenantScope,
    gate: Gate,
    memory: MemoryMeter,
    outside: Outside,
    tx: Transaction,
) -> CallState {
    let mut handles = ResourceTable::new();
    handles.set_max_capacity(HANDLES_MAX);
    CallState {
        memory,
        traffic: Traffic::default(),
        log: LogBuffer::default(),
        transcript: Transcript::default(),
        context: CallContext {
            deployed: Arc::clone(&call.deployed),
            caller: scope.caller().principal.clone(),
            now: call.now,
            random: ChaCha8Rng::seed_from_u64(call.seed),
        },
        tx,
        gate,
        touched: Vec::new(),
        budget: StoreBudget::default(),
        outside,
        handles,
        wasi: LockedWasi::new(call.now, call.seed),
    }
}

/// A store under all limits at once: fuel, memory, handles, bytes of one host call, and the clock tick.
pub(crate) fn limited_store(engine: &Engine, state: CallState, limits: &CallLimits, kind: Kind) -> Store<CallState> {
    let mut store = Store::new(engine, state);
    store.limiter(|state| &mut state.memory);
    store.set_hostcall_fuel(match kind {
        Kind::Validation => MOVED_BYTES_MAX,
        Kind::Mapping | Kind::Workflow => MOVED_BYTES_MAX_LARGE,
    });
    store.set_max_component_handles(GUEST_HANDLES_MAX);
    arm(&mut store, limits);
    store
}

/// Lets a store run for as long as these limits say, from now on.
pub(crate) fn arm(store: &mut Store<CallState>, limits: &CallLimits) {
    // The tick stops a guest that neither yields nor runs out of fuel; the time-out around the call comes first.
    let ticks = limits.wall_ms / u64::try_from(TICK.as_millis()).unwrap_or(1);
    store.set_epoch_deadline(ticks + 3);
    let metered = store.set_fuel(limits.fuel).and_then(|()| store.fuel_async_yield_interval(Some(SLICE_FUEL)));
    metered.unwrap_or_else(|error| unreachable!("the engine is configured for fuel: {error}"));
}

fn wall(limits: &CallLimits) -> Duration {
    Duration::from_millis(limits.wall_ms)
}

/// Instantiates the component and asks it.
async fn ask(
    store: &mut Store<CallState>,
    prepared: &Prepared,
    input: Input,
) -> wasmtime::Result<Result<Output, Failure>> {
    let answer = match (prepared, input) {
        (Prepared::Validation(pre), Input::Validate(subject)) => {
            let guest = pre.instantiate_async(&mut *store).await?;
            let violations = guest.call_validate(store, &subject.into()).await?;
            violations.map(|list| Output::Violations(list.into_iter().map(Into::into).collect()))
        }
        (Prepared::Mapping(pre), Input::Transform(message)) => {
            let guest = pre.instantiate_async(&mut *store).await?;
            guest.call_transform(store, &message.into()).await?.map(|outcome| Output::Outcome(outcome.into()))
        }
        (Prepared::Workflow(pre), Input::Describe) => {
            let guest = pre.instantiate_async(&mut *store).await?;
            Ok(Output::Definition(Box::new(guest.call_describe(store).await?.into())))
        }
        (Prepared::Workflow(pre), Input::Advance { state, event }) => {
            let guest = pre.instantiate_async(&mut *store).await?;
            let decision = guest.call_advance(store, state.as_ref(), &event.into()).await?;
            decision.map(|decision| Output::Decision(decision.into()))
        }
        (_, input) => wasmtime::bail!("a component was asked for {}, which it does not answer", input.kind()),
    };
    Ok(answer.map_err(|message| Failure::GuestError { message: shortened(message) }))
}

fn acceptable(answer: Output) -> Result<Output, Failure> {
    match output::check(&answer) {
        Ok(()) => Ok(answer),
        Err(message) => Err(Failure::InvalidOutput { message }),
    }
}

fn shortened(mut message: String) -> String {
    let mut end = message.len().min(GUEST_ERROR_BYTES_MAX);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    message.truncate(end);
    message
}
