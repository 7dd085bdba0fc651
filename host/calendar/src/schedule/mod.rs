//! Schedules: rules that say when something starts, on the clock of a time zone.

mod missed;
mod recurrence;

use std::fmt;

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::DateTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_core::Timestamp;

use crate::calendar::HORIZON;
use crate::walk::{instant, timestamp};
use crate::zone::Zone;

pub use missed::{LATE_MS, MISSED_MAX, Missed, Step};
pub use recurrence::{COUNT_MAX, TIMES_PER_DAY_MAX};
pub(crate) use recurrence::{Recurrence, parse_civil, parse_date};

/// Bytes of a rule.
pub const RULE_BYTES_MAX: usize = 500;

/// A schedule as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ScheduleDocument {
    /// Whose clock decides.
    pub zone: Zone,
    /// When.
    pub rule: Rule,
}

/// When something starts, on the clock of a time zone.
///
/// What falls into an hour that the clock skips happens as much later as the clock is put forward, or when the gap ends;
/// what falls into one that it shows twice happens the first time, and a cron rule that names every hour both times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ScheduleRule")]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Rule {
    /// Five fields: minute, hour, day of the month, month, day of the week: `0 9 * * MON-FRI`.
    Cron(String),
    /// A recurrence rule of RFC 5545 (section 3.3.10), daily or slower: `FREQ=MONTHLY;BYDAY=-1FR`.
    Recurrence {
        /// From when on: `DTSTART`, e.g. `2026-01-05T09:00:00`.
        start: DateTime,
        /// The value of an `RRULE`.
        rrule: String,
    },
}

/// A document is no schedule. The texts are for the one who writes it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSchedule {
    /// The rule is too long.
    #[error("a rule has at most {RULE_BYTES_MAX} bytes")]
    TooLong,
    /// A cron rule is not one.
    #[error("`{rule}` is no cron rule: {why}; write minute, hour, day of the month, month and day of the week")]
    Cron {
        /// The rule.
        rule: String,
        /// What is wrong.
        why: String,
    },
    /// A recurrence rule is not one.
    #[error("`{rule}` is no recurrence rule: {why}")]
    Recurrence {
        /// The rule.
        rule: String,
        /// What is wrong.
        why: String,
    },
    /// The rule never fires.
    #[error("this rule never fires before the year 2200; look at its days and months")]
    Never,
}

/// A schedule that was checked: it fires at least once.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "ScheduleDocument", into = "ScheduleDocument")]
pub struct Schedule {
    document: ScheduleDocument,
    rule: Compiled,
}

#[derive(Clone)]
enum Compiled {
    Cron(Box<Cron>),
    Recurrence(Box<Recurrence>),
}

impl Schedule {
    /// The schedule that a document describes.
    ///
    /// # Errors
    /// What is wrong with the document.
    pub fn new(document: ScheduleDocument) -> Result<Self, InvalidSchedule> {
        let rule = match &document.rule {
            Rule::Cron(rule) => Compiled::Cron(Box::new(cron(rule)?)),
            Rule::Recurrence { start, rrule } => {
                Compiled::Recurrence(Box::new(Recurrence::parse(*start, rrule, &document.zone)?))
            }
        };
        let schedule = Self { document, rule };
        schedule.next_after(Timestamp(0)).ok_or(InvalidSchedule::Never)?;
        Ok(schedule)
    }

    /// As it is written.
    pub fn document(&self) -> &ScheduleDocument {
        &self.document
    }

    /// The first occurrence behind `at`; none when there is none before [`HORIZON`].
    pub fn next_after(&self, at: Timestamp) -> Option<Timestamp> {
        let next = match &self.rule {
            Compiled::Cron(cron) => self.next_cron(cron, at),
            Compiled::Recurrence(recurrence) => recurrence.next_after(at, &self.document.zone),
        };
        next.filter(|next| *next < HORIZON)
    }

    /// Occurrences behind `after` and not behind `until`, the first `max` of them.
    pub fn occurrences_between(&self, after: Timestamp, until: Timestamp, max: usize) -> Vec<Timestamp> {
        let occurrences = std::iter::successors(self.next_after(after), |last| self.next_after(*last));
        occurrences.take_while(|at| *at <= until).take(max).collect()
    }

    /// Cron rules know whole seconds.
    fn next_cron(&self, cron: &Cron, at: Timestamp) -> Option<Timestamp> {
        let second = Timestamp(at.0 / 1_000 * 1_000);
        let from = instant(second).to_zoned(self.document.zone.rules().clone());
        let next = cron.find_next_occurrence(&from, false).ok()?;
        Some(timestamp(next.timestamp().as_millisecond()))
    }
}

fn cron(rule: &str) -> Result<Cron, InvalidSchedule> {
    if rule.len() > RULE_BYTES_MAX {
        return Err(InvalidSchedule::TooLong);
    }
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    parser.parse(rule).map_err(|why| InvalidSchedule::Cron { rule: rule.to_owned(), why: why.to_string() })
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.document, f)
    }
}

impl PartialEq for Schedule {
    fn eq(&self, other: &Self) -> bool {
        self.document == other.document
    }
}

impl Eq for Schedule {}

impl TryFrom<ScheduleDocument> for Schedule {
    type Error = InvalidSchedule;

    fn try_from(document: ScheduleDocument) -> Result<Self, Self::Error> {
        Self::new(document)
    }
}

impl From<Schedule> for ScheduleDocument {
    fn from(schedule: Schedule) -> Self {
        schedule.document
    }
}
