//! What happened to a run, entry by entry.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_core::contract::workflow::{Action, Decision, Event};
use signalsync_core::{Digest, ExecutionId, RunId, Timestamp};
use signalsync_store::{Key, Listing, StoreError, Table, Transaction, row};

use crate::machine::{Run, RunState};
use crate::rows::{self, HISTORY};

/// Bytes of entries in one part of a list.
const PAGE_BYTES_MAX: usize = 2 << 20;

/// Most entries in one part of a list.
const PAGE_MAX: usize = 200;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "HistoryEntry")]
#[serde(rename_all = "kebab-case")]
pub struct Entry {
    /// Counted from 1 within the run.
    pub number: u64,
    pub at: Timestamp,
    /// Who caused it, when it was somebody.
    pub by: Option<String>,
    #[serde(flatten)]
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "HistoryEvent")]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", tag = "what")]
pub enum What {
    /// The workflow heard of an event and decided.
    Step { event: Event, status: String, actions: Vec<Action>, state: Digest, execution: ExecutionId, fuel: u64 },
    /// A step failed in a way that may pass, and is tried again then.
    Delayed { code: String, detail: String, execution: Option<ExecutionId>, again_at: Timestamp },
    /// The run cannot go on.
    Incident { event: Option<Event>, code: String, detail: String, execution: Option<ExecutionId> },
    /// Somebody had the step tried again.
    Retried,
    /// Somebody stopped it.
    Suspended,
    /// Somebody let it go on.
    Resumed,
    /// Somebody wants it to end.
    CancelAsked { reason: String },
    /// The host ended it.
    Ended { state: RunState, code: String, detail: String },
    /// It was put on another version.
    Migrated { from: u32, to: u32 },
}

impl What {
    /// A step, with what is kept of its decision.
    pub(crate) fn step(event: Event, decision: &Decision, execution: ExecutionId, fuel: u64) -> Self {
        let Decision { state, status, actions } = decision;
        let state = Digest::of(state.as_bytes());
        Self::Step { event, status: status.clone(), actions: actions.clone(), state, execution, fuel }
    }
}

/// Adds an entry to the history of a run, whose row is written by the caller.
pub(crate) fn note(
    tx: &mut Transaction,
    run: &mut Run,
    (at, by): (Timestamp, Option<String>),
    what: What,
) -> Result<(), StoreError> {
    run.history += 1;
    let text = row::write(&Entry { number: run.history, at, by, what })?;
    run.history_bytes += text.len() as u64;
    tx.put(key(run.id, run.history), text);
    Ok(())
}

/// Numbers have one length, so that entries are in order.
pub(crate) fn key(run: RunId, number: u64) -> Key {
    rows::item_key(run, HISTORY, &format!("{number:010}"))
}

/// Entries behind `after`, oldest first.
pub(crate) fn list(
    tx: &mut Transaction,
    run: RunId,
    after: Option<&str>,
    limit: usize,
) -> Result<Listing<Entry>, StoreError> {
    let limit = limit.clamp(1, PAGE_MAX);
    Listing::of(tx.scan(Table::RunItems, &[&run.to_string(), HISTORY], "", after, limit, PAGE_BYTES_MAX)?)
}
