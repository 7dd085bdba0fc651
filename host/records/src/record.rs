//! Records: read, find, write, delete and bring back, each operation in one transaction.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_components::{Executions, Receipts};
use signalsync_core::contract::Violation;
use signalsync_core::{Clock, CollectionName, DepartmentId, ExecutionId, RecordId, TenantScope, UserId};
use signalsync_data::{Bin, Change, Count, Found, Gate, Query, Record, Version};
use signalsync_store::{Done, Listing, Precondition, RequestKey, Stores, Terms, Transaction};

use crate::error::RecordError;
use crate::judge::{Judge, Staged};

/// Bytes of bodies in one page.
const PAGE_BYTES_MAX: usize = 4 << 20;

/// What is done to one record after which validations judge it.
#[derive(Debug, Clone)]
pub enum Act {
    /// Create it, under a fresh id.
    Add(Change),
    /// Create it, or put this in its place.
    Put(Change),
    /// Change parts of it: a merge patch (RFC 7396).
    Patch(Change),
    /// Take it out of the bin.
    Restore {
        /// Of which collection.
        collection: CollectionName,
        /// Which one.
        id: RecordId,
    },
}

impl Act {
    fn place(&self) -> (&CollectionName, &RecordId) {
        match self {
            Self::Add(change) | Self::Put(change) | Self::Patch(change) => (&change.collection, &change.id),
            Self::Restore { collection, id } => (collection, id),
        }
    }
}

/// A record that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
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

/// What is remembered of a request that wrote a record.
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
    judge: Judge,
    executions: Executions,
    clock: Arc<dyn Clock>,
}

impl Records {
    /// Judged by this judge.
    pub fn new(stores: Arc<Stores>, judge: Judge, clock: Arc<dyn Clock>) -> Self {
        let executions = Executions::new(Arc::clone(&stores));
        Self { stores, judge, executions, clock }
    }

    /// Writes a record after the gate and all validations of its collection have judged it.
    ///
    /// A request with a key that was carried out before is answered as it was then.
    ///
    /// # Errors
    /// Why it was not written. The receipts of the validations are kept all the same.
    pub async fn write(
        &self,
        scope: &TenantScope,
        act: &Act,
        request: Option<&RequestKey>,
    ) -> Result<Written, RecordError> {
        let (now, receipts) = (self.clock.now(), &Receipts::default());
        let write = |tx| async move {
            let first = receipts.count();
            let judging = self.judge.on(scope, now, receipts);
            let (tx, staged) = match act {
                Act::Add(change) => judging.add(tx, change).await?,
                Act::Put(change) => judging.put(tx, change).await?,
                Act::Patch(change) => judging.patch(tx, change).await?,
                Act::Restore { collection, id } => judging.restore(tx, (collection, id)).await?,
            };
            Ok((tx, remembered(act, staged, receipts.ids_behind(first))))
        };
        self.executions.once(scope, request, now, receipts, write).await.map(written)
    }

    /// One record, as far as the caller sees it.
    ///
    /// # Errors
    /// `NoCollection`, `NotFound`, or the store failed.
    pub async fn get(
        &self,
        scope: &TenantScope,
        collection: &CollectionName,
        id: &RecordId,
    ) -> Result<Record, RecordError> {
        let (mut tx, gate) = self.begin(scope).await?;
        Ok(gate.get(&mut tx, collection, id)?)
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
        let (mut tx, gate) = self.begin(scope).await?;
        Ok(gate.list(&mut tx, collection, prefix, after, (limit, PAGE_BYTES_MAX))?)
    }

    /// A page of what was asked for; and how many there are, if that was asked for, too.
    ///
    /// # Errors
    /// `NoCollection`, `BadQuery`, `IndexNotReady`, or the store failed.
    pub async fn query(
        &self,
        scope: &TenantScope,
        collection: &CollectionName,
        query: &Query,
        counted: bool,
    ) -> Result<(Found, Option<Count>), RecordError> {
        let (mut tx, gate) = self.begin(scope).await?;
        let found = gate.query(&mut tx, collection, query)?;
        let count = counted.then(|| gate.count(&mut tx, collection, query)).transpose()?;
        Ok((found, count))
    }

    /// A record's history, newest first, from before the number `before`.
    ///
    /// # Errors
    /// `NoCollection`, `NotFound`, or the store failed.
    pub async fn versions(
        &self,
        scope: &TenantScope,
        (collection, id): (&CollectionName, &RecordId),
        before: Option<u32>,
        limit: usize,
    ) -> Result<Listing<Version>, RecordError> {
        let (mut tx, gate) = self.begin(scope).await?;
        Ok(gate.versions(&mut tx, collection, id, before, limit)?)
    }

    /// Deleted records that can come back, those deleted first first.
    ///
    /// # Errors
    /// `NoCollection`, `BadQuery`, or the store failed.
    pub async fn bin(
        &self,
        scope: &TenantScope,
        collection: &CollectionName,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listing<Bin>, RecordError> {
        let (mut tx, gate) = self.begin(scope).await?;
        Ok(gate.bin(&mut tx, collection, after, limit)?)
    }

    /// Moves a record into the bin, with what its collection's references say about that.
    ///
    /// # Errors
    /// Why it may not be deleted.
    pub async fn delete(
        &self,
        scope: &TenantScope,
        collection: &CollectionName,
        id: &RecordId,
        precondition: Precondition,
    ) -> Result<(), RecordError> {
        let gate = self.judge.gate(scope, self.clock.now());
        let delete = |tx: &mut Transaction| Ok(gate.delete(tx, collection, id, precondition)?);
        self.stores.tenant(scope).await?.transact(delete).await
    }

    /// Gives a record to another owner and department.
    ///
    /// # Errors
    /// `NoCollection`, `NotFound`, `Precondition`, `Forbidden`, `Reused`, or the store failed.
    pub async fn hand_over(
        &self,
        scope: &TenantScope,
        (collection, id): (&CollectionName, &RecordId),
        to: (Option<UserId>, Option<DepartmentId>),
        terms: Terms<'_>,
    ) -> Result<Done<()>, RecordError> {
        let now = self.clock.now();
        let gate = self.judge.gate(scope, now);
        let hand_over =
            |tx: &mut Transaction| Ok(gate.hand_over(tx, collection, id, to, terms.precondition).map(drop)?);
        self.stores.tenant(scope).await?.once(terms.request, now, hand_over).await
    }

    async fn begin(&self, scope: &TenantScope) -> Result<(Transaction, Gate), RecordError> {
        let tx = self.stores.tenant(scope).await?.begin().await?;
        Ok((tx, self.judge.gate(scope, self.clock.now())))
    }
}

/// A fresh id, later in order than those made before it.
pub fn new_record_id() -> RecordId {
    let id = uuid::Uuid::now_v7().simple().to_string();
    RecordId::try_from(id).unwrap_or_else(|error| unreachable!("32 digits are a record id: {error}"))
}

fn remembered(act: &Act, Staged { created, warnings }: Staged, executions: Vec<ExecutionId>) -> Remembered {
    let (collection, id) = act.place();
    Remembered { collection: collection.clone(), id: id.clone(), created, warnings, executions }
}

fn written(done: Done<Remembered>) -> Written {
    let Remembered { collection, id, created, warnings, executions } = done.value;
    Written { collection, id, version: done.version, created, warnings, executions }
}
