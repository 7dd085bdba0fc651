//! What a caller expects of a thing before it changes it (RFC 9110, 13.1).

/// What a caller expects of a row before its write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Precondition {
    /// Nothing.
    #[default]
    None,
    /// This version (`If-Match`).
    Version(u64),
    /// Any version (`If-Match: *`).
    Exists,
    /// No row (`If-None-Match: *`).
    Absent,
}

/// A thing is not as the caller expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not in the state that the request expects: it has {}", found.map_or("no version".to_owned(), |version| format!("version {version}")))]
pub struct Unexpected {
    /// The version that it has; none when it does not exist.
    pub found: Option<u64>,
}

impl Precondition {
    /// # Errors
    /// `Unexpected` when the thing is not as expected.
    pub fn check(self, found: Option<u64>) -> Result<(), Unexpected> {
        let holds = match self {
            Self::None => true,
            Self::Version(version) => found == Some(version),
            Self::Exists => found.is_some(),
            Self::Absent => found.is_none(),
        };
        if holds { Ok(()) } else { Err(Unexpected { found }) }
    }
}
