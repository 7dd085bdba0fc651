//! Why something about people was not done. The texts are for the one who asked.

use signalsync_store::{CommitError, Reused, StoreError, Unexpected};

use crate::strength::Flaw;
use crate::structure::StructureError;

/// It was not done, and nothing of it remains.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// There is no such person.
    #[error("there is no such person")]
    NoSuchPerson,
    /// The person has no such session.
    #[error("there is no such session")]
    NoSuchSession,
    /// Somebody of the tenant has this address.
    #[error("somebody else has this mail address")]
    MailTaken,
    /// The person is not in the state that this is for; the text says which it is for.
    #[error("{0}")]
    WrongState(&'static str),
    /// A value breaks its rule; the text is the rule.
    #[error("{0}")]
    Invalid(String),
    /// There are as many as there may be.
    #[error("there may be {limit} {what}; remove some first")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        limit: u64,
    },
    /// A mailed link is unknown, was used, was replaced by a newer one or has expired: nobody is told which.
    #[error("this link is not valid any more; ask for a new one")]
    LinkInvalid,
    /// The password is not good enough.
    #[error("choose another password: {}", .0.iter().map(Flaw::to_string).collect::<Vec<_>>().join("; "))]
    PasswordRefused(Vec<Flaw>),
    /// The password that should prove who asks is another one.
    #[error("the password is not the right one")]
    PasswordWrong,
    /// The code that should prove who asks is not right, or was used before.
    #[error("the code is not the right one, or was used before")]
    CodeWrong,
    /// Too many attempts that failed.
    #[error("too many attempts failed; try again in {} s", .retry_after_ms.div_ceil(1_000))]
    Throttled {
        /// How long to wait.
        retry_after_ms: u64,
    },
    /// Too many passwords are checked at the same time.
    #[error("too many people sign in at the same time; try again in a moment")]
    Busy,
    /// The change of roles or departments is refused.
    #[error(transparent)]
    Structure(#[from] StructureError),
    /// What is changed is not as the caller expects.
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
    /// A password could not be hashed.
    #[error("a password could not be hashed: {0}")]
    Hashing(String),
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
