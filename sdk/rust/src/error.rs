//! What can go wrong when a component asks its host for something.

use std::fmt;

/// Why the host said no.
///
/// Never carries another tenant's data, nor whether it exists.
///
/// ```
/// use signalsync_sdk::{Denied, storage::Collection, testing::MockHost};
///
/// let _host = MockHost::new().install();
/// assert_eq!(Collection::open("salaries").err(), Some(Denied::NotGranted));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denied {
    /// Not granted to this deployment, or granted for reading only.
    NotGranted,
    /// A limit of the tenant's tier or of one call; the text names it and its value.
    OverLimit(String),
    /// The argument is malformed; the text says how.
    Invalid(String),
    /// The service behind it did not answer. Trying again later can help.
    Unavailable(String),
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotGranted => f.write_str("not granted"),
            Self::OverLimit(limit) => write!(f, "over the limit: {limit}"),
            Self::Invalid(rule) => write!(f, "invalid: {rule}"),
            Self::Unavailable(reason) => write!(f, "unavailable: {reason}"),
        }
    }
}

impl std::error::Error for Denied {}

impl From<Denied> for String {
    fn from(denied: Denied) -> Self {
        denied.to_string()
    }
}

/// A document could not be had in the shape that was asked for.
///
/// Turns into a `String`, so that `?` works in functions that return one:
///
/// ```
/// use signalsync_sdk::{context, testing::MockHost};
///
/// fn rate() -> Result<u32, String> {
///     Ok(context::settings::<u32>()?)
/// }
///
/// let _host = MockHost::new().settings(&"many").install();
/// assert_eq!(rate().unwrap_err(), "invalid type: string \"many\", expected u32");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The host said no.
    Denied(Denied),
    /// The document has another shape.
    Document {
        /// JSON Pointer (RFC 6901) to the value that does not fit; empty for the whole document.
        path: String,
        /// What is wrong with it.
        message: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(denied) => denied.fmt(f),
            Self::Document { path, message } if path.is_empty() => f.write_str(message),
            Self::Document { path, message } => write!(f, "{path}: {message}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<Denied> for Error {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl From<Error> for String {
    fn from(error: Error) -> Self {
        error.to_string()
    }
}
