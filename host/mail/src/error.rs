//! Why a mail was not queued, or mail cannot be set up.

use std::path::PathBuf;

use signalsync_core::Timestamp;
use signalsync_store::{CommitError, StoreError, Unexpected};
use signalsync_work::WorkError;

/// A mail was not queued.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The text is no mail address.
    #[error("`{0}` is not a mail address; one looks like name@example.com")]
    InvalidAddress(String),
    /// There is no such entry in the log.
    #[error("there is no such mail in the log; only the newest are kept")]
    NotFound,
    /// The tenant has queued as many mails as it may in an hour.
    #[error("{limit} mails were queued within an hour; more are possible after {again_at}")]
    TooMany {
        /// How many.
        limit: u32,
        /// When the hour is over.
        again_at: Timestamp,
    },
    /// The mail's data is too long.
    #[error("the mail's data has {bytes} bytes; at most {limit} are possible")]
    TooLarge {
        /// How many it has.
        bytes: usize,
        /// How many it may have.
        limit: usize,
    },
    /// The template cannot be filled with this data, e.g. because something is missing.
    #[error("the mail cannot be written: {0}")]
    Template(String),
    /// The setting is not as the caller expects.
    #[error(transparent)]
    Precondition(#[from] Unexpected),
    /// The work was refused, or the store failed.
    #[error(transparent)]
    Work(#[from] WorkError),
}

impl From<StoreError> for MailError {
    fn from(error: StoreError) -> Self {
        Self::Work(error.into())
    }
}

impl From<CommitError> for MailError {
    fn from(error: CommitError) -> Self {
        Self::Work(error.into())
    }
}

/// Mail cannot be set up as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A value is not possible.
    #[error("mail.{field}: {why}")]
    Impossible {
        /// Which one.
        field: &'static str,
        /// Why.
        why: &'static str,
    },
    /// A file or folder cannot be used.
    #[error("{path}: {error}")]
    Unusable {
        /// Which one.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The certificates cannot be used.
    #[error("mail.smtp.ca_file: {0}")]
    Certificates(String),
}
