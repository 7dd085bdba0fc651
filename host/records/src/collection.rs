//! Collections: named sets of records.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use signalsync_core::{Clock, CollectionName, TenantScope, Timestamp};
use signalsync_store::{Key, Listing, Stores, Table, Transaction, row};

use crate::error::RecordError;

/// A named set of records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Collection {
    pub name: CollectionName,
    /// For people; at most 200 bytes.
    pub title: String,
    pub created_at: Timestamp,
}

/// The collections of all tenants, each tenant's behind its scope.
#[derive(Clone)]
pub struct Collections {
    stores: Arc<Stores>,
    clock: Arc<dyn Clock>,
}

impl Collections {
    pub fn new(stores: Arc<Stores>, clock: Arc<dyn Clock>) -> Self {
        Self { stores, clock }
    }

    /// Creates a collection, or changes its title; true when it is new.
    ///
    /// # Errors
    /// The store failed.
    pub async fn put(
        &self,
        scope: &TenantScope,
        name: &CollectionName,
        title: &str,
    ) -> Result<(Collection, bool), RecordError> {
        let put = |tx: &mut Transaction| {
            let before = find(tx, name)?;
            let created_at = before.as_ref().map_or_else(|| self.clock.now(), |before| before.created_at);
            let collection = Collection { name: name.clone(), title: title.to_owned(), created_at };
            tx.put(key(name), row::write(&collection)?);
            Ok((collection, before.is_none()))
        };
        self.stores.tenant(scope).await?.transact(put).await
    }

    /// One collection.
    ///
    /// # Errors
    /// `NoCollection`, or the store failed.
    pub async fn get(&self, scope: &TenantScope, name: &CollectionName) -> Result<Collection, RecordError> {
        let mut tx = self.stores.tenant(scope).await?.begin().await?;
        find(&mut tx, name)?.ok_or(RecordError::NoCollection)
    }

    /// All collections, in the order of their names.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(
        &self,
        scope: &TenantScope,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listing<Collection>, RecordError> {
        let mut tx = self.stores.tenant(scope).await?.begin().await?;
        let page = tx.scan(Table::Collections, &[], "", after, limit, usize::MAX)?;
        let items = page.entries.iter().map(|(_, found)| row::read(&found.body)).collect::<Result<_, _>>()?;
        Ok(Listing { items, next: page.next })
    }

    /// Deletes a collection that has no records and that nothing validates.
    ///
    /// # Errors
    /// `NoCollection`, `NotEmpty`, `Validated`, or the store failed.
    pub async fn delete(&self, scope: &TenantScope, name: &CollectionName) -> Result<(), RecordError> {
        let delete = |tx: &mut Transaction| {
            if !tx.scan(Table::Records, &[name.as_str()], "", None, 1, usize::MAX)?.entries.is_empty() {
                return Err(RecordError::NotEmpty(name.clone()));
            }
            if let Some(validation) = signalsync_components::validations_of(tx, name)?.first() {
                return Err(RecordError::Validated(validation.deployed.deployment.clone()));
            }
            if tx.delete(&key(name))? { Ok(()) } else { Err(RecordError::NoCollection) }
        };
        self.stores.tenant(scope).await?.transact(delete).await
    }
}

/// Makes sure that a collection exists and goes on existing until the transaction commits.
///
/// # Errors
/// `NoCollection`, or the store failed.
pub(crate) fn require(tx: &mut Transaction, name: &CollectionName) -> Result<(), RecordError> {
    find(tx, name)?.map(drop).ok_or(RecordError::NoCollection)
}

fn find(tx: &mut Transaction, name: &CollectionName) -> Result<Option<Collection>, RecordError> {
    Ok(tx.get(&key(name))?.map(|found| row::read(&found.body)).transpose()?)
}

fn key(name: &CollectionName) -> Key {
    Key::new(Table::Collections, &[name.as_str()])
}
