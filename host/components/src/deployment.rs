//! Deployments: names under which versions of components come to work and go.

use std::collections::BTreeSet;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use signalsync_audit::{Action, Event, record};
use signalsync_core::{
    Clock, CollectionName, Deployed, DeploymentName, Execution, Failure, Input, Invoke, Kind, Output, TenantScope,
};
use signalsync_store::{Done, Key, Listing, StoreError, Stores, Table, Terms, Transaction, row};

use crate::draft::{Draft, OriginCheck};
use crate::error::DeployError;
use crate::executions::{Executions, Receipts};
use crate::validations;
use crate::version::{Version, call, version, version_key};

/// Versions of one deployment.
const VERSIONS_MAX: u32 = 10_000;
/// Activations that can be rolled back, one after the other.
const HISTORY_MAX: usize = 20;

/// A deployment over all its versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Deployment {
    pub name: DeploymentName,
    pub kind: Kind,
    /// The version that runs; none before the first activation.
    pub active: Option<u32>,
    /// The newest version; versions are counted from 1.
    pub newest: u32,
    /// Versions that were active before, the last one last.
    pub history: Vec<u32>,
    /// What the active version validates, so that a write need not look at every version.
    pub validates: BTreeSet<CollectionName>,
}

/// What a trial call showed.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Tried {
    /// The component's answer, if it gave one.
    pub answer: Option<Output>,
    /// Why it gave none.
    pub failure: Option<Failure>,
    pub execution: Execution,
}

/// The deployments of all tenants, each tenant's behind its scope.
#[derive(Clone)]
pub struct Deployments(Arc<Inner>);

struct Inner {
    stores: Arc<Stores>,
    invoke: Arc<dyn Invoke<Transaction>>,
    executions: Executions,
    clock: Arc<dyn Clock>,
    origin: OriginCheck,
}

impl Deployments {
    pub fn new(
        stores: Arc<Stores>,
        invoke: Arc<dyn Invoke<Transaction>>,
        clock: Arc<dyn Clock>,
        origin: OriginCheck,
    ) -> Self {
        let executions = Executions::new(Arc::clone(&stores));
        Self(Arc::new(Inner { stores, invoke, executions, clock, origin }))
    }

    /// Adds a version, and activates it when the draft says so.
    ///
    /// # Errors
    /// What is wrong with the draft, `Precondition`, `Reused`, or the store failed.
    pub async fn deploy(
        &self,
        scope: &TenantScope,
        name: &DeploymentName,
        draft: &Draft,
        terms: Terms<'_>,
    ) -> Result<Done<(Deployment, Version)>, DeployError> {
        let settings = draft.settings()?;
        let deploy = |tx: &mut Transaction| {
            terms.check::<DeployError>(tx, &[key(name)])?;
            let kind = draft.check(tx, self.0.origin)?;
            let mut deployment = match find(tx, name)? {
                Some(deployment) if deployment.kind != kind => {
                    return Err(DeployError::NotForKind(
                        "a deployment keeps its kind over all versions; deploy this component under another name",
                    ));
                }
                Some(deployment) => deployment,
                None => fresh(scope, tx, name, kind)?,
            };
            if deployment.newest >= VERSIONS_MAX {
                return Err(DeployError::TooManyVersions { limit: VERSIONS_MAX });
            }
            deployment.newest += 1;
            let version = draft.version(name, deployment.newest, kind, settings.clone(), self.0.clock.now());
            tx.put(version_key(name, deployment.newest), row::write(&version)?);
            let before = deployment.clone();
            if draft.activate {
                deployment.activate(&version);
            }
            tx.put(key(name), row::write(&deployment)?);
            validations::reindex(tx, Some(&before), Some(&deployment))?;
            let event =
                Event::new(Action::DeploymentChanged, subject(name)).after(&audited(&version, draft.activate))?;
            record(tx, scope.caller(), version.created_at, event)?;
            Ok((deployment, version))
        };
        self.0.stores.tenant(scope).await?.once(terms.request, self.0.clock.now(), deploy).await
    }

    /// Makes a version the active one.
    ///
    /// # Errors
    /// `NotFound`, `Precondition`, `Reused`, or the store failed.
    pub async fn activate(
        &self,
        scope: &TenantScope,
        name: &DeploymentName,
        number: u32,
        terms: Terms<'_>,
    ) -> Result<Done<Deployment>, DeployError> {
        self.change(scope, name, terms, |_| Ok(number), |deployment, version| deployment.activate(version)).await
    }

    /// Makes the version active that was active before, in one call.
    ///
    /// # Errors
    /// `NotFound`, `NothingBefore`, `Precondition`, `Reused`, or the store failed.
    pub async fn roll_back(
        &self,
        scope: &TenantScope,
        name: &DeploymentName,
        terms: Terms<'_>,
    ) -> Result<Done<Deployment>, DeployError> {
        let before = |deployment: &Deployment| deployment.history.last().copied().ok_or(DeployError::NothingBefore);
        self.change(scope, name, terms, before, Deployment::roll_back).await
    }

    /// One deployment, and the number of the commit that changed it last.
    ///
    /// # Errors
    /// `NotFound`, or the store failed.
    pub async fn get(&self, scope: &TenantScope, name: &DeploymentName) -> Result<(Deployment, u64), DeployError> {
        let mut tx = self.0.stores.tenant(scope).await?.begin().await?;
        let found = tx.get(&key(name))?.ok_or(DeployError::NotFound)?;
        Ok((row::read(&found.body)?, found.version))
    }

    /// All deployments, in the order of their names.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(
        &self,
        scope: &TenantScope,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listing<Deployment>, DeployError> {
        let mut tx = self.0.stores.tenant(scope).await?.begin().await?;
        Ok(Listing::of(tx.scan(Table::Deployments, &[], "", after, limit, usize::MAX)?)?)
    }

    /// The versions of a deployment, oldest first.
    ///
    /// # Errors
    /// `NotFound`, or the store failed.
    pub async fn versions(
        &self,
        scope: &TenantScope,
        name: &DeploymentName,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listing<Version>, DeployError> {
        let mut tx = self.0.stores.tenant(scope).await?.begin().await?;
        find(&mut tx, name)?.ok_or(DeployError::NotFound)?;
        Ok(Listing::of(tx.scan(Table::DeploymentVersions, &[name.as_str()], "", after, limit, usize::MAX)?)?)
    }

    /// Removes a deployment with all its versions. Its execution records stay.
    ///
    /// # Errors
    /// `NotFound`, `Precondition`, or the store failed.
    pub async fn delete(
        &self,
        scope: &TenantScope,
        name: &DeploymentName,
        terms: Terms<'_>,
    ) -> Result<(), DeployError> {
        let delete = |tx: &mut Transaction| {
            terms.check::<DeployError>(tx, &[key(name)])?;
            let deployment = find(tx, name)?.ok_or(DeployError::NotFound)?;
            for number in 1..=deployment.newest {
                tx.delete(&version_key(name, number))?;
            }
            tx.delete(&key(name))?;
            validations::reindex(tx, Some(&deployment), None)?;
            let event = Event::new(Action::DeploymentDeleted, subject(name)).before(&deployment)?;
            Ok(record(tx, scope.caller(), self.0.clock.now(), event)?)
        };
        self.0.stores.tenant(scope).await?.once(terms.request, self.0.clock.now(), delete).await.map(|done| done.value)
    }

    /// Runs a version for real, on real data and under real limits, and keeps nothing but the execution record.
    ///
    /// # Errors
    /// `NotFound`, `NotActive`, `NotForKind`, or the store failed. A call that fails is no error: it is what
    /// a trial shows.
    pub async fn trial(
        &self,
        scope: &TenantScope,
        name: &DeploymentName,
        number: Option<u32>,
        input: Input,
    ) -> Result<Tried, DeployError> {
        let mut tx = self.0.stores.tenant(scope).await?.begin().await?;
        let deployment = find(&mut tx, name)?.ok_or(DeployError::NotFound)?;
        let number = number.or(deployment.active).ok_or(DeployError::NotActive)?;
        let version = version(&mut tx, name, number)?.ok_or(DeployError::NotFound)?;
        if version.deployed.kind != input.kind() {
            return Err(DeployError::NotForKind("the input does not fit the kind of the component"));
        }
        let call = call(&Arc::new(version.deployed), input, self.0.clock.now());
        let completed = self.0.invoke.invoke(scope, call, tx).await;
        let receipts = Receipts::default();
        receipts.add(completed.execution.clone());
        self.0.executions.keep(scope, &receipts).await?;
        let (answer, failure) = match completed.answer {
            Ok(answer) => (Some(answer), None),
            Err(failure) => (None, Some(failure)),
        };
        Ok(Tried { answer, failure, execution: completed.execution })
    }

    async fn change(
        &self,
        scope: &TenantScope,
        name: &DeploymentName,
        terms: Terms<'_>,
        choose: impl Fn(&Deployment) -> Result<u32, DeployError>,
        apply: impl Fn(&mut Deployment, &Version),
    ) -> Result<Done<Deployment>, DeployError> {
        let change = |tx: &mut Transaction| {
            terms.check::<DeployError>(tx, &[key(name)])?;
            let mut deployment = find(tx, name)?.ok_or(DeployError::NotFound)?;
            let number = choose(&deployment)?;
            let version = version(tx, name, number)?.ok_or(DeployError::NotFound)?;
            let before = deployment.clone();
            apply(&mut deployment, &version);
            tx.put(key(name), row::write(&deployment)?);
            validations::reindex(tx, Some(&before), Some(&deployment))?;
            let event = Event::new(Action::DeploymentActivated, subject(name));
            let event = event.before(&json!({"active": before.active}))?;
            let event = event.after(&json!({"active": number, "component": version.deployed.component}))?;
            record(tx, scope.caller(), self.0.clock.now(), event)?;
            Ok(deployment)
        };
        self.0.stores.tenant(scope).await?.once(terms.request, self.0.clock.now(), change).await
    }
}

impl Deployment {
    fn activate(&mut self, version: &Version) {
        let number = version.deployed.version;
        if let Some(before) = self.active.replace(number).filter(|before| *before != number) {
            self.history.push(before);
        }
        let surplus = self.history.len().saturating_sub(HISTORY_MAX);
        self.history.drain(..surplus);
        self.validates.clone_from(&version.validates);
    }

    fn roll_back(&mut self, version: &Version) {
        self.history.pop();
        self.active = Some(version.deployed.version);
        self.validates.clone_from(&version.validates);
    }
}

pub(crate) fn all(tx: &mut Transaction) -> Result<Vec<Deployment>, StoreError> {
    let page = tx.scan(Table::Deployments, &[], "", None, usize::MAX - 1, usize::MAX)?;
    page.entries.iter().map(|(_, row)| row::read(&row.body)).collect()
}

pub(crate) fn find(tx: &mut Transaction, name: &DeploymentName) -> Result<Option<Deployment>, StoreError> {
    tx.get(&key(name))?.map(|row| row::read(&row.body)).transpose()
}

fn fresh(
    scope: &TenantScope,
    tx: &mut Transaction,
    name: &DeploymentName,
    kind: Kind,
) -> Result<Deployment, DeployError> {
    let limit = scope.tier().deployments_max;
    if all(tx)?.len() >= limit as usize {
        return Err(DeployError::TooMany { limit });
    }
    let (history, validates) = (Vec::new(), BTreeSet::new());
    Ok(Deployment { name: name.clone(), kind, active: None, newest: 0, history, validates })
}

fn subject(name: &DeploymentName) -> String {
    format!("deployment/{name}")
}

/// A version in the audit, without its settings: there may be a secret in them.
fn audited(version: &Version, active: bool) -> serde_json::Value {
    let Deployed { version: number, component, grants, .. } = &version.deployed;
    json!({
        "version": number, "component": component, "grants": grants,
        "validates": version.validates, "on-failure": version.on_failure, "active": active,
    })
}

pub(crate) fn key(name: &DeploymentName) -> Key {
    Key::new(Table::Deployments, &[name.as_str()])
}
