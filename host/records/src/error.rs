//! Why records are not read or written.

use signalsync_core::contract::Violation;
use signalsync_core::{CollectionName, DeploymentName, ExecutionId, Failure, RecordId};
use signalsync_data::DataError;
use signalsync_store::{CommitError, Reused, StoreError, Unexpected};
use signalsync_work::WorkError;

use crate::sheet::SheetError;

/// An operation on collections, records or files failed; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The gate to the records refuses. It never says `Store`, `Conflict` or `NotValid` here.
    #[error(transparent)]
    Data(DataError),
    /// There is no such file.
    #[error("there is no such file")]
    NotFound,
    /// Active validations judge the collection.
    #[error("the deployment `{0}` validates this collection; delete or change it first")]
    Validated(DeploymentName),
    /// The file is larger than the tier allows.
    #[error("the file has {bytes} bytes, and this tenant's limit is {limit}")]
    TooLarge { bytes: u64, limit: u64 },
    /// Files of this type may not be kept here.
    #[error("the file is {media_type}, and this tenant keeps no {pattern}")]
    FileTypeRefused {
        /// What its content says that it is.
        media_type: String,
        /// Of the tier.
        pattern: String,
    },
    /// The file is not as the caller expects.
    #[error(transparent)]
    Precondition(#[from] Unexpected),
    /// The collection's definition, or its validations, have something against the record.
    #[error("the record is not valid")]
    NotValid {
        /// Of the definition, or errors and warnings of all validations.
        violations: Vec<Violation>,
        /// Receipts of the validations.
        executions: Vec<ExecutionId>,
    },
    /// A component wrote another record, by way of its storage, that its collection's validations refuse.
    #[error("the component `{by}` wrote {}, which is not valid; correct the component", written(place.as_ref()))]
    TouchedNotValid {
        by: DeploymentName,
        /// None when the caller does not see the record.
        place: Option<(CollectionName, RecordId)>,
        /// As far as the caller sees the record.
        violations: Vec<Violation>,
        executions: Vec<ExecutionId>,
    },
    /// Components wrote more records by way of their storage than one request judges.
    #[error("components wrote more than {limit} records in one request; send less at once")]
    TooManyTouched { limit: usize },
    /// Components write records whose validations write records, and so on.
    #[error(
        "the component `{by}` wrote a record because another one did, and so on, more than {limit} times; a validation \
         must not write into what it judges"
    )]
    EndlessJudgement { by: DeploymentName, limit: usize },
    /// A validation could not judge the record, and fails closed.
    #[error("the validation `{deployment}` could not judge the record: {failure}")]
    NotJudged { deployment: DeploymentName, failure: Failure, execution: ExecutionId },
    /// A file of records cannot be read.
    #[error("the file cannot be read: {0}")]
    BadSheet(SheetError),
    /// As many uploads as may be at the same time have not come to their end.
    #[error("{limit} uploads have not come to their end; finish or delete one")]
    TooManyUploads { limit: usize },
    /// The upload came in too many parts.
    #[error("the upload came in {limit} parts, and may have no more; send it again over a better connection")]
    TooManyParts { limit: usize },
    /// The upload goes on elsewhere.
    #[error("the upload goes on at byte {offset}")]
    WrongOffset {
        /// Bytes that are there.
        offset: u64,
    },
    /// As many long actions as may be at the same time have not ended.
    #[error("{limit} jobs have not ended; wait for one, or cancel one")]
    TooManyJobs { limit: usize },
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

fn written(place: Option<&(CollectionName, RecordId)>) -> String {
    match place {
        Some((collection, id)) => format!("the record `{id}` in `{collection}`"),
        None => "a record that you do not see".to_owned(),
    }
}

impl From<DataError> for RecordError {
    fn from(error: DataError) -> Self {
        match error {
            DataError::Store(error) => Self::Store(error),
            DataError::Conflict => Self::Conflict,
            DataError::NotValid { violations } => Self::NotValid { violations, executions: Vec::new() },
            other => Self::Data(other),
        }
    }
}

impl From<WorkError> for RecordError {
    fn from(error: WorkError) -> Self {
        match error {
            WorkError::Store(error) => Self::Store(error),
            WorkError::Conflict => Self::Conflict,
            WorkError::Reused(error) => Self::Reused(error),
            other @ (WorkError::NotFound | WorkError::NotDead | WorkError::Replaced | WorkError::TooLarge { .. }) => {
                Self::Store(StoreError::Engine(other.to_string()))
            }
        }
    }
}

impl From<CommitError> for RecordError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict => Self::Conflict,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}
