//! Collections and their definitions, from the first draft to what holds.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use signalsync_components::validations_of;
use signalsync_core::contract::Violation;
use signalsync_core::{Clock, CollectionName, DeploymentName, TenantScope};
use signalsync_data::{self as data, Collection, DataError, Definition, Gate, Preview, Progress, Usage};
use signalsync_store::{Done, Listing, Stores, Terms, Transaction};

use crate::error::RecordError;
use crate::judge::Judge;
use crate::upkeep;

/// Transactions that remove what is left of a collection's deleted records, in one request.
const CLEARINGS_MAX: usize = 1_000;

/// The collections of all tenants, each tenant's behind its scope.
#[derive(Clone)]
pub struct Collections {
    stores: Arc<Stores>,
    judge: Judge,
    clock: Arc<dyn Clock>,
}

impl Collections {
    /// Behind this judge's gate.
    pub fn new(stores: Arc<Stores>, judge: Judge, clock: Arc<dyn Clock>) -> Self {
        Self { stores, judge, clock }
    }

    /// Creates a collection, or changes its title; true when it is new.
    ///
    /// # Errors
    /// `TooManyCollections`, `Precondition`, or the store failed.
    pub async fn put(
        &self,
        scope: &TenantScope,
        name: &CollectionName,
        title: &str,
        terms: Terms<'_>,
    ) -> Result<Done<(Collection, bool)>, RecordError> {
        self.change(scope, terms, |gate, tx| {
            terms.precondition.check(data::version(tx, name)?)?;
            Ok(data::create(gate, tx, name, title)?)
        })
        .await
    }

    /// One collection and its version.
    ///
    /// # Errors
    /// `NoCollection`, or the store failed.
    pub async fn get(&self, scope: &TenantScope, name: &CollectionName) -> Result<(Collection, u64), RecordError> {
        self.look(scope, |gate, tx| {
            let collection = gate.collection(tx, name)?;
            Ok((collection, data::version(tx, name)?.unwrap_or_default()))
        })
        .await
    }

    /// The collections that the caller may know of, in the order of their names.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(
        &self,
        scope: &TenantScope,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listing<Collection>, RecordError> {
        self.look(scope, |gate, tx| Ok(data::list(gate, tx, after, limit)?)).await
    }

    /// Deletes a collection that has no records, that no other one refers to, and that nothing validates.
    ///
    /// # Errors
    /// `NoCollection`, `NotEmpty`, `ReferredTo`, `Validated`, `Clearing`, `Precondition`, or the store failed.
    pub async fn delete(
        &self,
        scope: &TenantScope,
        name: &CollectionName,
        terms: Terms<'_>,
    ) -> Result<(), RecordError> {
        for _ in 0..CLEARINGS_MAX {
            let delete = |gate: &Gate, tx: &mut Transaction| {
                let version = data::version(tx, name)?.ok_or(DataError::NoCollection)?;
                terms.precondition.check(Some(version))?;
                if let Some(validation) = validations_of(tx, name)?.first() {
                    return Err(RecordError::Validated(validation.deployed.deployment.clone()));
                }
                Ok(data::delete(gate, tx, name)?)
            };
            if self.change(scope, Terms::default(), delete).await?.value {
                return Ok(());
            }
        }
        Err(DataError::Clearing.into())
    }

    /// A published definition: the one that holds, or an earlier one; and its number.
    ///
    /// # Errors
    /// `NoCollection`, `NoDefinition`, or the store failed.
    pub async fn definition(
        &self,
        scope: &TenantScope,
        name: &CollectionName,
        version: Option<u32>,
    ) -> Result<(u32, Definition), RecordError> {
        self.look(scope, |gate, tx| Ok(data::published(gate, tx, name, version)?)).await
    }

    /// The draft of the next definition, and its version.
    ///
    /// # Errors
    /// `NoCollection`, `NoDefinition`, or the store failed.
    pub async fn draft(&self, scope: &TenantScope, name: &CollectionName) -> Result<(Definition, u64), RecordError> {
        self.look(scope, |gate, tx| {
            gate.collection(tx, name)?;
            Ok((data::draft(tx, name)?, data::draft_version(tx, name)?.unwrap_or_default()))
        })
        .await
    }

    /// Keeps a draft; answers what would stop it from being published.
    ///
    /// # Errors
    /// `NoCollection`, `BadDefinition` when it is too large to be kept, `Precondition`, or the store failed.
    pub async fn save(
        &self,
        scope: &TenantScope,
        name: &CollectionName,
        definition: &Definition,
        terms: Terms<'_>,
    ) -> Result<Done<Vec<Violation>>, RecordError> {
        self.change(scope, terms, |gate, tx| {
            terms.precondition.check(data::draft_version(tx, name)?)?;
            Ok(data::save(gate, tx, name, definition)?)
        })
        .await
    }

    /// Forgets the draft.
    ///
    /// # Errors
    /// `NoDefinition`, `Precondition`, or the store failed.
    pub async fn discard(
        &self,
        scope: &TenantScope,
        name: &CollectionName,
        terms: Terms<'_>,
    ) -> Result<(), RecordError> {
        let discarded = self.change(scope, terms, |_, tx| {
            check_draft(tx, name, terms)?;
            Ok(data::discard(tx, name)?)
        });
        discarded.await.map(|done| done.value)
    }

    /// Makes the draft the definition that holds. What its indexes need is done behind the answer.
    ///
    /// # Errors
    /// `NoCollection`, `NoDefinition`, `BadDefinition`, `Precondition` when the draft is another one, `Reused`, or the
    /// store failed.
    pub async fn publish(
        &self,
        scope: &TenantScope,
        name: &CollectionName,
        terms: Terms<'_>,
    ) -> Result<Done<Collection>, RecordError> {
        self.change(scope, terms, |gate, tx| {
            check_draft(tx, name, terms)?;
            let collection = data::publish(gate, tx, name)?;
            upkeep::schedule(tx, name, self.clock.now())?;
            Ok(collection)
        })
        .await
    }

    /// What a definition would do to the records that are there: this one, or the draft.
    ///
    /// # Errors
    /// `NoCollection`, `NoDefinition`, or the store failed.
    pub async fn preview(
        &self,
        scope: &TenantScope,
        name: &CollectionName,
        definition: Option<&Definition>,
    ) -> Result<Preview, RecordError> {
        self.look(scope, |gate, tx| {
            let draft = definition.is_none().then(|| data::draft(tx, name)).transpose()?;
            let definition = definition.or(draft.as_ref()).ok_or(DataError::NoDefinition)?;
            Ok(gate.preview(tx, name, definition)?)
        })
        .await
    }

    /// What a change of the collection, or of one of its fields, would touch; and the deployments that validate it.
    ///
    /// # Errors
    /// `NoCollection`, or the store failed.
    pub async fn usages(
        &self,
        scope: &TenantScope,
        name: &CollectionName,
        field: Option<&str>,
    ) -> Result<(Vec<Usage>, Vec<DeploymentName>), RecordError> {
        self.look(scope, |gate, tx| {
            let usages = data::usages(gate, tx, name, field)?;
            let validations = validations_of(tx, name)?;
            Ok((usages, validations.iter().map(|validation| validation.deployed.deployment.clone()).collect()))
        })
        .await
    }

    /// How far the collection's indexes are.
    ///
    /// # Errors
    /// `NoCollection`, or the store failed.
    pub async fn indexes(&self, scope: &TenantScope, name: &CollectionName) -> Result<Progress, RecordError> {
        self.look(scope, |gate, tx| Ok(data::indexes(gate, tx, name)?)).await
    }

    async fn look<T>(
        &self,
        scope: &TenantScope,
        look: impl FnOnce(&Gate, &mut Transaction) -> Result<T, RecordError>,
    ) -> Result<T, RecordError> {
        let mut tx = self.stores.tenant(scope).await?.begin().await?;
        look(&self.judge.gate(scope, self.clock.now()), &mut tx)
    }

    async fn change<T: Serialize + DeserializeOwned>(
        &self,
        scope: &TenantScope,
        terms: Terms<'_>,
        change: impl Fn(&Gate, &mut Transaction) -> Result<T, RecordError>,
    ) -> Result<Done<T>, RecordError> {
        let now = self.clock.now();
        let gate = self.judge.gate(scope, now);
        self.stores.tenant(scope).await?.once(terms.request, now, |tx| change(&gate, tx)).await
    }
}

/// Whether the draft that is there is the one that the caller means.
fn check_draft(tx: &mut Transaction, name: &CollectionName, terms: Terms<'_>) -> Result<(), RecordError> {
    let version = data::draft_version(tx, name)?.ok_or(DataError::NoDefinition)?;
    Ok(terms.precondition.check(Some(version))?)
}
