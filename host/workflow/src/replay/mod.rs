//! A run's recorded events once more, on the version that it was on or on another one: where the decisions differ.
//!
//! The run that plays is only thought of: it begins empty, hears what the real one heard, and the machine makes of each
//! new decision what it would have become. Whatever a step asks of the host is answered from its receipt. Nothing is
//! written, sent or told.
//!
//! What a decision met when it was carried out (people, other runs, the calendar) is not played again.

mod compare;
mod recording;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use signalsync_components::receipt;
use signalsync_core::contract::Json;
use signalsync_core::contract::workflow::{Decision, Event};
use signalsync_core::{
    Call, DeploymentName, Execution, Failure, Input, Invoke, LogLine, Output, Principal, Recorded, Replayed, RunId,
    TaskId, TenantScope, Timestamp, WorkId,
};
use signalsync_store::{StoreError, Transaction};

use crate::machine::{self, Act, Decided, Ground, Run};
use crate::types::{self, Version};
use recording::{Recording, Then};

pub use compare::{Comparison, Told};

/// How far a replay goes.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Steps that are played.
    pub steps: usize,
    /// Fuel of all of them; behind the one that exceeds it, none is played.
    pub fuel: u64,
    /// Bytes of what is reported; behind the step that exceeds it, none is played.
    pub bytes: usize,
}

impl Bounds {
    /// For somebody who waits for the answer: it is there within the time of a request.
    pub const REQUEST: Self = Self { steps: 500, fuel: 5_000_000_000, bytes: 4 << 20 };

    /// For somebody at the machine: all that a run can have.
    pub const WHOLE: Self = Self { steps: machine::STEPS_MAX as usize, fuel: u64::MAX, bytes: 64 << 20 };
}

/// Why steps failed, where that was not in the component: what the host could not do, and what a decision met when it was
/// carried out.
const MET: [&str; 12] = [
    "out-of-time",
    "too-many-calls",
    "quarantined",
    "component-not-ready",
    "host-fault",
    "write-refused",
    "nobody-to-ask",
    "child-not-started",
    "no-recipient",
    "step-given-up",
    "no-calendar",
    "never-due",
];

/// What a replay found.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "RunReplay")]
#[serde(rename_all = "kebab-case")]
pub struct Replay {
    pub run: RunId,
    pub workflow: DeploymentName,
    /// On which it was played; none when each step was on its own.
    pub version: Option<u32>,
    /// Steps that decide the same and remember the same.
    pub same: usize,
    /// Steps that decide otherwise, remember otherwise, or are not reached.
    pub different: usize,
    /// Steps of which nothing can be said.
    pub not_replayed: usize,
    /// Whether there are more steps than were played.
    pub more: bool,
    /// In order.
    pub steps: Vec<Compared>,
}

/// A step that was played again.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "ReplayedStep")]
#[serde(rename_all = "kebab-case")]
pub struct Compared {
    /// Number of its entry in the history.
    pub entry: u64,
    pub at: Timestamp,
    /// The version on which it was played.
    pub version: u32,
    /// What had happened, in few words.
    pub heard: String,
    #[serde(flatten)]
    pub comparison: Comparison,
}

impl Replay {
    /// The first step that is not the same.
    pub fn first_difference(&self) -> Option<&Compared> {
        self.steps.iter().find(|step| step.comparison.is_different())
    }

    fn add(&mut self, step: Compared) {
        match &step.comparison {
            Comparison::Same => self.same += 1,
            Comparison::NotReplayed { .. } => self.not_replayed += 1,
            _ => self.different += 1,
        }
        self.steps.push(step);
    }
}

/// Plays the events of a run.
///
/// # Errors
/// The store failed; a version that is not there is damage.
pub(crate) async fn replay(
    invoke: &dyn Invoke<Transaction>,
    scope: &TenantScope,
    tx: &mut Transaction,
    run: &Run,
    (version, bounds): (Option<u32>, Bounds),
) -> Result<Replay, StoreError> {
    let recording = recording::read(tx, run, bounds.steps)?;
    let mut found = Replay {
        run: run.id,
        workflow: run.workflow.clone(),
        version,
        same: 0,
        different: 0,
        not_replayed: 0,
        more: recording.more,
        steps: Vec::with_capacity(recording.steps.len()),
    };
    let first = types::version(tx, &run.workflow, version.unwrap_or(recording.version))?;
    let mut player = Player { invoke, scope, run: begun(run, &first), version: first, stuck: None, known: true };
    let (mut fuel, mut bytes) = (0_u64, 0);
    for (at, step) in recording.steps.iter().enumerate() {
        if fuel > bounds.fuel || bytes > bounds.bytes {
            found.more = true;
            break;
        }
        if version.is_none() && player.version.number != step.version {
            player.version = types::version(tx, &run.workflow, step.version)?;
        }
        player.run.cancelling |= step.cancelling;
        let receipt = receipt(tx, step.execution)?;
        let after = recording.memory_behind(tx, at)?;
        let (comparison, used) = player.play(step, receipt.as_ref(), after).await;
        fuel = fuel.saturating_add(used);
        bytes += comparison.bytes();
        let (version, heard) = (player.version.number, compare::in_words(&step.event));
        found.add(Compared { entry: step.entry, at: step.at, version, heard, comparison });
    }
    Ok(found)
}

/// The run as it was before its first event.
fn begun(run: &Run, version: &Version) -> Run {
    let status = version.definition.statuses.first().map(|status| status.name.clone()).unwrap_or_default();
    let begun = Run::begin(run.id, run.workflow.clone(), run.version, status, run.started_at);
    Run { key: run.key.clone(), starter: run.starter, parent: run.parent.clone(), ..begun }
}

/// The run that plays.
struct Player<'a> {
    invoke: &'a dyn Invoke<Transaction>,
    scope: &'a TenantScope,
    version: Version,
    run: Run,
    /// Why it hears nothing more.
    stuck: Option<String>,
    /// Whether it is known what it remembers.
    known: bool,
}

impl Player<'_> {
    /// Plays a step; what it used. `after` is what the workflow remembered behind it, when that is known.
    async fn play(&mut self, step: &Recording, receipt: Option<&Execution>, after: Option<Json>) -> (Comparison, u64) {
        if let Some(why) = self.not_reached(&step.event) {
            return (Comparison::NotReached { why }, 0);
        }
        if !self.known && !self.pick_up(receipt) {
            let why = "what the workflow remembered before it is not known, because steps before it cannot be replayed";
            self.follow(step, after);
            return (Comparison::NotReplayed { why: why.to_owned() }, 0);
        }
        let replayed = self.ask(&step.event, receipt, step.at).await;
        let used = replayed.fuel;
        if let Some(why) = not_replayed(receipt, &replayed) {
            self.follow(step, after);
            return (Comparison::NotReplayed { why }, used);
        }
        if let Then::Failed { code, .. } = &step.then
            && MET.contains(&code.as_str())
        {
            let why = format!("it failed for what it met (`{code}`), and a replay meets nothing");
            return (Comparison::NotReplayed { why }, used);
        }
        let (told, decided, log) = self.judge(&step.event, replayed, step.at);
        let comparison = compare::compare(&step.then, after.as_deref(), told, log);
        if receipt.is_none() && comparison.is_different() {
            let why = "its receipt is not kept any more, and with it what it saw: the time, chance, and what the host \
                       answered";
            self.follow(step, after);
            return (Comparison::NotReplayed { why: why.to_owned() }, used);
        }
        match (&step.then, decided) {
            (Then::Decided { .. }, Some(decided)) => self.become_of(*decided),
            (Then::Decided { .. }, None) => {
                self.stuck = Some(format!("the run is an incident since entry {}", step.entry));
            }
            // The event came again, once somebody had the step retried.
            (Then::Failed { .. }, _) => {}
        }
        (comparison, used)
    }

    fn not_reached(&self, event: &Event) -> Option<String> {
        if let Some(why) = &self.stuck {
            return Some(why.clone());
        }
        if self.run.state.has_ended() {
            return Some("the run has ended before".to_owned());
        }
        let heard = compare::in_words(event);
        let is_open = machine::is_open(&self.run, &self.version.definition, event);
        (!is_open).then(|| format!("the run does not wait for it: {heard}"))
    }

    async fn ask(&self, event: &Event, receipt: Option<&Execution>, at: Timestamp) -> Replayed {
        let deployed = Arc::new(self.version.deployed.clone());
        let input = Input::Advance { state: self.run.memory.clone(), event: event.clone() };
        let (now, seed) = receipt.map_or((at, 0), |receipt| (receipt.replay.now, receipt.replay.seed));
        let recorded = match receipt {
            Some(receipt) => {
                Recorded { caller: receipt.replay.caller.clone(), observed: receipt.replay.observed.clone() }
            }
            None => Recorded { caller: Principal::host(), observed: Vec::new() },
        };
        self.invoke.replay(self.scope, Call { deployed, input, now, seed }, recorded).await
    }

    /// What the step comes to: what is told of it, and the run afterwards with what would have to be done.
    fn judge(&self, event: &Event, replayed: Replayed, now: Timestamp) -> (Told, Option<Box<Decided>>, Vec<LogLine>) {
        let Replayed { answer, strayed, left_out, log, fuel: _ } = replayed;
        let decision = match (strayed, answer) {
            (Some(detail), _) => return (Told::failed("asks-otherwise", detail), None, log),
            (None, Ok(Output::Decision(decision))) => decision,
            (None, Ok(_)) => return (Told::failed("host-fault", "the answer is not a decision"), None, log),
            (None, Err(failure)) => return (Told::failed(failure.code(), failure.to_string()), None, log),
        };
        let told = Told::decided(&decision, left_out);
        let ground = Ground { definition: &self.version.definition, now, due: &|_| Ok(now) };
        match machine::decide(self.run.clone(), event, decision, &ground) {
            Ok(decided) => (told, Some(Box::new(decided)), log),
            Err(broken) => (Told::failed(broken.code, broken.detail), None, log),
        }
    }

    /// Goes on from what was recorded.
    fn follow(&mut self, step: &Recording, after: Option<Json>) {
        let Then::Decided { status, actions, .. } = &step.then else { return };
        self.known = after.is_some();
        let decision = Decision { state: after.unwrap_or_default(), status: status.clone(), actions: actions.clone() };
        let ground = Ground { definition: &self.version.definition, now: step.at, due: &|_| Ok(step.at) };
        match machine::decide(self.run.clone(), &step.event, decision, &ground) {
            Ok(decided) => self.become_of(decided),
            Err(broken) => self.stuck = Some(format!("what was decided at entry {} is refused: {broken}", step.entry)),
        }
    }

    /// Takes over what the real run remembered.
    fn pick_up(&mut self, receipt: Option<&Execution>) -> bool {
        let Some(Input::Advance { state, .. }) = receipt.and_then(|receipt| receipt.replay.input.as_ref()) else {
            return false;
        };
        (self.run.memory, self.known) = (state.clone(), true);
        true
    }

    /// What is new gets an id, as from whoever writes it down.
    fn become_of(&mut self, Decided { mut run, acts }: Decided) {
        for act in acts {
            match act {
                Act::OpenTask(task, _) => drop(run.tasks.insert(task.id, TaskId::new())),
                Act::SetTimer(id, _) => drop(run.timers.insert(id, WorkId::new())),
                Act::RunMapping(effect) => drop(run.effects.insert(effect.id, WorkId::new())),
                Act::StartChild(child) => drop(run.children.insert(child.id, RunId::new())),
                Act::CloseTask(_)
                | Act::DropTimer(_)
                | Act::Notify(_)
                | Act::CancelChild(_)
                | Act::SendSignal(_)
                | Act::TellParent(..) => {}
            }
        }
        self.run = run;
    }
}

/// Why nothing can be said of a step although it was asked again.
fn not_replayed(receipt: Option<&Execution>, replayed: &Replayed) -> Option<String> {
    if let Err(failure @ (Failure::Denied { .. } | Failure::HostFault | Failure::OutOfTime { .. })) = &replayed.answer {
        return Some(format!("the host could not run it now: {failure}"));
    }
    let strayed = replayed.strayed.as_ref()?;
    match receipt {
        None => Some(format!("its receipt is not kept any more, and {strayed}")),
        Some(receipt) if receipt.replay.truncated => {
            Some(format!("it saw more at first than a receipt keeps, and {strayed}"))
        }
        Some(_) => None,
    }
}

/// JSON that stands in JSON as a text, opened; what is no JSON stays a text.
fn opened(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}
