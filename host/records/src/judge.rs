//! A write of a record: past the gate, then before the validations of its collection, all in the caller's transaction.

use std::collections::VecDeque;
use std::sync::Arc;

use signalsync_components::{OnFailure, Receipts, Validation, call, validations_of};
use signalsync_core::contract::{Severity, Subject, Violation};
use signalsync_core::grants::Acting;
use signalsync_core::{
    CollectionName, Completed, DeploymentName, Failure, Input, Invoke, Output, RecordId, TenantScope, Timestamp,
    Touched,
};
use signalsync_data::{Change, Gate, Schemas};
use signalsync_store::{Precondition, Transaction};

use crate::error::RecordError;

/// Records that components wrote by way of their storage and that one request has judged.
pub const TOUCHED_MAX: usize = 1_000;

/// How often what a validation wrote is judged by validations that write, and so on. One that writes into what it judges
/// would never come to an end.
pub const DEPTH_MAX: usize = 8;

/// Who judges: what runs components, and the definitions behind the gate.
#[derive(Clone)]
pub struct Judge {
    invoke: Arc<dyn Invoke<Transaction>>,
    schemas: Arc<Schemas>,
}

impl Judge {
    /// Of these.
    pub fn new(invoke: Arc<dyn Invoke<Transaction>>, schemas: Arc<Schemas>) -> Self {
        Self { invoke, schemas }
    }

    /// The gate for a scope's caller.
    pub fn gate(&self, scope: &TenantScope, now: Timestamp) -> Gate {
        Gate::of(&self.schemas, scope, now)
    }

    /// For the writes of one operation. Receipts of all calls are added to `receipts`, whatever happens: the caller keeps
    /// them, with the commit or without.
    pub fn on<'a>(&'a self, scope: &'a TenantScope, now: Timestamp, receipts: &'a Receipts) -> Judging<'a> {
        Judging { invoke: &*self.invoke, gate: self.gate(scope, now), scope, now, receipts }
    }

    /// What runs components.
    pub fn invoke(&self) -> &dyn Invoke<Transaction> {
        &*self.invoke
    }
}

/// The writes of one operation.
///
/// When a method fails, the transaction is gone, and with it everything that was staged in it.
pub struct Judging<'a> {
    invoke: &'a dyn Invoke<Transaction>,
    gate: Gate,
    scope: &'a TenantScope,
    now: Timestamp,
    receipts: &'a Receipts,
}

/// A write that is in the transaction and may be committed.
#[derive(Debug)]
pub struct Staged {
    /// Whether there was no record before.
    pub created: bool,
    /// What the validations say, all of it warnings.
    pub warnings: Vec<Violation>,
}

/// A record that a component wrote, and which component.
struct Suspect {
    /// 1 for what was written by the component that the request has called.
    depth: usize,
    by: DeploymentName,
    touched: Touched,
}

impl Judging<'_> {
    /// Creates or replaces a record.
    ///
    /// # Errors
    /// Why the write may not happen.
    pub async fn put(&self, mut tx: Transaction, change: &Change) -> Result<(Transaction, Staged), RecordError> {
        let staged = self.gate.put(&mut tx, change)?;
        self.judged(tx, (&change.collection, &change.id), staged).await
    }

    /// Creates a record under a fresh id.
    ///
    /// # Errors
    /// Why the write may not happen.
    pub async fn add(&self, mut tx: Transaction, change: &Change) -> Result<(Transaction, Staged), RecordError> {
        let staged = self.gate.add(&mut tx, change)?;
        self.judged(tx, (&change.collection, &change.id), staged).await
    }

    /// Changes parts of a record (RFC 7396).
    ///
    /// # Errors
    /// Why the write may not happen.
    pub async fn patch(&self, mut tx: Transaction, change: &Change) -> Result<(Transaction, Staged), RecordError> {
        let staged = self.gate.patch(&mut tx, change)?;
        self.judged(tx, (&change.collection, &change.id), staged).await
    }

    /// What a document would be as a record of a collection, judged as one, with the host's rights and without becoming
    /// one: for forms whose data go elsewhere.
    ///
    /// # Errors
    /// Why the document is not acceptable.
    pub async fn try_form(
        &self,
        mut tx: Transaction,
        collection: &CollectionName,
        body: &str,
    ) -> Result<(Transaction, String), RecordError> {
        let (before, first) = (tx.savepoint(), self.receipts.count());
        let (id, body) = (crate::record::new_record_id(), body.to_owned());
        let change = Change { collection: collection.clone(), id, body, precondition: Precondition::None };
        let staged = self.gate.acting(Acting::Deployment).put(&mut tx, &change)?;
        let subject = subject((collection, &change.id), staged.before, staged.after);
        let (mut tx, violations, _) = self.hear(tx, collection, &subject, 1).await?;
        if is_refused(&violations) {
            return Err(RecordError::NotValid { violations, executions: self.receipts.ids_behind(first) });
        }
        tx.rollback(before);
        Ok((tx, subject.after))
    }

    /// Brings a deleted record back.
    ///
    /// # Errors
    /// Why it may not come back.
    pub async fn restore(
        &self,
        mut tx: Transaction,
        (collection, id): (&CollectionName, &RecordId),
    ) -> Result<(Transaction, Staged), RecordError> {
        let staged = self.gate.restore(&mut tx, collection, id)?;
        self.judged(tx, (collection, id), staged).await
    }

    /// The record is in the transaction while it is judged, so that a validation that looks at the collection sees it.
    async fn judged(
        &self,
        tx: Transaction,
        (collection, id): (&CollectionName, &RecordId),
        staged: signalsync_data::Staged,
    ) -> Result<(Transaction, Staged), RecordError> {
        let (created, first) = (staged.before.is_none(), self.receipts.count());
        let subject = subject((collection, id), staged.before, staged.after);
        let (mut tx, violations, suspects) = self.hear(tx, collection, &subject, 1).await?;
        let is_refused = is_refused(&violations);
        let violations = self.gate.shown(&mut tx, (collection, id), violations)?;
        if is_refused {
            return Err(RecordError::NotValid { violations, executions: self.receipts.ids_behind(first) });
        }
        let tx = self.examine(tx, suspects).await?;
        Ok((tx, Staged { created, warnings: violations }))
    }

    /// Judges what a component wrote by way of its storage.
    ///
    /// # Errors
    /// Why the transaction must not be committed.
    pub async fn touched(
        &self,
        tx: Transaction,
        by: &DeploymentName,
        touched: Vec<Touched>,
    ) -> Result<Transaction, RecordError> {
        self.examine(tx, touched.into_iter().map(|touched| Suspect { depth: 1, by: by.clone(), touched }).collect())
            .await
    }

    /// Judges records until none is left: a validation may have written others.
    async fn examine(&self, mut tx: Transaction, suspects: Vec<Suspect>) -> Result<Transaction, RecordError> {
        let (mut waiting, mut judged) = (VecDeque::from(suspects), 0);
        while let Some(Suspect { depth, by, touched: Touched { collection, id, before } }) = waiting.pop_front() {
            judged += 1;
            if judged > TOUCHED_MAX {
                return Err(RecordError::TooManyTouched { limit: TOUCHED_MAX });
            }
            if depth > DEPTH_MAX {
                return Err(RecordError::EndlessJudgement { by, limit: DEPTH_MAX });
            }
            // A component may have deleted it again.
            let Some(after) = self.gate.text(&mut tx, &collection, &id)? else { continue };
            let (first, subject) = (self.receipts.count(), subject((&collection, &id), before, after));
            let (back, violations, suspects) = self.hear(tx, &collection, &subject, depth + 1).await?;
            tx = back;
            if is_refused(&violations) {
                let place = Some((collection, id)).filter(|place| self.gate.get(&mut tx, &place.0, &place.1).is_ok());
                let violations = match &place {
                    Some((collection, id)) => self.gate.shown(&mut tx, (collection, id), violations)?,
                    None => Vec::new(),
                };
                let executions = self.receipts.ids_behind(first);
                return Err(RecordError::TouchedNotValid { by, place, violations, executions });
            }
            waiting.extend(suspects);
        }
        Ok(tx)
    }

    /// What all validations of a collection say about one record, and what they wrote themselves.
    async fn hear(
        &self,
        mut tx: Transaction,
        collection: &CollectionName,
        subject: &Subject,
        depth: usize,
    ) -> Result<(Transaction, Vec<Violation>, Vec<Suspect>), RecordError> {
        let (mut violations, mut suspects) = (Vec::new(), Vec::new());
        for validation in &validations_of(&mut tx, collection)? {
            let (back, found, touched) = self.ask(tx, validation, subject).await?;
            tx = back;
            violations.extend(found);
            let by = &validation.deployed.deployment;
            suspects.extend(touched.into_iter().map(|touched| Suspect { depth, by: by.clone(), touched }));
        }
        Ok((tx, violations, suspects))
    }

    async fn ask(
        &self,
        tx: Transaction,
        validation: &Validation,
        subject: &Subject,
    ) -> Result<(Transaction, Vec<Violation>, Vec<Touched>), RecordError> {
        let call = call(&validation.deployed, Input::Validate(subject.clone()), self.now);
        let Completed { tx, answer, execution, touched } = self.invoke.invoke(self.scope, call, tx).await;
        let id = execution.id;
        self.receipts.add(execution);
        let deployment = || validation.deployed.deployment.clone();
        let not_judged = |failure| RecordError::NotJudged { deployment: deployment(), failure, execution: id };
        let Some(tx) = tx else { return Err(not_judged(Failure::HostFault)) };
        match answer {
            Ok(Output::Violations(violations)) => Ok((tx, violations, touched)),
            Ok(_) => Err(not_judged(Failure::HostFault)),
            // A call that was never started says nothing about the component: only a failure of its own may be passed
            // over.
            Err(failure @ (Failure::Denied { .. } | Failure::HostFault)) => Err(not_judged(failure)),
            Err(failure) => match validation.on_failure {
                OnFailure::Closed => Err(not_judged(failure)),
                OnFailure::Open => Ok((tx, Vec::new(), touched)),
            },
        }
    }
}

fn is_refused(violations: &[Violation]) -> bool {
    violations.iter().any(|violation| violation.severity == Severity::Error)
}

fn subject((collection, id): (&CollectionName, &RecordId), before: Option<String>, after: String) -> Subject {
    Subject { collection: collection.to_string(), id: id.to_string(), before, after }
}
