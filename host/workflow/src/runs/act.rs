//! What is done with runs: stopping, going on, trying again, ending, changing the version.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use signalsync_audit::{Action, Event as Audited, record};
use signalsync_core::contract::workflow::{Definition, Event};
use signalsync_core::{Caller, DeploymentName, RunId, Timestamp};
use signalsync_store::{StoreError, Transaction};

use crate::apply::{self, later};
use crate::error::WorkflowError;
use crate::history::{What, note};
use crate::inbox::{self, Waiting};
use crate::machine::{Run, RunState};
use crate::{rows, types};

/// The kind of work that ends a run which did not end by itself.
pub(crate) const FORCE: &str = "workflow-force-end";

/// How long a run has to end by itself once somebody wants that.
pub(crate) const GRACE_MS: u64 = 24 * 60 * 60 * 1_000;

/// What is to be done with a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "RunAct")]
pub enum Act {
    /// Stop it until it is resumed; what happens to it waits.
    Suspend,
    /// Let it go on.
    Resume,
    /// Try the step again that made it an incident.
    Retry,
    /// Ask it to end, for this reason.
    Cancel(String),
    /// Put it on another version of its workflow.
    Migrate(u32),
}

impl Act {
    /// Whether it can be done with a run in this state.
    pub(crate) fn fits(&self, state: RunState) -> bool {
        match self {
            Self::Suspend => state == RunState::Running,
            Self::Resume => state == RunState::Suspended,
            Self::Retry => state == RunState::Incident,
            Self::Cancel(_) | Self::Migrate(_) => !state.has_ended(),
        }
    }
}

pub(super) fn apply(
    tx: &mut Transaction,
    by: &Caller,
    id: RunId,
    act: &Act,
    now: Timestamp,
) -> Result<(), WorkflowError> {
    let run = rows::run(tx, id)?.ok_or(WorkflowError::NotFound)?;
    let (action, who) = (audited(act), by.principal.user.clone());
    let what = match act {
        Act::Suspend => {
            set(tx, run, (RunState::Running, RunState::Suspended), "suspended", (now, who, What::Suspended))?;
            json!({})
        }
        Act::Resume => {
            set(tx, run, (RunState::Suspended, RunState::Running), "resumed", (now, who, What::Resumed))?;
            json!({})
        }
        Act::Retry => {
            set(tx, run, (RunState::Incident, RunState::Running), "retried", (now, who, What::Retried))?;
            json!({})
        }
        Act::Cancel(reason) => {
            require_open(&run, "cancelled")?;
            ask(tx, run, reason, (now, who))?;
            json!({"reason": reason})
        }
        Act::Migrate(version) => {
            require_open(&run, "migrated")?;
            let from = run.version;
            migrate(tx, run, *version, (now, who))?;
            json!({"from": from, "to": version})
        }
    };
    let event = Audited::new(action, format!("run/{id}")).after(&what)?;
    Ok(record(tx, by, now, event)?)
}

fn audited(act: &Act) -> Action {
    match act {
        Act::Suspend => Action::RunSuspended,
        Act::Resume => Action::RunResumed,
        Act::Retry => Action::RunRetried,
        Act::Cancel(_) => Action::RunCancelled,
        Act::Migrate(_) => Action::RunMigrated,
    }
}

fn set(
    tx: &mut Transaction,
    before: Run,
    (from, to): (RunState, RunState),
    wanted: &'static str,
    (now, by, what): (Timestamp, Option<String>, What),
) -> Result<(), WorkflowError> {
    if before.state != from {
        return Err(WorkflowError::WrongState { is: before.state.as_str(), wanted });
    }
    let mut run = before.clone();
    (run.state, run.changed_at) = (to, now);
    // The incident stays until a step goes well, so that one which comes again says so.
    if let (RunState::Incident, Some(incident)) = (from, &mut run.incident) {
        incident.retried += 1;
    }
    note(tx, &mut run, (now, by), what)?;
    rows::save_run(tx, Some(&before), &run)?;
    if to == RunState::Running {
        inbox::wake(tx, run.id, now)?;
    }
    Ok(())
}

fn require_open(run: &Run, wanted: &'static str) -> Result<(), WorkflowError> {
    if run.state.has_ended() { Err(WorkflowError::WrongState { is: run.state.as_str(), wanted }) } else { Ok(()) }
}

/// Asks a run to end, if it has not.
pub(crate) fn ask_to_end(tx: &mut Transaction, id: RunId, reason: &str, now: Timestamp) -> Result<(), StoreError> {
    match rows::run(tx, id)?.filter(|run| !run.state.has_ended()) {
        Some(run) => ask(tx, run, reason, (now, None)),
        None => Ok(()),
    }
}

/// A run that cannot go on is ended at once; the others hear of it, and have a day.
fn ask(
    tx: &mut Transaction,
    before: Run,
    reason: &str,
    (now, by): (Timestamp, Option<String>),
) -> Result<(), StoreError> {
    let mut run = before.clone();
    let asked = std::mem::replace(&mut run.cancelling, true);
    note(tx, &mut run, (now, by.clone()), What::CancelAsked { reason: reason.to_owned() })?;
    let until = match before.state {
        RunState::Incident => now,
        _ => Timestamp(now.0.saturating_add(GRACE_MS)),
    };
    if before.state == RunState::Suspended {
        run.state = RunState::Running;
    }
    rows::save_run(tx, Some(&before), &run)?;
    if !asked || until == now {
        later(tx, FORCE, &run.id, until)?;
    }
    inbox::post(tx, run.id, &Waiting::new(Event::Cancel(reason.to_owned()), now).by(by))
}

/// Ends a run that did not end by itself.
pub(crate) fn force_end(tx: &mut Transaction, id: RunId, now: Timestamp) -> Result<(), StoreError> {
    let Some(before) = rows::run(tx, id)?.filter(|run| !run.state.has_ended() && run.cancelling) else {
        return Ok(());
    };
    let mut run = before.clone();
    let (code, detail) = match before.state {
        RunState::Incident => ("cancelled", "it was an incident, and somebody wanted it to end"),
        _ => ("cancel-overdue", "it had not ended a day after somebody wanted that"),
    };
    apply::end(tx, &mut run, (RunState::Cancelled, detail), now)?;
    let what = What::Ended { state: run.state, code: code.to_owned(), detail: detail.to_owned() };
    note(tx, &mut run, (now, None), what)?;
    rows::save_run(tx, Some(&before), &run)
}

/// The other version has to know where the run stands and what is open.
fn migrate(
    tx: &mut Transaction,
    before: Run,
    version: u32,
    (now, by): (Timestamp, Option<String>),
) -> Result<(), WorkflowError> {
    check_version(tx, &before.workflow, version)?;
    check_migration(tx, &before, version)?;
    let mut run = before.clone();
    run.version = version;
    note(tx, &mut run, (now, by), What::Migrated { from: before.version, to: version })?;
    Ok(rows::save_run(tx, Some(&before), &run)?)
}

/// Whether the workflow has this version.
pub(super) fn check_version(tx: &mut Transaction, name: &DeploymentName, version: u32) -> Result<(), WorkflowError> {
    let newest = types::require(tx, name)?.newest;
    match (1..=newest).contains(&version) {
        true => Ok(()),
        false => Err(WorkflowError::Invalid(format!("the workflow has versions 1 to {newest}"))),
    }
}

/// Whether the version knows where the run stands and what is open.
pub(super) fn check_migration(tx: &mut Transaction, run: &Run, version: u32) -> Result<(), WorkflowError> {
    let definition = types::version(tx, &run.workflow, version)?.definition;
    check_fits(tx, run, &definition)
}

fn check_fits(tx: &mut Transaction, run: &Run, definition: &Definition) -> Result<(), WorkflowError> {
    let refused = |what: &str, name: &str| {
        Err(WorkflowError::Invalid(format!("the run has {what} `{name}`, which that version does not know")))
    };
    if !definition.statuses.iter().any(|status| status.name == run.status) {
        return refused("the status", &run.status);
    }
    for id in run.tasks.values() {
        let Some(task) = rows::task(tx, *id)? else { continue };
        if !definition.steps.iter().any(|step| step.id == task.step.id) {
            return refused("an open task of the step", &task.step.id);
        }
    }
    Ok(())
}
