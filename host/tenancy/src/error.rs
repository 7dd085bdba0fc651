//! Why a caller is not let in, and why the directory was not changed.

use signalsync_core::TenantSlug;
use signalsync_people::StructureError;
use signalsync_store::{CommitError, Reused, StoreError};

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
    /// Another tenant has this name.
    #[error("the name `{0}` is taken")]
    SlugTaken(TenantSlug),
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
