//! API keys of all tenants, each tenant's behind its scope. Secrets and proofs are the directory's.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_audit::{Action, Event, record};
use signalsync_core::{Clock, KeyId, TenantScope, Timestamp};
use signalsync_store::{Done, Listing, RequestKey, StoreError, Stores, Terms, Transaction};

use crate::key::{self, ApiKey, KeyChange, KeyDraft};
use crate::structure::{Desk, StructureError, changed, versioned};

/// A key as those see it who manage keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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

    /// One key and its version.
    ///
    /// # Errors
    /// `NoSuchKey`, or the store failed.
    pub async fn get(&self, scope: &TenantScope, id: KeyId) -> Result<(KeyInfo, u64), StructureError> {
        let mut tx = self.0.begin(scope).await?;
        let key = key::require(&mut tx, id)?;
        let info = info(&mut tx, key)?;
        Ok(versioned(&mut tx, info, &key::rows(id))?)
    }

    /// Makes a key. A request that is repeated gets the key that it made.
    ///
    /// # Errors
    /// As [`key::add`]; `Reused`, `Conflict`.
    pub async fn add(
        &self,
        scope: &TenantScope,
        id: KeyId,
        draft: &KeyDraft,
        request: Option<&RequestKey>,
    ) -> Result<Done<ApiKey>, StructureError> {
        let now = self.0.clock.now();
        self.0
            .edit(scope, request, |tx| {
                let made = key::add(tx, scope.caller(), id, draft, now)?;
                record(tx, scope.caller(), now, changed(Action::KeyIssued, subject(id), None, &made)?)?;
                Ok(made)
            })
            .await
    }

    /// Renames a key, or turns it on or off.
    ///
    /// # Errors
    /// As [`key::change`]; `Precondition`, `Conflict`.
    pub async fn change(
        &self,
        scope: &TenantScope,
        id: KeyId,
        asked: &KeyChange,
        terms: Terms<'_>,
    ) -> Result<Done<KeyInfo>, StructureError> {
        self.0
            .edit(scope, terms.request, |tx| {
                key::require(tx, id)?;
                terms.check::<StructureError>(tx, &key::rows(id))?;
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
    /// `NoSuchKey`, `LastAdministrator`, `Precondition`, `Conflict`, or the store failed.
    pub async fn remove(
        &self,
        scope: &TenantScope,
        id: KeyId,
        removal: Removal,
        terms: Terms<'_>,
    ) -> Result<(), StructureError> {
        let removed = self
            .0
            .edit(scope, terms.request, |tx| {
                key::require(tx, id)?;
                terms.check::<StructureError>(tx, &key::rows(id))?;
                let before = key::remove(tx, id, removal)?;
                let event = Event::new(Action::KeyRevoked, subject(id)).before(&before)?;
                Ok(record(tx, scope.caller(), self.0.clock.now(), event)?)
            })
            .await;
        removed.map(|done| done.value)
    }

    /// Notes that a key is used now, at most once an hour.
    ///
    /// # Errors
    /// `Conflict`, or the store failed.
    pub async fn note_use(&self, scope: &TenantScope, id: KeyId) -> Result<(), StructureError> {
        let now = self.0.clock.now();
        self.0.edit(scope, None, |tx| Ok(key::note_use(tx, id, now)?)).await.map(|done| done.value)
    }
}

fn info(tx: &mut Transaction, key: ApiKey) -> Result<KeyInfo, StoreError> {
    Ok(KeyInfo { last_used_at: key::last_used(tx, key.id)?, key })
}

fn subject(id: KeyId) -> String {
    format!("key/{id}")
}
