//! Deployments: which version of which component is at work, with which grants and settings.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use signalsync_core::grants::NAMES_MAX;
use signalsync_core::{
    Call, Clock, CollectionName, Deployed, DeploymentName, Digest, Execution, Failure, Grants, Input, Invoke, Kind,
    Output, TenantScope, Timestamp,
};
use signalsync_store::{Key, Listing, StoreError, Stores, Table, Transaction, row};

use crate::component::{self, Component, State};
use crate::error::DeployError;
use crate::executions::{Executions, Receipts};

/// Versions of one deployment.
const VERSIONS_MAX: u32 = 10_000;
/// Activations that can be rolled back, one after the other.
const HISTORY_MAX: usize = 20;
/// Bytes of the settings.
const SETTINGS_BYTES_MAX: usize = 64 << 10;

/// Checks that a text is an origin that could be granted; egress knows how.
pub type OriginCheck = fn(&str) -> Result<(), String>;

/// What an administrator asks for.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Draft {
    /// A component that is ready.
    pub component: Digest,
    /// What it may reach, by name.
    #[serde(default)]
    pub grants: Grants,
    /// A JSON object that the component reads with `context.settings`.
    #[serde(default)]
    pub settings: Option<serde_json::Value>,
    /// For a validation: the collections whose writes it judges.
    #[serde(default)]
    pub validates: BTreeSet<CollectionName>,
    /// For a validation: what happens to a write that it could not judge.
    #[serde(default)]
    pub on_failure: Option<OnFailure>,
    /// Whether the new version is active at once.
    #[serde(default = "yes")]
    pub activate: bool,
}

fn yes() -> bool {
    true
}

/// What happens to a write when a validation fails to judge it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// The write is refused.
    Closed,
    /// The write goes on; the failure is in the execution record.
    Open,
}

/// One version of a deployment. It never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Version {
    #[serde(flatten)]
    pub deployed: Deployed,
    pub validates: BTreeSet<CollectionName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_failure: Option<OnFailure>,
    pub created_at: Timestamp,
}

/// A deployment over all its versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// A validation that judges a collection.
#[derive(Debug, Clone)]
pub struct Validation {
    pub deployed: Arc<Deployed>,
    pub on_failure: OnFailure,
}

/// What a trial call showed.
#[derive(Debug, Serialize)]
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
    /// What is wrong with the draft, or the store failed.
    pub async fn deploy(
        &self,
        scope: &TenantScope,
        name: &DeploymentName,
        draft: &Draft,
    ) -> Result<(Deployment, Version), DeployError> {
        let settings = settings(draft)?;
        let deploy = |tx: &mut Transaction| {
            let kind = self.check(tx, draft)?;
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
            let version = self.version(name, &deployment, draft, kind, settings.clone());
            tx.put(version_key(name, deployment.newest), row::write(&version)?);
            if draft.activate {
                deployment.activate(&version);
            }
            tx.put(key(name), row::write(&deployment)?);
            Ok((deployment, version))
        };
        self.0.stores.tenant(scope).await?.transact(deploy).await
    }

    /// Makes a version the active one.
    ///
    /// # Errors
    /// `NotFound`, or the store failed.
    pub async fn activate(
        &self,
        scope: &TenantScope,
        name: &DeploymentName,
        number: u32,
    ) -> Result<Deployment, DeployError> {
        self.change(scope, name, |_| Ok(number), |deployment, version| deployment.activate(version)).await
    }

    /// Makes the version active that was active before, in one call.
    ///
    /// # Errors
    /// `NotFound`, `NothingBefore`, or the store failed.
    pub async fn roll_back(&self, scope: &TenantScope, name: &DeploymentName) -> Result<Deployment, DeployError> {
        let before = |deployment: &Deployment| deployment.history.last().copied().ok_or(DeployError::NothingBefore);
        self.change(scope, name, before, Deployment::roll_back).await
    }

    /// One deployment.
    ///
    /// # Errors
    /// `NotFound`, or the store failed.
    pub async fn get(&self, scope: &TenantScope, name: &DeploymentName) -> Result<Deployment, DeployError> {
        let mut tx = self.0.stores.tenant(scope).await?.begin().await?;
        find(&mut tx, name)?.ok_or(DeployError::NotFound)
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
    /// `NotFound`, or the store failed.
    pub async fn delete(&self, scope: &TenantScope, name: &DeploymentName) -> Result<(), DeployError> {
        let delete = |tx: &mut Transaction| {
            let deployment = find(tx, name)?.ok_or(DeployError::NotFound)?;
            for number in 1..=deployment.newest {
                tx.delete(&version_key(name, number))?;
            }
            tx.delete(&key(name))?;
            Ok(())
        };
        self.0.stores.tenant(scope).await?.transact(delete).await
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
        choose: impl Fn(&Deployment) -> Result<u32, DeployError>,
        apply: impl Fn(&mut Deployment, &Version),
    ) -> Result<Deployment, DeployError> {
        let change = |tx: &mut Transaction| {
            let mut deployment = find(tx, name)?.ok_or(DeployError::NotFound)?;
            let number = choose(&deployment)?;
            let version = version(tx, name, number)?.ok_or(DeployError::NotFound)?;
            apply(&mut deployment, &version);
            tx.put(key(name), row::write(&deployment)?);
            Ok(deployment)
        };
        self.0.stores.tenant(scope).await?.transact(change).await
    }

    /// Checks a draft against the component's imports and the tenant's collections.
    fn check(&self, tx: &mut Transaction, draft: &Draft) -> Result<Kind, DeployError> {
        let (kind, imports) = ready(tx, draft.component)?;
        for import in imports {
            let Some(capability) = import.capability else { continue };
            let (granted, example) = match capability.as_str() {
                "storage" => (draft.grants.storage.is_some(), r#"{"<collection>": "read"}"#),
                "files" => (draft.grants.files.is_some(), r#"{"<folder>": "read"}"#),
                _ => (draft.grants.http.is_some(), r#"["https://<host>"]"#),
            };
            if !granted {
                return Err(DeployError::NotGranted { import: import.name, capability, example });
            }
        }
        self.check_names(tx, draft)?;
        match (kind, draft.on_failure, draft.validates.is_empty()) {
            (Kind::Validation, None, _) => Err(DeployError::NotForKind(
                "say what happens to a write that the validation fails to judge: \"on-failure\": \"closed\" or \"open\"",
            )),
            (Kind::Validation, Some(_), _) | (_, None, true) => Ok(kind),
            _ => Err(DeployError::NotForKind("`validates` and `on-failure` are for validations only")),
        }
    }

    fn check_names(&self, tx: &mut Transaction, draft: &Draft) -> Result<(), DeployError> {
        let grants = &draft.grants;
        let storage = grants.storage.iter().flatten().map(|(name, _)| name);
        let counts = [grants.storage.as_ref().map(|names| names.len()), grants.files.as_ref().map(|names| names.len())];
        let origins = grants.http.as_deref().unwrap_or_default();
        if counts.into_iter().flatten().chain([origins.len(), draft.validates.len()]).any(|count| count > NAMES_MAX) {
            return Err(DeployError::BadGrant(format!("a list has more than {NAMES_MAX} names")));
        }
        for collection in storage.chain(&draft.validates) {
            if tx.get(&Key::new(Table::Collections, &[collection.as_str()]))?.is_none() {
                return Err(DeployError::NoCollection(collection.clone()));
            }
        }
        origins.iter().try_for_each(|origin| (self.0.origin)(origin)).map_err(DeployError::BadGrant)
    }

    fn version(
        &self,
        name: &DeploymentName,
        deployment: &Deployment,
        draft: &Draft,
        kind: Kind,
        settings: String,
    ) -> Version {
        let deployed = Deployed {
            deployment: name.clone(),
            version: deployment.newest,
            component: draft.component,
            kind,
            grants: draft.grants.clone(),
            settings,
        };
        Version {
            deployed,
            validates: draft.validates.clone(),
            on_failure: draft.on_failure,
            created_at: self.0.clock.now(),
        }
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

/// A call of a deployed component now.
pub fn call(deployed: &Arc<Deployed>, input: Input, now: Timestamp) -> Call {
    // The random half of a fresh id.
    let id = signalsync_core::ExecutionId::new();
    let seed = id.as_bytes().last_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    Call { deployed: Arc::clone(deployed), input, now, seed }
}

/// The active version of a deployment, read in the caller's transaction.
///
/// # Errors
/// `NotFound`, `NotActive`, or the store failed.
pub fn active(tx: &mut Transaction, name: &DeploymentName) -> Result<Arc<Deployed>, DeployError> {
    let deployment = find(tx, name)?.ok_or(DeployError::NotFound)?;
    let number = deployment.active.ok_or(DeployError::NotActive)?;
    let version = version(tx, name, number)?.ok_or(DeployError::NotFound)?;
    Ok(Arc::new(version.deployed))
}

/// The active validations of a collection in the order of their names, read in the caller's transaction: a write
/// that commits was judged by exactly the versions that were active at its commit.
///
/// # Errors
/// The store failed.
pub fn validations_of(tx: &mut Transaction, collection: &CollectionName) -> Result<Vec<Validation>, StoreError> {
    let mut found = Vec::new();
    for deployment in all(tx)? {
        if !deployment.validates.contains(collection) {
            continue;
        }
        let Some(number) = deployment.active else { continue };
        let Some(version) = version(tx, &deployment.name, number)? else { continue };
        let on_failure = version.on_failure.unwrap_or(OnFailure::Closed);
        found.push(Validation { deployed: Arc::new(version.deployed), on_failure });
    }
    Ok(found)
}

pub(crate) fn all(tx: &mut Transaction) -> Result<Vec<Deployment>, StoreError> {
    let page = tx.scan(Table::Deployments, &[], "", None, usize::MAX - 1, usize::MAX)?;
    page.entries.iter().map(|(_, row)| row::read(&row.body)).collect()
}

pub(crate) fn version(tx: &mut Transaction, name: &DeploymentName, number: u32) -> Result<Option<Version>, StoreError> {
    tx.get(&version_key(name, number))?.map(|row| row::read(&row.body)).transpose()
}

fn find(tx: &mut Transaction, name: &DeploymentName) -> Result<Option<Deployment>, StoreError> {
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

fn ready(tx: &mut Transaction, digest: Digest) -> Result<(Kind, Vec<signalsync_core::Import>), DeployError> {
    let not_ready = |why: &str| DeployError::NotReady { digest, why: why.to_owned() };
    let row = tx.get(&component::key(digest))?.ok_or_else(|| not_ready("it was never uploaded; upload it first"))?;
    match row::read::<Component>(&row.body)?.state {
        State::Ready { kind, imports, .. } => Ok((kind, imports)),
        State::Refused { detail, .. } => Err(not_ready(&format!("it was refused: {detail}"))),
        State::Uploaded | State::Checking => Err(not_ready("it is not checked yet; look at its state, then try again")),
    }
}

fn settings(draft: &Draft) -> Result<String, DeployError> {
    let settings = match &draft.settings {
        None => "{}".to_owned(),
        Some(settings) if settings.is_object() => settings.to_string(),
        Some(_) => return Err(DeployError::BadSettings("they must be a JSON object".to_owned())),
    };
    if settings.len() > SETTINGS_BYTES_MAX {
        return Err(DeployError::BadSettings(format!("they are longer than {SETTINGS_BYTES_MAX} bytes")));
    }
    Ok(settings)
}

fn key(name: &DeploymentName) -> Key {
    Key::new(Table::Deployments, &[name.as_str()])
}

/// Numbers have one length, so that versions are in order.
fn version_key(name: &DeploymentName, number: u32) -> Key {
    Key::new(Table::DeploymentVersions, &[name.as_str(), &format!("{number:08}")])
}
