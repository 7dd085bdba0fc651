//! Why a message was not taken.

use signalsync_components::DeployError;
use signalsync_core::{DeploymentName, ExecutionId, Failure};
use signalsync_records::RecordError;
use signalsync_store::{CommitError, Reused, StoreError};

/// A message was not taken; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// There is no such mapping, or none of its versions is active.
    #[error(transparent)]
    Deployment(DeployError),
    /// The mapping gave no answer.
    #[error("the mapping `{deployment}` did not accept the message: {failure}")]
    NotMapped { deployment: DeploymentName, failure: Failure, execution: ExecutionId },
    /// The mapping asks for something that cannot be done.
    #[error("action {number} of the mapping cannot be carried out: {why}")]
    BadAction {
        /// Counted from 1.
        number: usize,
        why: String,
        execution: ExecutionId,
    },
    /// A record that the mapping writes was refused.
    #[error("action {number} of the mapping was refused: {error}")]
    Refused {
        /// Counted from 1.
        number: usize,
        error: RecordError,
    },
    /// A record that the mapping wrote by way of its storage was refused.
    #[error(transparent)]
    Touched(RecordError),
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

impl From<CommitError> for MessageError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict => Self::Conflict,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}

impl From<DeployError> for MessageError {
    fn from(error: DeployError) -> Self {
        match error {
            DeployError::Store(error) => Self::Store(error),
            other => Self::Deployment(other),
        }
    }
}
