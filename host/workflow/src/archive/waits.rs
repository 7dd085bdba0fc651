//! What waits for its time: rings, due dates, alerts and effects, under the ids that runs and tasks know them by; and what
//! goes on at once.
//!
//! It is taken when everything else is there, people included: whoever is asked has to be there. A run may go on as soon
//! as its own line is there, so what it does not wait for any more is passed over.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use signalsync_core::{RunId, TaskId, Timestamp, WorkId};
use signalsync_store::lines::{Lines, Sink, Unfit, parse, put};
use signalsync_store::{StoreError, Table, Transaction, row};
use signalsync_work::{self as work, New, WorkError};

use super::parsed;
use super::parts;
use crate::apply::later;
use crate::effects::{self, Which};
use crate::history::{Entry, What};
use crate::inbox;
use crate::levels::{self, Alert};
use crate::machine::{Run, Task};
use crate::notices::{self, Notice, Place};
use crate::rows::{self, EFFECT, HISTORY, INBOX};
use crate::runs::{self, GRACE_MS};
use crate::timers::{self, Ringing};

/// What waits. Take it last.
pub fn waits() -> impl Lines {
    Waits
}

struct Waits;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Waiting {
    /// A run has events.
    Step(RunId),
    Timer(At<Ringing>),
    Due(At<TaskId>),
    Alert(At<Alert>),
    Effect(At<Which>),
    /// Somebody wants a run to end, and it is ended then.
    End {
        run: RunId,
        at: Timestamp,
    },
    /// A notice is put into words.
    Notice(Place),
}

/// A piece of work that rows know.
#[derive(Serialize, Deserialize)]
struct At<T> {
    work: WorkId,
    at: Timestamp,
    what: T,
}

impl Lines for Waits {
    fn out(&self, tx: &Transaction, to: Sink<'_>) -> Result<(), StoreError> {
        tx.each(Table::Runs, &[], &mut |_, found| of_run(tx, &row::read(&found.body)?, to))?;
        tx.each(Table::Tasks, &[], &mut |_, found| {
            let task: Task = row::read(&found.body)?;
            planned(tx, task.due_work, Waiting::Due, to)
        })?;
        tx.each(Table::Notices, &[], &mut |key, found| {
            let ([user, _], notice) = (parts(key)?, row::read::<Notice>(&found.body)?);
            match notice.is_to_be_said() {
                true => put(to, &Waiting::Notice(Place { user: parsed(user)?, id: notice.id })),
                false => Ok(()),
            }
        })
    }

    fn take(&self, tx: &mut Transaction, line: &[u8]) -> Result<(), Unfit> {
        let run = |tx: &mut Transaction, id| rows::run(tx, id);
        match parse(line)? {
            Waiting::Step(id) => {
                if inbox::first(tx, id)?.is_some() {
                    inbox::wake(tx, id, Timestamp(0))?;
                }
            }
            Waiting::Timer(timer) => {
                let waits =
                    run(tx, timer.what.run)?.is_some_and(|run| run.timers.get(&timer.what.id) == Some(&timer.work));
                plan(tx, timers::TIMER, &timer, waits)?;
            }
            Waiting::Due(due) => {
                let waits = rows::task(tx, due.what)?.is_some_and(|task| task.due_work == Some(due.work));
                plan(tx, timers::DUE, &due, waits)?;
            }
            Waiting::Alert(alert) => {
                let level = |run: Run| run.levels.get(&alert.what.id)?.alert;
                let waits = run(tx, alert.what.run)?.and_then(level) == Some(alert.work);
                plan(tx, levels::LEVEL, &alert, waits)?;
            }
            Waiting::Effect(effect) => {
                let key = rows::item_key(effect.what.run, EFFECT, &effect.work.to_string());
                let waits = tx.get(&key)?.is_some();
                plan(tx, effects::KIND, &effect, waits)?;
            }
            Waiting::End { run: id, at } => {
                if run(tx, id)?.is_some_and(|run| is_ending(&run)) {
                    later(tx, runs::FORCE, &id, at)?;
                }
            }
            Waiting::Notice(place) => notices::put_into_words(tx, &place, Timestamp(0))?,
        }
        Ok(())
    }
}

fn of_run(tx: &Transaction, run: &Run, to: Sink<'_>) -> Result<(), StoreError> {
    if has(tx, run.id, INBOX)? {
        put(to, &Waiting::Step(run.id))?;
    }
    for timer in run.timers.values() {
        planned(tx, Some(*timer), Waiting::Timer, to)?;
    }
    for level in run.levels.values() {
        planned(tx, level.alert, Waiting::Alert, to)?;
    }
    // Also those of a run that has ended, which tell nobody.
    tx.each(Table::RunItems, &[&run.id.to_string(), EFFECT], &mut |key, _| {
        let [_, _, work] = parts(key)?;
        planned(tx, Some(parsed(work)?), Waiting::Effect, to)
    })?;
    match asked_to_end(tx, run)? {
        Some(asked) => put(to, &Waiting::End { run: run.id, at: Timestamp(asked.0.saturating_add(GRACE_MS)) }),
        None => Ok(()),
    }
}

fn is_ending(run: &Run) -> bool {
    run.cancelling && !run.state.has_ended()
}

/// Since when a run is to end, if it is.
fn asked_to_end(tx: &Transaction, run: &Run) -> Result<Option<Timestamp>, StoreError> {
    let mut asked = None;
    if is_ending(run) {
        tx.each(Table::RunItems, &[&run.id.to_string(), HISTORY], &mut |_, found| {
            let Entry { at, what, .. } = row::read(&found.body)?;
            if matches!(what, What::CancelAsked { .. }) {
                asked.get_or_insert(at);
            }
            Ok(())
        })?;
    }
    Ok(asked)
}

fn has(tx: &Transaction, run: RunId, kind: &str) -> Result<bool, StoreError> {
    let mut any = false;
    tx.each(Table::RunItems, &[&run.to_string(), kind], &mut |_, _| {
        any = true;
        Ok(())
    })?;
    Ok(any)
}

/// Writes a piece of work that is there, if it still is to be done.
fn planned<T: Serialize + DeserializeOwned>(
    tx: &Transaction,
    work: Option<WorkId>,
    of: fn(At<T>) -> Waiting,
    to: Sink<'_>,
) -> Result<(), StoreError> {
    let Some(work) = work else { return Ok(()) };
    match work::peek(tx, work)? {
        Some((at, what)) => put(to, &of(At { work, at, what })),
        None => Ok(()),
    }
}

/// Plans a piece of work that somebody waits for.
fn plan<T: Serialize>(
    tx: &mut Transaction,
    kind: &'static str,
    At { work, at, what }: &At<T>,
    somebody_waits: bool,
) -> Result<(), Unfit> {
    if !somebody_waits {
        return Ok(());
    }
    let brought = New::of(kind, what, *at).and_then(|new| work::bring(tx, *work, new));
    match brought {
        Ok(true) => Ok(()),
        Ok(false) => Err(Unfit::because("there is work with this id already")),
        Err(WorkError::Store(error)) => Err(error.into()),
        Err(error) => Err(Unfit::because(error)),
    }
}
