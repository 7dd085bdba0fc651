//! Signals to runs, by workflow and business key. One that comes before its run is kept for a while.

use serde::{Deserialize, Serialize};
use signalsync_core::contract::Json;
use signalsync_core::contract::workflow::{Event, Signalled};
use signalsync_core::{DeploymentName, EventId, RunId, Timestamp};
use signalsync_store::{Key, StoreError, Table, Transaction, row};
use signalsync_work::{New, schedule};

use crate::error::WorkflowError;
use crate::inbox::{self, INBOX_MAX, Waiting};
use crate::machine::Run;
use crate::rows;
use crate::start::check_key;

/// Signals that are kept for one workflow and business key.
pub const EARLY_MAX: usize = 100;

/// How long a signal waits for a run that begins later.
const KEPT_MS: u64 = 30 * 24 * 60 * 60 * 1_000;

/// The kind of work that forgets a signal.
pub(crate) const EXPIRES: &str = "workflow-signal-expires";

/// Something that a run is told from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Signal {
    pub workflow: DeploymentName,
    pub key: String,
    pub name: String,
    pub data: Json,
}

/// A signal that came before its run.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Early {
    at: Timestamp,
    signal: Signal,
}

/// Where a signal is kept.
#[derive(Serialize, Deserialize)]
pub(crate) struct Kept {
    workflow: DeploymentName,
    place: String,
}

/// Tells the run, or keeps the signal for one that begins later; true when there is a run. A run that does not know the
/// name of the signal does not hear it.
///
/// # Errors
/// `Invalid`, `TooMany`, or the store failed.
pub fn signal(tx: &mut Transaction, signal: &Signal, now: Timestamp) -> Result<bool, WorkflowError> {
    check_key(&signal.key)?;
    match rows::with_key(tx, &signal.workflow, &signal.key)? {
        Some(run) => {
            if inbox::count(tx, run)? >= INBOX_MAX {
                return Err(WorkflowError::TooMany { what: "events of a run that wait", limit: INBOX_MAX });
            }
            tell(tx, run, signal, now)?;
            Ok(true)
        }
        None => {
            keep(tx, EventId::new(), &Early { at: now, signal: signal.clone() })?;
            Ok(false)
        }
    }
}

/// Tells a run that is known by its id.
///
/// # Errors
/// `NotFound`, `TooMany`, or the store failed.
pub fn signal_run(
    tx: &mut Transaction,
    run: RunId,
    (name, data): (&str, &str),
    now: Timestamp,
) -> Result<(), WorkflowError> {
    let found = rows::run(tx, run)?.ok_or(WorkflowError::NotFound)?;
    if found.state.has_ended() {
        return Err(WorkflowError::WrongState { is: found.state.as_str(), wanted: "told anything" });
    }
    if inbox::count(tx, run)? >= INBOX_MAX {
        return Err(WorkflowError::TooMany { what: "events of a run that wait", limit: INBOX_MAX });
    }
    let signal = Signalled { name: name.to_owned(), data: data.to_owned() };
    Ok(inbox::post(tx, run, &Waiting::new(Event::Signal(signal), now))?)
}

fn tell(tx: &mut Transaction, run: RunId, signal: &Signal, now: Timestamp) -> Result<(), StoreError> {
    let event = Event::Signal(Signalled { name: signal.name.clone(), data: signal.data.clone() });
    inbox::post(tx, run, &Waiting::new(event, now))
}

/// Keeps a signal for a run that begins later.
pub(crate) fn keep(tx: &mut Transaction, id: EventId, early: &Early) -> Result<(), WorkflowError> {
    let Signal { workflow, key, .. } = &early.signal;
    check_key(key)?;
    let prefix = prefix(key);
    let kept = tx.scan(Table::Signals, &[workflow.as_str()], &prefix, None, EARLY_MAX, usize::MAX)?;
    if kept.entries.len() >= EARLY_MAX {
        return Err(WorkflowError::TooMany { what: "signals that wait for a run with this key", limit: EARLY_MAX });
    }
    let place = format!("{prefix}{id}");
    tx.put(place_key(workflow, &place), row::write(early)?);
    let kept = Kept { workflow: workflow.clone(), place };
    schedule(tx, New::of(EXPIRES, &kept, Timestamp(early.at.0.saturating_add(KEPT_MS)))?)?;
    Ok(())
}

/// Which signal is kept at this place.
pub(crate) fn id_at(place: &str) -> Option<EventId> {
    place.split_once('\0')?.1.parse().ok()
}

/// Tells a run that begins what came before it, in order.
pub(crate) fn deliver_early(tx: &mut Transaction, run: &Run, now: Timestamp) -> Result<(), StoreError> {
    let Some(key) = &run.key else { return Ok(()) };
    let kept = tx.scan(Table::Signals, &[run.workflow.as_str()], &prefix(key), None, EARLY_MAX, usize::MAX)?;
    for (place, found) in &kept.entries {
        let Early { signal, .. } = row::read(&found.body)?;
        tell(tx, run.id, &signal, now)?;
        tx.delete(&place_key(&run.workflow, place))?;
    }
    Ok(())
}

/// Forgets a signal whose run never came.
pub(crate) fn expire(tx: &mut Transaction, kept: &Kept) -> Result<(), StoreError> {
    tx.delete(&place_key(&kept.workflow, &kept.place)).map(drop)
}

/// Keys have no control characters.
fn prefix(key: &str) -> String {
    format!("{key}\0")
}

fn place_key(workflow: &DeploymentName, place: &str) -> Key {
    Key::new(Table::Signals, &[workflow.as_str(), place])
}
