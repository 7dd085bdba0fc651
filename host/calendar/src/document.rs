//! A calendar as it is written: the document that people and programs exchange, and what must hold of it.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, Weekday};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::InvalidCalendar;
use crate::hours::Hours;
use crate::zone::Zone;

/// Parts that the hours of one day have.
pub const HOURS_PER_DAY_MAX: usize = 12;

/// Holidays of a calendar: some twenty for each of forty years. Each day that is looked at looks its holidays up.
pub const HOLIDAYS_MAX: usize = 1_000;

/// Exceptions of a calendar: more than a year of them.
pub const EXCEPTIONS_MAX: usize = 400;

/// Bytes of the name of a holiday or an exception.
pub const NAME_BYTES_MAX: usize = 100;

/// A year in which every day of every year exists.
const LEAP_YEAR: i16 = 2000;

/// A calendar as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CalendarDocument")]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Document {
    /// In which all that follows is meant.
    pub zone: Zone,
    /// Of a week without holidays.
    pub hours: Week,
    /// Days and parts of days that do not work.
    #[serde(default)]
    pub holidays: Vec<Holiday>,
    /// Days with hours of their own, whatever week and holidays say: a Saturday that works, a day that does not.
    #[serde(default)]
    pub exceptions: Vec<Exception>,
}

/// The hours of each day of a week; a day that is left out has none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
#[expect(missing_docs, reason = "days of the week")]
pub struct Week {
    pub monday: Vec<Hours>,
    pub tuesday: Vec<Hours>,
    pub wednesday: Vec<Hours>,
    pub thursday: Vec<Hours>,
    pub friday: Vec<Hours>,
    pub saturday: Vec<Hours>,
    pub sunday: Vec<Hours>,
}

/// A day, or a part of it, that does not work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Holiday {
    /// For people: 1 to 100 bytes.
    pub name: String,
    /// Which day.
    pub on: On,
    /// The part that does not work; all of the day when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<Hours>,
}

/// A day with hours of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Exception {
    /// For people: 1 to 100 bytes.
    pub name: String,
    /// Which day.
    pub on: Date,
    /// All that works on this day.
    pub hours: Vec<Hours>,
}

/// The day of a holiday: `2026-12-24`, or `12-24` for every year that has the day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "HolidayDate")]
#[serde(try_from = "String", into = "String")]
pub enum On {
    /// One day.
    Once(Date),
    /// The same day of every year.
    Yearly {
        /// 1 to 12.
        month: i8,
        /// 1 to 31.
        day: i8,
    },
}

impl On {
    /// The same day of every year as this one.
    pub(crate) fn yearly(date: Date) -> Self {
        Self::Yearly { month: date.month(), day: date.day() }
    }
}

impl FromStr for On {
    type Err = InvalidCalendar;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let date = match text.len() {
            5 => format!("{LEAP_YEAR}-{text}").parse::<Date>().map(Self::yearly),
            _ => text.parse().map(Self::Once),
        };
        date.ok().filter(|on| on.to_string() == text).ok_or_else(|| InvalidCalendar::Day(text.to_owned()))
    }
}

impl TryFrom<String> for On {
    type Error = InvalidCalendar;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<On> for String {
    fn from(on: On) -> Self {
        on.to_string()
    }
}

impl fmt::Display for On {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Once(date) => write!(f, "{date}"),
            Self::Yearly { month, day } => write!(f, "{month:02}-{day:02}"),
        }
    }
}

impl fmt::Debug for On {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Week {
    /// The hours of a day of the week.
    pub(crate) fn on(&self, day: Weekday) -> &[Hours] {
        match day {
            Weekday::Monday => &self.monday,
            Weekday::Tuesday => &self.tuesday,
            Weekday::Wednesday => &self.wednesday,
            Weekday::Thursday => &self.thursday,
            Weekday::Friday => &self.friday,
            Weekday::Saturday => &self.saturday,
            Weekday::Sunday => &self.sunday,
        }
    }

    fn days_mut(&mut self) -> [(&'static str, &mut Vec<Hours>); 7] {
        [
            ("monday", &mut self.monday),
            ("tuesday", &mut self.tuesday),
            ("wednesday", &mut self.wednesday),
            ("thursday", &mut self.thursday),
            ("friday", &mut self.friday),
            ("saturday", &mut self.saturday),
            ("sunday", &mut self.sunday),
        ]
    }
}

impl Document {
    /// The document with the parts of each day in order, when it is a calendar.
    pub(crate) fn check(mut self) -> Result<Self, InvalidCalendar> {
        at_most("holidays", self.holidays.len(), HOLIDAYS_MAX)?;
        at_most("exceptions", self.exceptions.len(), EXCEPTIONS_MAX)?;
        for (day, hours) in self.hours.days_mut() {
            put_in_order(day, hours)?;
        }
        if self.hours.days_mut().iter().all(|(_, hours)| hours.is_empty()) {
            return Err(InvalidCalendar::NoHours);
        }
        self.holidays.iter().try_for_each(|holiday| check_name(&holiday.name))?;
        let mut days = BTreeSet::new();
        for exception in &mut self.exceptions {
            check_name(&exception.name)?;
            put_in_order(&exception.on.to_string(), &mut exception.hours)?;
            if !days.insert(exception.on) {
                return Err(InvalidCalendar::Twice(exception.on.to_string()));
            }
        }
        Ok(self)
    }
}

fn put_in_order(day: &str, hours: &mut [Hours]) -> Result<(), InvalidCalendar> {
    at_most("parts in one day", hours.len(), HOURS_PER_DAY_MAX)?;
    hours.sort_unstable();
    let overlap = hours.windows(2).find(|pair| pair[1].from() < pair[0].until());
    let Some(pair) = overlap else { return Ok(()) };
    let (first, second) = (pair[0].to_string(), pair[1].to_string());
    Err(InvalidCalendar::Overlap { day: day.to_owned(), first, second })
}

fn at_most(what: &'static str, count: usize, limit: usize) -> Result<(), InvalidCalendar> {
    if count > limit { Err(InvalidCalendar::TooMany { what, count, limit }) } else { Ok(()) }
}

fn check_name(name: &str) -> Result<(), InvalidCalendar> {
    let fits = (1..=NAME_BYTES_MAX).contains(&name.len()) && !name.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(InvalidCalendar::Name) }
}
