//! Workflows: which versions there are, which one new runs are on, and whom their roles stand for.
//!
//! A workflow has the name of the deployment that its versions are taken from. A version is a version of that deployment,
//! with the definition that it gave of itself; runs stay on theirs, whatever becomes of the deployment.

use std::collections::BTreeSet;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use signalsync_audit::{Action, Event, record};
use signalsync_components::{DeployError, active, definition, deployed};
use signalsync_core::contract::workflow::Definition;
use signalsync_core::contract::{Severity, Violation};
use signalsync_core::{
    Clock, CollectionName, DepartmentId, Deployed, DeploymentName, Kind, Permission, RoleName, TeamId, TenantScope,
    Timestamp, UserId,
};
use signalsync_data::Definition as FormDefinition;
use signalsync_store::{Key, Listing, StoreError, Stores, Table, Transaction};

use crate::error::WorkflowError;
use crate::rows::{read, write};
use crate::tasks::form;
use crate::templates;

/// Versions of one workflow.
pub(crate) const VERSIONS_MAX: u32 = 10_000;

/// People and groups of each kind that a role is bound to.
const BOUND_MAX: usize = 100;

pub(crate) const DRAFT: &str = "draft";

/// A workflow over all its versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Workflow {
    pub name: DeploymentName,
    /// As the newest version calls it.
    pub label: String,
    /// The version that new runs are on; none before the first one and when it is archived.
    pub published: Option<u32>,
    /// Counted from 1.
    pub newest: u32,
    /// Whether no new runs may start.
    #[serde(default)]
    pub stopped: bool,
}

/// One version that is or was published. Only its times change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "WorkflowVersion")]
#[serde(rename_all = "kebab-case")]
pub struct Version {
    pub number: u32,
    /// What runs, as it was then.
    pub deployed: Deployed,
    pub definition: Definition,
    pub published_at: Timestamp,
    /// Since when new runs are on another one, or on none.
    pub archived_at: Option<Timestamp>,
}

/// A workflow that can be started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "WorkflowOffer")]
#[serde(rename_all = "kebab-case")]
pub struct Offer {
    pub name: DeploymentName,
    pub label: String,
    /// A collection whose definition is the form that starts a run.
    pub input_form: Option<String>,
    /// On which a run would be.
    pub version: u32,
}

/// What is to be published next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Drafted {
    pub deployed: Deployed,
    pub definition: Definition,
    /// What would stop it from being published now.
    #[serde(default)]
    pub violations: Vec<Violation>,
}

/// Which version of the deployment the draft is taken from.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DraftOrder {
    /// The active one, when it is left out.
    #[serde(default)]
    pub deployment_version: Option<u32>,
}

/// Whom a role of a workflow stands for: all of them together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Binding {
    pub users: BTreeSet<UserId>,
    /// Roles of the tenant.
    pub roles: BTreeSet<RoleName>,
    pub teams: BTreeSet<TeamId>,
    pub departments: BTreeSet<DepartmentId>,
    /// Worked out for each run.
    pub rules: BTreeSet<Rule>,
}

/// Somebody who depends on the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "RoleRule")]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Whoever started it.
    Starter,
    /// Who leads their department.
    ManagerOfStarter,
    /// All in their department.
    DepartmentOfStarter,
}

impl Binding {
    pub(crate) fn check(&self) -> Result<(), WorkflowError> {
        let counts = [self.users.len(), self.roles.len(), self.teams.len(), self.departments.len()];
        match counts.into_iter().any(|count| count > BOUND_MAX) {
            true => Err(WorkflowError::TooMany {
                what: "people or groups of a kind that a role stands for",
                limit: BOUND_MAX,
            }),
            false => Ok(()),
        }
    }
}

/// The workflows of all tenants, each tenant's behind its scope.
#[derive(Clone)]
pub struct Workflows {
    stores: Arc<Stores>,
    clock: Arc<dyn Clock>,
}

impl Workflows {
    /// Over these stores.
    pub fn new(stores: Arc<Stores>, clock: Arc<dyn Clock>) -> Self {
        Self { stores, clock }
    }

    /// All workflows, in the order of their names.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(
        &self,
        scope: &TenantScope,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listing<Workflow>, WorkflowError> {
        let mut tx = self.begin(scope).await?;
        Ok(Listing::of(tx.scan(Table::Workflows, &[], "", after, limit, usize::MAX)?)?)
    }

    /// One workflow.
    ///
    /// # Errors
    /// `NotFound`, or the store failed.
    pub async fn get(&self, scope: &TenantScope, name: &DeploymentName) -> Result<Workflow, WorkflowError> {
        require(&mut self.begin(scope).await?, name)
    }

    /// Its versions, oldest first.
    ///
    /// # Errors
    /// `NotFound`, or the store failed.
    pub async fn versions(
        &self,
        scope: &TenantScope,
        name: &DeploymentName,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listing<Version>, WorkflowError> {
        let mut tx = self.begin(scope).await?;
        require(&mut tx, name)?;
        // Numbers come before words.
        let mut page = tx.scan(Table::WorkflowVersions, &[name.as_str()], "", after, limit, usize::MAX)?;
        page.entries.retain(|(number, _)| number != DRAFT);
        Ok(Listing::of(page)?)
    }

    /// One of its versions.
    ///
    /// # Errors
    /// `NotFound`, or the store failed.
    pub async fn version(
        &self,
        scope: &TenantScope,
        name: &DeploymentName,
        number: u32,
    ) -> Result<Version, WorkflowError> {
        read(&mut self.begin(scope).await?, &version_key(name, number))?.ok_or(WorkflowError::NotFound)
    }

    /// What the caller may start, in the order of names; nothing for whoever may start nothing. A page may be short, or
    /// empty, and still have a `next`.
    ///
    /// # Errors
    /// The store failed.
    pub async fn catalogue(
        &self,
        scope: &TenantScope,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listing<Offer>, WorkflowError> {
        if !scope.caller().rights.allows(Permission::WorkflowsStart) {
            return Ok(Listing { items: Vec::new(), next: None });
        }
        let Listing { items, next } = self.list(scope, after, limit).await?;
        let mut tx = self.begin(scope).await?;
        let mut offers = Vec::with_capacity(items.len());
        for workflow in items {
            offers.extend(offered(&mut tx, workflow)?);
        }
        Ok(Listing { items: offers, next })
    }

    /// The form that starts a run of a workflow, for whoever may start one.
    ///
    /// # Errors
    /// `NotFound` when they may not, or there is no form; `Form`, or the store failed.
    pub async fn start_form(
        &self,
        scope: &TenantScope,
        name: &DeploymentName,
    ) -> Result<(u32, FormDefinition), WorkflowError> {
        if !scope.caller().rights.allows(Permission::WorkflowsStart) {
            return Err(WorkflowError::NotFound);
        }
        let mut tx = self.begin(scope).await?;
        let workflow = require(&mut tx, name)?;
        let offer = offered(&mut tx, workflow)?.ok_or(WorkflowError::NotFound)?;
        form(&mut tx, offer.input_form.as_deref())
    }

    /// What is to be published next, and what would stop it.
    ///
    /// # Errors
    /// `NotFound`, or the store failed.
    pub async fn draft(&self, scope: &TenantScope, name: &DeploymentName) -> Result<Drafted, WorkflowError> {
        let mut tx = self.begin(scope).await?;
        let drafted: Drafted = read(&mut tx, &draft_key(name))?.ok_or(WorkflowError::NotFound)?;
        let violations = flaws(&mut tx, name, &drafted.definition)?;
        Ok(Drafted { violations, ..drafted })
    }

    /// Takes a version of the deployment as the draft. Answers it with what would stop it from being published.
    ///
    /// # Errors
    /// `Deployment`, `Conflict`, or the store failed.
    pub async fn save_draft(
        &self,
        scope: &TenantScope,
        name: &DeploymentName,
        order: &DraftOrder,
    ) -> Result<Drafted, WorkflowError> {
        let now = self.clock.now();
        let save = |tx: &mut Transaction| {
            let (deployed, definition) = described(tx, name, order)?;
            let workflow = match find(tx, name)? {
                Some(before) => before,
                None => {
                    let label = definition.label.clone();
                    Workflow { name: name.clone(), label, published: None, newest: 0, stopped: false }
                }
            };
            write(tx, key(name), &workflow)?;
            let event = Event::new(Action::WorkflowChanged, format!("workflow/{name}/draft"));
            let what = json!({"deployment-version": deployed.version, "component": deployed.component});
            record(tx, scope.caller(), now, event.after(&what)?)?;
            let drafted = Drafted { deployed, definition, violations: Vec::new() };
            write(tx, draft_key(name), &drafted)?;
            let violations = flaws(tx, name, &drafted.definition)?;
            Ok(Drafted { violations, ..drafted })
        };
        self.stores.tenant(scope).await?.transact(save).await
    }

    /// Makes the draft the version that new runs are on.
    ///
    /// # Errors
    /// `NotFound` without a draft, `NotPublishable` with all reasons, `TooMany`, `Conflict`, or the store failed.
    pub async fn publish(&self, scope: &TenantScope, name: &DeploymentName) -> Result<Workflow, WorkflowError> {
        let now = self.clock.now();
        let publish = |tx: &mut Transaction| {
            let workflow = require(tx, name)?;
            let Drafted { deployed, definition, .. } = read(tx, &draft_key(name))?.ok_or(WorkflowError::NotFound)?;
            let violations = flaws(tx, name, &definition)?;
            if !violations.is_empty() {
                return Err(WorkflowError::NotPublishable { violations });
            }
            if workflow.newest >= VERSIONS_MAX {
                return Err(WorkflowError::TooMany { what: "versions of a workflow", limit: VERSIONS_MAX as usize });
            }
            archive(tx, &workflow, now)?;
            let number = workflow.newest + 1;
            let workflow =
                Workflow { label: definition.label.clone(), published: Some(number), newest: number, ..workflow };
            let event = Event::new(Action::WorkflowPublished, format!("workflow/{name}"));
            let what = json!({"version": number, "component": deployed.component});
            record(tx, scope.caller(), now, event.after(&what)?)?;
            let version = Version { number, deployed, definition, published_at: now, archived_at: None };
            write(tx, version_key(name, number), &version)?;
            tx.delete(&draft_key(name))?;
            write(tx, key(name), &workflow)?;
            Ok(workflow)
        };
        self.stores.tenant(scope).await?.transact(publish).await
    }

    /// No new runs start any more; those that run go on.
    ///
    /// # Errors
    /// `NotFound`, `Conflict`, or the store failed.
    pub async fn archive(&self, scope: &TenantScope, name: &DeploymentName) -> Result<Workflow, WorkflowError> {
        let now = self.clock.now();
        let edit = |tx: &mut Transaction| {
            let workflow = require(tx, name)?;
            archive(tx, &workflow, now)?;
            let workflow = Workflow { published: None, ..workflow };
            write(tx, key(name), &workflow)?;
            record(tx, scope.caller(), now, Event::new(Action::WorkflowArchived, format!("workflow/{name}")))?;
            Ok(workflow)
        };
        self.stores.tenant(scope).await?.transact(edit).await
    }

    /// Whether new runs may start.
    ///
    /// # Errors
    /// `NotFound`, `Conflict`, or the store failed.
    pub async fn stop(
        &self,
        scope: &TenantScope,
        name: &DeploymentName,
        stopped: bool,
    ) -> Result<Workflow, WorkflowError> {
        let now = self.clock.now();
        let edit = |tx: &mut Transaction| {
            let before = require(tx, name)?;
            let workflow = Workflow { stopped, ..before.clone() };
            write(tx, key(name), &workflow)?;
            let event = Event::new(Action::WorkflowChanged, format!("workflow/{name}"));
            record(tx, scope.caller(), now, event.before(&before)?.after(&workflow)?)?;
            Ok(workflow)
        };
        self.stores.tenant(scope).await?.transact(edit).await
    }

    /// Whom a role stands for.
    ///
    /// # Errors
    /// `NotFound`, or the store failed.
    pub async fn binding(
        &self,
        scope: &TenantScope,
        name: &DeploymentName,
        role: &RoleName,
    ) -> Result<Binding, WorkflowError> {
        let mut tx = self.begin(scope).await?;
        require(&mut tx, name)?;
        Ok(binding(&mut tx, name, role.as_str())?)
    }

    /// Has a role stand for others from now on. Tasks that are open stay with those who were asked.
    ///
    /// # Errors
    /// `NotFound`, `TooMany`, `Conflict`, or the store failed.
    pub async fn bind(
        &self,
        scope: &TenantScope,
        name: &DeploymentName,
        role: &RoleName,
        wanted: &Binding,
    ) -> Result<(), WorkflowError> {
        wanted.check()?;
        let now = self.clock.now();
        let edit = |tx: &mut Transaction| {
            require(tx, name)?;
            let before = binding(tx, name, role.as_str())?;
            write(tx, binding_key(name, role.as_str()), wanted)?;
            let event = Event::new(Action::WorkflowChanged, format!("workflow/{name}/role/{role}"));
            Ok(record(tx, scope.caller(), now, event.before(&before)?.after(wanted)?)?)
        };
        self.stores.tenant(scope).await?.transact(edit).await
    }

    async fn begin(&self, scope: &TenantScope) -> Result<Transaction, StoreError> {
        self.stores.tenant(scope).await?.begin().await
    }
}

/// A version of the deployment, with what its component said of itself when it was uploaded.
fn described(
    tx: &mut Transaction,
    name: &DeploymentName,
    order: &DraftOrder,
) -> Result<(Deployed, Definition), WorkflowError> {
    let deployed = match order.deployment_version {
        Some(number) => deployed(tx, name, number)?,
        None => active(tx, name)?,
    };
    let not_for_kind = DeployError::NotForKind("this deployment is not a workflow");
    let definition = definition(tx, deployed.component)?.ok_or(WorkflowError::Deployment(not_for_kind))?;
    Ok(((*deployed).clone(), definition))
}

/// All reasons why a definition cannot be published now: what is wrong with it, and what it names that is not there.
fn flaws(tx: &mut Transaction, name: &DeploymentName, definition: &Definition) -> Result<Vec<Violation>, StoreError> {
    let mut found = definition.flaws();
    let mut missing = |code: &str, path: String, message: String| {
        found.push(Violation { path, code: code.to_owned(), severity: Severity::Error, message });
    };
    let forms = definition.steps.iter().enumerate().map(|(at, step)| (format!("/steps/{at}/form"), step.form.as_ref()));
    for (path, form) in forms.chain([("/input-form".to_owned(), definition.input_form.as_ref())]) {
        let Some(form) = form else { continue };
        if !has_form(tx, form)? {
            missing("no-such-form", path, format!("there is no collection `{form}`; create it first"));
        }
    }
    for (at, role) in definition.roles.iter().enumerate() {
        if binding(tx, name, &role.name)? == Binding::default() {
            let message = format!("the role `{}` stands for nobody; say for whom at `/roles/{}`", role.name, role.name);
            missing("role-not-bound", format!("/roles/{at}"), message);
        }
    }
    for (at, mapping) in definition.mappings.iter().enumerate() {
        let found = mapping.parse().map_err(|_| ()).and_then(|mapping| active(tx, &mapping).map_err(|_| ()));
        if !found.is_ok_and(|deployed| deployed.kind == Kind::Mapping) {
            missing("no-such-mapping", format!("/mappings/{at}"), format!("no mapping `{mapping}` is deployed"));
        }
    }
    for (at, template) in definition.templates.iter().enumerate() {
        if templates::find(tx, template)?.is_none() {
            missing("no-such-template", format!("/templates/{at}"), format!("there is no template `{template}`"));
        }
    }
    for (at, child) in definition.children.iter().enumerate() {
        let is_published = match child.parse() {
            Ok(child) => child == *name || find(tx, &child)?.is_some_and(|child| child.published.is_some()),
            Err(_) => false,
        };
        if !is_published {
            missing("no-such-workflow", format!("/children/{at}"), format!("no workflow `{child}` is published"));
        }
    }
    Ok(found)
}

fn has_form(tx: &mut Transaction, form: &str) -> Result<bool, StoreError> {
    match form.parse::<CollectionName>() {
        Ok(form) => Ok(signalsync_data::find(tx, &form)?.is_some()),
        Err(_) => Ok(false),
    }
}

/// What can be started of a workflow now.
fn offered(tx: &mut Transaction, workflow: Workflow) -> Result<Option<Offer>, StoreError> {
    let Workflow { name, label, published, stopped, newest: _ } = workflow;
    let Some(number) = published.filter(|_| !stopped) else { return Ok(None) };
    let input_form = version(tx, &name, number)?.definition.input_form;
    Ok(Some(Offer { name, label, input_form, version: number }))
}

/// The version that is published is not any more.
fn archive(tx: &mut Transaction, workflow: &Workflow, now: Timestamp) -> Result<(), StoreError> {
    let Some(number) = workflow.published else { return Ok(()) };
    let version = version(tx, &workflow.name, number)?;
    write(tx, version_key(&workflow.name, number), &Version { archived_at: Some(now), ..version })
}

pub(crate) fn find(tx: &mut Transaction, name: &DeploymentName) -> Result<Option<Workflow>, StoreError> {
    read(tx, &key(name))
}

pub(crate) fn require(tx: &mut Transaction, name: &DeploymentName) -> Result<Workflow, WorkflowError> {
    find(tx, name)?.ok_or(WorkflowError::NotFound)
}

/// As people call a workflow.
pub(crate) fn label(tx: &mut Transaction, name: &DeploymentName) -> Result<String, StoreError> {
    Ok(find(tx, name)?.map_or_else(|| name.to_string(), |workflow| workflow.label))
}

/// A version that some run is on: it is there as long as its workflow.
pub(crate) fn version(tx: &mut Transaction, name: &DeploymentName, number: u32) -> Result<Version, StoreError> {
    let found = read(tx, &version_key(name, number))?;
    found.ok_or_else(|| StoreError::Corrupt(format!("version {number} of the workflow `{name}` is gone")))
}

pub(crate) fn has_version(tx: &mut Transaction, name: &DeploymentName, number: u32) -> Result<bool, StoreError> {
    Ok(tx.get(&version_key(name, number))?.is_some())
}

/// Whom a role stands for; nobody as long as nobody has said.
pub(crate) fn binding(tx: &mut Transaction, name: &DeploymentName, role: &str) -> Result<Binding, StoreError> {
    Ok(read(tx, &binding_key(name, role))?.unwrap_or_default())
}

pub(crate) fn key(name: &DeploymentName) -> Key {
    Key::new(Table::Workflows, &[name.as_str()])
}

pub(crate) fn draft_key(name: &DeploymentName) -> Key {
    Key::new(Table::WorkflowVersions, &[name.as_str(), DRAFT])
}

/// Numbers have one length, so that versions are in order.
pub(crate) fn version_key(name: &DeploymentName, number: u32) -> Key {
    Key::new(Table::WorkflowVersions, &[name.as_str(), &format!("{number:08}")])
}

pub(crate) fn binding_key(name: &DeploymentName, role: &str) -> Key {
    Key::new(Table::WorkflowRoles, &[name.as_str(), role])
}
