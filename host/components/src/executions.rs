//! The receipts of calls.

use std::sync::Arc;

use parking_lot::Mutex;
use serde::Serialize;
use serde::de::DeserializeOwned;
use signalsync_core::{DeploymentName, Execution, ExecutionId, TenantScope, Timestamp};
use signalsync_store::{
    CommitError, Done, Key, Listing, RequestKey, Reused, StoreError, Stores, Table, Transaction, row,
};

use crate::error::ComponentError;

/// One receipt, as long as it is kept.
///
/// # Errors
/// The store failed.
pub fn receipt(tx: &mut Transaction, id: ExecutionId) -> Result<Option<Execution>, StoreError> {
    tx.get(&Key::new(Table::Executions, &[&id.to_string()]))?.map(|row| row::read(&row.body)).transpose()
}

/// Execution records of all tenants, each tenant's behind its scope.
#[derive(Clone)]
pub struct Executions(Arc<Stores>);

/// Receipts of the calls of one operation, over all its attempts.
#[derive(Debug, Default)]
pub struct Receipts(Mutex<Vec<Execution>>);

impl Receipts {
    /// Adds one.
    pub fn add(&self, receipt: Execution) {
        self.0.lock().push(receipt);
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.lock().len()
    }

    /// Those that came after the first `count`.
    pub fn ids_behind(&self, count: usize) -> Vec<ExecutionId> {
        self.0.lock().iter().skip(count).map(|receipt| receipt.id).collect()
    }

    /// Adds them to a transaction, so that they are kept exactly when its writes are.
    ///
    /// # Errors
    /// A receipt cannot be written as JSON.
    pub fn append(&self, scope: &TenantScope, tx: &mut Transaction) -> Result<(), StoreError> {
        for receipt in self.0.lock().iter() {
            tx.append(Table::Executions, &receipt.id.to_string(), row::write(receipt)?, scope.tier().executions_kept);
        }
        Ok(())
    }
}

impl Executions {
    pub fn new(stores: Arc<Stores>) -> Self {
        Self(stores)
    }

    /// Runs work that calls components, once for a named request (see [`Store::once`](signalsync_store::Store::once)).
    /// The receipts that the work adds are kept, with its writes or without.
    ///
    /// # Errors
    /// Those of the work; `Reused`, `Conflict`, or the store failed.
    pub async fn once<T, E, W>(
        &self,
        scope: &TenantScope,
        request: Option<&RequestKey>,
        now: Timestamp,
        receipts: &Receipts,
        work: impl Fn(Transaction) -> W,
    ) -> Result<Done<T>, E>
    where
        T: Serialize + DeserializeOwned,
        E: From<CommitError> + From<StoreError> + From<Reused>,
        W: Future<Output = Result<(Transaction, T), E>>,
    {
        let work = &work;
        let attempt = |tx| async move {
            let (mut tx, done) = work(tx).await?;
            receipts.append(scope, &mut tx)?;
            Ok((tx, done))
        };
        let done = self.0.tenant(scope).await?.once_async(request, now, attempt).await;
        if done.as_ref().map_or(true, |done| done.before) {
            self.keep(scope, receipts).await?;
        }
        done
    }

    /// Keeps receipts of calls that led to no write.
    ///
    /// # Errors
    /// The store failed.
    pub async fn keep(&self, scope: &TenantScope, receipts: &Receipts) -> Result<(), StoreError> {
        if receipts.count() == 0 {
            return Ok(());
        }
        let mut tx = self.0.tenant(scope).await?.begin().await?;
        receipts.append(scope, &mut tx)?;
        match tx.commit().await {
            Ok(_) => Ok(()),
            Err(CommitError::Store(error)) => Err(error),
            Err(CommitError::Conflict) => Err(StoreError::Engine("appends expect nothing, yet conflicted".to_owned())),
        }
    }

    /// One receipt.
    ///
    /// # Errors
    /// `NotFound`, or the store failed.
    pub async fn get(&self, scope: &TenantScope, id: ExecutionId) -> Result<Execution, ComponentError> {
        let mut tx = self.0.tenant(scope).await?.begin().await?;
        receipt(&mut tx, id)?.ok_or(ComponentError::NotFound)
    }

    /// Receipts, newest first. A page may be short, or empty, and still have a `next`: only so many are looked at.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(
        &self,
        scope: &TenantScope,
        deployment: Option<&DeploymentName>,
        before: Option<ExecutionId>,
        limit: usize,
    ) -> Result<Listing<Execution>, ComponentError> {
        let tx = self.0.tenant(scope).await?.begin().await?;
        let before = before.map(|id| id.to_string());
        let page = tx.newest(Table::Executions, before.as_deref(), limit, |row| {
            deployment.is_none_or(|name| row::read::<Execution>(&row.body).is_ok_and(|found| found.deployment == *name))
        })?;
        Ok(Listing::of(page)?)
    }
}
