//! The receipts of calls.

use std::sync::Arc;

use bytes::Bytes;
use signalsync_core::{DeploymentName, Execution, ExecutionId, TenantScope};
use signalsync_store::{Key, Listing, StoreError, Stores, Table, Transaction, row};

use crate::error::ComponentError;

/// Execution records of all tenants, each tenant's behind its scope.
#[derive(Clone)]
pub struct Executions(Arc<Stores>);

impl Executions {
    pub fn new(stores: Arc<Stores>) -> Self {
        Self(stores)
    }

    /// Adds receipts to a transaction, so that they are kept exactly when its writes are.
    ///
    /// # Errors
    /// A receipt cannot be written as JSON.
    pub fn append(scope: &TenantScope, tx: &mut Transaction, receipts: &[Execution]) -> Result<(), StoreError> {
        for receipt in receipts {
            let body: Bytes = row::write(receipt)?;
            tx.append(Table::Executions, &receipt.id.to_string(), body, scope.tier().executions_kept);
        }
        Ok(())
    }

    /// Keeps receipts of calls that led to no write.
    ///
    /// # Errors
    /// The store failed.
    pub async fn keep(&self, scope: &TenantScope, receipts: &[Execution]) -> Result<(), ComponentError> {
        let mut tx = self.0.tenant(scope).await?.begin().await?;
        Self::append(scope, &mut tx, receipts)?;
        Ok(tx.commit().await.map(drop)?)
    }

    /// One receipt.
    ///
    /// # Errors
    /// `NotFound`, or the store failed.
    pub async fn get(&self, scope: &TenantScope, id: ExecutionId) -> Result<Execution, ComponentError> {
        let mut tx = self.0.tenant(scope).await?.begin().await?;
        let row = tx.get(&Key::new(Table::Executions, &[&id.to_string()]))?.ok_or(ComponentError::NotFound)?;
        Ok(row::read(&row.body)?)
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
