//! Why a document cannot be read.

/// A place in a text, both counted from 1; the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

impl Place {
    /// The place of a byte of a text.
    pub(crate) fn of(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
    }
}

/// Why a document cannot be read, with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The document is larger than [`BYTES_MAX`](crate::ubl::BYTES_MAX).
    #[error("the document has {size} bytes, at most {limit} are read: send one invoice in each message")]
    TooLarge {
        /// In bytes.
        size: usize,
        /// In bytes.
        limit: usize,
    },
    /// The bytes are not UTF-8.
    #[error("line {}, column {}: the text is not UTF-8: save the document in UTF-8 and send it again", .0.line, .0.column)]
    NotUtf8(Place),
    /// The text is not well-formed XML, or uses what is not accepted here.
    #[error("line {}, column {}: {what}", .place.line, .place.column)]
    NotXml {
        /// Where.
        place: Place,
        /// What is wrong, and what to do.
        what: String,
    },
    /// The document is XML, but no part of a UBL invoice.
    #[error("the root element is <{0}>: send a UBL 2.1 Invoice or CreditNote")]
    NotUbl(String),
    /// The file is not a set of test cases.
    #[error("the root element is <{0}>: a file of test cases has the root element <testSet>")]
    NotCases(String),
}
