//! Runs, as those see and handle them who may.

mod act;
mod bulk;
mod list;
mod rehearse;

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;
use signalsync_audit::{Action, Event as Audited, record};
use signalsync_components::{Executions, Receipts};
use signalsync_core::contract::Json;
use signalsync_core::contract::workflow::{Definition, Ending, Status};
use signalsync_core::{Clock, DeploymentName, Permission, RunId, TaskId, TenantScope, Timestamp, UserId};
use signalsync_records::Judge;
use signalsync_store::{Done, Listing, RequestKey, StoreError, Stores, Transaction};

use crate::error::WorkflowError;
use crate::figures::{self, Figures};
use crate::history::{self, Entry};
use crate::machine::{Incident, Parent, Run, RunState};
use crate::signals::{self, Signal};
use crate::start::{Order, Start, begin};
use crate::{rows, types, who};

pub use act::Act;
pub(crate) use act::{FORCE, GRACE_MS, ask_to_end, force_end};
pub use bulk::{BULK, Bulk, BulkJob, Preview};
pub use list::Filter;
pub use rehearse::{Rehearsal, Rehearsed, Trial};

/// A run, as it is shown.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RunDetail")]
#[serde(rename_all = "kebab-case")]
pub struct Detail {
    pub id: RunId,
    pub workflow: DeploymentName,
    /// As its version calls it.
    pub workflow_label: String,
    pub version: u32,
    pub key: Option<String>,
    pub state: RunState,
    /// With its label and colour.
    pub status: Status,
    pub starter: Option<UserId>,
    pub parent: Option<Parent>,
    pub started_at: Timestamp,
    pub changed_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// How it ended, as far as it has.
    pub result: Option<Box<RawValue>>,
    pub reason: Option<String>,
    pub incident: Option<Incident>,
    pub cancelling: bool,
    pub steps: u64,
    /// What is open, by the run's own ids.
    pub tasks: BTreeMap<String, TaskId>,
    pub timers: Vec<String>,
    pub effects: Vec<String>,
    pub children: BTreeMap<String, RunId>,
    /// What the workflow remembers; for those who see all runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Box<RawValue>>,
}

impl Detail {
    fn of(run: Run, definition: &Definition, with_memory: bool) -> Result<Self, StoreError> {
        let status = definition.statuses.iter().find(|status| status.name == run.status).cloned();
        let unknown = || Status { name: run.status.clone(), label: run.status.clone(), color: "gray".to_owned() };
        let (result, reason) = match run.ending {
            Some(Ending::Completed(result)) => (Some(raw(result)?), None),
            Some(Ending::Failed(reason)) => (None, Some(reason)),
            None => (None, None),
        };
        Ok(Self {
            id: run.id,
            workflow: run.workflow,
            workflow_label: definition.label.clone(),
            version: run.version,
            key: run.key,
            state: run.state,
            status: status.unwrap_or_else(unknown),
            starter: run.starter,
            parent: run.parent,
            started_at: run.started_at,
            changed_at: run.changed_at,
            ended_at: run.ended_at,
            result,
            reason,
            incident: run.incident,
            cancelling: run.cancelling,
            steps: run.steps,
            tasks: run.tasks,
            timers: run.timers.into_keys().collect(),
            effects: run.effects.into_keys().collect(),
            children: run.children,
            memory: run.memory.filter(|_| with_memory).map(raw).transpose()?,
        })
    }
}

fn raw(text: Json) -> Result<Box<RawValue>, StoreError> {
    RawValue::from_string(text).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// The runs of all tenants, each tenant's behind its scope.
#[derive(Clone)]
pub struct Runs {
    stores: Arc<Stores>,
    judge: Judge,
    executions: Executions,
    clock: Arc<dyn Clock>,
}

impl Runs {
    /// Over these stores; the judge looks at what runs are started with.
    pub fn new(stores: Arc<Stores>, judge: Judge, clock: Arc<dyn Clock>) -> Self {
        let executions = Executions::new(Arc::clone(&stores));
        Self { stores, judge, executions, clock }
    }

    /// Starts a run on behalf of the caller.
    ///
    /// # Errors
    /// `NotFound`, `NotPublished`, `Stopped`, `Invalid`, `Form`, `Reused`, `Conflict`, or the store failed.
    pub async fn start(
        &self,
        scope: &TenantScope,
        workflow: &DeploymentName,
        (key, input): (Option<String>, Json),
        request: Option<&RequestKey>,
    ) -> Result<Start, WorkflowError> {
        let (now, receipts) = (self.clock.now(), &Receipts::default());
        let by = scope.caller().rights.person().user;
        let order = &Order { workflow: workflow.clone(), key, input, by, parent: None };
        let attempt = |tx| async move {
            let judging = self.judge.on(scope, now, receipts);
            let (mut tx, start) = begin(&judging, tx, order.clone(), now).await?;
            if start.created {
                let event = Audited::new(Action::RunStarted, format!("run/{}", start.run));
                let what = serde_json::json!({"workflow": order.workflow, "key": order.key});
                record(&mut tx, scope.caller(), now, event.after(&what)?)?;
            }
            Ok::<_, WorkflowError>((tx, start))
        };
        let done: Done<Start> = self.executions.once(scope, request, now, receipts, attempt).await?;
        Ok(done.value)
    }

    /// Tells a run something, or the one with this key that begins later; true when there is one.
    ///
    /// # Errors
    /// `NotFound`, `Invalid` for a name that the workflow does not know, `TooMany`, `Reused`, `Conflict`, or the store
    /// failed.
    pub async fn signal(
        &self,
        scope: &TenantScope,
        signal: &Signal,
        request: Option<&RequestKey>,
    ) -> Result<bool, WorkflowError> {
        let now = self.clock.now();
        let edit = |tx: &mut Transaction| {
            let workflow = types::require(tx, &signal.workflow)?;
            let number = workflow.published.unwrap_or(workflow.newest);
            if number > 0 && !types::version(tx, &workflow.name, number)?.definition.signals.contains(&signal.name) {
                let rule = format!("the workflow `{}` waits for no signal `{}`", signal.workflow, signal.name);
                return Err(WorkflowError::Invalid(rule));
            }
            signals::signal(tx, signal, now)
        };
        let done = self.stores.tenant(scope).await?.once(request, now, edit).await?;
        Ok(done.value)
    }

    /// Runs that the caller may see, newest first. A page may be short, or empty, and still have a `next`.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(
        &self,
        scope: &TenantScope,
        filter: &Filter,
        before: Option<&str>,
        limit: usize,
    ) -> Result<Listing<Detail>, WorkflowError> {
        let mut tx = self.begin(scope).await?;
        let Listing { items, next } = list::find(&mut tx, scope, filter, before, limit)?;
        let mut definitions: BTreeMap<(DeploymentName, u32), Definition> = BTreeMap::new();
        let mut shown = Vec::with_capacity(items.len());
        for run in items {
            let key = (run.workflow.clone(), run.version);
            if !definitions.contains_key(&key) {
                definitions.insert(key.clone(), types::version(&mut tx, &key.0, key.1)?.definition);
            }
            shown.push(Detail::of(run, &definitions[&key], false)?);
        }
        Ok(Listing { items: shown, next })
    }

    /// One run.
    ///
    /// # Errors
    /// `NotFound`, or the store failed.
    pub async fn get(&self, scope: &TenantScope, id: RunId) -> Result<Detail, WorkflowError> {
        let mut tx = self.begin(scope).await?;
        let run = seen(&mut tx, scope, id, self.clock.now())?;
        let definition = types::version(&mut tx, &run.workflow, run.version)?.definition;
        Ok(Detail::of(run, &definition, sees_all(scope))?)
    }

    /// What the workflow of a run says of itself, in the version that the run is on.
    ///
    /// # Errors
    /// `NotFound`, or the store failed.
    pub async fn definition(&self, scope: &TenantScope, id: RunId) -> Result<Definition, WorkflowError> {
        let mut tx = self.begin(scope).await?;
        let run = seen(&mut tx, scope, id, self.clock.now())?;
        Ok(types::version(&mut tx, &run.workflow, run.version)?.definition)
    }

    /// What happened to a run, oldest first.
    ///
    /// # Errors
    /// `NotFound`, or the store failed.
    pub async fn history(
        &self,
        scope: &TenantScope,
        id: RunId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listing<Entry>, WorkflowError> {
        let mut tx = self.begin(scope).await?;
        seen(&mut tx, scope, id, self.clock.now())?;
        Ok(history::list(&mut tx, id, after, limit)?)
    }

    /// The figures of a workflow, some seconds old.
    ///
    /// # Errors
    /// `NotFound`, or the store failed.
    pub async fn figures(&self, scope: &TenantScope, workflow: &DeploymentName) -> Result<Figures, WorkflowError> {
        figures::figures(&mut self.begin(scope).await?, workflow)
    }

    /// Does something with a run; how it stands then.
    ///
    /// # Errors
    /// `NotFound`, `WrongState`, `Invalid`, `Conflict`, or the store failed.
    pub async fn act(&self, scope: &TenantScope, id: RunId, act: &Act) -> Result<Detail, WorkflowError> {
        let now = self.clock.now();
        let edit = |tx: &mut Transaction| act::apply(tx, scope.caller(), id, act, now);
        self.stores.tenant(scope).await?.transact(edit).await?;
        self.get(scope, id).await
    }

    async fn begin(&self, scope: &TenantScope) -> Result<Transaction, StoreError> {
        self.stores.tenant(scope).await?.begin().await
    }
}

/// Whether the caller sees runs with which they have nothing to do.
pub(crate) fn sees_all(scope: &TenantScope) -> bool {
    let rights = &scope.caller().rights;
    rights.allows(Permission::WorkflowsRead) || rights.allows(Permission::WorkflowsManage)
}

/// A run that the caller may see: who started it, has acted in it, or may act in it now.
pub(crate) fn seen(tx: &mut Transaction, scope: &TenantScope, id: RunId, now: Timestamp) -> Result<Run, WorkflowError> {
    let run = rows::run(tx, id)?.ok_or(WorkflowError::NotFound)?;
    if sees_all(scope) || has_to_do_with(tx, scope, &run, now)? { Ok(run) } else { Err(WorkflowError::NotFound) }
}

fn has_to_do_with(tx: &mut Transaction, scope: &TenantScope, run: &Run, now: Timestamp) -> Result<bool, StoreError> {
    let Some(me) = scope.caller().rights.person().user else { return Ok(false) };
    if run.starter == Some(me) || rows::has_person(tx, run.id, me)? {
        return Ok(true);
    }
    let mine = who::mine(tx, me, now)?;
    for id in run.tasks.values() {
        if rows::task(tx, *id)?.is_some_and(|task| task.concerns(me, &mine)) {
            return Ok(true);
        }
    }
    Ok(false)
}
