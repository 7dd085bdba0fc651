//! What happens to a run, as functions without I/O: a run, what it hears and what its workflow decides become the run
//! afterwards and what has to be done. Time comes with the event; ids are given to what is new by whoever writes it down.

mod run;
mod task;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use signalsync_core::contract::workflow::{
    Action, Broken, Child, Decision, Definition, Ending, Event, Moment, Notify, OpenTask, RunMapping, SendSignal,
    Standing,
};
use signalsync_core::{RunId, TaskId, Timestamp, WorkId};

pub use run::{DEPTH_MAX, HISTORY_BYTES_MAX, Incident, Level, Parent, Run, RunState, STEPS_MAX};
pub use task::{Cast, Holder, Seat, Task, TaskEnd, TaskState, Unable};

/// Tasks, timers, effects and children of a run that are open, of each kind: they are listed in the run's row, which
/// every step writes.
pub const OPEN_MAX: usize = 1_000;

/// Signers of one task.
pub const PEOPLE_MAX: usize = 100;

/// Something that has to be done because of a decision, in this order, in the transaction of the step.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Ask people; due then.
    OpenTask(OpenTask, Option<Timestamp>),
    /// They need not any more.
    CloseTask(TaskId),
    /// Wake the run then.
    SetTimer(String, Timestamp),
    /// Not any more.
    DropTimer(WorkId),
    /// Tell people.
    Notify(Notify),
    /// Have a mapping called.
    RunMapping(RunMapping),
    /// Start a run below this one.
    StartChild(Child),
    /// Ask a run below this one to end.
    CancelChild(RunId),
    /// Tell another run.
    SendSignal(SendSignal),
    /// Tell the run above that this one has ended.
    TellParent(Parent, Ending),
}

/// A run afterwards, and what has to be done.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// Without what is new: whoever does the acts adds its ids.
    pub run: Run,
    /// In order.
    pub acts: Vec<Act>,
}

/// What a decision is seen against.
pub struct Ground<'a> {
    /// Of the version that the run is on.
    pub definition: &'a Definition,
    /// When the decision was made.
    pub now: Timestamp,
    /// When a moment is.
    pub due: &'a dyn Fn(Moment) -> Result<Timestamp, Broken>,
}

/// What caused an event: by it, one that the run has taken back meanwhile is told from one that it waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// A timer, or an effect.
    Work(WorkId),
    /// A task.
    Task(TaskId),
    /// A run below.
    Run(RunId),
}

/// Whether the run does not wait for the event, or not any more.
pub fn is_stale(run: &Run, definition: &Definition, event: &Event, cause: Option<Cause>) -> bool {
    match (event, cause) {
        (Event::Signal(signal), _) => !definition.signals.contains(&signal.name),
        (Event::ServiceLevel(reached), Some(Cause::Work(work))) => {
            run.levels.get(&reached.id).and_then(|level| level.alert) != Some(work)
        }
        (Event::Timer(id), Some(Cause::Work(work))) => run.timers.get(id) != Some(&work),
        (Event::EffectDone(done), Some(Cause::Work(work))) => run.effects.get(&done.id) != Some(&work),
        (Event::EffectFailed(failed), Some(Cause::Work(work))) => run.effects.get(&failed.id) != Some(&work),
        (Event::TaskDone(done), Some(Cause::Task(task))) => run.tasks.get(&done.id) != Some(&task),
        (Event::TaskDue(due), Some(Cause::Task(task))) => run.tasks.get(&due.id) != Some(&task),
        (Event::ChildEnded(ended), Some(Cause::Run(child))) => run.children.get(&ended.id) != Some(&child),
        _ => false,
    }
}

/// Whether what the event is about is open in the run, by the run's own ids: so for a run that is only thought of, in which
/// nothing has a cause.
pub fn is_open(run: &Run, definition: &Definition, event: &Event) -> bool {
    match event {
        Event::Started(_) => run.memory.is_none(),
        Event::TaskDone(done) => run.tasks.contains_key(&done.id),
        Event::TaskDue(due) => run.tasks.contains_key(&due.id),
        Event::Timer(id) => run.timers.contains_key(id),
        Event::EffectDone(done) => run.effects.contains_key(&done.id),
        Event::EffectFailed(failed) => run.effects.contains_key(&failed.id),
        Event::ChildEnded(ended) => run.children.contains_key(&ended.id),
        Event::Signal(signal) => definition.signals.contains(&signal.name),
        Event::ServiceLevel(reached) => definition.service_levels.iter().any(|level| level.id == reached.id),
        Event::Cancel(_) => true,
    }
}

/// What the run is once it has heard of the event: what has ended is not open any more.
#[must_use]
pub fn heard(mut run: Run, event: &Event) -> Run {
    match event {
        Event::Timer(id) => drop(run.timers.remove(id)),
        Event::EffectDone(done) => drop(run.effects.remove(&done.id)),
        Event::EffectFailed(failed) => drop(run.effects.remove(&failed.id)),
        Event::TaskDone(done) => drop(run.tasks.remove(&done.id)),
        Event::ChildEnded(ended) => drop(run.children.remove(&ended.id)),
        Event::ServiceLevel(reached) => {
            if let Some(level) = run.levels.get_mut(&reached.id) {
                level.told.insert(reached.percent);
                level.alert = None;
            }
        }
        Event::Started(_) | Event::TaskDue(_) | Event::Signal(_) | Event::Cancel(_) => {}
    }
    run
}

fn standing(run: &Run) -> Standing {
    Standing {
        status: run.status.clone(),
        tasks: run.tasks.keys().cloned().collect(),
        effects: run.effects.keys().cloned().collect(),
        children: run.children.keys().cloned().collect(),
    }
}

/// What a run is after a decision about an event, and what has to be done.
///
/// # Errors
/// The rule that the decision breaks; nothing of it happens.
pub fn decide(run: Run, event: &Event, decision: Decision, ground: &Ground<'_>) -> Result<Decided, Broken> {
    let mut run = heard(run, event);
    decision.fits(ground.definition, &standing(&run))?;
    let Decision { state, status, actions } = decision;
    (run.memory, run.status) = (Some(state), status);
    let mut plan = Plan::new(run);
    for action in actions {
        plan.add(action, ground)?;
    }
    let Plan { mut run, mut acts, ending, .. } = plan;
    run.changed_at = ground.now;
    run.steps += 1;
    (run.incident, run.failures) = (None, 0);
    if let Some(ending) = ending {
        let state = match ending {
            Ending::Completed(_) => RunState::Completed,
            Ending::Failed(_) if run.cancelling => RunState::Cancelled,
            Ending::Failed(_) => RunState::Failed,
        };
        acts.retain(|act| !matches!(act, Act::OpenTask(..) | Act::SetTimer(..) | Act::StartChild(_)));
        acts.extend(end(&mut run, state, ending, ground.now));
    }
    Ok(Decided { run, acts })
}

/// Ends a run; what has to be done then.
pub fn end(run: &mut Run, state: RunState, ending: Ending, now: Timestamp) -> Vec<Act> {
    let tasks = std::mem::take(&mut run.tasks).into_values().map(Act::CloseTask);
    let alerts = run.levels.values_mut().filter_map(|level| level.alert.take()).collect::<Vec<_>>();
    let timers = std::mem::take(&mut run.timers).into_values().chain(alerts).map(Act::DropTimer);
    let children = std::mem::take(&mut run.children).into_values().map(Act::CancelChild);
    let told = run.parent.clone().map(|parent| Act::TellParent(parent, ending.clone()));
    let acts = tasks.chain(timers).chain(children).chain(told).collect();
    // Their ends are told to nobody.
    run.effects.clear();
    (run.state, run.ending, run.incident) = (state, Some(ending), None);
    (run.changed_at, run.ended_at) = (now, Some(now));
    acts
}

/// A decision on its way to acts.
struct Plan {
    run: Run,
    acts: Vec<Act>,
    /// Ids of what is new in this decision.
    new: BTreeMap<Kind, BTreeSet<String>>,
    ending: Option<Ending>,
}

/// What has an id of the run's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Task,
    Timer,
    Effect,
    Child,
}

impl Plan {
    fn new(run: Run) -> Self {
        Self { run, acts: Vec::new(), new: BTreeMap::new(), ending: None }
    }

    fn add(&mut self, action: Action, ground: &Ground<'_>) -> Result<(), Broken> {
        match action {
            Action::OpenTask(task) => self.open_task(task, ground),
            Action::CloseTask(id) => {
                self.close_task(&id);
                Ok(())
            }
            Action::SetTimer(timer) => {
                self.clear_timer(&timer.id);
                self.take(Kind::Timer, &timer.id)?;
                self.acts.push(Act::SetTimer(timer.id, (ground.due)(timer.at)?));
                Ok(())
            }
            Action::ClearTimer(id) => {
                self.clear_timer(&id);
                Ok(())
            }
            Action::Notify(notify) => {
                self.acts.push(Act::Notify(notify));
                Ok(())
            }
            Action::RunMapping(effect) => {
                self.take(Kind::Effect, &effect.id)?;
                self.acts.push(Act::RunMapping(effect));
                Ok(())
            }
            Action::StartChild(child) => {
                self.take(Kind::Child, &child.id)?;
                self.acts.push(Act::StartChild(child));
                Ok(())
            }
            Action::CancelChild(id) => {
                self.cancel_child(&id);
                Ok(())
            }
            Action::SendSignal(signal) => {
                self.acts.push(Act::SendSignal(signal));
                Ok(())
            }
            Action::Complete(result) => {
                self.ending = Some(Ending::Completed(result));
                Ok(())
            }
            Action::Fail(reason) => {
                self.ending = Some(Ending::Failed(reason));
                Ok(())
            }
        }
    }

    fn open_task(&mut self, task: OpenTask, ground: &Ground<'_>) -> Result<(), Broken> {
        self.take(Kind::Task, &task.id)?;
        let step = ground.definition.steps.iter().find(|step| step.id == task.step);
        let due = task.due.or_else(|| step?.due).map(ground.due).transpose()?;
        self.acts.push(Act::OpenTask(task, due));
        Ok(())
    }

    fn close_task(&mut self, id: &str) {
        if let Some(task) = self.run.tasks.remove(id) {
            self.acts.push(Act::CloseTask(task));
        }
        self.forget(Kind::Task, id, |act| matches!(act, Act::OpenTask(task, _) if task.id == id));
    }

    fn clear_timer(&mut self, id: &str) {
        if let Some(work) = self.run.timers.remove(id) {
            self.acts.push(Act::DropTimer(work));
        }
        self.forget(Kind::Timer, id, |act| matches!(act, Act::SetTimer(timer, _) if timer == id));
    }

    /// The run still waits for the child's end, unless it was to begin in this very decision.
    fn cancel_child(&mut self, id: &str) {
        if let Some(child) = self.run.children.get(id) {
            self.acts.push(Act::CancelChild(*child));
        }
        self.forget(Kind::Child, id, |act| matches!(act, Act::StartChild(child) if child.id == id));
    }

    /// Takes back what this decision wanted before.
    fn forget(&mut self, kind: Kind, id: &str, is: impl Fn(&Act) -> bool) {
        if self.new.get_mut(&kind).is_some_and(|new| new.remove(id)) {
            self.acts.retain(|act| !is(act));
        }
    }

    /// Notes that there is one more.
    fn take(&mut self, kind: Kind, id: &str) -> Result<(), Broken> {
        let (what, open) = match kind {
            Kind::Task => ("tasks", self.run.tasks.len()),
            Kind::Timer => ("timers", self.run.timers.len()),
            Kind::Effect => ("effects", self.run.effects.len()),
            Kind::Child => ("children", self.run.children.len()),
        };
        let new = self.new.entry(kind).or_default();
        if open + new.len() >= OPEN_MAX {
            return Err(Broken::new(
                "too-many-open",
                format!("a run may have {OPEN_MAX} {what} open at the same time"),
            ));
        }
        new.insert(id.to_owned());
        Ok(())
    }
}
