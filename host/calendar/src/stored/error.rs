//! Why something about calendars was not done. The texts are for the one who asked.

use signalsync_core::{CalendarName, DepartmentId};
use signalsync_store::{CommitError, StoreError, Unexpected};

use crate::calendar::NeverEnough;
use crate::error::InvalidCalendar;
use crate::ics::InvalidIcs;

/// It was not done, and nothing of it remains.
#[derive(Debug, thiserror::Error)]
pub enum CalendarError {
    /// The tenant has no such calendar.
    #[error("there is no such calendar")]
    NotFound,
    /// What would be written breaks a rule; the text is the rule.
    #[error("{0}")]
    Invalid(String),
    /// What would be written is no calendar.
    #[error(transparent)]
    NotACalendar(#[from] InvalidCalendar),
    /// The file that is brought in cannot be read.
    #[error("the iCalendar file cannot be read: {0}")]
    BadFile(#[from] InvalidIcs),
    /// There is no end to what is asked for.
    #[error(transparent)]
    NeverEnough(#[from] NeverEnough),
    /// Somebody works by the calendar.
    #[error("`{calendar}` is in use by `{by}` and perhaps others; have them use another one first")]
    InUse {
        /// Which.
        calendar: CalendarName,
        /// One of those who use it.
        by: String,
    },
    /// There is always a default, as long as there are calendars.
    #[error("this is the default calendar; make another one the default first")]
    IsDefault,
    /// The department has another calendar.
    #[error("the department `{department}` has the calendar `{calendar}`; take it from there first")]
    Taken {
        /// Which department.
        department: DepartmentId,
        /// Its calendar.
        calendar: CalendarName,
    },
    /// There are as many as there may be.
    #[error("there may be {limit} {what}; delete one first")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        limit: usize,
    },
    /// The calendar is not as the caller expects.
    #[error(transparent)]
    Precondition(#[from] Unexpected),
    /// Others changed the same at the same time, again and again.
    #[error("others changed the same at the same time; try again")]
    Conflict,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CommitError> for CalendarError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict => Self::Conflict,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}
