//! Tasks, as those see and do them who are asked.

mod act;
mod comment;
mod hand_over;
mod inbox;

use std::collections::BTreeSet;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use signalsync_components::{Executions, Receipts};
use signalsync_core::contract::Json;
use signalsync_core::contract::workflow::{Choice, Priority, Signing, Turn};
use signalsync_core::{Clock, DeploymentName, RunId, TaskId, TenantScope, Timestamp, UserId};
use signalsync_records::Judge;
use signalsync_store::{Done, Listing, RequestKey, StoreError, Stores, Transaction};

use crate::absence::person;
use crate::error::WorkflowError;
use crate::machine::{Cast, Holder, Task, TaskEnd, TaskState};
use crate::runs::seen;
use crate::{rows, who};

pub use act::TaskAct;
pub use comment::{Comment, Draft};
pub use hand_over::hand_over;
pub use inbox::{Counts, TaskFilter};

/// A task, as it is shown.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ShownTask")]
#[serde(rename_all = "kebab-case")]
pub struct Shown {
    pub id: TaskId,
    pub run: RunId,
    pub workflow: DeploymentName,
    pub step: String,
    pub label: String,
    /// A collection whose definition is the form.
    pub form: Option<String>,
    pub choices: Vec<Choice>,
    pub signing: Signing,
    pub turn: Turn,
    pub priority: Priority,
    pub data: Box<RawValue>,
    pub opened_at: Timestamp,
    pub due: Option<Timestamp>,
    pub is_late: bool,
    pub state: TaskState,
    pub asked: Vec<Holder>,
    pub signers: Vec<UserId>,
    pub claimed_by: Option<UserId>,
    pub votes: Vec<Cast>,
    pub end: Option<TaskEnd>,
    /// Whether the caller may choose now.
    pub can_act: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
}

impl Shown {
    fn of(task: Task, can: Result<(), String>, now: Timestamp) -> Result<Self, StoreError> {
        let data = RawValue::from_string(task.data).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let step = task.step;
        Ok(Self {
            id: task.id,
            run: task.run,
            workflow: task.workflow,
            step: step.id,
            label: step.label,
            form: step.form,
            choices: step.choices,
            signing: step.signing,
            turn: step.turn,
            priority: task.priority,
            data,
            opened_at: task.opened_at,
            due: task.due,
            is_late: task.state == TaskState::Open && task.due.is_some_and(|due| due <= now),
            state: task.state,
            asked: task.asked,
            signers: task.signers,
            claimed_by: task.claimed_by,
            votes: task.votes,
            end: task.end,
            can_act: can.is_ok(),
            why_not: can.err(),
        })
    }
}

/// What somebody chose.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(rename = "TaskAnswer")]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Answer {
    pub choice: String,
    /// For the task's form; an empty object when it is left out.
    #[serde(default)]
    pub data: Option<Box<RawValue>>,
}

impl Answer {
    fn data(&self) -> Json {
        self.data.as_ref().map_or_else(|| "{}".to_owned(), |data| data.get().to_owned())
    }
}

/// The tasks of all tenants, each tenant's behind its scope.
#[derive(Clone)]
pub struct Tasks {
    stores: Arc<Stores>,
    judge: Judge,
    executions: Executions,
    clock: Arc<dyn Clock>,
}

impl Tasks {
    /// Over these stores; the judge looks at what is entered into forms.
    pub fn new(stores: Arc<Stores>, judge: Judge, clock: Arc<dyn Clock>) -> Self {
        let executions = Executions::new(Arc::clone(&stores));
        Self { stores, judge, executions, clock }
    }

    /// Open tasks that the caller is asked to do, what is due first comes first.
    ///
    /// # Errors
    /// `PersonNeeded`, or the store failed.
    pub async fn inbox(
        &self,
        scope: &TenantScope,
        filter: &TaskFilter,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listing<Shown>, WorkflowError> {
        let (me, now) = (person(scope)?, self.clock.now());
        let mut tx = self.begin(scope).await?;
        let mine = who::mine(&mut tx, me, now)?;
        let Listing { items, next } = inbox::list(&mut tx, (me, &mine), filter, after, limit)?;
        let shown = items.into_iter().map(|task| shown(task, me, &mine, now)).collect::<Result<_, _>>()?;
        Ok(Listing { items: shown, next })
    }

    /// How many open tasks the caller is asked to do.
    ///
    /// # Errors
    /// `PersonNeeded`, or the store failed.
    pub async fn counts(&self, scope: &TenantScope) -> Result<Counts, WorkflowError> {
        let (me, now) = (person(scope)?, self.clock.now());
        let mut tx = self.begin(scope).await?;
        let mine = who::mine(&mut tx, me, now)?;
        Ok(inbox::count(&mut tx, (me, &mine), now)?)
    }

    /// One task, for those who see its run or are asked.
    ///
    /// # Errors
    /// `NotFound`, or the store failed.
    pub async fn get(&self, scope: &TenantScope, id: TaskId) -> Result<Shown, WorkflowError> {
        let now = self.clock.now();
        let mut tx = self.begin(scope).await?;
        let task = visible(&mut tx, scope, id, now)?;
        let Some(me) = scope.caller().rights.person().user else {
            return Ok(Shown::of(task, Err(WorkflowError::PersonNeeded.to_string()), now)?);
        };
        let mine = who::mine(&mut tx, me, now)?;
        Ok(shown(task, me, &mine, now)?)
    }

    /// All tasks of a run, also those that have ended, oldest first.
    ///
    /// # Errors
    /// `NotFound`, or the store failed.
    pub async fn of_run(
        &self,
        scope: &TenantScope,
        run: RunId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listing<Shown>, WorkflowError> {
        let now = self.clock.now();
        let mut tx = self.begin(scope).await?;
        seen(&mut tx, scope, run, now)?;
        let Listing { items, next } = inbox::of_run(&mut tx, run, after, limit)?;
        let not_asked = || Err("ask for the task itself".to_owned());
        let shown = items.into_iter().map(|task| Shown::of(task, not_asked(), now)).collect::<Result<_, _>>()?;
        Ok(Listing { items: shown, next })
    }

    /// Chooses, once what was entered is acceptable to the task's form; how the task stands then.
    ///
    /// # Errors
    /// `PersonNeeded`, `NotFound`, `TaskEnded`, `Claimed`, `Unable`, `Invalid`, `Form`, `Reused`, `Conflict`, or the store
    /// failed.
    pub async fn complete(
        &self,
        scope: &TenantScope,
        id: TaskId,
        answer: &Answer,
        request: Option<&RequestKey>,
    ) -> Result<Shown, WorkflowError> {
        let (now, receipts) = (self.clock.now(), &Receipts::default());
        let attempt = |tx| async move {
            let judging = self.judge.on(scope, now, receipts);
            act::complete(&judging, tx, scope, id, answer, now).await.map(|tx| (tx, ()))
        };
        let _: Done<()> = self.executions.once(scope, request, now, receipts, attempt).await?;
        self.get(scope, id).await
    }

    /// Does something else with a task; how it stands then.
    ///
    /// # Errors
    /// `PersonNeeded`, `NotFound`, `TaskEnded`, `Claimed`, `Unable`, `Invalid`, `NoSuchPerson`, `Conflict`, or the store
    /// failed.
    pub async fn act(&self, scope: &TenantScope, id: TaskId, act: TaskAct) -> Result<Shown, WorkflowError> {
        let now = self.clock.now();
        let edit = |tx: &mut Transaction| act::apply(tx, scope, id, act, now);
        self.stores.tenant(scope).await?.transact(edit).await?;
        self.get(scope, id).await
    }

    /// What was said about a run, oldest first.
    ///
    /// # Errors
    /// `NotFound`, or the store failed.
    pub async fn comments(
        &self,
        scope: &TenantScope,
        run: RunId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listing<Comment>, WorkflowError> {
        let mut tx = self.begin(scope).await?;
        seen(&mut tx, scope, run, self.clock.now())?;
        comment::list(&mut tx, run, after, limit)
    }

    /// Says something about a run. Who is mentioned sees the run from now on, and is told.
    ///
    /// # Errors
    /// `PersonNeeded`, `NotFound`, `Invalid`, `NoSuchPerson`, `TooMany`, `Reused`, `Conflict`, or the store failed.
    pub async fn comment(
        &self,
        scope: &TenantScope,
        run: RunId,
        draft: &Draft,
        request: Option<&RequestKey>,
    ) -> Result<Comment, WorkflowError> {
        let (me, now) = (person(scope)?, self.clock.now());
        let edit = |tx: &mut Transaction| {
            let run = seen(tx, scope, run, now)?;
            comment::add(tx, &run, me, draft, now)
        };
        Ok(self.stores.tenant(scope).await?.once(request, now, edit).await?.value)
    }

    async fn begin(&self, scope: &TenantScope) -> Result<Transaction, StoreError> {
        self.stores.tenant(scope).await?.begin().await
    }
}

fn shown(task: Task, me: UserId, mine: &BTreeSet<Holder>, now: Timestamp) -> Result<Shown, StoreError> {
    let can = task.seat(me, mine).map(drop).map_err(|unable| unable.to_string());
    Shown::of(task, can, now)
}

/// A task that the caller may see: as its run, or because they are asked, or were.
fn visible(tx: &mut Transaction, scope: &TenantScope, id: TaskId, now: Timestamp) -> Result<Task, WorkflowError> {
    let task = rows::task(tx, id)?.ok_or(WorkflowError::NotFound)?;
    if let Some(me) = scope.caller().rights.person().user
        && task.concerns(me, &who::mine(tx, me, now)?)
    {
        return Ok(task);
    }
    seen(tx, scope, task.run, now)?;
    Ok(task)
}
