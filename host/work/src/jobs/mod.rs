//! Long actions that a person starts and watches: an import, an export, setting up a tenant.
//!
//! A job is done in chunks, each a transaction that holds what the chunk did *and* the job's progress. So its counts
//! are true at any moment, and after a crash it goes on behind the last chunk that was committed. A job can be paused,
//! resumed and cancelled, and undone as a whole if its kind notes what it did.
//!
//! Whoever starts a job is who does it: each chunk acts with the rights that its starter has at that moment.

mod job;
mod rows;
mod runner;

pub use job::{Chunk, Job, JobState, NewJob, Problem};
pub use runner::{JobKind, Jobs, Starters};

use signalsync_core::{Caller, JobId, TenantScope, Timestamp, WorkId};
use signalsync_store::{CommitError, Listing, Reused, StoreError, Table, Transaction, row};

use crate::error::WorkError;
use crate::work::{self, New, PAYLOAD_BYTES_MAX};

/// Jobs of a tenant that have not ended.
pub const OPEN_MAX: usize = 20;

/// Problems of a job that are listed; of those beyond, only the number is kept.
pub const PROBLEMS_KEPT_MAX: u64 = 10_000;

/// How long a job that has ended can be looked at.
const KEPT_MS: u64 = 90 * 24 * 60 * 60 * 1_000;

/// Most entries in one part of a list.
const PAGE_MAX: usize = 100;

/// Bytes of problems in one part of their list.
const PAGE_BYTES_MAX: usize = 1 << 20;

/// The kind of work that a job is.
pub(crate) const STEP: &str = "job";

/// The kind of work that removes a job.
pub(crate) const FORGET: &str = "job-forget";

/// A job was not started or changed.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// There is no such job, or it is forgotten.
    #[error("there is no such job")]
    NotFound,
    /// The job is in a state in which this cannot be done.
    #[error("a job that is {state} cannot be {wanted}")]
    NotPossible {
        /// What it is.
        state: &'static str,
        /// What was to be done.
        wanted: &'static str,
    },
    /// As many jobs as may be at the same time have not ended.
    #[error("{limit} jobs have not ended; wait for one, or cancel one")]
    TooMany {
        /// How many.
        limit: usize,
    },
    /// What waits for its time was refused.
    #[error(transparent)]
    Work(#[from] WorkError),
}

impl From<StoreError> for JobError {
    fn from(error: StoreError) -> Self {
        Self::Work(error.into())
    }
}

impl From<Reused> for JobError {
    fn from(error: Reused) -> Self {
        Self::Work(error.into())
    }
}

impl From<CommitError> for JobError {
    fn from(error: CommitError) -> Self {
        Self::Work(error.into())
    }
}

/// Starts a job with the transaction.
///
/// # Errors
/// `TooMany`, `TooLarge`, or the store failed.
pub fn start(tx: &mut Transaction, scope: &TenantScope, new: NewJob, now: Timestamp) -> Result<JobId, JobError> {
    let open = rows::open(tx, OPEN_MAX)?;
    if open >= OPEN_MAX {
        return Err(JobError::TooMany { limit: OPEN_MAX });
    }
    let bytes = row::write(&new.input)?.len();
    if bytes > PAYLOAD_BYTES_MAX {
        return Err(WorkError::TooLarge { what: "the job's input", bytes, limit: PAYLOAD_BYTES_MAX }.into());
    }
    let id = JobId::new();
    let job = Job::new(new, scope.caller(), schedule(tx, STEP, id, now)?, now);
    rows::write(tx, id, &job)?;
    rows::set_open(tx, id, true)?;
    Ok(id)
}

/// One job.
///
/// # Errors
/// `NotFound`, or the store failed.
pub fn get(tx: &mut Transaction, id: JobId) -> Result<Job, JobError> {
    rows::read(tx, id)?.ok_or(JobError::NotFound)
}

/// Jobs, newest first.
///
/// # Errors
/// The store failed.
pub fn list(tx: &Transaction, before: Option<JobId>, limit: usize) -> Result<Listing<(JobId, Job)>, JobError> {
    let before = before.map(|id| id.to_string());
    let page = tx.newest(Table::Jobs, before.as_deref(), limit.clamp(1, PAGE_MAX), |_| true)?;
    let items = page.entries.iter().map(|(id, found)| {
        let id = id.parse().map_err(|_| StoreError::Corrupt("a job's id is damaged".to_owned()))?;
        Ok((id, row::read(&found.body)?))
    });
    Ok(Listing { items: items.collect::<Result<_, StoreError>>()?, next: page.next })
}

/// What a job found wrong, in the order in which it was found.
///
/// # Errors
/// The store failed.
pub fn problems(
    tx: &mut Transaction,
    id: JobId,
    after: Option<&str>,
    limit: usize,
) -> Result<Listing<Problem>, JobError> {
    let parents = [id.to_string()];
    let parents: Vec<_> = parents.iter().map(String::as_str).collect();
    let limit = limit.clamp(1, PAGE_MAX);
    Ok(Listing::of(tx.scan(Table::JobItems, &parents, rows::PROBLEM, after, limit, PAGE_BYTES_MAX)?)?)
}

/// Stops a job behind the chunk that is being done, until it is resumed.
///
/// # Errors
/// `NotFound`, `NotPossible`, or the store failed.
pub fn pause(tx: &mut Transaction, id: JobId) -> Result<(), JobError> {
    let job = in_state(tx, id, "paused", |job| matches!(job.state, JobState::Waiting | JobState::Running))?;
    work::cancel(tx, job.work)?;
    Ok(rows::write(tx, id, &Job { state: JobState::Paused, ..job })?)
}

/// Lets a job that was paused or has failed go on behind its last chunk.
///
/// # Errors
/// `NotFound`, `NotPossible`, `TooMany`, or the store failed.
pub fn resume(tx: &mut Transaction, id: JobId, now: Timestamp) -> Result<(), JobError> {
    let job =
        in_state(tx, id, "resumed", |job| matches!(job.state, JobState::Paused | JobState::Failed) && !job.undo_began)?;
    reopen(tx, id, Job { state: JobState::Waiting, ..job }, now)
}

/// Ends a job where it is. What its chunks did stays, unless it is undone.
///
/// # Errors
/// `NotFound`, `NotPossible`, or the store failed.
pub fn cancel(tx: &mut Transaction, id: JobId, now: Timestamp) -> Result<(), JobError> {
    let job = in_state(tx, id, "cancelled", |job| {
        matches!(job.state, JobState::Waiting | JobState::Running | JobState::Paused)
    })?;
    Ok(end(tx, id, Job { state: JobState::Cancelled, ..job }, now)?)
}

/// Takes back what a job did, in chunks, the last first. Only for kinds that note what they did.
///
/// # Errors
/// `NotFound`, `NotPossible`, `TooMany`, or the store failed.
pub fn undo(tx: &mut Transaction, by: &Caller, id: JobId, now: Timestamp) -> Result<(), JobError> {
    let job = in_state(tx, id, "undone", |job| {
        let stands = matches!(job.state, JobState::Done | JobState::Failed | JobState::Cancelled | JobState::Paused);
        stands && job.can_undo
    })?;
    let (undone_by, undone_with) = (by.principal.user.clone(), by.origin.key);
    reopen(tx, id, Job { state: JobState::Undoing, undo_began: true, undone_by, undone_with, ..job }, now)
}

fn in_state(
    tx: &mut Transaction,
    id: JobId,
    wanted: &'static str,
    holds: impl FnOnce(&Job) -> bool,
) -> Result<Job, JobError> {
    let job = get(tx, id)?;
    if holds(&job) { Ok(job) } else { Err(JobError::NotPossible { state: job.state.as_str(), wanted }) }
}

fn reopen(tx: &mut Transaction, id: JobId, job: Job, now: Timestamp) -> Result<(), JobError> {
    if !rows::is_open(tx, id)? && rows::open(tx, OPEN_MAX)? >= OPEN_MAX {
        return Err(JobError::TooMany { limit: OPEN_MAX });
    }
    work::cancel(tx, job.work)?;
    let work = schedule(tx, STEP, id, now)?;
    rows::set_open(tx, id, true)?;
    Ok(rows::write(tx, id, &Job { work, why: None, ended_at: None, ..job })?)
}

/// The job has come to an end; it is forgotten when it was kept long enough.
pub(crate) fn end(tx: &mut Transaction, id: JobId, job: Job, now: Timestamp) -> Result<(), WorkError> {
    work::cancel(tx, job.work)?;
    let work = schedule(tx, FORGET, id, Timestamp(now.0.saturating_add(KEPT_MS)))?;
    rows::set_open(tx, id, false)?;
    Ok(rows::write(tx, id, &Job { work, ended_at: Some(now), ..job })?)
}

fn schedule(tx: &mut Transaction, kind: &'static str, id: JobId, due: Timestamp) -> Result<WorkId, WorkError> {
    work::schedule(tx, New::of(kind, &id, due)?)
}
