//! Why a caller is not let in, and why the directory was not changed.

use signalsync_core::{TenantSlug, Timestamp};
use signalsync_people::{PeopleError, StructureError};
use signalsync_store::{CommitError, Reused, StoreError, Unexpected};

/// A caller is not let in.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// There is no tenant with this name.
    #[error("there is no such tenant")]
    NoTenant,
    /// There is no key, or none that is valid.
    #[error("an API key is needed")]
    Unauthenticated,
    /// The key is valid somewhere else. The answer must not tell.
    #[error("the API key belongs elsewhere")]
    Foreign,
    /// The tenant's operator lets nobody in.
    #[error("this tenant is suspended: {reason}")]
    Suspended {
        /// The operator's words.
        reason: String,
    },
    /// The tenant was deleted.
    #[error("this tenant was deleted: {reason}; ask the operator before {destroyed_after} if it should come back")]
    Deleted {
        /// The operator's words.
        reason: String,
        /// Until when it can be restored.
        destroyed_after: Timestamp,
    },
    /// Nothing is changed in this tenant.
    #[error("nothing can be changed in this tenant at the moment: {reason}")]
    ReadOnly {
        /// The operator's words.
        reason: String,
    },
    /// The tenant, or the key, has sent more requests than it may.
    #[error("{whose} may send {per_minute} requests in a minute; wait, and send them more evenly")]
    TooManyRequests {
        /// For a sentence.
        whose: &'static str,
        /// How many.
        per_minute: u32,
        /// When the next one is possible.
        retry_after_ms: u64,
    },
    /// The directory could not be asked.
    #[error(transparent)]
    Directory(#[from] TenancyError),
}

/// The directory did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum TenancyError {
    /// What a new tenant is to have from the beginning was refused.
    #[error(transparent)]
    NotFurnished(#[from] PeopleError),
    /// Another tenant has this name.
    #[error("the name `{0}` is taken")]
    SlugTaken(TenantSlug),
    /// Another tenant has a name that looks the same.
    #[error("the name looks like `{0}`, which is another tenant's; choose one that nobody takes for it")]
    LooksLike(TenantSlug),
    /// This is not possible in the tenant's state; the text says why.
    #[error("{0}")]
    WrongState(&'static str),
    /// The reason breaks its rule; the text is the rule.
    #[error("{0}")]
    InvalidReason(&'static str),
    /// There is no tenant with this name.
    #[error("there is no such tenant")]
    NoSuchTenant,
    /// The configuration has no tier with this name.
    #[error("there is no tier `{0}`")]
    NoSuchTier(String),
    /// The name of an operator's key breaks its rule; the text is the rule.
    #[error("{0}")]
    InvalidKey(&'static str),
    /// A tenant's key is refused.
    #[error(transparent)]
    Structure(#[from] StructureError),
    /// The operator has as many keys as there may be.
    #[error("there may be {limit} keys; delete one first")]
    TooManyKeys {
        /// How many.
        limit: usize,
    },
    /// The tenant is not as the caller expects.
    #[error(transparent)]
    Precondition(#[from] Unexpected),
    /// The idempotency key belongs to another request.
    #[error(transparent)]
    Reused(#[from] Reused),
    /// Others changed the same at the same time, again and again.
    #[error("others changed the same at the same time; try again")]
    Conflict,
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes: {0}")]
    Entropy(getrandom::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CommitError> for TenancyError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict => Self::Conflict,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}
