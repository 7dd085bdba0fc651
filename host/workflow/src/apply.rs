//! From what has to be done because of a decision to rows, in the transaction of the step.

use std::collections::BTreeSet;

use signalsync_core::contract::workflow::{
    Broken, Child, ChildEnded, Definition, Ending, Event, OpenTask, RunMapping, SendSignal, Signing, Step, Who,
};
use signalsync_core::{DeploymentName, RunId, TaskId, Timestamp, UserId};
use signalsync_store::{StoreError, Transaction};
use signalsync_work::{New, cancel, schedule};

use crate::error::{WorkflowError, work};
use crate::inbox::{self, Waiting};
use crate::machine::{self, Act, Cause, DEPTH_MAX, Parent, Run, RunState, Task, TaskState};
use crate::signals::{Signal, signal};
use crate::start::{Order, start};
use crate::{effects, notices, rows, runs, timers, types, who};

/// Why a step cannot be carried out.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The run becomes an incident.
    Broken(Broken),
    Store(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Broken> for Stop {
    fn from(fault: Broken) -> Self {
        Self::Broken(fault)
    }
}

/// Does what has to be done, in order. What is new gets its ids into the run, whose row the caller writes.
pub(crate) fn all(
    tx: &mut Transaction,
    run: &mut Run,
    definition: &Definition,
    acts: Vec<Act>,
    now: Timestamp,
) -> Result<(), Stop> {
    acts.into_iter().try_for_each(|act| one(tx, run, definition, act, now))
}

fn one(tx: &mut Transaction, run: &mut Run, definition: &Definition, act: Act, now: Timestamp) -> Result<(), Stop> {
    match act {
        Act::OpenTask(task, due) => open_task(tx, run, definition, task, (now, due)),
        Act::CloseTask(id) => Ok(close_task(tx, id, now)?),
        Act::SetTimer(id, at) => Ok(timers::set(tx, run, id, at)?),
        Act::DropTimer(id) => cancel(tx, id).map(drop).map_err(|error| work(error).into()),
        Act::Notify(notify) => Ok(notices::notify(tx, run, &notify, now)?),
        Act::RunMapping(effect) => Ok(run_mapping(tx, run, &effect, now)?),
        Act::StartChild(child) => start_child(tx, run, child, now),
        Act::CancelChild(id) => Ok(runs::ask_to_end(tx, id, "the run that started it does not need it any more", now)?),
        Act::SendSignal(signal) => send(tx, signal, now),
        Act::TellParent(parent, ending) => Ok(tell_parent(tx, run.id, &parent, ending, now)?),
    }
}

fn open_task(
    tx: &mut Transaction,
    run: &mut Run,
    definition: &Definition,
    open: OpenTask,
    (now, due): (Timestamp, Option<Timestamp>),
) -> Result<(), Stop> {
    let OpenTask { id: name, step, people, priority, data, due: _ } = open;
    let step = definition.steps.iter().find(|found| found.id == step);
    let step = step.ok_or_else(|| Broken::new("unknown-step", "the step is not in the definition"))?.clone();
    let people = if people.is_empty() { vec![Who::Role(step.role.clone())] } else { people };
    let asked = who::holders(tx, run, &people)?;
    let barred = barred(tx, run.id, run.starter, &step)?;
    let able: Vec<_> = who::people(tx, &asked)?.into_iter().filter(|user| !barred.contains(user)).collect();
    check_enough(&step, able.len())?;
    let signers = if step.signing == Signing::Any { Vec::new() } else { able };
    let id = TaskId::new();
    let due_work = due.map(|due| timers::watch(tx, id, due)).transpose()?;
    let task = Task {
        id,
        run: run.id,
        workflow: run.workflow.clone(),
        key: run.key.clone(),
        name: name.clone(),
        step,
        priority,
        data,
        opened_at: now,
        due,
        due_work,
        state: TaskState::Open,
        asked,
        signers,
        claimed_by: None,
        votes: Vec::new(),
        barred,
        end: None,
    };
    rows::save_task(tx, None, &task)?;
    run.tasks.insert(name, id);
    Ok(())
}

/// An empty role is an incident and not silence.
fn check_enough(step: &Step, able: usize) -> Result<(), Broken> {
    let needed = match step.signing {
        Signing::Any | Signing::All => 1,
        Signing::Votes(votes) => votes as usize,
    };
    if able >= needed {
        return Ok(());
    }
    let Step { id, role, .. } = step;
    let detail = format!(
        "the step `{id}` needs {needed} active people, and there are {able}; see whom the role `{role}` stands for, and who \
         may not do it"
    );
    Err(Broken::new("nobody-to-ask", detail))
}

/// Who may not do a step because of what they did in the run before.
pub(crate) fn barred(
    tx: &mut Transaction,
    run: RunId,
    starter: Option<UserId>,
    step: &Step,
) -> Result<BTreeSet<UserId>, StoreError> {
    let mut barred = BTreeSet::new();
    for other in &step.not_by {
        match other == Step::START {
            true => barred.extend(starter),
            false => barred.extend(rows::who_did(tx, run, other)?),
        }
    }
    Ok(barred)
}

fn close_task(tx: &mut Transaction, id: TaskId, now: Timestamp) -> Result<(), StoreError> {
    let Some(before) = rows::task(tx, id)? else { return Ok(()) };
    if before.state != TaskState::Open {
        return Ok(());
    }
    let mut task = before.clone();
    task.close(now);
    timers::unwatch(tx, &mut task)?;
    rows::save_task(tx, Some(&before), &task)
}

fn run_mapping(tx: &mut Transaction, run: &mut Run, effect: &RunMapping, now: Timestamp) -> Result<(), StoreError> {
    let work = effects::schedule(tx, run, effect, now)?;
    run.effects.insert(effect.id.clone(), work);
    Ok(())
}

fn start_child(tx: &mut Transaction, run: &mut Run, child: Child, now: Timestamp) -> Result<(), Stop> {
    let Child { id, workflow, key, input } = child;
    let depth = run.parent.as_ref().map_or(0, |parent| parent.depth) + 1;
    let parent = Parent { run: run.id, id: id.clone(), depth };
    let not_started =
        |why: String| Broken::new("child-not-started", format!("the child `{id}` was not started: {why}"));
    if depth > DEPTH_MAX {
        return Err(not_started(format!("there are {DEPTH_MAX} runs above one another already")).into());
    }
    let name: DeploymentName =
        workflow.parse().map_err(|rule: signalsync_core::InvalidName| not_started(rule.to_string()))?;
    let order = Order { workflow: name, key, input, by: None, parent: Some(parent) };
    match start(tx, order, now) {
        Ok(started) if started.created => {
            run.children.insert(id, started.run);
            Ok(())
        }
        // Somebody else's run has the key: this one never begins.
        Ok(started) => {
            let outcome = Ending::Failed(format!("the run `{}` has this key", started.run));
            let ended = Event::ChildEnded(ChildEnded { id: id.clone(), outcome });
            run.children.insert(id, started.run);
            Ok(inbox::post(tx, run.id, &Waiting::new(ended, now).because_of(Cause::Run(started.run)))?)
        }
        Err(WorkflowError::Store(error)) => Err(Stop::Store(error)),
        Err(error) => Err(not_started(error.to_string()).into()),
    }
}

fn send(tx: &mut Transaction, sent: SendSignal, now: Timestamp) -> Result<(), Stop> {
    let SendSignal { workflow, key, name, data } = sent;
    let refused = |why: String| Broken::new("no-recipient", format!("the signal `{name}` cannot be sent: {why}"));
    let workflow = workflow.parse().map_err(|rule: signalsync_core::InvalidName| refused(rule.to_string()))?;
    match signal(tx, &Signal { workflow, key, name: name.clone(), data }, now) {
        Ok(_) => Ok(()),
        Err(WorkflowError::Store(error)) => Err(Stop::Store(error)),
        Err(error) => Err(refused(error.to_string()).into()),
    }
}

fn tell_parent(
    tx: &mut Transaction,
    child: RunId,
    parent: &Parent,
    outcome: Ending,
    now: Timestamp,
) -> Result<(), StoreError> {
    let ended = Event::ChildEnded(ChildEnded { id: parent.id.clone(), outcome });
    inbox::post(tx, parent.run, &Waiting::new(ended, now).because_of(Cause::Run(child)))
}

/// Ends a run without its workflow, and closes what is open; the caller writes its row.
pub(crate) fn end(
    tx: &mut Transaction,
    run: &mut Run,
    (state, reason): (RunState, &str),
    now: Timestamp,
) -> Result<(), StoreError> {
    let acts = machine::end(run, state, Ending::Failed(reason.to_owned()), now);
    let definition = types::version(tx, &run.workflow, run.version)?.definition;
    match all(tx, run, &definition, acts, now) {
        Ok(()) => Ok(()),
        Err(Stop::Store(error)) => Err(error),
        // An end opens nothing, so nothing of it can be against the definition.
        Err(Stop::Broken(fault)) => Err(StoreError::Engine(fault.detail)),
    }
}

/// Work of a kind that this crate names, whose payload is small.
pub(crate) fn later(
    tx: &mut Transaction,
    kind: &'static str,
    payload: &impl serde::Serialize,
    due: Timestamp,
) -> Result<signalsync_core::WorkId, StoreError> {
    New::of(kind, payload, due).and_then(|new| schedule(tx, new)).map_err(work)
}
