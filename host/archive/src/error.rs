//! Why a tenant is not packed or filled.

use signalsync_store::{CommitError, Reused, StoreError};
use signalsync_work::jobs::JobError;

/// It was not begun; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// There is no such archive, or it is not packed yet.
    #[error("there is no such archive")]
    NotFound,
    /// Only a tenant that has nothing of its own is filled.
    #[error("this tenant has {0} already; an archive goes into a tenant that was just created")]
    NotEmpty(&'static str),
    /// As many long actions as may be at the same time have not ended.
    #[error("{limit} jobs have not ended; wait for one, or cancel one")]
    TooManyJobs {
        /// How many.
        limit: usize,
    },
    /// The idempotency key belongs to another request.
    #[error(transparent)]
    Reused(#[from] Reused),
    /// Others changed the same things again and again.
    #[error("others changed the same things at the same time; try again")]
    Conflict,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CommitError> for ArchiveError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict => Self::Conflict,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}

impl From<JobError> for ArchiveError {
    fn from(error: JobError) -> Self {
        match error {
            JobError::NotFound => Self::NotFound,
            JobError::TooMany { limit } => Self::TooManyJobs { limit },
            JobError::NotPossible { .. } => Self::Conflict,
            JobError::Work(error) => Self::Store(StoreError::Engine(error.to_string())),
        }
    }
}
