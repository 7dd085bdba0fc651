//! How a run begins.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_core::contract::Json;
use signalsync_core::contract::workflow::{BUSINESS_KEY_BYTES_MAX, Event, Started, is_business_key};
use signalsync_core::{DeploymentName, RunId, Timestamp, UserId};
use signalsync_records::Judging;
use signalsync_store::Transaction;

use crate::error::WorkflowError;
use crate::inbox::{self, Waiting};
use crate::machine::{Parent, Run};
use crate::{rows, signals, types};

/// A run that is wanted.
#[derive(Debug, Clone)]
pub struct Order {
    pub workflow: DeploymentName,
    /// While a run of the workflow with this key has not ended, wanting another one is wanting that one.
    pub key: Option<String>,
    pub input: Json,
    /// None when a message or another run wants it.
    pub by: Option<UserId>,
    pub parent: Option<Parent>,
}

/// The run that was wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "StartedRun")]
#[serde(rename_all = "kebab-case")]
pub struct Start {
    pub run: RunId,
    /// False when it had been started before.
    pub created: bool,
}

/// Starts a run with the transaction, once its input is acceptable to the workflow's form.
///
/// # Errors
/// `NotFound`, `NotPublished`, `Stopped`, `Invalid`, `Form`, or the store failed.
pub async fn begin(
    judging: &Judging<'_>,
    mut tx: Transaction,
    order: Order,
    now: Timestamp,
) -> Result<(Transaction, Start), WorkflowError> {
    let form = match existing(&mut tx, &order)? {
        Some(run) => return Ok((tx, Start { run, created: false })),
        None => published(&mut tx, &order.workflow)?.definition.input_form,
    };
    let (mut tx, order) = match form.and_then(|form| form.parse().ok()) {
        Some(form) => {
            let (tx, input) = judging.try_form(tx, &form, &order.input).await?;
            (tx, Order { input, ..order })
        }
        None => (tx, order),
    };
    let started = start(&mut tx, order, now)?;
    Ok((tx, started))
}

/// Starts a run with the transaction.
///
/// # Errors
/// `NotFound`, `NotPublished`, `Stopped`, `Invalid`, or the store failed.
pub(crate) fn start(tx: &mut Transaction, order: Order, now: Timestamp) -> Result<Start, WorkflowError> {
    if let Some(run) = existing(tx, &order)? {
        return Ok(Start { run, created: false });
    }
    let types::Version { number, definition, .. } = published(tx, &order.workflow)?;
    let Order { workflow, key, input, by, parent } = order;
    let id = RunId::new();
    let status = definition.statuses.into_iter().next().map(|status| status.name).unwrap_or_default();
    let run = Run { key: key.clone(), starter: by, parent, ..Run::begin(id, workflow, number, status, now) };
    rows::save_run(tx, None, &run)?;
    let started = Started { input, by: by.map(|by| by.to_string()), key, run: id.to_string() };
    inbox::begin(tx, id, &Waiting::new(Event::Started(started), now).by(by))?;
    signals::deliver_early(tx, &run, now)?;
    Ok(Start { run: id, created: true })
}

fn existing(tx: &mut Transaction, order: &Order) -> Result<Option<RunId>, WorkflowError> {
    let Some(key) = &order.key else { return Ok(None) };
    check_key(key)?;
    Ok(rows::with_key(tx, &order.workflow, key)?)
}

pub(crate) fn check_key(key: &str) -> Result<(), WorkflowError> {
    let rule = || format!("a business key is 1 to {BUSINESS_KEY_BYTES_MAX} bytes without control characters");
    if is_business_key(key) { Ok(()) } else { Err(WorkflowError::Invalid(rule())) }
}

/// The version that new runs are on.
fn published(tx: &mut Transaction, name: &DeploymentName) -> Result<types::Version, WorkflowError> {
    let workflow = types::require(tx, name)?;
    if workflow.stopped {
        return Err(WorkflowError::Stopped(name.to_string()));
    }
    let number = workflow.published.ok_or_else(|| WorkflowError::NotPublished(name.to_string()))?;
    Ok(types::version(tx, name, number)?)
}
