//! Runs, with all that hangs on them.

use serde::{Deserialize, Serialize};
use signalsync_core::contract::workflow::STATE_BYTES_MAX;
use signalsync_core::{EventId, RunId, UserId, WorkId};
use signalsync_store::lines::{Lines, Rows, Sink, Unfit, parse, put};
use signalsync_store::{Key, StoreError, Table, Transaction, row};

use super::{parsed, parts};
use crate::effects::Effect;
use crate::figures;
use crate::history::{self, Entry, What};
use crate::inbox::{self, Waiting};
use crate::machine::{DEPTH_MAX, Run, RunState, Task, TaskState};
use crate::rows::{self, COMMENT, DID, EFFECT, HISTORY, INBOX, PERSON, TASK, damaged, item_key, write};
use crate::signals::{self, Early};
use crate::start::check_key;
use crate::tasks::Comment;
use crate::types;

/// Runs. Take all versions of workflows first.
pub fn runs() -> impl Lines {
    Rows { table: Table::Runs, parents: &[], take: settle }
}

/// Tasks. Take all runs first.
pub fn tasks() -> impl Lines {
    Rows { table: Table::Tasks, parents: &[], take: settle_task }
}

/// What happened to runs and is to happen, and who has to do with them. Take all runs first.
pub fn items() -> impl Lines {
    Items
}

/// Signals to runs that have not begun.
pub fn signals() -> impl Lines {
    Signals
}

fn settle(tx: &mut Transaction, run: Run) -> Result<(), Unfit> {
    if rows::run(tx, run.id)?.is_some() {
        return Err(Unfit::because("there are two runs with this id"));
    }
    if !types::has_version(tx, &run.workflow, run.version)? {
        return Err(Unfit::because(format!("its version {} of `{}` is missing", run.version, run.workflow)));
    }
    let definition = types::version(tx, &run.workflow, run.version)?.definition;
    if !definition.statuses.iter().any(|status| status.name == run.status) {
        return Err(Unfit::because(format!("its version does not know the status `{}`", run.status)));
    }
    if run.memory.as_ref().is_some_and(|memory| memory.len() > STATE_BYTES_MAX) {
        return Err(Unfit::because(format!("a state has at most {STATE_BYTES_MAX} bytes")));
    }
    if run.parent.as_ref().is_some_and(|parent| !(1..=DEPTH_MAX).contains(&parent.depth)) {
        return Err(Unfit::because(format!("there are at most {DEPTH_MAX} runs above one another")));
    }
    if let Some(key) = &run.key {
        check_key(key).map_err(Unfit::because)?;
        if !run.state.has_ended() && rows::with_key(tx, &run.workflow, key)?.is_some() {
            return Err(Unfit::because("another run has its business key"));
        }
    }
    rows::save_run(tx, None, &run)?;
    if run.state.has_ended() {
        let running = Run { state: RunState::Running, ..run.clone() };
        figures::of_run(tx, Some(&running), &run)?;
    }
    Ok(())
}

fn settle_task(tx: &mut Transaction, task: Task) -> Result<(), Unfit> {
    if rows::task(tx, task.id)?.is_some() {
        return Err(Unfit::because("there are two tasks with this id"));
    }
    if rows::run(tx, task.run)?.is_none_or(|run| run.workflow != task.workflow) {
        return Err(Unfit::because("its run is missing, or of another workflow"));
    }
    rows::save_task(tx, None, &task)?;
    let open = Task { state: TaskState::Open, ..task.clone() };
    Ok(figures::of_task(tx, Some(&open), &task)?)
}

struct Items;

#[derive(Serialize, Deserialize)]
struct Line {
    run: RunId,
    item: Item,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Item {
    Comment {
        id: EventId,
        comment: Comment,
    },
    Did {
        step: String,
        by: UserId,
    },
    Effect {
        work: WorkId,
        effect: Effect,
    },
    History(Entry),
    /// Under an id, but for the start of a run.
    Inbox {
        place: String,
        event: Waiting,
    },
    Person(UserId),
}

impl Item {
    /// None for what follows from tasks.
    fn read(kind: &str, name: &str, body: &[u8]) -> Result<Option<Self>, StoreError> {
        Ok(Some(match kind {
            COMMENT => Self::Comment { id: parsed(name)?, comment: row::read(body)? },
            DID => {
                let (step, by) = name.rsplit_once('/').ok_or_else(|| damaged("who did a step"))?;
                Self::Did { step: step.to_owned(), by: parsed(by)? }
            }
            EFFECT => Self::Effect { work: parsed(name)?, effect: row::read(body)? },
            HISTORY => Self::History(row::read(body)?),
            INBOX => Self::Inbox { place: name.to_owned(), event: row::read(body)? },
            PERSON => Self::Person(parsed(name)?),
            TASK => return Ok(None),
            _ => return Err(damaged("what hangs on a run")),
        }))
    }

    fn settle(self, tx: &mut Transaction, run: &Run) -> Result<(), Unfit> {
        match self {
            Self::Comment { id, comment } => new(tx, item_key(run.id, COMMENT, &id.to_string()), &comment),
            Self::Did { step, by } => {
                rows::note_did(tx, run.id, &step, by);
                Ok(())
            }
            Self::Effect { work, effect } => new(tx, item_key(run.id, EFFECT, &work.to_string()), &effect),
            Self::History(entry) => {
                if !(1..=run.history).contains(&entry.number) {
                    return Err(Unfit::because(format!("the history of its run has {} entries", run.history)));
                }
                if matches!(entry.what, What::Incident { .. }) {
                    figures::stopped(tx, &run.workflow, entry.at)?;
                }
                new(tx, history::key(run.id, entry.number), &entry)
            }
            Self::Inbox { place, event } => {
                if !inbox::is_place(&place) {
                    return Err(Unfit::because("no event waits at such a place"));
                }
                new(tx, item_key(run.id, INBOX, &place), &event)
            }
            Self::Person(user) => {
                rows::note_person(tx, run.id, user);
                Ok(())
            }
        }
    }
}

fn new(tx: &mut Transaction, key: Key, value: &impl Serialize) -> Result<(), Unfit> {
    if tx.get(&key)?.is_some() {
        return Err(Unfit::because("there are two with this id or number"));
    }
    Ok(write(tx, key, value)?)
}

impl Lines for Items {
    fn out(&self, tx: &Transaction, to: Sink<'_>) -> Result<(), StoreError> {
        tx.each(Table::RunItems, &[], &mut |key, found| {
            let [run, kind, name] = parts(key)?;
            match Item::read(kind, name, &found.body)? {
                Some(item) => put(to, &Line { run: parsed(run)?, item }),
                None => Ok(()),
            }
        })
    }

    fn take(&self, tx: &mut Transaction, line: &[u8]) -> Result<(), Unfit> {
        let Line { run, item } = parse(line)?;
        let run = rows::run(tx, run)?.ok_or_else(|| Unfit::because("its run is missing"))?;
        item.settle(tx, &run)
    }
}

struct Signals;

#[derive(Serialize, Deserialize)]
struct Sent {
    id: EventId,
    sent: Early,
}

impl Lines for Signals {
    fn out(&self, tx: &Transaction, to: Sink<'_>) -> Result<(), StoreError> {
        tx.each(Table::Signals, &[], &mut |key, found| {
            let [_, place] = parts(key)?;
            let id = signals::id_at(place).ok_or_else(|| damaged("a signal's place"))?;
            put(to, &Sent { id, sent: row::read(&found.body)? })
        })
    }

    fn take(&self, tx: &mut Transaction, line: &[u8]) -> Result<(), Unfit> {
        let Sent { id, sent } = parse(line)?;
        signals::keep(tx, id, &sent).map_err(Unfit::because)
    }
}
