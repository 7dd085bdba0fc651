//! Reasons why a document is not acceptable.

pub use crate::bindings::types::{Severity, Violation};

impl Violation {
    /// A reason to refuse the document.
    ///
    /// `path` is a JSON Pointer (RFC 6901, at most 1 KiB), `code` 1 to 100 bytes of printable ASCII,
    /// `message` a sentence for a person (at most 4 KiB). Beyond these limits the call traps.
    ///
    /// ```
    /// use signalsync_sdk::Violation;
    ///
    /// let violation = Violation::error("/lines/0/price", "PRICE", "A price is never negative.");
    /// assert!(violation.is_error());
    /// ```
    pub fn error(path: impl Into<String>, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), code: code.into(), severity: Severity::Error, message: message.into() }
    }

    /// A remark: the document is accepted, and the person is told. The limits are those of [`Violation::error`].
    ///
    /// ```
    /// use signalsync_sdk::Violation;
    ///
    /// let violation = Violation::warning("/due", "DUE-SOON", "The invoice is due today.");
    /// assert!(!violation.is_error());
    /// ```
    pub fn warning(path: impl Into<String>, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(path, code, message) }
    }

    /// Whether it stops the write.
    ///
    /// ```
    /// # use signalsync_sdk::Violation;
    /// assert!(Violation::error("", "EMPTY", "Nothing was filled in.").is_error());
    /// ```
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
