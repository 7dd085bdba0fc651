//! What a tenant's people see and decide of work: jobs that they started, and what was given up.

use std::sync::Arc;

use serde::Serialize;
use signalsync_core::{Clock, JobId, Permission, TenantScope, Timestamp, WorkId};
use signalsync_store::{Listing, Stores, Transaction};

use crate::error::WorkError;
use crate::jobs::{self, Job, JobError, Problem};
use crate::work::{self, Listed};

/// A job in an answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NamedJob {
    /// Its id.
    pub id: JobId,
    /// What it is and where it stands.
    #[serde(flatten)]
    pub job: Job,
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
        let named = page.items.into_iter().map(|(id, job)| NamedJob { id, job });
        Ok(Listing { items: named.filter(|named| is_theirs(scope, &named.job)).collect(), next: page.next })
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
    /// `NotFound`, `NotPossible`, `TooMany`, or the store failed.
    pub async fn decide(&self, scope: &TenantScope, id: JobId, decision: Decision) -> Result<NamedJob, JobError> {
        let now = self.clock.now();
        let decide = |tx: &mut Transaction| {
            find(tx, scope, id)?;
            apply(tx, id, decision, now)?;
            find(tx, scope, id)
        };
        self.stores.tenant(scope).await?.transact(decide).await
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
    /// `NotFound`, `NotDead`, `Replaced`, or the store failed.
    pub async fn retry(&self, scope: &TenantScope, id: WorkId) -> Result<(), WorkError> {
        let now = self.clock.now();
        self.stores.tenant(scope).await?.transact(|tx| work::retry(tx, id, now)).await
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
    if is_theirs(scope, &job) { Ok(NamedJob { id, job }) } else { Err(JobError::NotFound) }
}

/// Whether a caller may see a job and decide about it: whoever started it, and whoever changes the tenant's settings.
pub fn is_theirs(scope: &TenantScope, job: &Job) -> bool {
    let caller = scope.caller();
    let started = job.by.is_some() && job.by == caller.principal.user;
    started || caller.rights.allows(Permission::SettingsManage)
}

fn apply(tx: &mut Transaction, id: JobId, decision: Decision, now: Timestamp) -> Result<(), JobError> {
    match decision {
        Decision::Pause => jobs::pause(tx, id),
        Decision::Resume => jobs::resume(tx, id, now),
        Decision::Cancel => jobs::cancel(tx, id, now),
        Decision::Undo => jobs::undo(tx, id, now),
    }
}
