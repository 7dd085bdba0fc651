//! Why records are not read or written.

use signalsync_core::contract::Violation;
use signalsync_core::json::InvalidJson;
use signalsync_core::{CollectionName, RecordId};
use signalsync_store::{CommitError, StoreError, Unexpected};

/// An operation on collections or records failed; the transaction must be given up.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// There is no such collection, or none that the caller may know of.
    #[error("there is no such collection")]
    NoCollection,
    /// There is no such record, or none that the caller sees.
    #[error("there is no such record")]
    NotFound,
    /// The caller sees the thing and may not do this with it.
    #[error("{0}")]
    Forbidden(String),
    /// The body is not acceptable JSON.
    #[error("the record is not acceptable JSON: {0}")]
    BadJson(#[from] InvalidJson),
    /// The body is larger than the tier allows.
    #[error("the record has {bytes} bytes, and this tenant's limit is {limit}")]
    TooLarge { bytes: u64, limit: u64 },
    /// The record is not as the caller expects.
    #[error(transparent)]
    Precondition(#[from] Unexpected),
    /// The record does not fit the collection's definition.
    #[error("the record is not valid: {}", first(violations))]
    NotValid { violations: Vec<Violation> },
    /// Another record has the same value in a unique field.
    #[error("another record has the same value in {}, which is unique", fields.join(", "))]
    NotUnique {
        /// JSON Pointers.
        fields: Vec<String>,
    },
    /// The record has as many files as it may.
    #[error("the record has {limit} files, and has at most so many; delete one first")]
    TooManyFiles { limit: usize },
    /// Other records refer to the one that is to be deleted.
    #[error("other records refer to this one{}; change or delete them first", named(by))]
    Referenced {
        /// Those of them that the caller sees, at most ten.
        by: Vec<(CollectionName, RecordId)>,
    },
    /// A deletion would change too many other records at once.
    #[error("deleting this record would change more than {limit} other records; delete those first, in parts")]
    TooManyEffects { limit: usize },
    /// A deleted record cannot come back because there is one in its place.
    #[error("there is a record with this id again")]
    Exists,
    /// The question cannot be answered; the text says what is wrong with it.
    #[error("{0}")]
    BadQuery(String),
    /// An index that this needs is still being built.
    #[error("an index for {0} is still being built; try again later")]
    IndexNotReady(String),
    /// A definition is not acceptable. The pointers lead into the definition.
    #[error("the definition is not acceptable: {}", first(violations))]
    BadDefinition { violations: Vec<Violation> },
    /// There is no draft, or no published version with this number.
    #[error("the collection has no such definition")]
    NoDefinition,
    /// The collection still has records.
    #[error("the collection `{0}` still has records; delete them first")]
    NotEmpty(CollectionName),
    /// The collection has more remains of deleted records than one transaction removes: ask again.
    #[error("the collection's deleted records are being removed; try again")]
    Clearing,
    /// Records of another collection may refer to this one's.
    #[error("the collection `{0}` refers to this one; change its definition first")]
    ReferredTo(CollectionName),
    /// The tenant has as many collections as it may.
    #[error("there are {limit} collections, and a tenant has at most so many")]
    TooManyCollections { limit: usize },
    /// Others changed the same things again and again.
    #[error("others changed the same things at the same time; try again")]
    Conflict,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CommitError> for DataError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict => Self::Conflict,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}

fn first(violations: &[Violation]) -> String {
    let Some(violation) = violations.first() else { return "no reason is known".to_owned() };
    let more = violations.len() - 1;
    let place = if violation.path.is_empty() { "the document" } else { &violation.path };
    let rest = if more == 0 { String::new() } else { format!(" (and {more} more)") };
    format!("{place}: {}{rest}", violation.message)
}

fn named(by: &[(CollectionName, RecordId)]) -> String {
    let Some((collection, id)) = by.first() else { return String::new() };
    format!(", e.g. `{id}` in `{collection}`")
}
