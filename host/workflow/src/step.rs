//! A step: the next event of a run is taken, its workflow decides, and all of it commits together.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use signalsync_components::{Executions, Receipts, call};
use signalsync_core::contract::workflow::{Broken, Decision, Event};
use signalsync_core::{Clock, Completed, ExecutionId, Failure, Input, Output, RunId, TenantScope, Timestamp};
use signalsync_records::{Judge, RecordError};
use signalsync_store::{StoreError, Stores, Transaction};
use signalsync_work::{Claimed, Handlers, Outcome, Policy, Setback, Within};

use crate::apply::{self, Stop};
use crate::history::{What, note};
use crate::inbox::{self, STEP, Waiting};
use crate::machine::{self, Decided, Ground, HISTORY_BYTES_MAX, Run, RunState, STEPS_MAX};
use crate::types::Version;
use crate::{levels, rows, types};

/// How often a step is tried that failed in a way that may pass.
const TRIES_MAX: u32 = 8;

/// The pause after the first try; twice as long after each further one.
const PAUSE_FIRST_MS: u64 = 1_000;

/// Does the steps of runs.
pub struct Steps {
    stores: Arc<Stores>,
    judge: Judge,
    executions: Executions,
    clock: Arc<dyn Clock>,
}

/// Why a step did not happen.
#[derive(Debug)]
struct Trouble {
    code: String,
    detail: String,
    execution: Option<ExecutionId>,
    can_pass: bool,
}

/// A step did not happen, or the store failed.
enum Halt {
    Trouble(Trouble),
    Store(StoreError),
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The event whose turn it is, of a run that takes it.
struct Turn {
    run: Run,
    version: Version,
    id: String,
    waiting: Waiting,
}

impl Steps {
    /// With what runs components behind the judge.
    pub fn new(stores: Arc<Stores>, judge: Judge, clock: Arc<dyn Clock>) -> Self {
        let executions = Executions::new(Arc::clone(&stores));
        Self { stores, judge, executions, clock }
    }

    /// Makes a driver do them.
    #[must_use]
    pub fn register(self, handlers: Handlers) -> Handlers {
        handlers.within(STEP, self)
    }

    /// Takes the next event of a run with the transaction, as a driver has it done when it is due; the run's work is the
    /// caller's to end. Of a step that fails, only what is noted about it is in the transaction that comes back, which is
    /// another one then.
    ///
    /// # Errors
    /// It may work later, or never.
    pub async fn step(
        &self,
        scope: &TenantScope,
        id: RunId,
        mut tx: Transaction,
    ) -> Result<(Transaction, Outcome), Setback> {
        let now = self.clock.now();
        let Some(run) = rows::run(&mut tx, id)? else { return Ok((tx, Outcome::Done)) };
        if run.state.has_ended() {
            let is_clear = inbox::clear(&mut tx, id)?;
            return Ok((tx, if is_clear { Outcome::Done } else { Outcome::GoesOn { at: now } }));
        }
        let Some(turn) = turn(&mut tx, run)? else { return Ok((tx, Outcome::Done)) };
        let (receipts, event) = (Receipts::default(), turn.id.clone());
        match self.take(scope, tx, turn, now, &receipts).await {
            Ok(mut tx) => {
                receipts.append(scope, &mut tx)?;
                let outcome = outcome(&mut tx, id, now)?;
                Ok((tx, outcome))
            }
            Err(Halt::Trouble(trouble)) => self.trouble(scope, (id, &event), trouble, &receipts).await,
            Err(Halt::Store(error)) => {
                self.executions.keep(scope, &receipts).await?;
                Err(error.into())
            }
        }
    }

    async fn take(
        &self,
        scope: &TenantScope,
        mut tx: Transaction,
        turn: Turn,
        now: Timestamp,
        receipts: &Receipts,
    ) -> Result<Transaction, Halt> {
        let Turn { run, version, id, waiting } = turn;
        inbox::take(&mut tx, run.id, &id)?;
        if machine::is_stale(&run, &version.definition, &waiting.event, waiting.cause) {
            return Ok(tx);
        }
        if run.steps >= STEPS_MAX || run.history_bytes >= HISTORY_BYTES_MAX {
            give_up(&mut tx, run, now)?;
            return Ok(tx);
        }
        let (tx, decision, execution) = self.ask(scope, tx, &run, &version, &waiting.event, (now, receipts)).await?;
        write(tx, run, &version, waiting, decision, execution, now)
    }

    /// What the workflow decides, once what it wrote itself was judged.
    async fn ask(
        &self,
        scope: &TenantScope,
        tx: Transaction,
        run: &Run,
        version: &Version,
        event: &Event,
        (now, receipts): (Timestamp, &Receipts),
    ) -> Result<(Transaction, Decision, (ExecutionId, u64)), Halt> {
        let deployed = Arc::new(version.deployed.clone());
        let input = Input::Advance { state: run.memory.clone(), event: event.clone() };
        let Completed { tx, answer, execution, touched } =
            self.judge.invoke().invoke(scope, call(&deployed, input, now), tx).await;
        let (id, fuel) = (execution.id, execution.usage.fuel);
        receipts.add(execution);
        let failed = |failure| Halt::Trouble(Trouble::of_call(&failure, id));
        let decision = match answer {
            Ok(Output::Decision(decision)) => decision,
            Ok(_) => return Err(failed(Failure::HostFault)),
            Err(failure) => return Err(failed(failure)),
        };
        let tx = tx.ok_or_else(|| failed(Failure::HostFault))?;
        let judged = self.judge.on(scope, now, receipts).touched(tx, &deployed.deployment, touched).await;
        match judged {
            Ok(tx) => Ok((tx, decision, (id, fuel))),
            Err(RecordError::Store(error)) => Err(error.into()),
            Err(error) => Err(Halt::Trouble(Trouble::of_records(&error, id))),
        }
    }

    /// Notes in a transaction of its own why a step did not happen, unless somebody else has done it meanwhile.
    async fn trouble(
        &self,
        scope: &TenantScope,
        (id, event): (RunId, &str),
        trouble: Trouble,
        receipts: &Receipts,
    ) -> Result<(Transaction, Outcome), Setback> {
        let now = self.clock.now();
        let mut tx = self.stores.tenant(scope).await?.begin().await?;
        receipts.append(scope, &mut tx)?;
        let before = rows::run(&mut tx, id)?.filter(|run| run.state == RunState::Running);
        let Some(before) = before else { return Ok((tx, Outcome::Done)) };
        // One that was made up before and written after it comes first now.
        let Some((_, waiting)) = inbox::first(&mut tx, id)?.filter(|(next, _)| next == event) else {
            let outcome = outcome(&mut tx, id, now)?;
            return Ok((tx, outcome));
        };
        let mut run = before.clone();
        let Trouble { code, detail, execution, can_pass } = trouble;
        run.failures += 1;
        if can_pass && run.failures < TRIES_MAX {
            let again_at = Timestamp(now.0 + (PAUSE_FIRST_MS << run.failures.min(10)));
            note(&mut tx, &mut run, (now, None), What::Delayed { code, detail, execution, again_at })?;
            rows::save_run(&mut tx, Some(&before), &run)?;
            return Ok((tx, Outcome::GoesOn { at: again_at }));
        }
        stop(&mut tx, &before, Some(waiting.event), (code, detail, execution), now)?;
        Ok((tx, Outcome::Done))
    }
}

/// The run cannot go on with this event.
fn stop(
    tx: &mut Transaction,
    before: &Run,
    event: Option<Event>,
    (code, detail, execution): (String, String, Option<ExecutionId>),
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut run = before.clone();
    run.stop(code.clone(), detail.clone(), execution, now);
    note(tx, &mut run, (now, None), What::Incident { event, code, detail, execution })?;
    rows::save_run(tx, Some(before), &run)
}

/// A run that went beyond its limits ends.
fn give_up(tx: &mut Transaction, before: Run, now: Timestamp) -> Result<(), StoreError> {
    let (code, detail) = match before.steps >= STEPS_MAX {
        true => ("too-many-steps", format!("a run has at most {STEPS_MAX} steps")),
        false => ("history-too-large", format!("the history of a run has at most {HISTORY_BYTES_MAX} bytes")),
    };
    let mut run = before.clone();
    apply::end(tx, &mut run, (RunState::Failed, &format!("{code}: {detail}")), now)?;
    note(tx, &mut run, (now, None), What::Ended { state: RunState::Failed, code: code.to_owned(), detail })?;
    rows::save_run(tx, Some(&before), &run)
}

/// The event whose turn it is, when the run takes one.
fn turn(tx: &mut Transaction, run: Run) -> Result<Option<Turn>, StoreError> {
    if run.state != RunState::Running {
        return Ok(None);
    }
    let Some((id, waiting)) = inbox::first(tx, run.id)? else { return Ok(None) };
    let version = types::version(tx, &run.workflow, run.version)?;
    Ok(Some(Turn { run, version, id, waiting }))
}

fn outcome(tx: &mut Transaction, run: RunId, now: Timestamp) -> Result<Outcome, StoreError> {
    let more = inbox::first(tx, run)?.is_some();
    Ok(if more { Outcome::GoesOn { at: now } } else { Outcome::Done })
}

/// Writes down what was decided.
fn write(
    mut tx: Transaction,
    before: Run,
    version: &Version,
    waiting: Waiting,
    decision: Decision,
    (execution, fuel): (ExecutionId, u64),
    now: Timestamp,
) -> Result<Transaction, Halt> {
    let refused = |fault: Broken| {
        let Broken { code, detail } = fault;
        Halt::Trouble(Trouble { code: code.to_owned(), detail, execution: Some(execution), can_pass: false })
    };
    let calendar = levels::calendar(&mut tx, &before, &version.definition, &decision)?;
    let due = |moment| levels::due(moment, now, calendar.as_ref());
    let ground = Ground { definition: &version.definition, now, due: &due };
    let what = What::step(waiting.event.clone(), &decision, execution, fuel);
    let Decided { mut run, acts } =
        machine::decide(before.clone(), &waiting.event, decision, &ground).map_err(refused)?;
    let followed = apply::all(&mut tx, &mut run, &version.definition, acts, now)
        .and_then(|()| levels::follow(&mut tx, &mut run, &version.definition, calendar.as_ref(), now));
    match followed {
        Ok(()) => {}
        Err(Stop::Broken(fault)) => return Err(refused(fault)),
        Err(Stop::Store(error)) => return Err(error.into()),
    }
    note(&mut tx, &mut run, (now, waiting.by), what)?;
    rows::save_run(&mut tx, Some(&before), &run)?;
    Ok(tx)
}

impl Trouble {
    /// What is ours, or has to do with time, may pass. A workflow that breaks a rule breaks it again.
    fn of_call(failure: &Failure, execution: ExecutionId) -> Self {
        let can_pass = match failure {
            Failure::OutOfTime { .. } | Failure::Denied { .. } | Failure::HostFault => true,
            Failure::GuestError { .. }
            | Failure::Trap { .. }
            | Failure::InvalidOutput { .. }
            | Failure::OutOfFuel { .. }
            | Failure::OutOfMemory { .. } => false,
        };
        Self { code: failure.code().to_owned(), detail: failure.to_string(), execution: Some(execution), can_pass }
    }

    fn of_records(error: &RecordError, execution: ExecutionId) -> Self {
        let can_pass = match error {
            RecordError::Conflict => true,
            RecordError::NotJudged { failure, execution, .. } => Self::of_call(failure, *execution).can_pass,
            _ => false,
        };
        Self { code: "write-refused".to_owned(), detail: error.to_string(), execution: Some(execution), can_pass }
    }
}

impl Within for Steps {
    fn policy(&self) -> Policy {
        Policy { pause_first_ms: 1_000, ..Policy::default() }
    }

    fn run<'a>(
        &'a self,
        scope: &'a TenantScope,
        claimed: &'a Claimed,
        tx: Transaction,
    ) -> BoxFuture<'a, Result<(Transaction, Outcome), Setback>> {
        async move { self.step(scope, claimed.payload()?, tx).await }.boxed()
    }

    /// What ended the host or the store again and again is an incident too, and leaves no dead letter beside it.
    fn given_up(&self, claimed: &Claimed, why: &str, tx: &mut Transaction) -> Result<(), StoreError> {
        let (Ok(id), now): (Result<RunId, _>, _) = (claimed.payload(), self.clock.now()) else { return Ok(()) };
        signalsync_work::cancel(tx, claimed.id).map_err(crate::error::work)?;
        let Some(run) = rows::run(tx, id)?.filter(|run| run.state == RunState::Running) else { return Ok(()) };
        let event = inbox::first(tx, id)?.map(|(_, waiting)| waiting.event);
        stop(tx, &run, event, ("step-given-up".to_owned(), why.to_owned(), None), now)
    }
}
