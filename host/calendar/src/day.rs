//! What one day of a calendar is, and why; and what that means for a due date.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;
use signalsync_core::Timestamp;

use crate::calendar::{Calendar, NeverEnough};
use crate::document::On;
use crate::hours::Hours;

/// Days that a preview names; it counts the others.
const NAMED_MAX: usize = 100;

/// What works on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "WorkingDay")]
#[serde(rename_all = "kebab-case")]
pub struct Day {
    /// Which day.
    pub on: Date,
    /// In order, without overlaps.
    pub hours: Vec<Hours>,
    /// What decided it.
    pub why: Why,
}

/// What decided the hours of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "WhyDay")]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The day of the week alone.
    Week,
    /// One or more holidays took something away: their names.
    Holidays(Vec<String>),
    /// An exception: its name.
    Exception(String),
}

/// When something is due, and which days on the way did not work as usual.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "WorkingTime")]
#[serde(rename_all = "kebab-case")]
pub struct Preview {
    /// When.
    pub due: Timestamp,
    /// The same in the time zone of the calendar.
    pub due_local: String,
    /// The first of the days that have no hours, or not those of the week.
    pub days: Vec<Day>,
    /// Such days that are not named.
    pub more: usize,
}

impl Calendar {
    /// What works on a day: its exception if it has one, else the hours of the week without its holidays.
    pub fn day(&self, on: Date) -> Day {
        if let Some(exception) = self.exception(on) {
            return Day { on, hours: exception.hours.clone(), why: Why::Exception(exception.name.clone()) };
        }
        let mut hours = self.document().hours.on(on.weekday()).to_vec();
        let mut names = Vec::new();
        for holiday in self.holidays(&On::Once(on)).chain(self.holidays(&On::yearly(on))) {
            names.push(holiday.name.clone());
            match holiday.hours {
                None => hours.clear(),
                Some(taken) => hours = hours.into_iter().flat_map(|part| part.without(taken)).collect(),
            }
        }
        Day { on, hours, why: if names.is_empty() { Why::Week } else { Why::Holidays(names) } }
    }

    /// When so much working time has passed, and why then.
    ///
    /// # Errors
    /// `NeverEnough`.
    pub fn preview(&self, from: Timestamp, minutes: u32) -> Result<Preview, NeverEnough> {
        let due = self.add_working(from, minutes)?;
        let (first, last) = (self.local(from), self.local(due));
        let days = first.date().series(jiff::Span::new().days(1)).take_while(|on| *on <= last.date());
        let odd = days.filter(|on| self.exists(*on)).map(|on| self.day(on));
        let mut days: Vec<_> = odd.filter(|day| day.hours.is_empty() || day.why != Why::Week).collect();
        let more = days.len().saturating_sub(NAMED_MAX);
        days.truncate(NAMED_MAX);
        Ok(Preview { due, due_local: last.to_string(), days, more })
    }

    /// Whether the time zone has the day: a country that moves over the date line skips one.
    fn exists(&self, on: Date) -> bool {
        on.to_zoned(self.zone().rules().clone()).is_ok_and(|begin| begin.date() == on)
    }
}
