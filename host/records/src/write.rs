//! A write of a record: judged first, then staged in the caller's transaction.

use signalsync_components::{OnFailure, Receipts, Validation, call, validations_of};
use signalsync_core::contract::{Severity, Subject, Violation};
use signalsync_core::{
    CollectionName, Completed, ExecutionId, Failure, Input, Invoke, Output, RecordId, TenantScope, Timestamp, json,
};
use signalsync_store::{Key, Precondition, StoreError, Table, Transaction};

use crate::collection;
use crate::error::RecordError;

/// What is to be written.
#[derive(Debug, Clone)]
pub struct Change {
    pub collection: CollectionName,
    pub id: RecordId,
    /// A JSON document. Stored as it is, spelling and order included.
    pub body: String,
    pub precondition: Precondition,
}

/// A write that is in the transaction and may be committed.
#[derive(Debug)]
pub struct Staged {
    /// Whether there was no record before.
    pub created: bool,
    /// What the validations say, all of it warnings.
    pub warnings: Vec<Violation>,
}

/// A record that was written.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Written {
    pub collection: CollectionName,
    pub id: RecordId,
    pub version: u64,
    /// Whether there was no record before.
    pub created: bool,
    /// What the validations say, all of it warnings.
    pub warnings: Vec<Violation>,
    /// Receipts of the validations.
    pub executions: Vec<ExecutionId>,
}

/// Judges a write and puts it into the transaction. Receipts of all calls are added to `receipts`, whatever
/// happens: the caller keeps them, with the commit or without.
///
/// The record is in the transaction while it is judged, so that a validation that looks at the collection sees it.
///
/// # Errors
/// Why the write may not happen. The transaction is then gone, and with it everything that it staged.
pub async fn stage(
    invoke: &dyn Invoke<Transaction>,
    scope: &TenantScope,
    mut tx: Transaction,
    change: &Change,
    now: Timestamp,
    receipts: &Receipts,
) -> Result<(Transaction, Staged), RecordError> {
    check_body(scope, &change.body)?;
    collection::require(&mut tx, &change.collection)?;
    let key = key(&change.collection, &change.id);
    let before = tx.get(&key)?;
    change.precondition.check(before.as_ref().map(|row| row.version))?;
    let validations = validations_of(&mut tx, &change.collection)?;
    tx.put(key, change.body.clone());
    let created = before.is_none();
    let before = before.map(|row| text(row.body.into())).transpose()?;
    let subject = Subject {
        collection: change.collection.to_string(),
        id: change.id.to_string(),
        before,
        after: change.body.clone(),
    };
    let (mut violations, first) = (Vec::new(), receipts.count());
    for validation in &validations {
        let (back, found) = judge(invoke, scope, tx, validation, &subject, now, receipts).await?;
        tx = back;
        violations.extend(found);
    }
    if violations.iter().any(|violation| violation.severity == Severity::Error) {
        return Err(RecordError::NotValid { violations, executions: receipts.ids_behind(first) });
    }
    Ok((tx, Staged { created, warnings: violations }))
}

async fn judge(
    invoke: &dyn Invoke<Transaction>,
    scope: &TenantScope,
    tx: Transaction,
    validation: &Validation,
    subject: &Subject,
    now: Timestamp,
    receipts: &Receipts,
) -> Result<(Transaction, Vec<Violation>), RecordError> {
    let call = call(&validation.deployed, Input::Validate(subject.clone()), now);
    let Completed { tx, answer, execution } = invoke.invoke(scope, call, tx).await;
    let id = execution.id;
    receipts.add(execution);
    let not_judged =
        |failure| RecordError::NotJudged { deployment: validation.deployed.deployment.clone(), failure, execution: id };
    let Some(tx) = tx else { return Err(not_judged(Failure::HostFault)) };
    match answer {
        Ok(Output::Violations(violations)) => Ok((tx, violations)),
        Ok(_) => Err(not_judged(Failure::HostFault)),
        // A call that was never started says nothing about the component: only a failure of its own may be passed over.
        Err(failure @ (Failure::Denied { .. } | Failure::HostFault)) => Err(not_judged(failure)),
        Err(failure) => match validation.on_failure {
            OnFailure::Closed => Err(not_judged(failure)),
            OnFailure::Open => Ok((tx, Vec::new())),
        },
    }
}

fn check_body(scope: &TenantScope, body: &str) -> Result<(), RecordError> {
    let (bytes, limit) = (body.len() as u64, scope.tier().record_bytes_max);
    if bytes > limit {
        return Err(RecordError::TooLarge { what: "the record", bytes, limit });
    }
    Ok(json::check(body)?)
}

pub(crate) fn key(collection: &CollectionName, id: &RecordId) -> Key {
    Key::new(Table::Records, &[collection.as_str(), id.as_str()])
}

pub(crate) fn text(bytes: Vec<u8>) -> Result<String, StoreError> {
    String::from_utf8(bytes).map_err(|_| StoreError::Corrupt("a record is not text".to_owned()))
}
