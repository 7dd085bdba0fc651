//! Delivering a message to a mapping.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use signalsync_components::{Executions, Receipts, active, call};
use signalsync_core::contract::{Change as Upsert, MappingAction, Message, Outcome, Violation};
use signalsync_core::{
    Clock, CollectionName, Completed, DeploymentName, ExecutionId, Failure, Input, Output, RecordId, TenantScope,
    Timestamp, Touched,
};
use signalsync_data::Change;
use signalsync_records::{Judge, Judging, RecordError};
use signalsync_store::{Done, Precondition, RequestKey, StoreError, Stores, Transaction};

use crate::error::MessageError;

/// A message that was taken.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Delivered {
    /// The mapping's own answer to the sender.
    pub reply: Option<Box<RawValue>>,
    pub changes: Vec<ChangeMade>,
    /// Receipts: the mapping's first, then those of the validations.
    pub executions: Vec<ExecutionId>,
    /// False for a dry delivery.
    pub committed: bool,
}

/// A record that the message wrote.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
        let (tx, changes) = carry_out(&judging, tx, mapped.execution, &mapped.outcome).await?;
        let executions = receipts.ids_behind(first);
        let reply = mapped.outcome.reply.map(RawValue::from_string).transpose();
        let reply = reply.map_err(|error| StoreError::Corrupt(error.to_string()))?;
        Ok((tx, Delivered { reply, changes, executions, committed: false }))
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

async fn carry_out(
    judging: &Judging<'_>,
    mut tx: Transaction,
    execution: ExecutionId,
    outcome: &Outcome,
) -> Result<(Transaction, Vec<ChangeMade>), MessageError> {
    let mut changes = Vec::with_capacity(outcome.actions.len());
    for (index, action) in outcome.actions.iter().enumerate() {
        let number = index + 1;
        let change = change(action).map_err(|why| MessageError::BadAction { number, why, execution })?;
        let (back, staged) = judging.put(tx, &change).await.map_err(|error| refused(number, error))?;
        tx = back;
        let Change { collection, id, .. } = change;
        let (created, warnings) = (staged.created, staged.warnings);
        changes.push(ChangeMade { collection, id, version: None, created, warnings });
    }
    Ok((tx, changes))
}

impl Delivered {
    /// What is remembered does not know its version yet.
    fn committed(done: Done<Self>) -> Self {
        let mut delivered = done.value;
        delivered.changes.iter_mut().for_each(|change| change.version = Some(done.version));
        delivered
    }
}

/// The change that an action asks for.
fn change(action: &MappingAction) -> Result<Change, String> {
    match action {
        MappingAction::Upsert(upsert) => upserted(upsert),
        MappingAction::Start(start) => Err(format!("no workflow `{}` is deployed", start.workflow)),
        MappingAction::Signal(signal) => Err(format!("there is no run `{}`", signal.run)),
        MappingAction::Send(_) => {
            Err("requests as actions are not carried out by this version of the host; send with `http.send` instead"
                .to_owned())
        }
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
