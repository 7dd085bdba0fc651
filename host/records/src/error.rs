//! Why records are not read or written.

use signalsync_core::contract::Violation;
use signalsync_core::json::InvalidJson;
use signalsync_core::{CollectionName, DeploymentName, ExecutionId, Failure};
use signalsync_store::{CommitError, Reused, StoreError, Unexpected};

/// An operation on collections, records or files failed; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// There is no such collection.
    #[error("there is no such collection")]
    NoCollection,
    /// There is no such record or file.
    #[error("there is no such record")]
    NotFound,
    /// The collection still has records.
    #[error("the collection `{0}` still has records; delete them first")]
    NotEmpty(CollectionName),
    /// Active validations judge the collection.
    #[error("the deployment `{0}` validates this collection; delete or change it first")]
    Validated(DeploymentName),
    /// The body is not acceptable JSON.
    #[error("the record is not acceptable JSON: {0}")]
    BadJson(#[from] InvalidJson),
    /// The body or file is larger than the tier allows.
    #[error("{what} has {bytes} bytes, and this tenant's limit is {limit}")]
    TooLarge { what: &'static str, bytes: u64, limit: u64 },
    /// The record is not as the caller expects.
    #[error(transparent)]
    Precondition(#[from] Unexpected),
    /// Validations have something against the record.
    #[error("the record is not valid")]
    NotValid {
        /// Errors and warnings of all validations.
        violations: Vec<Violation>,
        /// Receipts of the validations.
        executions: Vec<ExecutionId>,
    },
    /// A validation could not judge the record, and fails closed.
    #[error("the validation `{deployment}` could not judge the record: {failure}")]
    NotJudged { deployment: DeploymentName, failure: Failure, execution: ExecutionId },
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

impl From<CommitError> for RecordError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict => Self::Conflict,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}
