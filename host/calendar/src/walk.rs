//! Working time from an instant on, part by part.
//!
//! Between two changes of its clock, a time zone is a constant offset from UTC. So the walk goes from change to change,
//! and from day to day between them: hours are moved by the offset and cut off at the change. Clocks that are put
//! forward or back, and days that do not exist, need no more than that.

use std::ops::Range;
use std::vec::IntoIter;

use jiff::civil::Date;
use signalsync_core::Timestamp;

use crate::calendar::{Calendar, HORIZON};
use crate::hours::Hours;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// Working time before [`HORIZON`], in order. Two parts may touch.
pub(crate) struct Walk<'a> {
    calendar: &'a Calendar,
    /// What is left between this and the next change of the clock, in milliseconds since 1970.
    span: Range<i64>,
    /// The day that the walk is in.
    date: Date,
    /// When it begins, or would begin if the clock had not changed.
    midnight: i64,
    /// What is left of its hours.
    hours: IntoIter<Hours>,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(calendar: &'a Calendar, from: Timestamp) -> Self {
        let from = instant(from).as_millisecond();
        let mut walk =
            Self { calendar, span: from..from, date: Date::ZERO, midnight: 0, hours: Vec::new().into_iter() };
        walk.begin_span(from);
        walk
    }

    /// Goes to the time between two changes of the clock that begins or goes on at this instant.
    fn begin_span(&mut self, from: i64) {
        let (zone, at) = (self.calendar.zone().rules(), of_ms(from));
        let change = zone.following(at).next().map_or(horizon(), |change| change.timestamp().as_millisecond());
        let offset = zone.to_offset(at);
        let offset_ms = i64::from(offset.seconds()) * 1_000;
        self.span = from..change.min(horizon());
        self.midnight = (from + offset_ms).div_euclid(DAY_MS) * DAY_MS - offset_ms;
        self.begin_day(offset.to_datetime(at).date());
    }

    fn begin_day(&mut self, date: Date) {
        self.date = date;
        self.hours = self.calendar.day(date).hours.into_iter();
    }

    /// Goes to the next day; false when there is none.
    fn advance(&mut self) -> bool {
        self.midnight += DAY_MS;
        if self.midnight < self.span.end {
            let Ok(tomorrow) = self.date.tomorrow() else { return false };
            self.begin_day(tomorrow);
        } else if self.span.end < horizon() {
            self.begin_span(self.span.end);
        } else {
            return false;
        }
        true
    }

    /// The hours as instants, as far as they are in the span.
    fn cut(&self, hours: Hours) -> Option<Range<Timestamp>> {
        let at = |minute: u16| self.midnight + i64::from(minute) * MINUTE_MS;
        let (start, end) = (at(hours.from()).max(self.span.start), at(hours.until()).min(self.span.end));
        (start < end).then(|| timestamp(start)..timestamp(end))
    }
}

impl Iterator for Walk<'_> {
    type Item = Range<Timestamp>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            while let Some(hours) = self.hours.next() {
                if let Some(part) = self.cut(hours) {
                    return Some(part);
                }
            }
            if !self.advance() {
                return None;
            }
        }
    }
}

fn horizon() -> i64 {
    i64::try_from(HORIZON.0).unwrap_or(i64::MAX)
}

/// The instant, or the horizon when it lies behind it.
pub(crate) fn instant(at: Timestamp) -> jiff::Timestamp {
    of_ms(i64::try_from(at.min(HORIZON).0).unwrap_or(i64::MAX))
}

fn of_ms(ms: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::MAX)
}

/// An instant that is not before 1970.
pub(crate) fn timestamp(ms: i64) -> Timestamp {
    Timestamp(u64::try_from(ms).unwrap_or_default())
}
