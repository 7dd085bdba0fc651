//! Delivering a message to a mapping.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use signalsync_components::{Executions, Receipts, active, call};
use signalsync_core::contract::{self, Change as Upsert, Json, MappingAction, Message, Outcome, Violation};
use signalsync_core::{
    Clock, CollectionName, Completed, DeploymentName, ExecutionId, Failure, Input, Output, RecordId, RunId,
    TenantScope, Timestamp, Touched,
};
use signalsync_data::Change;
use signalsync_records::{Judge, Judging, RecordError};
use signalsync_store::{Done, Precondition, RequestKey, StoreError, Stores, Transaction};
use signalsync_workflow::{Mappings, NotMapped, Order, Signal, WorkflowError, begin, signal, signal_run};

use crate::error::MessageError;

/// A message that was taken.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Delivered {
    /// The mapping's own answer to the sender.
    pub reply: Option<Box<RawValue>>,
    pub changes: Vec<ChangeMade>,
    /// Runs of workflows that it wanted, also those that ran already.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<RunId>,
    /// Receipts: the mapping's first, then those of the validations.
    pub executions: Vec<ExecutionId>,
    /// False for a dry delivery.
    pub committed: bool,
}

/// A record that the message wrote.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ChangeMade {
    pub collection: CollectionName,
    pub id: RecordId,
    /// None as long as nothing is committed.
    pub version: Option<u64>,
    pub created: bool,
    pub warnings: Vec<Violation>,
}

/// The mappings of all tenants, each tenant's behind its scope.
#[derive(Clone)]
pub struct Messages {
    stores: Arc<Stores>,
    judge: Judge,
    executions: Executions,
    clock: Arc<dyn Clock>,
}

impl Messages {
    pub fn new(stores: Arc<Stores>, judge: Judge, clock: Arc<dyn Clock>) -> Self {
        let executions = Executions::new(Arc::clone(&stores));
        Self { stores, judge, executions, clock }
    }

    /// Hands a message to the active version of a mapping and carries out what it asks for: all of it, or nothing.
    ///
    /// # Errors
    /// Why the message was not taken. Receipts are kept all the same.
    pub async fn deliver(
        &self,
        scope: &TenantScope,
        mapping: &DeploymentName,
        message: &Message,
        request: Option<&RequestKey>,
    ) -> Result<Delivered, MessageError> {
        let (now, receipts) = (self.clock.now(), &Receipts::default());
        let attempt = |tx| async move {
            let (tx, delivered) = self.attempt(scope, tx, mapping, message, now, receipts).await?;
            Ok((tx, Delivered { committed: true, ..delivered }))
        };
        let done = self.executions.once(scope, request, now, receipts, attempt).await;
        done.map(Delivered::committed)
    }

    /// Does all that [`Messages::deliver`] does, and keeps nothing but the receipts: what would happen?
    ///
    /// # Errors
    /// Why the message would not be taken.
    pub async fn rehearse(
        &self,
        scope: &TenantScope,
        mapping: &DeploymentName,
        message: &Message,
    ) -> Result<Delivered, MessageError> {
        let tx = self.stores.tenant(scope).await?.begin().await?;
        let receipts = Receipts::default();
        let rehearsed = self.attempt(scope, tx, mapping, message, self.clock.now(), &receipts).await;
        self.executions.keep(scope, &receipts).await?;
        rehearsed.map(|(_, delivered)| delivered)
    }

    async fn attempt(
        &self,
        scope: &TenantScope,
        tx: Transaction,
        mapping: &DeploymentName,
        message: &Message,
        now: Timestamp,
        receipts: &Receipts,
    ) -> Result<(Transaction, Delivered), MessageError> {
        let first = receipts.count();
        let (tx, mapped) = self.map(scope, tx, mapping, message, now, receipts).await?;
        let judging = self.judge.on(scope, now, receipts);
        let tx = judging.touched(tx, mapping, mapped.touched).await.map_err(touched)?;
        let acting = Acting { judging: &judging, execution: mapped.execution, now };
        let (tx, Made { changes, runs }) = acting.carry_out(tx, &mapped.outcome).await?;
        let executions = receipts.ids_behind(first);
        let reply = mapped.outcome.reply.map(RawValue::from_string).transpose();
        let reply = reply.map_err(|error| StoreError::Corrupt(error.to_string()))?;
        Ok((tx, Delivered { reply, changes, runs, executions, committed: false }))
    }

    async fn map(
        &self,
        scope: &TenantScope,
        mut tx: Transaction,
        mapping: &DeploymentName,
        message: &Message,
        now: Timestamp,
        receipts: &Receipts,
    ) -> Result<(Transaction, Mapped), MessageError> {
        let deployed = active(&mut tx, mapping)?;
        if deployed.kind != signalsync_core::Kind::Mapping {
            return Err(MessageError::Deployment(signalsync_components::DeployError::NotForKind(
                "this deployment is not a mapping",
            )));
        }
        let call = call(&deployed, Input::Transform(message.clone()), now);
        let Completed { tx, answer, execution, touched } = self.judge.invoke().invoke(scope, call, tx).await;
        let id = execution.id;
        receipts.add(execution);
        match (tx, answer) {
            (Some(tx), Ok(Output::Outcome(outcome))) => Ok((tx, Mapped { execution: id, outcome, touched })),
            (_, answer) => {
                let failure = answer.err().unwrap_or(Failure::HostFault);
                Err(MessageError::NotMapped { deployment: mapping.clone(), failure, execution: id })
            }
        }
    }
}

/// What a mapping made of a message.
struct Mapped {
    execution: ExecutionId,
    outcome: Outcome,
    /// What it wrote itself.
    touched: Vec<Touched>,
}

/// What actions came to.
#[derive(Default)]
struct Made {
    changes: Vec<ChangeMade>,
    runs: Vec<RunId>,
}

/// Carries out what a mapping asks for.
struct Acting<'a> {
    judging: &'a Judging<'a>,
    execution: ExecutionId,
    now: Timestamp,
}

impl Acting<'_> {
    async fn carry_out(&self, mut tx: Transaction, outcome: &Outcome) -> Result<(Transaction, Made), MessageError> {
        let mut made = Made::default();
        for (index, action) in outcome.actions.iter().enumerate() {
            tx = self.act(tx, index + 1, action, &mut made).await?;
        }
        Ok((tx, made))
    }

    async fn act(
        &self,
        tx: Transaction,
        number: usize,
        action: &MappingAction,
        made: &mut Made,
    ) -> Result<Transaction, MessageError> {
        let bad = |why: String| MessageError::BadAction { number, why, execution: self.execution };
        match action {
            MappingAction::Upsert(upsert) => {
                let change = upserted(upsert).map_err(bad)?;
                let (tx, staged) = self.judging.put(tx, &change).await.map_err(|error| refused(number, error))?;
                let Change { collection, id, .. } = change;
                let (created, warnings) = (staged.created, staged.warnings);
                made.changes.push(ChangeMade { collection, id, version: None, created, warnings });
                Ok(tx)
            }
            MappingAction::Start(start) => {
                let order = order(start).map_err(bad)?;
                let begun = begin(self.judging, tx, order, self.now).await;
                let (tx, started) = begun.map_err(|error| self.not_acted(number, error))?;
                made.runs.push(started.run);
                Ok(tx)
            }
            MappingAction::Signal(signal) => {
                let mut tx = tx;
                self.signal(&mut tx, signal).map_err(|error| self.not_acted(number, error))?;
                Ok(tx)
            }
            MappingAction::Send(_) => Err(bad(
                "requests as actions are not carried out by this version of the host; send with `http.send` instead"
                    .to_owned(),
            )),
        }
    }

    /// A run is named by its id, or by its workflow and business key: `invoice-approval/4711`.
    fn signal(&self, tx: &mut Transaction, asked: &contract::Signal) -> Result<(), WorkflowError> {
        let contract::Signal { run, name, data } = asked;
        if let Ok(run) = run.parse() {
            return signal_run(tx, run, (name, data), self.now);
        }
        let rule = || WorkflowError::Invalid(format!("`{run}` is neither a run's id nor a workflow and a key"));
        let (workflow, key) = run.split_once('/').ok_or_else(rule)?;
        let workflow = workflow.parse().map_err(|_| rule())?;
        let (key, name, data) = (key.to_owned(), name.clone(), data.clone());
        signal(tx, &Signal { workflow, key, name, data }, self.now).map(drop)
    }

    fn not_acted(&self, number: usize, error: WorkflowError) -> MessageError {
        match error {
            WorkflowError::Store(error) => MessageError::Store(error),
            WorkflowError::Conflict => MessageError::Conflict,
            WorkflowError::Form(error) => MessageError::Refused { number, error },
            error => MessageError::BadAction { number, why: error.to_string(), execution: self.execution },
        }
    }
}

fn order(start: &contract::Start) -> Result<Order, String> {
    let workflow = start.workflow.parse().map_err(|error: signalsync_core::InvalidName| error.to_string())?;
    Ok(Order { workflow, key: start.key.clone(), input: start.input.clone(), by: None, parent: None })
}

/// What a run of a workflow wants to be done.
impl Mappings for Messages {
    fn call<'a>(
        &'a self,
        scope: &'a TenantScope,
        tx: Transaction,
        mapping: &'a DeploymentName,
        message: &'a Message,
        receipts: &'a Receipts,
    ) -> BoxFuture<'a, Result<(Transaction, Option<Json>), NotMapped>> {
        async move {
            let called = self.attempt(scope, tx, mapping, message, self.clock.now(), receipts).await;
            let (tx, delivered) =
                called.map_err(|error| NotMapped { why: error.to_string(), can_pass: can_pass(&error) })?;
            Ok((tx, delivered.reply.map(|reply| reply.get().to_owned())))
        }
        .boxed()
    }
}

/// What depends on others may work later. A mapping that is not there, or asks for what cannot be, has to be changed.
fn can_pass(error: &MessageError) -> bool {
    match error {
        MessageError::NotMapped { .. }
        | MessageError::Refused { .. }
        | MessageError::Touched(_)
        | MessageError::Conflict
        | MessageError::Store(_) => true,
        MessageError::Deployment(_) | MessageError::BadAction { .. } | MessageError::Reused(_) => false,
    }
}

impl Delivered {
    /// What is remembered does not know its version yet.
    fn committed(done: Done<Self>) -> Self {
        let mut delivered = done.value;
        delivered.changes.iter_mut().for_each(|change| change.version = Some(done.version));
        delivered
    }
}

fn upserted(upsert: &Upsert) -> Result<Change, String> {
    let collection = upsert.collection.parse().map_err(|error: signalsync_core::InvalidName| error.to_string())?;
    let id = match &upsert.id {
        Some(id) => id.parse().map_err(|error: signalsync_core::InvalidName| error.to_string())?,
        None => signalsync_records::new_record_id(),
    };
    Ok(Change { collection, id, body: upsert.body.clone(), precondition: Precondition::None })
}

fn refused(number: usize, error: RecordError) -> MessageError {
    match error {
        RecordError::Store(error) => MessageError::Store(error),
        error => MessageError::Refused { number, error },
    }
}

fn touched(error: RecordError) -> MessageError {
    match error {
        RecordError::Store(error) => MessageError::Store(error),
        error => MessageError::Touched(error),
    }
}
