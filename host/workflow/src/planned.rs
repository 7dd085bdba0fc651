//! Runs that start by the clock.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use signalsync_calendar::starts::{Occurrence, Starts};
use signalsync_components::Receipts;
use signalsync_core::{Clock, DeploymentName, TenantScope};
use signalsync_records::Judge;
use signalsync_store::Transaction;
use signalsync_work::Setback;

use crate::error::WorkflowError;
use crate::start::{Order, begin};
use crate::types;

/// A run that a schedule starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Planned {
    pub workflow: DeploymentName,
    #[serde(default)]
    pub input: Value,
}

/// Starts runs when it is time. The occurrence is the run's business key, so that it starts once.
pub struct Starter {
    judge: Judge,
    clock: Arc<dyn Clock>,
}

impl Starter {
    /// The judge looks at what runs are started with.
    pub fn new(judge: Judge, clock: Arc<dyn Clock>) -> Self {
        Self { judge, clock }
    }
}

impl Starts for Starter {
    type What = Planned;

    fn check(&self, _: &TenantScope, what: &Planned, tx: &mut Transaction) -> Result<(), String> {
        check(tx, what)
    }

    fn start<'a>(
        &'a self,
        scope: &'a TenantScope,
        occurrence: Occurrence<'a, Planned>,
        tx: Transaction,
    ) -> BoxFuture<'a, Result<Transaction, Setback>> {
        async move {
            let (now, receipts) = (self.clock.now(), Receipts::default());
            let Planned { workflow, input } = occurrence.what.clone();
            let (key, input) = (Some(occurrence.key()), input.to_string());
            let order = Order { workflow, key, input, by: None, parent: None };
            let judging = self.judge.on(scope, now, &receipts);
            let (mut tx, _) = begin(&judging, tx, order, now).await.map_err(Setback::again)?;
            receipts.append(scope, &mut tx)?;
            Ok(tx)
        }
        .boxed()
    }
}

pub(crate) fn check(tx: &mut Transaction, what: &Planned) -> Result<(), String> {
    match types::require(tx, &what.workflow) {
        Ok(_) => Ok(()),
        Err(WorkflowError::NotFound) => Err(format!("there is no workflow `{}`", what.workflow)),
        Err(error) => Err(error.to_string()),
    }
}
