//! Effects: mappings that a run wants called. Each is a piece of work of its own: the mapping's writes, the end of the
//! work and the event that tells the run commit together. What a mapping does outside happens at least once, under the
//! same key.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use signalsync_components::{Executions, Receipts};
use signalsync_core::contract::workflow::{EffectDone, EffectFailed, Event, RunMapping};
use signalsync_core::contract::{Header, Json, Message};
use signalsync_core::{Clock, DeploymentName, RunId, TenantScope, Timestamp, WorkId};
use signalsync_store::{StoreError, Stores, Transaction};
use signalsync_work::{Claimed, Handlers, Outcome, Policy, Setback, Within, cancel};

use crate::apply::later;
use crate::error::work;
use crate::inbox::{self, Waiting};
use crate::machine::{Cause, Run};
use crate::rows::{self, EFFECT, read, write};

pub(crate) const KIND: &str = "workflow-effect";

/// Attempts of one effect: about an hour in all.
const POLICY: Policy =
    Policy { lease_ms: 60_000, attempts_max: 8, pause_first_ms: 5_000, pause_max_ms: 30 * 60 * 1_000, by_itself: true };

/// Bytes of a reason that a run is told.
const REASON_BYTES_MAX: usize = 500;

/// Carries out mappings in a transaction. The crate that knows messages does.
pub trait Mappings: Send + Sync + 'static {
    /// Hands a message to the active version of a mapping and does what it asks for, within the transaction; its reply.
    fn call<'a>(
        &'a self,
        scope: &'a TenantScope,
        tx: Transaction,
        mapping: &'a DeploymentName,
        message: &'a Message,
        receipts: &'a Receipts,
    ) -> BoxFuture<'a, Result<(Transaction, Option<Json>), NotMapped>>;
}

/// A mapping was not carried out; nothing of it is left.
#[derive(Debug)]
pub struct NotMapped {
    /// For the run.
    pub why: String,
    /// Whether it may work later.
    pub can_pass: bool,
}

/// An effect, as its row.
#[derive(Serialize, Deserialize)]
pub(crate) struct Effect {
    mapping: String,
    input: Json,
}

/// Which effect a piece of work is.
#[derive(Serialize, Deserialize)]
pub(crate) struct Which {
    pub(crate) run: RunId,
    id: String,
}

/// Has a mapping called.
pub(crate) fn schedule(
    tx: &mut Transaction,
    run: &Run,
    effect: &RunMapping,
    now: Timestamp,
) -> Result<WorkId, StoreError> {
    let row = Effect { mapping: effect.mapping.clone(), input: effect.input.clone() };
    let id = later(tx, KIND, &Which { run: run.id, id: effect.id.clone() }, now)?;
    write(tx, rows::item_key(run.id, EFFECT, &id.to_string()), &row)?;
    Ok(id)
}

/// Carries effects out.
pub struct Effects {
    mappings: Arc<dyn Mappings>,
    executions: Executions,
    clock: Arc<dyn Clock>,
}

impl Effects {
    /// Through these mappings.
    pub fn new(stores: Arc<Stores>, mappings: Arc<dyn Mappings>, clock: Arc<dyn Clock>) -> Self {
        Self { mappings, executions: Executions::new(stores), clock }
    }

    /// Makes a driver do it.
    #[must_use]
    pub fn register(self, handlers: Handlers) -> Handlers {
        handlers.within(KIND, self)
    }

    async fn carry_out(
        &self,
        scope: &TenantScope,
        claimed: &Claimed,
        mut tx: Transaction,
    ) -> Result<(Transaction, Outcome), Setback> {
        let Which { run, id } = claimed.payload()?;
        let key = rows::item_key(run, EFFECT, &claimed.id.to_string());
        let Some(Effect { mapping, input }) = read(&mut tx, &key)? else { return Ok((tx, Outcome::Done)) };
        let mapping: DeploymentName = mapping.parse().map_err(Setback::never)?;
        let (receipts, message) = (Receipts::default(), message(run, claimed, input));
        match self.mappings.call(scope, tx, &mapping, &message, &receipts).await {
            Ok((mut tx, reply)) => {
                tx.delete(&key)?;
                let data = reply.unwrap_or_else(|| "null".to_owned());
                let done = Waiting::new(Event::EffectDone(EffectDone { id, data }), self.clock.now());
                inbox::post(&mut tx, run, &done.because_of(Cause::Work(claimed.id)))?;
                receipts.append(scope, &mut tx)?;
                Ok((tx, Outcome::Done))
            }
            Err(NotMapped { why, can_pass }) => {
                self.executions.keep(scope, &receipts).await?;
                Err(if can_pass { Setback::again(why) } else { Setback::never(why) })
            }
        }
    }
}

/// The run's input, with what tells one effect from another at every attempt.
fn message(run: RunId, claimed: &Claimed, input: Json) -> Message {
    let header = |name: &str, value: String| Header { name: name.to_owned(), value };
    let headers = vec![header("idempotency-key", claimed.key()), header("run", run.to_string())];
    let (source, media_type) = ("workflow".to_owned(), "application/json".to_owned());
    Message { source, media_type, headers, body: input.into_bytes() }
}

impl Within for Effects {
    fn policy(&self) -> Policy {
        POLICY
    }

    fn run<'a>(
        &'a self,
        scope: &'a TenantScope,
        claimed: &'a Claimed,
        tx: Transaction,
    ) -> BoxFuture<'a, Result<(Transaction, Outcome), Setback>> {
        self.carry_out(scope, claimed, tx).boxed()
    }

    /// The run is told, and decides; so there is nothing left that somebody could try again.
    fn given_up(&self, claimed: &Claimed, why: &str, tx: &mut Transaction) -> Result<(), StoreError> {
        let Ok(Which { run, id }) = claimed.payload() else { return Ok(()) };
        tx.delete(&rows::item_key(run, EFFECT, &claimed.id.to_string()))?;
        let reason = why.chars().take(REASON_BYTES_MAX).collect();
        let failed = Waiting::new(Event::EffectFailed(EffectFailed { id, reason }), self.clock.now());
        inbox::post(tx, run, &failed.because_of(Cause::Work(claimed.id)))?;
        cancel(tx, claimed.id).map(drop).map_err(work)
    }
}
