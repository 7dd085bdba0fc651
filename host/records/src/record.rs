//! Records: read, write, list, delete.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use signalsync_components::Executions;
use signalsync_core::contract::Violation;
use signalsync_core::{Clock, CollectionName, Execution, ExecutionId, Invoke, RecordId, TenantScope, Timestamp};
use signalsync_store::{ATTEMPTS_MAX, CommitError, Listing, RequestKey, StoreError, Stores, Table, Transaction, row};

use crate::collection;
use crate::error::RecordError;
use crate::write::{Change, Precondition, Staged, Written, key, stage, text};

/// Bytes of bodies in one page.
const PAGE_BYTES_MAX: usize = 4 << 20;

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub id: RecordId,
    /// Number of the commit that wrote it; grows with every write.
    pub version: u64,
    /// JSON as it was written.
    pub body: String,
}

/// What is remembered of a request that created a record.
#[derive(Debug, Serialize, Deserialize)]
struct Remembered {
    collection: CollectionName,
    id: RecordId,
    created: bool,
    warnings: Vec<Violation>,
    executions: Vec<ExecutionId>,
}

/// The records of all tenants, each tenant's behind its scope.
#[derive(Clone)]
pub struct Records {
    stores: Arc<Stores>,
    invoke: Arc<dyn Invoke<Transaction>>,
    executions: Executions,
    clock: Arc<dyn Clock>,
}

impl Records {
    pub fn new(stores: Arc<Stores>, invoke: Arc<dyn Invoke<Transaction>>, clock: Arc<dyn Clock>) -> Self {
        let executions = Executions::new(Arc::clone(&stores));
        Self { stores, invoke, executions, clock }
    }

    /// Writes a record after all validations of its collection have judged it.
    ///
    /// A request with a key that was carried out before is answered as it was then.
    ///
    /// # Errors
    /// Why it was not written. The receipts of the validations are kept all the same.
    pub async fn put(
        &self,
        scope: &TenantScope,
        change: &Change,
        request: Option<&RequestKey>,
    ) -> Result<Written, RecordError> {
        let mut receipts = Vec::new();
        let written = self.put_within(scope, change, request, &mut receipts).await;
        if written.is_err() && !receipts.is_empty() {
            self.executions.keep(scope, &receipts).await?;
        }
        written
    }

    async fn put_within(
        &self,
        scope: &TenantScope,
        change: &Change,
        request: Option<&RequestKey>,
        receipts: &mut Vec<Execution>,
    ) -> Result<Written, RecordError> {
        for _ in 0..ATTEMPTS_MAX {
            let now = self.clock.now();
            let mut tx = self.stores.tenant(scope).await?.begin().await?;
            if let Some(before) = recall(&mut tx, request, now)? {
                return Ok(before);
            }
            let first = receipts.len();
            let (mut tx, staged) = stage(&*self.invoke, scope, tx, change, now, receipts).await?;
            let executions = receipts[first..].iter().map(|receipt| receipt.id).collect();
            let remembered = remembered(change, staged, executions);
            if let Some(request) = request {
                tx.remember(request, now, &row::write(&remembered)?)?;
            }
            Executions::append(scope, &mut tx, receipts)?;
            match tx.commit().await {
                Err(CommitError::Conflict) => continue,
                result => return Ok(written(remembered, result?.version)),
            }
        }
        Err(RecordError::Conflict)
    }

    /// One record.
    ///
    /// # Errors
    /// `NoCollection`, `NotFound`, or the store failed.
    pub async fn get(
        &self,
        scope: &TenantScope,
        collection: &CollectionName,
        id: &RecordId,
    ) -> Result<Record, RecordError> {
        let mut tx = self.stores.tenant(scope).await?.begin().await?;
        collection::require(&mut tx, collection)?;
        let row = tx.get(&key(collection, id))?.ok_or(RecordError::NotFound)?;
        Ok(Record { id: id.clone(), version: row.version, body: text(row.body.into())? })
    }

    /// Records whose id begins with `prefix` and comes behind `after`, in the order of their ids.
    ///
    /// # Errors
    /// `NoCollection`, or the store failed.
    pub async fn list(
        &self,
        scope: &TenantScope,
        collection: &CollectionName,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listing<Record>, RecordError> {
        let mut tx = self.stores.tenant(scope).await?.begin().await?;
        collection::require(&mut tx, collection)?;
        let page = tx.scan(Table::Records, &[collection.as_str()], prefix, after, limit, PAGE_BYTES_MAX)?;
        let items = page.entries.into_iter().map(|(id, row)| {
            let id = RecordId::try_from(id).map_err(|error| StoreError::Corrupt(error.to_string()))?;
            Ok(Record { id, version: row.version, body: text(row.body.into())? })
        });
        Ok(Listing { items: items.collect::<Result<_, StoreError>>()?, next: page.next })
    }

    /// Deletes a record.
    ///
    /// # Errors
    /// `NoCollection`, `NotFound`, `Precondition`, or the store failed.
    pub async fn delete(
        &self,
        scope: &TenantScope,
        collection: &CollectionName,
        id: &RecordId,
        precondition: Precondition,
    ) -> Result<(), RecordError> {
        for _ in 0..ATTEMPTS_MAX {
            let mut tx = self.stores.tenant(scope).await?.begin().await?;
            collection::require(&mut tx, collection)?;
            let found = tx.get(&key(collection, id))?.ok_or(RecordError::NotFound)?;
            precondition.check(Some(found.version))?;
            tx.delete(&key(collection, id))?;
            match tx.commit().await {
                Err(CommitError::Conflict) => continue,
                result => return Ok(result.map(drop)?),
            }
        }
        Err(RecordError::Conflict)
    }
}

/// A fresh id, later in order than those made before it.
pub fn new_record_id() -> RecordId {
    let id = uuid::Uuid::now_v7().simple().to_string();
    RecordId::try_from(id).unwrap_or_else(|error| unreachable!("32 digits are a record id: {error}"))
}

fn recall(tx: &mut Transaction, request: Option<&RequestKey>, now: Timestamp) -> Result<Option<Written>, RecordError> {
    let Some(request) = request else { return Ok(None) };
    let Some(found) = tx.recall(request, now)?? else { return Ok(None) };
    Ok(Some(written(row::read(&found.body)?, found.version)))
}

fn remembered(change: &Change, staged: Staged, executions: Vec<ExecutionId>) -> Remembered {
    Remembered {
        collection: change.collection.clone(),
        id: change.id.clone(),
        created: staged.created,
        warnings: staged.warnings,
        executions,
    }
}

fn written(remembered: Remembered, version: u64) -> Written {
    let Remembered { collection, id, created, warnings, executions } = remembered;
    Written { collection, id, version, created, warnings, executions }
}
