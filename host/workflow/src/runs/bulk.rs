//! The same done with many runs: looked at first, then as a job.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use signalsync_core::{Clock, JobId, Permission, RunId, TenantScope};
use signalsync_store::{Listing, RequestKey, Transaction};
use signalsync_work::jobs::{Chunk, Job, JobError, JobKind, Jobs, NewJob, Problem, start};
use signalsync_work::{Policy, Setback};

use super::{Act, Filter, Runs, act, list};
use crate::error::WorkflowError;

/// The kind of job that does it.
pub const BULK: &str = "workflow-bulk";

/// Runs of one chunk.
const CHUNK: usize = 50;

/// Runs that a preview counts; of those beyond, it only says that there are more.
const PREVIEWED_MAX: usize = 1_000;

/// Runs that a preview names.
const NAMED_MAX: usize = 20;

/// What is to be done with which runs.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "BulkOrder")]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Bulk {
    /// For each of them.
    pub act: Act,
    /// Runs that fit when their turn comes.
    #[serde(default)]
    pub filter: Filter,
}

/// Which runs a bulk would act on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "BulkPreview")]
#[serde(rename_all = "kebab-case")]
pub struct Preview {
    /// How many fit and are in a state for it.
    pub runs: usize,
    /// Whether there are more than were counted.
    pub more: bool,
    /// The newest of them.
    pub first: Vec<RunId>,
}

impl Runs {
    /// Which runs a bulk would act on; nothing is done.
    ///
    /// # Errors
    /// `Invalid`, or the store failed.
    pub async fn preview(&self, scope: &TenantScope, bulk: &Bulk) -> Result<Preview, WorkflowError> {
        let mut tx = self.begin(scope).await?;
        let (mut preview, mut before) = (Preview { runs: 0, more: false, first: Vec::new() }, None);
        loop {
            let Listing { items, next } = list::find(&mut tx, scope, &bulk.filter, before.as_deref(), CHUNK)?;
            for run in items.iter().filter(|run| bulk.act.fits(run.state)) {
                preview.runs += 1;
                if preview.first.len() < NAMED_MAX {
                    preview.first.push(run.id);
                }
            }
            before = next;
            preview.more = before.is_some();
            if before.is_none() || preview.runs >= PREVIEWED_MAX {
                return Ok(preview);
            }
        }
    }

    /// Begins to act on all runs that fit, as a job of the caller.
    ///
    /// # Errors
    /// `Invalid`, `TooMany`, `Reused`, `Conflict`, or the store failed.
    pub async fn bulk(
        &self,
        scope: &TenantScope,
        bulk: &Bulk,
        request: Option<&RequestKey>,
    ) -> Result<JobId, WorkflowError> {
        let now = self.clock.now();
        let input = json!(bulk);
        let begin = |tx: &mut Transaction| {
            list::find(tx, scope, &bulk.filter, None, 1)?;
            let new = NewJob { kind: BULK, input: input.clone(), can_undo: false, all_or_nothing: false };
            start(tx, scope, new, now).map_err(refused)
        };
        Ok(self.stores.tenant(scope).await?.once(request, now, begin).await?.value)
    }
}

fn refused(error: JobError) -> WorkflowError {
    match error {
        JobError::TooMany { limit } => WorkflowError::TooMany { what: "jobs that have not ended", limit },
        JobError::Work(error) => error.into(),
        other @ (JobError::NotFound | JobError::NotPossible { .. }) => WorkflowError::Invalid(other.to_string()),
    }
}

/// Does it, some runs at a time.
pub struct BulkJob {
    clock: Arc<dyn Clock>,
}

impl BulkJob {
    /// Adds it to the jobs of a process.
    pub fn register(clock: &Arc<dyn Clock>, jobs: Jobs) -> Jobs {
        jobs.with(BULK, Self { clock: Arc::clone(clock) })
    }

    fn chunk(&self, scope: &TenantScope, job: &Job, tx: &mut Transaction) -> Result<Chunk, Setback> {
        if !scope.caller().rights.allows(Permission::WorkflowsManage) {
            let why = "whoever started it may not manage workflows any more".to_owned();
            return Ok(Chunk { refused: Some(why), ..Chunk::default() });
        }
        let bulk: Bulk = serde_json::from_value(job.input.clone()).map_err(Setback::never)?;
        let before = job.cursor.as_str();
        let Listing { items, next } = list::find(tx, scope, &bulk.filter, before, CHUNK).map_err(Setback::again)?;
        let mut chunk = Chunk::default();
        for run in items.into_iter().filter(|run| bulk.act.fits(run.state)) {
            match act::apply(tx, scope.caller(), run.id, &bulk.act, self.clock.now()) {
                Ok(()) => chunk.done += 1,
                Err(WorkflowError::Store(error)) => return Err(error.into()),
                Err(error) => {
                    chunk.failed += 1;
                    chunk.problems.push(Problem { row: None, column: None, reason: format!("{}: {error}", run.id) });
                }
            }
        }
        match next {
            Some(next) => chunk.cursor = json!(next),
            None => chunk.end = Some(json!({"done": job.done + chunk.done, "failed": job.failed + chunk.failed})),
        }
        Ok(chunk)
    }
}

impl JobKind for BulkJob {
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
        async move {
            let chunk = self.chunk(scope, job, &mut tx)?;
            Ok((tx, chunk))
        }
        .boxed()
    }
}
