//! What can be wrong with a calendar. The texts are for the one who writes it.

/// A document is no calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCalendar {
    /// The time zone is unknown.
    #[error("`{0}` is no time zone of the IANA database; write it as it stands there, like `Europe/Berlin`")]
    Zone(String),
    /// A part of a day is not written as one.
    #[error(
        "`{0}` are no hours; write them like `09:00-17:30`, the end behind the beginning and at most `24:00`; \
         a shift over midnight is one part on each of the two days"
    )]
    Hours(String),
    /// A day is not written as one.
    #[error("`{0}` is no day of the calendar; write `2026-12-24`, or `12-24` for every year")]
    Day(String),
    /// Two parts of a day overlap.
    #[error("the hours of {day} overlap: `{first}` and `{second}`")]
    Overlap {
        /// Of which day.
        day: String,
        /// The one that begins first.
        first: String,
        /// The other one.
        second: String,
    },
    /// Two exceptions are for the same day.
    #[error("there are two exceptions for {0}; a day has one")]
    Twice(String),
    /// Nothing would ever be working time.
    #[error("no day of the week has hours, so nothing would ever be due; give at least one day hours")]
    NoHours,
    /// A list is too long.
    #[error("there are {count} {what}; a calendar has at most {limit}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// A name breaks its rule.
    #[error("the name of a holiday or an exception is 1 to {limit} bytes without control characters", limit = crate::NAME_BYTES_MAX)]
    Name,
}
