//! Why a component or a deployment is not accepted.

use signalsync_core::{CollectionName, Digest};
use signalsync_store::{CommitError, Reused, StoreError, Unexpected};

/// An operation on components failed.
#[derive(Debug, thiserror::Error)]
pub enum ComponentError {
    /// The tenant has none with this digest.
    #[error("there is no such component")]
    NotFound,
    /// A version of a deployment uses it.
    #[error("the deployment {deployment} uses this component; delete the deployment first")]
    InUse { deployment: String },
    /// The tier's limit is reached.
    #[error("{limit} components are stored, which is the limit of this tenant; delete some that are not deployed")]
    TooMany { limit: u32 },
    /// Too many of the tenant's components are being compiled.
    #[error("{} components of this tenant wait to be compiled; try again in a while", waiting)]
    Busy { waiting: u32, retry_after_ms: u64 },
    /// Others changed the same things again and again.
    #[error("others changed the same things at the same time; try again")]
    Conflict,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An operation on deployments failed.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// The tenant has none with this name, or not this version of it.
    #[error("there is no such deployment or version")]
    NotFound,
    /// No earlier version was active.
    #[error("no other version was active before this one, so there is nothing to roll back to")]
    NothingBefore,
    /// No version is active.
    #[error("no version of this deployment is active; activate one first")]
    NotActive,
    /// The component is unknown, being checked or refused.
    #[error("the component {digest} is not ready: {why}")]
    NotReady { digest: Digest, why: String },
    /// The component imports a capability that the grants do not mention.
    #[error(
        "the component imports `{import}`, which is not granted; add `\"{capability}\": {example}` to the grants, \
         narrowed to the names that it may reach"
    )]
    NotGranted { import: String, capability: String, example: &'static str },
    /// A grant is malformed.
    #[error("the grants are not acceptable: {0}")]
    BadGrant(String),
    /// A collection is named that does not exist.
    #[error("there is no collection `{0}`; create it first")]
    NoCollection(CollectionName),
    /// The settings are not a JSON object, or too large.
    #[error("the settings are not acceptable: {0}")]
    BadSettings(String),
    /// A field does not fit the component's kind.
    #[error("{0}")]
    NotForKind(&'static str),
    /// The tier's limit is reached.
    #[error("{limit} deployments exist, which is the limit of this tenant; delete one that is not needed")]
    TooMany { limit: u32 },
    /// The last versions of a deployment are kept; there are none left to count.
    #[error("a deployment has at most {limit} versions; delete it and deploy anew")]
    TooManyVersions { limit: u32 },
    /// Something stands on the deployment; the text says what, and what to do.
    #[error("{0}")]
    InUse(String),
    /// The deployment is not as the caller expects.
    #[error(transparent)]
    Precondition(#[from] Unexpected),
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

macro_rules! from_commit {
    ($($error:ident),*) => {$(
        impl From<CommitError> for $error {
            fn from(error: CommitError) -> Self {
                match error {
                    CommitError::Conflict => Self::Conflict,
                    CommitError::Store(error) => Self::Store(error),
                }
            }
        }
    )*};
}

from_commit!(ComponentError, DeployError);
