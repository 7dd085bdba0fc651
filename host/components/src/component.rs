//! Components: from upload to ready or refused.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_audit::{Action, Event, record};
use signalsync_core::contract::Violation;
use signalsync_core::contract::workflow::Definition;
use signalsync_core::{
    Admission, Admit, Admitted, Clock, DeploymentName, Digest, Import, Kind, Refusal, TenantId, TenantScope, Timestamp,
};
use signalsync_store::{Key, Listing, StoreError, Stores, Table, Transaction, row};

use crate::deployment;
use crate::error::ComponentError;
use crate::version::version;

/// A component that a tenant uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Component {
    /// Its name everywhere: the BLAKE3 hash of its bytes.
    pub digest: Digest,
    /// In bytes.
    pub size: u64,
    pub uploaded_at: Timestamp,
    #[serde(flatten)]
    pub state: State,
}

/// How far a component has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ComponentState")]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum State {
    /// The host was stopped before the check ended. Uploading it again checks it again.
    Uploaded,
    /// It is being compiled, or waits for its turn.
    Checking,
    /// It can be deployed.
    Ready { kind: Kind, contract: String, imports: Vec<Import> },
    /// It cannot run here, for this reason.
    Refused {
        code: String,
        detail: String,
        /// All that is wrong with a workflow's definition.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        violations: Vec<Violation>,
    },
}

/// A component, and what it says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Described {
    #[serde(flatten)]
    pub component: Component,
    /// Of a workflow that is ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub definition: Option<Definition>,
}

impl From<Admitted> for State {
    fn from(admitted: Admitted) -> Self {
        Self::Ready { kind: admitted.kind, contract: admitted.contract, imports: admitted.imports }
    }
}

impl From<Refusal> for State {
    fn from(refusal: Refusal) -> Self {
        Self::Refused { code: refusal.code, detail: refusal.detail, violations: refusal.violations }
    }
}

/// The components of all tenants, each tenant's behind its scope.
#[derive(Clone)]
pub struct Components(Arc<Inner>);

struct Inner {
    stores: Arc<Stores>,
    admit: Arc<dyn Admit>,
    clock: Arc<dyn Clock>,
    /// What is being checked now.
    checking: Mutex<HashSet<(TenantId, Digest)>>,
}

impl Components {
    pub fn new(stores: Arc<Stores>, admit: Arc<dyn Admit>, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner { stores, admit, clock, checking: Mutex::default() }))
    }

    /// Stores a component and checks it; waits for the end of the check at most for `wait`. The check goes on
    /// when the caller goes away.
    ///
    /// # Errors
    /// `TooMany`, `Busy`, or the store failed. A component that is refused is no error: its state says so.
    pub async fn upload(
        &self,
        scope: Arc<TenantScope>,
        wasm: Bytes,
        wait: Duration,
    ) -> Result<Component, ComponentError> {
        let component = Component {
            digest: Digest::of(&wasm),
            size: wasm.len() as u64,
            uploaded_at: self.0.clock.now(),
            state: State::Uploaded,
        };
        if let Ok(known) = self.get(&scope, component.digest).await
            && matches!(known.component.state, State::Ready { .. } | State::Checking)
        {
            return Ok(known.component);
        }
        self.note(&scope, &component).await?;
        let mut check = tokio::spawn(self.clone().check(scope, component.clone(), wasm));
        match tokio::time::timeout(wait, &mut check).await {
            Ok(Ok(checked)) => checked,
            Ok(Err(panic)) => Err(StoreError::Engine(panic.to_string()).into()),
            Err(_) => Ok(Component { state: State::Checking, ..component }),
        }
    }

    /// The bytes of a component that the tenant keeps.
    ///
    /// # Errors
    /// `NotFound`, or they cannot be read.
    pub fn bytes(&self, digest: Digest) -> Result<Bytes, ComponentError> {
        let bytes = self.0.admit.bytes(digest).map_err(StoreError::from)?;
        bytes.ok_or(ComponentError::NotFound)
    }

    /// Admits a component whose row came from another tenant. Inside: why it cannot be used here, or is another one than
    /// its row says.
    ///
    /// # Errors
    /// `NotFound`, `Busy`, or the store failed.
    pub async fn bring(&self, scope: &TenantScope, wasm: Bytes) -> Result<Result<(), String>, ComponentError> {
        let digest = Digest::of(&wasm);
        let said = self.get(scope, digest).await?.component.state;
        Ok(match self.admit(scope, wasm).await? {
            (found, definition) if found == said => {
                let keep = |tx: &mut Transaction| describe(tx, digest, definition.as_ref());
                self.0.stores.tenant(scope).await?.transact(keep).await?;
                Ok(())
            }
            (State::Refused { detail, .. }, _) => Err(detail),
            _ => Err("it is another one than was said where it came from".to_owned()),
        })
    }

    /// One component.
    ///
    /// # Errors
    /// `NotFound`, or the store failed.
    pub async fn get(&self, scope: &TenantScope, digest: Digest) -> Result<Described, ComponentError> {
        let mut tx = self.0.stores.tenant(scope).await?.begin().await?;
        let row = tx.get(&key(digest))?.ok_or(ComponentError::NotFound)?;
        let component = self.live(scope, row::read(&row.body)?);
        Ok(Described { component, definition: definition(&mut tx, digest)? })
    }

    /// All components, in the order of their digests.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(
        &self,
        scope: &TenantScope,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listing<Component>, ComponentError> {
        let mut tx = self.0.stores.tenant(scope).await?.begin().await?;
        let page = tx.scan(Table::Components, &[], "", after, limit, usize::MAX)?;
        let mut list: Listing<Component> = Listing::of(page)?;
        list.items = list.items.into_iter().map(|component| self.live(scope, component)).collect();
        Ok(list)
    }

    /// The components whose bytes the tenant needs.
    ///
    /// # Errors
    /// The store failed.
    pub async fn kept(&self, scope: &TenantScope) -> Result<Vec<Digest>, ComponentError> {
        let list = self.list(scope, None, usize::MAX - 1).await?;
        let kept = list.items.into_iter().filter(|component| !matches!(component.state, State::Refused { .. }));
        Ok(kept.map(|component| component.digest).collect())
    }

    /// Forgets a component that no deployment uses. Its bytes go when no other tenant keeps them.
    ///
    /// # Errors
    /// `NotFound`, `InUse`, or the store failed.
    pub async fn delete(&self, scope: &TenantScope, digest: Digest) -> Result<(), ComponentError> {
        let delete = |tx: &mut Transaction| {
            if let Some(deployment) = user(tx, digest)? {
                return Err(ComponentError::InUse { deployment });
            }
            if !tx.delete(&key(digest))? {
                return Err(ComponentError::NotFound);
            }
            tx.delete(&definition_key(digest))?;
            let event = Event::new(Action::ComponentDeleted, format!("component/{digest}"));
            Ok(record(tx, scope.caller(), self.0.clock.now(), event)?)
        };
        self.0.stores.tenant(scope).await?.transact(delete).await
    }

    /// The stored state, corrected by what is going on now.
    fn live(&self, scope: &TenantScope, component: Component) -> Component {
        let checking = self.0.checking.lock().contains(&(scope.tenant(), component.digest));
        if checking { Component { state: State::Checking, ..component } } else { component }
    }

    async fn check(
        self,
        scope: Arc<TenantScope>,
        component: Component,
        wasm: Bytes,
    ) -> Result<Component, ComponentError> {
        let flight = (scope.tenant(), component.digest);
        self.0.checking.lock().insert(flight);
        let settled = self.settle(&scope, component, wasm).await;
        self.0.checking.lock().remove(&flight);
        settled
    }

    async fn settle(
        &self,
        scope: &TenantScope,
        component: Component,
        wasm: Bytes,
    ) -> Result<Component, ComponentError> {
        let (state, definition) = self.admit(scope, wasm).await?;
        let component = Component { state, ..component };
        let settle = |tx: &mut Transaction| {
            // Deleted while it was checked: it stays so, because its bytes may be gone already.
            if tx.get(&key(component.digest))?.is_none() {
                return Err(ComponentError::NotFound);
            }
            tx.put(key(component.digest), row::write(&component)?);
            describe(tx, component.digest, definition.as_ref())
        };
        self.0.stores.tenant(scope).await?.transact(settle).await?;
        Ok(component)
    }

    /// How a component settles, and what a workflow says of itself.
    async fn admit(&self, scope: &TenantScope, wasm: Bytes) -> Result<(State, Option<Definition>), ComponentError> {
        let fault = || StoreError::Engine("the component could not be compiled".to_owned());
        match self.0.admit.admit(scope, wasm).await {
            Admission::Ready(mut admitted) => {
                let definition = admitted.definition.take().map(|definition| *definition);
                Ok((admitted.into(), definition))
            }
            Admission::Refused(refusal) => Ok((refusal.into(), None)),
            Admission::Busy { retry_after_ms } => {
                Err(ComponentError::Busy { waiting: scope.tier().waiting_compiles_max, retry_after_ms })
            }
            Admission::HostFault => Err(fault().into()),
        }
    }

    /// Notes that the tenant keeps a component. This comes before the admission, so that the bytes stay.
    async fn note(&self, scope: &TenantScope, component: &Component) -> Result<(), ComponentError> {
        let limit = scope.tier().components_max;
        let note = |tx: &mut Transaction| {
            if tx.get(&key(component.digest))?.is_none() {
                let page = tx.scan(Table::Components, &[], "", None, limit as usize, usize::MAX)?;
                if page.entries.len() >= limit as usize {
                    return Err(ComponentError::TooMany { limit });
                }
            }
            tx.put(key(component.digest), row::write(component)?);
            let event = Event::new(Action::ComponentUploaded, format!("component/{}", component.digest));
            let event = event.after(&serde_json::json!({"size": component.size}))?;
            Ok(record(tx, scope.caller(), component.uploaded_at, event)?)
        };
        self.0.stores.tenant(scope).await?.transact(note).await
    }
}

pub(crate) fn key(digest: Digest) -> Key {
    Key::new(Table::Components, &[&digest.to_string()])
}

/// Keeps what a workflow says of itself.
fn describe(tx: &mut Transaction, digest: Digest, definition: Option<&Definition>) -> Result<(), ComponentError> {
    if let Some(definition) = definition {
        tx.put(definition_key(digest), row::write(definition)?);
    }
    Ok(())
}

fn definition_key(digest: Digest) -> Key {
    Key::new(Table::ComponentDefinitions, &[&digest.to_string()])
}

/// What a workflow says of itself; none when it is no workflow of the tenant, or is not ready.
///
/// # Errors
/// The store failed.
pub fn definition(tx: &mut Transaction, digest: Digest) -> Result<Option<Definition>, StoreError> {
    tx.get(&definition_key(digest))?.map(|row| row::read(&row.body)).transpose()
}

/// A deployment with a version of this component.
fn user(tx: &mut Transaction, digest: Digest) -> Result<Option<String>, StoreError> {
    for deployment in deployment::all(tx)? {
        let name: &DeploymentName = &deployment.name;
        for number in 1..=deployment.newest {
            if version(tx, name, number)?.is_some_and(|version| version.deployed.component == digest) {
                return Ok(Some(name.to_string()));
            }
        }
    }
    Ok(None)
}
