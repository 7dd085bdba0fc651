//! What a tenant's people see and decide of work: jobs that they started, and what was given up.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use signalsync_core::{Clock, JobId, KeyId, Permission, TenantScope, Timestamp, WorkId};
use signalsync_store::{Listing, RequestKey, Stores, Transaction};

use crate::error::WorkError;
use crate::jobs::{self, Job, JobError, JobState, Problem};
use crate::work::{self, Listed};

/// A job as it is shown: without what only its kind and the driver know of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct NamedJob {
    /// Its id.
    pub id: JobId,
    /// What it is, e.g. `import`.
    pub kind: String,
    /// Id of the person or key that started it.
    pub by: Option<String>,
    /// The key that they started it with.
    pub key: Option<KeyId>,
    /// What is to be done.
    pub input: Value,
    /// Where it stands.
    pub state: JobState,
    /// Items that are done.
    pub done: u64,
    /// Items that could not be done.
    pub failed: u64,
    /// Items in all, once that is known.
    pub total: Option<u64>,
    /// Problems that were found, also those that are not listed.
    pub problems: u64,
    /// What came of it, once it is done.
    pub result: Option<Value>,
    /// Why it failed.
    pub why: Option<String>,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Whether it can be undone.
    pub can_undo: bool,
    /// Whether what it did is taken back when it cannot go on.
    pub all_or_nothing: bool,
}

impl NamedJob {
    fn of(id: JobId, job: Job) -> Self {
        Self {
            id,
            kind: job.kind,
            by: job.by,
            key: job.key,
            input: job.input,
            state: job.state,
            done: job.done,
            failed: job.failed,
            total: job.total,
            problems: job.problems,
            result: job.result,
            why: job.why,
            started_at: job.started_at,
            ended_at: job.ended_at,
            can_undo: job.can_undo,
            all_or_nothing: job.all_or_nothing,
        }
    }
}

/// What can be decided about a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Stop it behind the chunk that is being done.
    Pause,
    /// Let it go on.
    Resume,
    /// End it where it is.
    Cancel,
    /// Take back what it did.
    Undo,
}

/// The work of all tenants, each tenant's behind its scope.
///
/// A job is its starter's: others who may not change the tenant's settings do not see it.
#[derive(Clone)]
pub struct Desk {
    stores: Arc<Stores>,
    clock: Arc<dyn Clock>,
}

impl Desk {
    /// Over these stores.
    pub fn new(stores: Arc<Stores>, clock: Arc<dyn Clock>) -> Self {
        Self { stores, clock }
    }

    /// Jobs that the caller may see, newest first. A page may be short, or empty, and still have a `next`.
    ///
    /// # Errors
    /// The store failed.
    pub async fn jobs(
        &self,
        scope: &TenantScope,
        before: Option<JobId>,
        limit: usize,
    ) -> Result<Listing<NamedJob>, JobError> {
        let page = jobs::list(&self.begin(scope).await?, before, limit)?;
        let theirs = page.items.into_iter().filter(|(_, job)| is_theirs(scope, job));
        Ok(Listing { items: theirs.map(|(id, job)| NamedJob::of(id, job)).collect(), next: page.next })
    }

    /// One job.
    ///
    /// # Errors
    /// `NotFound`, or the store failed.
    pub async fn job(&self, scope: &TenantScope, id: JobId) -> Result<NamedJob, JobError> {
        find(&mut self.begin(scope).await?, scope, id)
    }

    /// What a job found wrong, in the order in which it was found.
    ///
    /// # Errors
    /// `NotFound`, or the store failed.
    pub async fn problems(
        &self,
        scope: &TenantScope,
        id: JobId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listing<Problem>, JobError> {
        let mut tx = self.begin(scope).await?;
        find(&mut tx, scope, id)?;
        jobs::problems(&mut tx, id, after, limit)
    }

    /// Decides about a job; how it stands then.
    ///
    /// # Errors
    /// `NotFound`, `NotPossible`, `TooMany`, `Reused`, or the store failed.
    pub async fn decide(
        &self,
        scope: &TenantScope,
        id: JobId,
        decision: Decision,
        request: Option<&RequestKey>,
    ) -> Result<NamedJob, JobError> {
        let now = self.clock.now();
        let decide = |tx: &mut Transaction| {
            find(tx, scope, id)?;
            apply(tx, scope, id, decision, now)?;
            find(tx, scope, id)
        };
        Ok(self.stores.tenant(scope).await?.once(request, now, decide).await?.value)
    }

    /// Work that was given up, in the order of its ids.
    ///
    /// # Errors
    /// The store failed.
    pub async fn dead_letters(
        &self,
        scope: &TenantScope,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listing<Listed>, WorkError> {
        work::dead_letters(&mut self.begin(scope).await?, after, limit)
    }

    /// Tries work again that was given up.
    ///
    /// # Errors
    /// `NotFound`, `NotDead`, `Replaced`, `Reused`, or the store failed.
    pub async fn retry(&self, scope: &TenantScope, id: WorkId, request: Option<&RequestKey>) -> Result<(), WorkError> {
        let now = self.clock.now();
        self.stores.tenant(scope).await?.once(request, now, |tx| work::retry(tx, id, now)).await.map(drop)
    }

    /// Forgets work that was given up.
    ///
    /// # Errors
    /// `NotFound`, `NotDead`, or the store failed.
    pub async fn forget(&self, scope: &TenantScope, id: WorkId) -> Result<(), WorkError> {
        self.stores.tenant(scope).await?.transact(|tx| work::forget(tx, id)).await
    }

    async fn begin(&self, scope: &TenantScope) -> Result<Transaction, signalsync_store::StoreError> {
        self.stores.tenant(scope).await?.begin().await
    }
}

fn find(tx: &mut Transaction, scope: &TenantScope, id: JobId) -> Result<NamedJob, JobError> {
    let job = jobs::get(tx, id)?;
    if is_theirs(scope, &job) { Ok(NamedJob::of(id, job)) } else { Err(JobError::NotFound) }
}

/// Whether a caller may see a job and decide about it: whoever started it, and whoever changes the tenant's settings.
pub fn is_theirs(scope: &TenantScope, job: &Job) -> bool {
    let caller = scope.caller();
    let started = job.by.is_some() && job.by == caller.principal.user;
    started || caller.rights.allows(Permission::SettingsManage)
}

fn apply(
    tx: &mut Transaction,
    scope: &TenantScope,
    id: JobId,
    decision: Decision,
    now: Timestamp,
) -> Result<(), JobError> {
    match decision {
        Decision::Pause => jobs::pause(tx, id),
        Decision::Resume => jobs::resume(tx, id, now),
        Decision::Cancel => jobs::cancel(tx, id, now),
        Decision::Undo => jobs::undo(tx, scope.caller(), id, now),
    }
}
