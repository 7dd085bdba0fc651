//! Doing jobs: each chunk is a piece of work.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::Value;
use signalsync_core::{Clock, JobId, KeyId, TenantScope, Timestamp};
use signalsync_store::{StoreError, Transaction, row};

use super::job::{Chunk, Job, JobState, Problem};
use super::{FORGET, PROBLEMS_KEPT_MAX, STEP, end, rows};
use crate::error::WorkError;
use crate::handler::{Claimed, Handlers, Outcome, Policy, Setback, Within};
use crate::work::PAYLOAD_BYTES_MAX;

/// Entries of what was done that one transaction takes back.
const UNDONE_PER_CHUNK: usize = 200;

/// Rows that one transaction removes of a job that is forgotten.
const REMOVED_PER_CHUNK: usize = 500;

/// Problems that one chunk may report.
const PROBLEMS_PER_CHUNK_MAX: usize = 1_000;

/// Bytes of what one chunk may note for undoing.
const DID_BYTES_MAX: usize = 4 << 20;

/// Does jobs of one kind.
pub trait JobKind: Send + Sync + 'static {
    /// How a chunk is tried.
    fn policy(&self) -> Policy {
        Policy { attempts_max: 5, ..Policy::default() }
    }

    /// Does the next chunk: so much as fits well into one transaction, and at most some seconds long.
    fn step<'a>(
        &'a self,
        scope: &'a TenantScope,
        id: JobId,
        job: &'a Job,
        tx: Transaction,
    ) -> BoxFuture<'a, Result<(Transaction, Chunk), Setback>>;

    /// Takes back what was done, the last first; answers what could not be taken back. The scope's caller is whoever asked
    /// for it; what is done is not limited to their rights.
    fn undo<'a>(
        &'a self,
        scope: &'a TenantScope,
        job: &'a Job,
        did: Vec<Value>,
        tx: Transaction,
    ) -> BoxFuture<'a, Result<(Transaction, Vec<Problem>), Setback>> {
        let _ = (scope, job, did, tx);
        async { Err(Setback::never("jobs of this kind cannot be undone")) }.boxed()
    }
}

/// Who started a job, as they are now. The crate that knows people says so.
pub trait Starters: Send + Sync + 'static {
    /// Access for somebody of the scope's tenant, with the rights that they have now: a person, or what came with a key.
    /// None when they may not come in any more. An error is a text for the operator.
    fn scope<'a>(
        &'a self,
        tenant: &'a TenantScope,
        by: &'a str,
        key: Option<KeyId>,
    ) -> BoxFuture<'a, Result<Option<TenantScope>, String>>;
}

/// All kinds of jobs of a process.
#[derive(Clone)]
pub struct Jobs {
    kinds: BTreeMap<&'static str, Arc<dyn JobKind>>,
    starters: Arc<dyn Starters>,
    clock: Arc<dyn Clock>,
}

impl Jobs {
    /// None yet.
    pub fn new(starters: Arc<dyn Starters>, clock: Arc<dyn Clock>) -> Self {
        Self { kinds: BTreeMap::new(), starters, clock }
    }

    /// Jobs of this kind are done by this one.
    #[must_use]
    pub fn with(mut self, kind: &'static str, does: impl JobKind) -> Self {
        self.kinds.insert(kind, Arc::new(does));
        self
    }

    /// Makes a driver do them.
    #[must_use]
    pub fn register(self, handlers: Handlers) -> Handlers {
        handlers.within(STEP, self).within(FORGET, Forget)
    }

    fn kind(&self, name: &str) -> Result<&dyn JobKind, Setback> {
        let kind = self.kinds.get(name).map(|kind| &**kind);
        kind.ok_or_else(|| Setback::again(format!("nobody here does jobs of the kind `{name}`")))
    }

    /// Access for whoever started the job; none when that was the host.
    async fn starter(&self, scope: &TenantScope, job: &Job) -> Result<Option<TenantScope>, Setback> {
        let Some(by) = &job.by else { return Ok(None) };
        let starter = self.starters.scope(scope, by, job.key).await.map_err(Setback::again)?;
        let gone = || Setback::never("whoever started it may not come in any more; start it again as somebody else");
        starter.ok_or_else(gone).map(Some)
    }

    /// Access for whoever asked for the job to be undone. None when that follows from what the job is, and when they may not
    /// come in any more: what has begun to be taken back is taken back to its end.
    async fn undoer(&self, scope: &TenantScope, job: &Job) -> Result<Option<TenantScope>, Setback> {
        let Some(by) = &job.undone_by else { return Ok(None) };
        self.starters.scope(scope, by, job.undone_with).await.map_err(Setback::again)
    }

    async fn step(
        &self,
        scope: &TenantScope,
        claimed: &Claimed,
        mut tx: Transaction,
    ) -> Result<(Transaction, Outcome), Setback> {
        let id: JobId = claimed.payload()?;
        let Some(job) = rows::read(&mut tx, id)? else { return Ok((tx, Outcome::Done)) };
        let kind = self.kind(&job.kind)?;
        let now = self.clock.now();
        match job.state {
            JobState::Waiting | JobState::Running => {
                let starter = self.starter(scope, &job).await?;
                let chunk = kind.step(starter.as_ref().unwrap_or(scope), id, &job, tx);
                let (mut tx, chunk) = within(kind.policy().lease_ms, chunk).await?;
                let outcome = note(&mut tx, id, job, chunk, now)?;
                Ok((tx, outcome))
            }
            JobState::Undoing => {
                let did = rows::take_did(&mut tx, id, UNDONE_PER_CHUNK, DID_BYTES_MAX)?;
                if did.is_empty() {
                    let state = if job.why.is_some() { JobState::Failed } else { JobState::Undone };
                    end(&mut tx, id, Job { state, ..job }, now).map_err(failed)?;
                    return Ok((tx, Outcome::Done));
                }
                let asker = self.undoer(scope, &job).await?;
                let undone = kind.undo(asker.as_ref().unwrap_or(scope), &job, did, tx);
                let (mut tx, problems) = within(kind.policy().lease_ms, undone).await?;
                let problems = add_problems(&mut tx, id, &job, &problems)?;
                rows::write(&mut tx, id, &Job { problems, ..job })?;
                Ok((tx, Outcome::GoesOn { at: now }))
            }
            // Somebody stopped it, and its work with it.
            JobState::Paused | JobState::Done | JobState::Failed | JobState::Cancelled | JobState::Undone => {
                Ok((tx, Outcome::Done))
            }
        }
    }
}

impl Within for Jobs {
    fn policy(&self) -> Policy {
        let longest = self.kinds.values().map(|kind| kind.policy()).max_by_key(|policy| policy.lease_ms);
        longest.unwrap_or_default()
    }

    fn run<'a>(
        &'a self,
        scope: &'a TenantScope,
        claimed: &'a Claimed,
        tx: Transaction,
    ) -> BoxFuture<'a, Result<(Transaction, Outcome), Setback>> {
        self.step(scope, claimed, tx).boxed()
    }

    /// A chunk that is given up is the end of its job, which says why. Resuming it schedules another one.
    fn given_up(&self, claimed: &Claimed, why: &str, tx: &mut Transaction) -> Result<(), StoreError> {
        let Ok(id) = claimed.payload() else { return Ok(()) };
        let Some(job) = rows::read(tx, id)? else { return Ok(()) };
        let now = self.clock.now();
        let job = Job { why: Some(why.to_owned()), ..job };
        if job.all_or_nothing && job.did > 0 && !job.undo_began {
            let work = super::schedule(tx, STEP, id, now).map_err(into_store)?;
            return rows::write(tx, id, &Job { state: JobState::Undoing, undo_began: true, work, ..job });
        }
        end(tx, id, Job { state: JobState::Failed, ..job }, now).map_err(into_store)
    }
}

/// All kinds are one kind of work, whose lease is the longest of theirs: a chunk is held to its own kind's here.
async fn within<T>(lease_ms: u64, chunk: impl Future<Output = Result<T, Setback>>) -> Result<T, Setback> {
    let ended = tokio::time::timeout(Duration::from_millis(lease_ms), chunk).await;
    ended.unwrap_or_else(|_| Err(Setback::again(format!("a part of it took longer than {lease_ms} ms"))))
}

/// Puts what a chunk came to into its transaction.
fn note(tx: &mut Transaction, id: JobId, job: Job, chunk: Chunk, now: Timestamp) -> Result<Outcome, Setback> {
    check(&chunk)?;
    let problems = add_problems(tx, id, &job, &chunk.problems)?;
    for (number, did) in (job.did..).zip(&chunk.did) {
        rows::add_did(tx, id, number, did)?;
    }
    let job = Job {
        state: JobState::Running,
        done: job.done + chunk.done,
        failed: job.failed + chunk.failed,
        total: chunk.total.or(job.total),
        problems,
        did: job.did + chunk.did.len() as u64,
        cursor: chunk.cursor,
        ..job
    };
    if let Some(result) = chunk.end {
        end(tx, id, Job { state: JobState::Done, result: Some(result), ..job }, now).map_err(failed)?;
        return Ok(Outcome::Done);
    }
    if let Some(why) = chunk.refused {
        end(tx, id, Job { state: JobState::Failed, why: Some(why), ..job }, now).map_err(failed)?;
        return Ok(Outcome::Done);
    }
    rows::write(tx, id, &job)?;
    Ok(Outcome::GoesOn { at: now })
}

/// Keeps problems, as far as there is room; how many the job has then.
fn add_problems(tx: &mut Transaction, id: JobId, job: &Job, problems: &[Problem]) -> Result<u64, StoreError> {
    for (number, problem) in (job.problems..PROBLEMS_KEPT_MAX).zip(problems) {
        rows::add_problem(tx, id, number, problem)?;
    }
    Ok(job.problems + problems.len() as u64)
}

/// A kind that breaks these limits is wrong, and would do so again.
fn check(chunk: &Chunk) -> Result<(), Setback> {
    let did = row::write(&chunk.did)?.len();
    let small = [row::write(&chunk.cursor)?.len(), row::write(&chunk.end)?.len()];
    if chunk.problems.len() > PROBLEMS_PER_CHUNK_MAX {
        return Err(Setback::never(format!("a chunk may report {PROBLEMS_PER_CHUNK_MAX} problems")));
    }
    if did > DID_BYTES_MAX || small.iter().any(|bytes| *bytes > PAYLOAD_BYTES_MAX) {
        return Err(Setback::never("a chunk's cursor, result or notes are too long"));
    }
    Ok(())
}

fn failed(error: WorkError) -> Setback {
    Setback::again(error)
}

fn into_store(error: WorkError) -> StoreError {
    match error {
        WorkError::Store(error) => error,
        other => StoreError::Corrupt(other.to_string()),
    }
}

/// Removes a job that was kept long enough, some rows at a time.
struct Forget;

impl Within for Forget {
    fn run<'a>(
        &'a self,
        _: &'a TenantScope,
        claimed: &'a Claimed,
        mut tx: Transaction,
    ) -> BoxFuture<'a, Result<(Transaction, Outcome), Setback>> {
        async move {
            let id = claimed.payload()?;
            let is_all = rows::remove_some(&mut tx, id, REMOVED_PER_CHUNK)?;
            let outcome = if is_all { Outcome::Done } else { Outcome::GoesOn { at: Timestamp(0) } };
            Ok((tx, outcome))
        }
        .boxed()
    }
}
