//! Records: read, write, list, delete.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use signalsync_components::{Executions, Receipts};
use signalsync_core::contract::Violation;
use signalsync_core::{Clock, CollectionName, ExecutionId, Invoke, RecordId, TenantScope};
use signalsync_store::{Done, Listing, Precondition, RequestKey, StoreError, Stores, Table, Transaction};

use crate::collection;
use crate::error::RecordError;
use crate::write::{Change, Staged, Written, key, stage, text};

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
        let (now, receipts) = (self.clock.now(), &Receipts::default());
        let put = |tx| async move {
            let first = receipts.count();
            let (tx, staged) = stage(&*self.invoke, scope, tx, change, now, receipts).await?;
            Ok((tx, remembered(change, staged, receipts.ids_behind(first))))
        };
        self.executions.once(scope, request, now, receipts, put).await.map(written)
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
        let delete = |tx: &mut Transaction| {
            collection::require(tx, collection)?;
            let found = tx.get(&key(collection, id))?.ok_or(RecordError::NotFound)?;
            precondition.check(Some(found.version))?;
            tx.delete(&key(collection, id))?;
            Ok(())
        };
        self.stores.tenant(scope).await?.transact(delete).await
    }
}

/// A fresh id, later in order than those made before it.
pub fn new_record_id() -> RecordId {
    let id = uuid::Uuid::now_v7().simple().to_string();
    RecordId::try_from(id).unwrap_or_else(|error| unreachable!("32 digits are a record id: {error}"))
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

fn written(done: Done<Remembered>) -> Written {
    let Remembered { collection, id, created, warnings, executions } = done.value;
    Written { collection, id, version: done.version, created, warnings, executions }
}
