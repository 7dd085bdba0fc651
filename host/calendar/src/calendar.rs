//! A calendar that was checked, and what can be asked of it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Zoned;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_core::Timestamp;

use crate::document::{Document, Exception, Holiday, On};
use crate::error::InvalidCalendar;
use crate::walk::Walk;
use crate::zone::Zone;

/// 2200-01-01T00:00:00Z. Nothing from there on is working time, so that every search ends: it looks at no more than the
/// 230 years from 1970 on.
pub const HORIZON: Timestamp = Timestamp(7_258_118_400_000);

/// There is not so much working time before [`HORIZON`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the calendar has not so much working time until the year 2200; look at its holidays and exceptions")]
pub struct NeverEnough;

/// When somebody works: hours of a week, holidays and exceptions, in a time zone.
///
/// An instant is working time when the clock on the wall of the time zone shows working time. So an hour that a clock
/// skips in spring is not there, and one that it shows twice in autumn counts twice.
///
/// ```
/// # use signalsync_calendar::{Calendar, Document};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let calendar: Calendar = serde_json::from_str(
///     r#"{"zone": "Europe/Berlin", "hours": {"friday": ["09:00-17:00"], "monday": ["09:00-17:00"]}}"#,
/// )?;
/// // Three hours from a Friday at 15:00 on are Monday at 10:00.
/// let due = calendar.add_working("2026-01-09T14:00:00Z".parse()?, 180)?;
/// assert_eq!(due, "2026-01-12T09:00:00Z".parse()?);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Document", into = "Document")]
pub struct Calendar {
    document: Document,
    /// Places in the document's holidays.
    holidays: BTreeMap<On, Vec<usize>>,
    /// Places in the document's exceptions.
    exceptions: BTreeMap<Date, usize>,
}

impl Calendar {
    /// The calendar that a document describes.
    ///
    /// # Errors
    /// What is wrong with the document.
    pub fn new(document: Document) -> Result<Self, InvalidCalendar> {
        let document = document.check()?;
        let mut holidays = BTreeMap::<_, Vec<_>>::new();
        for (place, holiday) in document.holidays.iter().enumerate() {
            holidays.entry(holiday.on).or_default().push(place);
        }
        let exceptions = document.exceptions.iter().enumerate().map(|(place, exception)| (exception.on, place));
        Ok(Self { holidays, exceptions: exceptions.collect(), document })
    }

    /// As it is written.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// In which its hours are meant.
    pub fn zone(&self) -> &Zone {
        &self.document.zone
    }

    /// Whether the instant is working time.
    pub fn is_working(&self, at: Timestamp) -> bool {
        let shown = self.local(at);
        let minute = u16::from(shown.hour().unsigned_abs()) * 60 + u16::from(shown.minute().unsigned_abs());
        at < HORIZON && self.day(shown.date()).hours.iter().any(|hours| hours.holds(minute))
    }

    /// The first instant from `at` on that is working time; none before [`HORIZON`].
    pub fn next_working(&self, at: Timestamp) -> Option<Timestamp> {
        self.walk(at).next().map(|part| part.start)
    }

    /// The first instant at which so many minutes of working time have passed since `from`. Without minutes that is
    /// `from` itself, and a day's last minute ends with the day, not with the next one's begin.
    ///
    /// # Errors
    /// `NeverEnough`.
    pub fn add_working(&self, from: Timestamp, minutes: u32) -> Result<Timestamp, NeverEnough> {
        self.add_working_ms(from, u64::from(minutes) * 60_000)
    }

    /// Like [`add_working`](Self::add_working), in milliseconds.
    pub(crate) fn add_working_ms(&self, from: Timestamp, ms: u64) -> Result<Timestamp, NeverEnough> {
        if ms == 0 {
            return Ok(from);
        }
        let mut left = ms;
        for part in self.walk(from) {
            let length = part.end.0 - part.start.0;
            if length >= left {
                return Ok(Timestamp(part.start.0 + left));
            }
            left -= length;
        }
        Err(NeverEnough)
    }

    /// How much working time there is from `from` on, before `until`; none when `until` is not behind `from`.
    pub fn working_between(&self, from: Timestamp, until: Timestamp) -> Duration {
        let parts = self.walk(from).take_while(|part| part.start < until);
        Duration::from_millis(parts.map(|part| part.end.min(until).0 - part.start.0).sum())
    }

    fn walk(&self, from: Timestamp) -> Walk<'_> {
        Walk::new(self, from)
    }

    /// What the clock on the wall shows.
    pub(crate) fn local(&self, at: Timestamp) -> Zoned {
        crate::walk::instant(at).to_zoned(self.zone().rules().clone())
    }

    pub(crate) fn exception(&self, on: Date) -> Option<&Exception> {
        self.exceptions.get(&on).map(|place| &self.document.exceptions[*place])
    }

    pub(crate) fn holidays(&self, on: &On) -> impl Iterator<Item = &Holiday> {
        self.holidays.get(on).into_iter().flatten().map(|place| &self.document.holidays[*place])
    }
}

impl PartialEq for Calendar {
    fn eq(&self, other: &Self) -> bool {
        self.document == other.document
    }
}

impl Eq for Calendar {}

impl TryFrom<Document> for Calendar {
    type Error = InvalidCalendar;

    fn try_from(document: Document) -> Result<Self, Self::Error> {
        Self::new(document)
    }
}

impl From<Calendar> for Document {
    fn from(calendar: Calendar) -> Self {
        calendar.document
    }
}
