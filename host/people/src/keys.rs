//! API keys of all tenants, each tenant's behind its scope. Secrets and proofs are the directory's.

use std::sync::Arc;

use serde::Serialize;
use signalsync_audit::{Action, Event, record};
use signalsync_core::{Clock, KeyId, TenantScope, Timestamp};
use signalsync_store::{Listing, StoreError, Stores, Transaction};

use crate::key::{self, ApiKey, KeyChange, KeyDraft};
use crate::structure::{Desk, StructureError, changed};

/// A key as those see it who manage keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct KeyInfo {
    /// What it is.
    #[serde(flatten)]
    pub key: ApiKey,
    /// When it was used last, to the hour.
    pub last_used_at: Option<Timestamp>,
}

/// Whether a key may go with which the tenant's last administrator goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// It stays.
    Guarded,
    /// It goes: the operator's word, who can make another one.
    AtAnyPrice,
}

/// The keys of all tenants.
#[derive(Clone)]
pub struct Keys(Desk);

impl Keys {
    pub fn new(stores: Arc<Stores>, clock: Arc<dyn Clock>) -> Self {
        Self(Desk { stores, clock })
    }

    /// All keys, oldest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(&self, scope: &TenantScope) -> Result<Listing<KeyInfo>, StructureError> {
        let mut tx = self.0.begin(scope).await?;
        let keys = key::all(&mut tx)?;
        let items = keys.into_iter().map(|key| info(&mut tx, key)).collect::<Result<_, StoreError>>()?;
        Ok(Listing { items, next: None })
    }

    /// One key.
    ///
    /// # Errors
    /// `NoSuchKey`, or the store failed.
    pub async fn get(&self, scope: &TenantScope, id: KeyId) -> Result<KeyInfo, StructureError> {
        let mut tx = self.0.begin(scope).await?;
        let key = key::require(&mut tx, id)?;
        Ok(info(&mut tx, key)?)
    }

    /// Whether the caller may make this key, without making it.
    ///
    /// # Errors
    /// As [`key::add`].
    pub async fn check(&self, scope: &TenantScope, draft: &KeyDraft) -> Result<(), StructureError> {
        let now = self.0.clock.now();
        key::add(&mut self.0.begin(scope).await?, scope.caller(), KeyId::new(), draft, now).map(drop)
    }

    /// Makes a key.
    ///
    /// # Errors
    /// As [`key::add`]; `Conflict`.
    pub async fn add(&self, scope: &TenantScope, id: KeyId, draft: &KeyDraft) -> Result<ApiKey, StructureError> {
        let now = self.0.clock.now();
        self.0
            .edit(scope, |tx| {
                let made = key::add(tx, scope.caller(), id, draft, now)?;
                record(tx, scope.caller(), now, changed(Action::KeyIssued, subject(id), None, &made)?)?;
                Ok(made)
            })
            .await
    }

    /// Renames a key, or turns it on or off.
    ///
    /// # Errors
    /// As [`key::change`]; `Conflict`.
    pub async fn change(&self, scope: &TenantScope, id: KeyId, asked: &KeyChange) -> Result<KeyInfo, StructureError> {
        self.0
            .edit(scope, |tx| {
                let (before, now) = key::change(tx, scope.caller(), id, asked)?;
                let event = changed(Action::KeyChanged, subject(id), Some(&before), &now)?;
                record(tx, scope.caller(), self.0.clock.now(), event)?;
                Ok(info(tx, now)?)
            })
            .await
    }

    /// Makes a key worthless.
    ///
    /// # Errors
    /// `NoSuchKey`, `LastAdministrator`, `Conflict`, or the store failed.
    pub async fn remove(&self, scope: &TenantScope, id: KeyId, removal: Removal) -> Result<(), StructureError> {
        self.0
            .edit(scope, |tx| {
                let before = key::remove(tx, id, removal)?;
                let event = Event::new(Action::KeyRevoked, subject(id)).before(&before)?;
                Ok(record(tx, scope.caller(), self.0.clock.now(), event)?)
            })
            .await
    }

    /// Notes that a key is used now, at most once an hour.
    ///
    /// # Errors
    /// `Conflict`, or the store failed.
    pub async fn note_use(&self, scope: &TenantScope, id: KeyId) -> Result<(), StructureError> {
        let now = self.0.clock.now();
        self.0.edit(scope, |tx| Ok(key::note_use(tx, id, now)?)).await
    }
}

fn info(tx: &mut Transaction, key: ApiKey) -> Result<KeyInfo, StoreError> {
    Ok(KeyInfo { last_used_at: key::last_used(tx, key.id)?, key })
}

fn subject(id: KeyId) -> String {
    format!("key/{id}")
}
