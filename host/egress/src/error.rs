//! Why a request was not sent, or has no answer.

/// What the component is told. Never names an address, nor what is behind a name that is not public.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EgressError {
    /// The origin is not granted, or where it leads is not public.
    #[error("the host is not granted, or its address is not public")]
    NotGranted,
    /// The request is malformed; the text says how.
    #[error("{0}")]
    Invalid(String),
    /// The request or its answer is too large; the text names the limit.
    #[error("{0}")]
    OverLimit(String),
    /// There was no answer; trying again later can help.
    #[error("{0}")]
    Unavailable(String),
}

impl EgressError {
    pub(crate) fn invalid(text: impl Into<String>) -> Self {
        Self::Invalid(text.into())
    }

    pub(crate) fn over_limit(text: impl Into<String>) -> Self {
        Self::OverLimit(text.into())
    }

    pub(crate) fn unavailable(text: impl Into<String>) -> Self {
        Self::Unavailable(text.into())
    }
}
