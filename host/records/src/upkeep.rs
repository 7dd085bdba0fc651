//! Indexes of a new definition are built behind the answer that published it, as work that is done step by step.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use signalsync_core::{Clock, CollectionName, TenantScope, Timestamp};
use signalsync_data::{DataError, step};
use signalsync_store::Transaction;
use signalsync_work::{Claimed, Handlers, New, Outcome, Setback, Within};

use crate::error::RecordError;
use crate::judge::Judge;

const KIND: &str = "indexes";

/// Builds indexes.
pub struct Upkeep {
    judge: Judge,
    clock: Arc<dyn Clock>,
}

impl Upkeep {
    /// Behind this judge's gate.
    pub fn new(judge: Judge, clock: Arc<dyn Clock>) -> Self {
        Self { judge, clock }
    }

    /// Makes a driver do it.
    #[must_use]
    pub fn register(self, handlers: Handlers) -> Handlers {
        handlers.within(KIND, self)
    }
}

impl Within for Upkeep {
    fn run<'a>(
        &'a self,
        scope: &'a TenantScope,
        claimed: &'a Claimed,
        mut tx: Transaction,
    ) -> BoxFuture<'a, Result<(Transaction, Outcome), Setback>> {
        Box::pin(async move {
            let name: CollectionName = claimed.payload()?;
            let now = self.clock.now();
            let outcome = match step(&self.judge.gate(scope, now), &mut tx, &name) {
                Ok(progress) if !progress.done => Outcome::GoesOn { at: now },
                // It was deleted meanwhile.
                Ok(_) | Err(DataError::NoCollection) => Outcome::Done,
                Err(error) => return Err(Setback::again(error)),
            };
            Ok((tx, outcome))
        })
    }
}

/// Has the indexes of a collection built. While that is waiting to be done, asking again changes nothing.
pub(crate) fn schedule(tx: &mut Transaction, name: &CollectionName, now: Timestamp) -> Result<(), RecordError> {
    let work = New::of(KIND, name, now).and_then(|new| new.named(name.to_string()));
    Ok(work.and_then(|new| signalsync_work::schedule(tx, new).map(drop))?)
}
