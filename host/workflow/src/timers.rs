//! What happens to runs, tasks and signals because it is time.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use signalsync_core::contract::workflow::{Event, TaskDue};
use signalsync_core::{Clock, RunId, TaskId, TenantScope, Timestamp, WorkId};
use signalsync_store::{StoreError, Transaction};
use signalsync_work::{Claimed, Handlers, Outcome, Policy, Setback, Within, cancel};

use crate::apply::later;
use crate::error::work;
use crate::inbox::{self, Waiting};
use crate::machine::{Cause, Run, Task, TaskState};
use crate::retention::{RETENTION, Retention};
use crate::{figures, levels, notices, rows, runs, signals};

pub(crate) const TIMER: &str = "workflow-timer";
pub(crate) const DUE: &str = "workflow-task-due";

/// A run's timer.
#[derive(Serialize, Deserialize)]
pub(crate) struct Ringing {
    pub(crate) run: RunId,
    pub(crate) id: String,
}

/// Wakes the run then.
pub(crate) fn set(tx: &mut Transaction, run: &mut Run, id: String, at: Timestamp) -> Result<(), StoreError> {
    let work = later(tx, TIMER, &Ringing { run: run.id, id: id.clone() }, at)?;
    run.timers.insert(id, work);
    Ok(())
}

/// Tells the task's run when the task is late.
pub(crate) fn watch(tx: &mut Transaction, task: TaskId, due: Timestamp) -> Result<WorkId, StoreError> {
    later(tx, DUE, &task, due)
}

/// Not any more.
pub(crate) fn unwatch(tx: &mut Transaction, task: &mut Task) -> Result<(), StoreError> {
    let Some(id) = task.due_work.take() else { return Ok(()) };
    cancel(tx, id).map(drop).map_err(work)
}

/// Makes a driver do it all.
pub fn register(clock: &Arc<dyn Clock>, handlers: Handlers) -> Handlers {
    let at = |does| AtTime { clock: Arc::clone(clock), does, by_itself: false };
    let rings = |does| AtTime { by_itself: true, ..at(does) };
    handlers
        .within(TIMER, rings(ring))
        .within(DUE, rings(task_due))
        .within(signals::EXPIRES, at(|tx, claimed, _| signals::expire(tx, &claimed.payload()?).map_err(Setback::from)))
        .within(notices::EXPIRES, at(|tx, claimed, _| notices::expire(tx, &claimed.payload()?).map_err(Setback::from)))
        .within(figures::ADDS_UP, AddsUp { clock: Arc::clone(clock) })
        .within(RETENTION, Retention { clock: Arc::clone(clock) })
        .within(levels::LEVEL, rings(levels::reached))
        .within(runs::FORCE, at(|tx, claimed, now| runs::force_end(tx, claimed.payload()?, now).map_err(Setback::from)))
}

fn ring(tx: &mut Transaction, claimed: &Claimed, now: Timestamp) -> Result<(), Setback> {
    let Ringing { run, id } = claimed.payload()?;
    Ok(inbox::post(tx, run, &Waiting::new(Event::Timer(id), now).because_of(Cause::Work(claimed.id)))?)
}

fn task_due(tx: &mut Transaction, claimed: &Claimed, now: Timestamp) -> Result<(), Setback> {
    let Some(task) = rows::task(tx, claimed.payload()?)? else { return Ok(()) };
    if task.state != TaskState::Open {
        return Ok(());
    }
    let due = Event::TaskDue(TaskDue { id: task.name.clone(), step: task.step.id.clone() });
    Ok(inbox::post(tx, task.run, &Waiting::new(due, now).because_of(Cause::Task(task.id)))?)
}

type Does = fn(&mut Transaction, &Claimed, Timestamp) -> Result<(), Setback>;

/// Something small that is done once when it is time.
struct AtTime {
    clock: Arc<dyn Clock>,
    does: Does,
    /// Whether runs wait for it: nothing rings in a tenant that reaches nothing outside. What ends by age does, anywhere.
    by_itself: bool,
}

impl Within for AtTime {
    fn policy(&self) -> Policy {
        Policy { pause_first_ms: 1_000, by_itself: self.by_itself, ..Policy::default() }
    }

    fn run<'a>(
        &'a self,
        _: &'a TenantScope,
        claimed: &'a Claimed,
        mut tx: Transaction,
    ) -> BoxFuture<'a, Result<(Transaction, Outcome), Setback>> {
        async move {
            (self.does)(&mut tx, claimed, self.clock.now())?;
            Ok((tx, Outcome::Done))
        }
        .boxed()
    }
}

/// Adds figures up, as long as there are notes.
struct AddsUp {
    clock: Arc<dyn Clock>,
}

impl Within for AddsUp {
    fn run<'a>(
        &'a self,
        _: &'a TenantScope,
        claimed: &'a Claimed,
        mut tx: Transaction,
    ) -> BoxFuture<'a, Result<(Transaction, Outcome), Setback>> {
        async move {
            let more = figures::add_up(&mut tx, &claimed.payload()?)?;
            Ok((tx, if more { Outcome::GoesOn { at: self.clock.now() } } else { Outcome::Done }))
        }
        .boxed()
    }
}
