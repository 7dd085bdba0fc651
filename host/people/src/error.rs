//! Why something about people was not done. The texts are for the one who asked.

use signalsync_store::{CommitError, StoreError};

/// It was not done, and nothing of it remains.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// There is no such person.
    #[error("there is no such person")]
    NoSuchPerson,
    /// Others changed the same at the same time, again and again.
    #[error("others changed the same at the same time; try again")]
    Conflict,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CommitError> for PeopleError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict => Self::Conflict,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}
