//! Versions of deployments: which component runs, with which grants and settings; and which of them are at work.

use std::collections::BTreeSet;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_core::{Call, CollectionName, Deployed, DeploymentName, Input, Timestamp};
use signalsync_store::{Key, StoreError, Table, Transaction, row};

use crate::deployment::find;
use crate::error::DeployError;

/// What happens to a write when a validation fails to judge it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// The write is refused.
    Closed,
    /// The write goes on; the failure is in the execution record.
    Open,
}

/// One version of a deployment. It never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "DeploymentVersion")]
#[serde(rename_all = "kebab-case")]
pub struct Version {
    #[serde(flatten)]
    pub deployed: Deployed,
    pub validates: BTreeSet<CollectionName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_failure: Option<OnFailure>,
    pub created_at: Timestamp,
}

/// A call of a deployed component now.
pub fn call(deployed: &Arc<Deployed>, input: Input, now: Timestamp) -> Call {
    // The random half of a fresh id.
    let id = signalsync_core::ExecutionId::new();
    let seed = id.as_bytes().last_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    Call { deployed: Arc::clone(deployed), input, now, seed }
}

/// The active version of a deployment, read in the caller's transaction.
///
/// # Errors
/// `NotFound`, `NotActive`, or the store failed.
pub fn active(tx: &mut Transaction, name: &DeploymentName) -> Result<Arc<Deployed>, DeployError> {
    let deployment = find(tx, name)?.ok_or(DeployError::NotFound)?;
    let number = deployment.active.ok_or(DeployError::NotActive)?;
    let version = version(tx, name, number)?.ok_or(DeployError::NotFound)?;
    Ok(Arc::new(version.deployed))
}

/// A version of a deployment, read in the caller's transaction.
///
/// # Errors
/// `NotFound`, or the store failed.
pub fn deployed(tx: &mut Transaction, name: &DeploymentName, number: u32) -> Result<Arc<Deployed>, DeployError> {
    let version = version(tx, name, number)?.ok_or(DeployError::NotFound)?;
    Ok(Arc::new(version.deployed))
}

pub(crate) fn version(tx: &mut Transaction, name: &DeploymentName, number: u32) -> Result<Option<Version>, StoreError> {
    tx.get(&version_key(name, number))?.map(|row| row::read(&row.body)).transpose()
}

/// Numbers have one length, so that versions are in order.
pub(crate) fn version_key(name: &DeploymentName, number: u32) -> Key {
    Key::new(Table::DeploymentVersions, &[name.as_str(), &format!("{number:08}")])
}
