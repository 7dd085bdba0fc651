//! Runs that have ended are kept for some time; then they go, with all that hangs on them, in small pieces.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use signalsync_core::{Clock, DeploymentName, RunId, TaskId, TenantScope, Timestamp};
use signalsync_store::{Key, StoreError, Table, Transaction, due_name, parse_due};
use signalsync_work::{Claimed, New, Outcome, Setback, Within, schedule};

use crate::error::work;
use crate::machine::{Run, RunState};
use crate::rows::{self, COMMENT, DID, EFFECT, HISTORY, INBOX, PERSON, TASK, damaged};

/// The kind of work that lets runs of a workflow go; its name is the workflow.
pub(crate) const RETENTION: &str = "workflow-retention";

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Rows that one transaction removes.
const ROWS_PER_PIECE: usize = 500;

/// Bytes of rows that one transaction looks at.
const BYTES_PER_PIECE: usize = 4 << 20;

/// Runs of a state that are counted before a deployment goes; of those beyond, it is only said that there are more.
const COUNTED_MAX: usize = 1_000;

/// What hangs on a run.
const ITEMS: [&str; 7] = [INBOX, HISTORY, EFFECT, TASK, DID, PERSON, COMMENT];

/// Notes that a run has ended.
pub(crate) fn note_ended(tx: &mut Transaction, run: &Run) -> Result<(), StoreError> {
    let Some(at) = run.ended_at else { return Ok(()) };
    tx.put(ended_key(&run.workflow, &due_name(at, run.id)), "");
    let looks = New::of(RETENTION, &run.workflow, Timestamp(at.0.saturating_add(DAY_MS)));
    let named = looks.and_then(|new| new.named(run.workflow.to_string()));
    named.and_then(|new| schedule(tx, new)).map(drop).map_err(work)
}

/// Says why a deployment cannot go: a workflow of which runs have not ended.
///
/// # Errors
/// The store failed.
pub fn runs_of(tx: &mut Transaction, name: &DeploymentName) -> Result<Option<String>, StoreError> {
    let mut parts = Vec::new();
    for state in RunState::ALL.into_iter().filter(|state| !state.has_ended()) {
        let list = rows::list(Some(name), Some(state), None);
        let page = tx.scan(Table::RunIndex, &[&list], "", None, COUNTED_MAX, usize::MAX)?;
        let more = if page.next.is_some() { "more than " } else { "" };
        if !page.entries.is_empty() {
            parts.push(format!("{more}{} {}", page.entries.len(), state.as_str()));
        }
    }
    let what_to_do = "stop new ones, and wait for these or cancel them with `POST /v1/runs/bulk`";
    let parts = parts.join(", ");
    Ok((!parts.is_empty()).then(|| format!("runs of the workflow have not ended ({parts}): {what_to_do}")))
}

/// Lets runs go whose time is over.
pub(crate) struct Retention {
    pub(crate) clock: Arc<dyn Clock>,
}

impl Within for Retention {
    fn run<'a>(
        &'a self,
        scope: &'a TenantScope,
        claimed: &'a Claimed,
        mut tx: Transaction,
    ) -> BoxFuture<'a, Result<(Transaction, Outcome), Setback>> {
        async move {
            let (workflow, now) = (claimed.payload()?, self.clock.now());
            let kept_ms = u64::from(scope.tier().runs_kept_days).saturating_mul(DAY_MS);
            let outcome = look(&mut tx, &workflow, (now, kept_ms))?;
            Ok((tx, outcome))
        }
        .boxed()
    }
}

/// Removes a piece of the run that ended first, if its time is over. Looks every day, because the time may be changed.
fn look(
    tx: &mut Transaction,
    workflow: &DeploymentName,
    (now, kept_ms): (Timestamp, u64),
) -> Result<Outcome, StoreError> {
    let page = tx.scan(Table::RunIndex, &[&ended(workflow)], "", None, 1, usize::MAX)?;
    let Some((first, _)) = page.entries.into_iter().next() else { return Ok(Outcome::Done) };
    let (at, run) = at_place(&first).ok_or_else(|| damaged("a run's place among those that have ended"))?;
    let until = at.0.saturating_add(kept_ms);
    if until > now.0 {
        return Ok(Outcome::GoesOn { at: Timestamp(until.min(now.0.saturating_add(DAY_MS))) });
    }
    if remove(tx, run)? {
        tx.erase(ended_key(workflow, &first));
    }
    Ok(Outcome::GoesOn { at: now })
}

/// Removes some of what hangs on a run, and at last the run; true when nothing is left.
fn remove(tx: &mut Transaction, id: RunId) -> Result<bool, StoreError> {
    let mut left = ROWS_PER_PIECE;
    for kind in ITEMS {
        let page = tx.scan(Table::RunItems, &[&id.to_string(), kind], "", None, left, BYTES_PER_PIECE)?;
        for (name, _) in &page.entries {
            match kind {
                TASK => remove_task(tx, name)?,
                PERSON => name.parse().ok().into_iter().for_each(|user| rows::forget_person(tx, id, user)),
                _ => {}
            }
            tx.erase(rows::item_key(id, kind, name));
        }
        left -= page.entries.len().min(left);
        if left == 0 || page.next.is_some() {
            return Ok(false);
        }
    }
    if let Some(run) = rows::run(tx, id)? {
        rows::remove_run(tx, &run);
    }
    Ok(true)
}

fn remove_task(tx: &mut Transaction, id: &str) -> Result<(), StoreError> {
    let id: TaskId = id.parse().map_err(|_| damaged("a task of a run"))?;
    if let Some(task) = rows::task(tx, id)? {
        rows::remove_task(tx, &task);
    }
    Ok(())
}

/// The list of runs of a workflow that have ended, in the order in which they did.
fn ended(workflow: &DeploymentName) -> String {
    format!("{workflow}/ended")
}

fn ended_key(workflow: &DeploymentName, place: &str) -> Key {
    Key::new(Table::RunIndex, &[&ended(workflow), place])
}

fn at_place(place: &str) -> Option<(Timestamp, RunId)> {
    parse_due(place).and_then(|(at, run)| Some((at, run.parse().ok()?)))
}
