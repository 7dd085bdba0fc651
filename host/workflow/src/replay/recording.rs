//! What a run heard, and what came of it, as it was written down.

use signalsync_components::receipt;
use signalsync_core::contract::Json;
use signalsync_core::contract::workflow::{Action, Event};
use signalsync_core::{Digest, ExecutionId, Input, Timestamp};
use signalsync_store::{StoreError, Transaction};

use crate::history::{self, What};
use crate::machine::Run;

/// Entries of one look into the history.
const PAGE: usize = 200;

/// A step that was tried.
#[derive(Debug, Clone)]
pub(super) struct Recording {
    pub(super) entry: u64,
    pub(super) at: Timestamp,
    /// On which the run was.
    pub(super) version: u32,
    pub(super) event: Event,
    pub(super) execution: ExecutionId,
    /// Whether somebody had wanted the run to end.
    pub(super) cancelling: bool,
    pub(super) then: Then,
}

/// What came of it.
#[derive(Debug, Clone)]
pub(super) enum Then {
    Decided { status: String, actions: Vec<Action>, state: Digest },
    Failed { code: String, detail: String },
}

/// The beginning of a history.
#[derive(Debug)]
pub(super) struct Recordings {
    /// On which the run began.
    pub(super) version: u32,
    pub(super) steps: Vec<Recording>,
    pub(super) more: bool,
    /// What the run remembers now.
    memory: Option<Json>,
}

pub(super) fn read(tx: &mut Transaction, run: &Run, limit: usize) -> Result<Recordings, StoreError> {
    let mut steps: Vec<Recording> = Vec::new();
    let (mut first, mut on, mut cancelling, mut more) = (None, None, false, false);
    let mut after: Option<String> = None;
    loop {
        let page = history::list(tx, run.id, after.as_deref(), PAGE)?;
        for entry in page.items {
            let (event, execution, then) = match entry.what {
                What::Step { event, status, actions, state, execution, fuel: _ } => {
                    (event, execution, Then::Decided { status, actions, state })
                }
                What::Incident { event: Some(event), code, detail, execution: Some(execution) } => {
                    (event, execution, Then::Failed { code, detail })
                }
                What::Migrated { from, to } => {
                    first = first.or(Some(from));
                    on = Some(to);
                    continue;
                }
                What::CancelAsked { .. } => {
                    cancelling = true;
                    continue;
                }
                What::Incident { .. }
                | What::Delayed { .. }
                | What::Retried
                | What::Suspended
                | What::Resumed
                | What::Ended { .. } => continue,
            };
            if steps.len() == limit {
                more = true;
                continue;
            }
            let version = on.unwrap_or_default();
            steps.push(Recording { entry: entry.number, at: entry.at, version, event, execution, cancelling, then });
        }
        after = page.next;
        if after.is_none() || (more && first.is_some()) {
            break;
        }
    }
    let version = first.unwrap_or(run.version);
    for step in steps.iter_mut().take_while(|step| step.version == 0) {
        step.version = version;
    }
    Ok(Recordings { version, steps, more, memory: run.memory.clone() })
}

impl Recordings {
    /// What the workflow remembered behind a step: what the next one was given, or what the run remembers now.
    pub(super) fn memory_behind(&self, tx: &mut Transaction, at: usize) -> Result<Option<Json>, StoreError> {
        let Then::Decided { state: digest, .. } = &self.steps[at].then else { return Ok(None) };
        let known = match self.steps.get(at + 1) {
            Some(next) => receipt(tx, next.execution)?.and_then(|receipt| match receipt.replay.input {
                Some(Input::Advance { state, .. }) => state,
                _ => None,
            }),
            None if self.more => None,
            None => self.memory.clone(),
        };
        Ok(known.filter(|state| Digest::of(state.as_bytes()) == *digest))
    }
}
