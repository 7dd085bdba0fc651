//! A part of a day, as the clock on the wall shows it.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::InvalidCalendar;

const MINUTES_PER_DAY: u16 = 24 * 60;

/// A part of a day, to the minute, without its end: `09:00-17:30`. It may end at `24:00`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Hours {
    /// Minute of the day.
    from: u16,
    /// Minute of the day; behind `from`.
    until: u16,
}

impl Hours {
    /// A part of a day between two of its minutes; none when the end is not behind the beginning, or behind the day.
    pub(crate) fn between(from: u16, until: u16) -> Option<Self> {
        (from < until && until <= MINUTES_PER_DAY).then_some(Self { from, until })
    }

    /// Minute of the day at which it begins: 0 to 1439.
    pub fn from(self) -> u16 {
        self.from
    }

    /// Minute of the day at which it ends: 1 to 1440.
    pub fn until(self) -> u16 {
        self.until
    }

    /// Whether the minute of the day is in it.
    pub(crate) fn holds(self, minute: u16) -> bool {
        (self.from..self.until).contains(&minute)
    }

    /// What is left when another part is taken away.
    pub(crate) fn without(self, taken: Self) -> impl Iterator<Item = Self> {
        let before = Self::between(self.from, self.until.min(taken.from));
        let behind = Self::between(self.from.max(taken.until), self.until);
        [before, behind].into_iter().flatten()
    }
}

/// `HH:MM` as a minute of the day.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute) = (two_digits(hour)?, two_digits(minute)?);
    (minute < 60).then_some(hour * 60 + minute)
}

fn two_digits(text: &str) -> Option<u16> {
    let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

impl FromStr for Hours {
    type Err = InvalidCalendar;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('-').and_then(|(from, until)| Some((minute(from)?, minute(until)?)));
        let hours = parts.and_then(|(from, until)| Self::between(from, until));
        hours.ok_or_else(|| InvalidCalendar::Hours(text.to_owned()))
    }
}

impl TryFrom<String> for Hours {
    type Error = InvalidCalendar;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Hours> for String {
    fn from(hours: Hours) -> Self {
        hours.to_string()
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, until } = self;
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, until / 60, until % 60)
    }
}

impl fmt::Debug for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
