//! Why work was not scheduled or changed.

use signalsync_store::{CommitError, Reused, StoreError};

/// Something about work was refused.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// There is no such piece of work, or it is done.
    #[error("there is no such piece of work; it may be done")]
    NotFound,
    /// Only a dead letter can be tried again or forgotten.
    #[error("this work is still waiting or running; only work that was given up can be tried again")]
    NotDead,
    /// A newer piece of work has the name of this dead letter.
    #[error("newer work of this kind has the same name and takes the place of this one")]
    Replaced,
    /// A name or a payload is too long.
    #[error("{what} has {bytes} bytes; at most {limit} are possible")]
    TooLarge {
        /// What of it.
        what: &'static str,
        /// How many it has.
        bytes: usize,
        /// How many it may have.
        limit: usize,
    },
    /// The idempotency key belongs to another request.
    #[error(transparent)]
    Reused(#[from] Reused),
    /// Others changed the same at the same time, again and again.
    #[error("others changed the same at the same time; try again")]
    Conflict,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CommitError> for WorkError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict => Self::Conflict,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}
