//! The audit as those read it who may.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use signalsync_core::{TenantScope, Timestamp};
use signalsync_store::chain::{Broken, ChainHead};
use signalsync_store::{CommitError, Listing, StoreError, Stores, Table, Transaction};

use crate::action::Action;
use crate::entry::{Event, record};
use crate::filter::{Filter, Numbered, hexadecimal, list};

/// The end of an audit that is whole. Whoever keeps it elsewhere can prove later that nothing was taken off the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "AuditWhole")]
#[serde(rename_all = "kebab-case")]
pub struct Whole {
    /// How many entries there are.
    pub entries: u64,
    /// Of the newest entry and all before it; 64 zeros when there is none.
    pub hash: String,
}

impl Whole {
    fn at(head: ChainHead) -> Self {
        Self { entries: head.number, hash: hexadecimal(&head.hash) }
    }
}

/// The audits of all tenants, each tenant's behind its scope.
#[derive(Clone)]
pub struct Audits(Arc<Stores>);

impl Audits {
    /// Over these stores.
    pub fn new(stores: Arc<Stores>) -> Self {
        Self(stores)
    }

    /// Entries that fit, newest first; see [`list`].
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn list(
        &self,
        scope: &TenantScope,
        filter: &Filter,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Listing<Numbered>, StoreError> {
        list(&self.0.tenant(scope).await?.begin().await?, filter, before, limit)
    }

    /// Notes that entries are taken out.
    ///
    /// # Errors
    /// Others changed the same at the same time, or the store failed.
    pub async fn note_export(&self, scope: &TenantScope, filter: &Filter, now: Timestamp) -> Result<(), CommitError> {
        let mut tx = self.0.tenant(scope).await?.begin().await?;
        record(&mut tx, scope.caller(), now, Event::new(Action::ExportRun, "audit").after(filter)?)?;
        tx.commit().await.map(drop)
    }

    /// Follows the whole audit; see [`verify`].
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn verify(&self, scope: &TenantScope) -> Result<Result<Whole, Broken>, StoreError> {
        verify(&self.0.tenant(scope).await?.begin().await?)
    }
}

/// Follows an audit from its first entry to its end: linear in its length, in constant memory.
///
/// # Errors
/// The store cannot be read. Inside: where the audit is broken.
pub fn verify(tx: &Transaction) -> Result<Result<Whole, Broken>, StoreError> {
    Ok(tx.verify_chain(Table::Audit)?.map(Whole::at))
}

/// Every entry as a JSON document, oldest first, exactly as it stands in the chain: with its number and hash, so that it can
/// be verified elsewhere.
///
/// # Errors
/// The store cannot be read, the audit is broken, or what `visit` answers.
pub fn each(tx: &Transaction, visit: &mut dyn FnMut(&[u8]) -> Result<(), StoreError>) -> Result<Whole, StoreError> {
    let followed = tx.follow_chain(Table::Audit, &mut |link| {
        let head = format!("{{\"number\":{},\"hash\":\"{}\",\"entry\":", link.number, hexadecimal(&link.hash));
        visit(&[head.as_bytes(), &link.body, b"}"].concat())
    })?;
    followed.map(Whole::at).map_err(|broken| StoreError::Corrupt(format!("the audit is broken: {broken}")))
}
