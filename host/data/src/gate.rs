//! The gate: whoever reads or writes a record goes through here.

mod find;
mod read;
mod write;

use std::sync::Arc;

use signalsync_audit::Event;
use signalsync_core::grants::Acting;
use signalsync_core::{Caller, CollectionName, DeploymentName, RecordId, Rights, TenantScope, Timestamp};
use signalsync_store::{Precondition, StoreError, Transaction};

use crate::collection::{self, Collection, Kept};
use crate::compiled::Compiled;
use crate::error::DataError;
use crate::schemas::Schemas;

pub use write::Staged;

/// Who asks, with which rights, when: what every read and write of records needs besides the transaction.
#[derive(Debug, Clone)]
pub struct Gate {
    schemas: Arc<Schemas>,
    asker: Arc<Asker>,
    /// The asker's own, or everything where a component acts for its deployment.
    rights: Arc<Rights>,
}

/// Who asks.
#[derive(Debug)]
pub(crate) struct Asker {
    caller: Caller,
    /// The component that asks on the caller's behalf.
    via: Option<DeploymentName>,
    now: Timestamp,
    record_bytes_max: u64,
}

/// What is to be written.
#[derive(Debug, Clone)]
pub struct Change {
    pub collection: CollectionName,
    pub id: RecordId,
    /// A JSON document. Stored as it is, spelling and order included, unless the host computes fields of it.
    pub body: String,
    pub precondition: Precondition,
}

/// A collection with the definition that holds for it.
pub(crate) struct Open {
    pub(crate) kept: Kept,
    pub(crate) compiled: Arc<Compiled>,
}

impl Open {
    pub(crate) fn name(&self) -> &CollectionName {
        &self.kept.collection.name
    }
}

impl Gate {
    /// For the caller of a scope.
    pub fn of(schemas: &Arc<Schemas>, scope: &TenantScope, now: Timestamp) -> Self {
        let (caller, record_bytes_max) = (scope.caller().clone(), scope.tier().record_bytes_max);
        let rights = Arc::clone(&caller.rights);
        let asker = Asker { caller, via: None, now, record_bytes_max };
        Self { schemas: Arc::clone(schemas), asker: Arc::new(asker), rights }
    }

    /// For a component that runs on behalf of a scope's caller.
    pub fn via(schemas: &Arc<Schemas>, scope: &TenantScope, now: Timestamp, component: &DeploymentName) -> Self {
        let own = Self::of(schemas, scope, now);
        let Asker { caller, record_bytes_max, .. } = &*own.asker;
        let via = Some(component.clone());
        let asker = Asker { caller: caller.clone(), via, now, record_bytes_max: *record_bytes_max };
        Self { asker: Arc::new(asker), ..own }
    }

    /// The same asker with the rights that a grant gives.
    #[must_use]
    pub fn acting(&self, acting: Acting) -> Self {
        match acting {
            Acting::Deployment => self.as_host(),
            Acting::Caller => Self { rights: Arc::clone(&self.asker.caller.rights), ..self.clone() },
        }
    }

    /// The same asker with the rights of the host: for what follows from a change and is nobody's choice.
    pub(crate) fn as_host(&self) -> Self {
        Self { rights: Arc::new(Rights::everything()), ..self.clone() }
    }

    pub(crate) fn rights(&self) -> &Rights {
        &self.rights
    }

    pub(crate) fn schemas(&self) -> &Schemas {
        &self.schemas
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.asker.now
    }

    /// Records what is done, in the transaction that does it.
    pub(crate) fn audit(&self, tx: &mut Transaction, event: Event) -> Result<(), StoreError> {
        signalsync_audit::record(tx, &self.asker.caller, self.asker.now, event)
    }

    /// A collection that the caller may know of, with its definition.
    pub(crate) fn open(&self, tx: &mut Transaction, name: &CollectionName) -> Result<Open, DataError> {
        let kept = collection::kept(tx, name)?.filter(|_| collection::visible(self, name));
        let kept = kept.ok_or(DataError::NoCollection)?;
        let compiled = self.schemas.of(tx, &kept.collection)?;
        Ok(Open { kept, compiled })
    }

    /// The collection itself, if the caller may know of it.
    ///
    /// # Errors
    /// `NoCollection`, or the store failed.
    pub fn collection(&self, tx: &mut Transaction, name: &CollectionName) -> Result<Collection, DataError> {
        collection::require(self, tx, name)
    }
}
