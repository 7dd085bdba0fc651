//! What somebody had goes over to somebody else, as a job: all that a person leaves behind who does not come in any more.
//!
//! What can be left behind is a list of [`Estate`]s, one for each kind of thing, that the composition makes. They go over one
//! after the other, in chunks. Whoever starts the job had to have all rights of both people, so each thing goes over
//! whether its starter sees it or not; the audit names the starter.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use signalsync_core::grants::Acting;
use signalsync_core::{Clock, CollectionName, JobId, RecordId, TenantScope, Timestamp, UserId};
use signalsync_data::{self as data, COLLECTIONS_MAX, DataError, Gate};
use signalsync_store::{Precondition, StoreError, Transaction};
use signalsync_work::jobs::{self, Chunk, Job, JobKind, Jobs, NewJob, Problem};
use signalsync_work::{Policy, Setback};

use crate::error::RecordError;
use crate::judge::Judge;

/// The kind of job that it is.
const KIND: &str = "hand-over";

/// Things of one chunk: each is a change with its history and audit.
const HANDED_PER_CHUNK: usize = 200;

/// From whom to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Succession {
    pub from: UserId,
    pub to: UserId,
}

/// What one chunk handed over.
#[derive(Debug, Default)]
pub struct Handed {
    /// Things that have gone over.
    pub done: u64,
    /// Things that stay, and why.
    pub problems: Vec<Problem>,
    /// Where to go on; none at the end.
    pub next: Option<Value>,
}

/// A kind of thing that somebody can leave behind.
pub trait Estate: Send + Sync + 'static {
    /// What they are called where they are counted, e.g. `records`.
    fn name(&self) -> &'static str;

    /// Hands over as much as fits well into one transaction, from where the last chunk ended. The scope's caller is whoever
    /// started it.
    ///
    /// # Errors
    /// It may work another time; nothing is committed.
    fn hand_over(
        &self,
        scope: &TenantScope,
        tx: &mut Transaction,
        who: Succession,
        from: Option<&Value>,
    ) -> Result<Handed, Setback>;
}

/// Where the job stands.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Cursor {
    /// Which of the estates.
    estate: usize,
    /// Where in it.
    from: Option<Value>,
    /// What has gone over, by the names of the estates.
    handed: BTreeMap<String, u64>,
}

/// Hands over what people leave behind.
pub struct HandOvers(Vec<Box<dyn Estate>>);

impl HandOvers {
    /// Of these kinds.
    pub fn of(estates: Vec<Box<dyn Estate>>) -> Self {
        Self(estates)
    }

    /// Makes a driver do it.
    #[must_use]
    pub fn register(self, jobs: Jobs) -> Jobs {
        jobs.with(KIND, self)
    }

    /// Starts it with the transaction.
    ///
    /// # Errors
    /// `TooManyJobs`, or the store failed.
    pub fn start(
        tx: &mut Transaction,
        scope: &TenantScope,
        who: Succession,
        now: Timestamp,
    ) -> Result<JobId, RecordError> {
        let input = serde_json::to_value(who).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        Ok(jobs::start(tx, scope, NewJob { kind: KIND, input, can_undo: false, all_or_nothing: false }, now)?)
    }

    fn chunk(&self, scope: &TenantScope, job: &Job, tx: &mut Transaction) -> Result<Chunk, Setback> {
        let who: Succession = serde_json::from_value(job.input.clone()).map_err(Setback::never)?;
        let cursor: Option<Cursor> = serde_json::from_value(job.cursor.clone()).map_err(Setback::never)?;
        let mut cursor = cursor.unwrap_or_default();
        let Some(estate) = self.0.get(cursor.estate) else {
            let end = serde_json::to_value(&cursor.handed).map_err(Setback::never)?;
            return Ok(Chunk { end: Some(end), total: Some(job.done + job.failed), ..Chunk::default() });
        };
        let Handed { done, problems, next } = estate.hand_over(scope, tx, who, cursor.from.as_ref())?;
        *cursor.handed.entry(estate.name().to_owned()).or_default() += done;
        if next.is_none() {
            cursor.estate += 1;
        }
        cursor.from = next;
        let failed = problems.len() as u64;
        let cursor = serde_json::to_value(&cursor).map_err(Setback::never)?;
        Ok(Chunk { done, failed, problems, cursor, ..Chunk::default() })
    }
}

impl JobKind for HandOvers {
    fn policy(&self) -> Policy {
        Policy { attempts_max: 5, ..Policy::default() }
    }

    fn step<'a>(
        &'a self,
        scope: &'a TenantScope,
        _: JobId,
        job: &'a Job,
        mut tx: Transaction,
    ) -> BoxFuture<'a, Result<(Transaction, Chunk), Setback>> {
        async move { self.chunk(scope, job, &mut tx).map(|chunk| (tx, chunk)) }.boxed()
    }
}

/// Records, by their owner.
pub struct OwnedRecords {
    judge: Judge,
    clock: Arc<dyn Clock>,
}

/// Behind which record of which collection.
#[derive(Debug, Serialize, Deserialize)]
struct At {
    collection: CollectionName,
    /// The last one that stays as it is; those that went over are not found again.
    behind: Option<RecordId>,
}

impl OwnedRecords {
    /// Behind this judge's gate.
    pub fn new(judge: Judge, clock: Arc<dyn Clock>) -> Self {
        Self { judge, clock }
    }

    /// The next collection behind `after`, in the order of their names.
    fn next(gate: &Gate, tx: &mut Transaction, after: Option<&CollectionName>) -> Result<Option<Value>, Setback> {
        let page = data::list(gate, tx, None, COLLECTIONS_MAX).map_err(Setback::again)?;
        let next = page.items.into_iter().map(|found| found.name).find(|name| after.is_none_or(|after| name > after));
        let at = next.map(|collection| At { collection, behind: None });
        at.map(serde_json::to_value).transpose().map_err(Setback::never)
    }
}

impl Estate for OwnedRecords {
    fn name(&self) -> &'static str {
        "records"
    }

    fn hand_over(
        &self,
        scope: &TenantScope,
        tx: &mut Transaction,
        who: Succession,
        from: Option<&Value>,
    ) -> Result<Handed, Setback> {
        let gate = self.judge.gate(scope, self.clock.now()).acting(Acting::Deployment);
        let Some(from) = from else { return Ok(Handed { next: Self::next(&gate, tx, None)?, ..Handed::default() }) };
        let At { collection, mut behind } = serde_json::from_value(from.clone()).map_err(Setback::never)?;
        let page = Gate::owned(tx, &collection, who.from, behind.as_ref(), HANDED_PER_CHUNK)?;
        let mut handed = Handed::default();
        for id in page.items {
            match pass(&gate, tx, (&collection, &id), who.to) {
                Ok(()) => handed.done += 1,
                Err(DataError::Store(error)) => return Err(error.into()),
                Err(error) => {
                    let reason = format!("the record `{id}` in `{collection}` stays: {error}");
                    handed.problems.push(Problem { row: None, column: None, reason });
                    behind = Some(id);
                }
            }
        }
        handed.next = match page.next {
            Some(_) => Some(serde_json::to_value(At { collection, behind }).map_err(Setback::never)?),
            None => Self::next(&gate, tx, Some(&collection))?,
        };
        Ok(handed)
    }
}

/// The department of a record stays: it is the work's place, not the person's.
fn pass(
    gate: &Gate,
    tx: &mut Transaction,
    (collection, id): (&CollectionName, &RecordId),
    to: UserId,
) -> Result<(), DataError> {
    let department = gate.get(tx, collection, id)?.about.department;
    gate.hand_over(tx, collection, id, (Some(to), department), Precondition::None).map(drop)
}
