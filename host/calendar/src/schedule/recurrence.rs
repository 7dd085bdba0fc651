//! Recurrence rules of RFC 5545. They are worked out on a clock that never changes, and what they yield is then looked up
//! on the clock of the time zone.

use jiff::civil::{Date, DateTime, date};
use jiff::{Span, Unit};
use rrule::{Frequency, RRule, RRuleSet, Tz, Unvalidated};
use signalsync_core::Timestamp;

use super::{InvalidSchedule, RULE_BYTES_MAX};
use crate::walk::{instant, timestamp};
use crate::zone::Zone;

/// Occurrences of a rule with `COUNT`: they are counted from the start each time.
pub const COUNT_MAX: u32 = 10_000;

/// Occurrences in a day: one for each quarter of an hour.
pub const TIMES_PER_DAY_MAX: usize = 96;

/// A rule with its start.
#[derive(Debug, Clone)]
pub(crate) struct Recurrence {
    start: DateTime,
    rule: RRule,
}

impl Recurrence {
    /// The rule that begins at `start`. `UNTIL` may be in UTC, on the clock of the zone, or a day, which belongs to it.
    pub(crate) fn parse(start: DateTime, text: &str, zone: &Zone) -> Result<Self, InvalidSchedule> {
        if text.len() > RULE_BYTES_MAX {
            return Err(InvalidSchedule::TooLong);
        }
        let wrong = |why: String| InvalidSchedule::Recurrence { rule: text.to_owned(), why };
        let (ends, parts): (Vec<_>, Vec<_>) = text.split(';').partition(|part| until_of(part).is_some());
        let rule = parts.join(";").parse::<RRule<Unvalidated>>().map_err(|error| wrong(error.to_string()))?;
        let rule = match ends.as_slice() {
            [] => rule,
            [end] => rule.until(fixed(parse_until(end, zone).ok_or_else(|| wrong(format!("`{end}` is no time")))?)),
            _ => return Err(wrong("`UNTIL` stands twice".to_owned())),
        };
        if ends.len() == 1 && rule.get_count().is_some() {
            return Err(wrong("it has both `UNTIL` and `COUNT`".to_owned()));
        }
        let rule = rule.validate(fixed(start)).map_err(|error| wrong(error.to_string()))?;
        check(&rule).map_err(wrong)?;
        Ok(Self { start, rule })
    }

    /// Occurrences from a time on, at the latest from the begin of its period.
    pub(crate) fn from(&self, at: DateTime) -> impl Iterator<Item = DateTime> {
        let set = RRuleSet::new(fixed(self.seek(at))).rrule(self.rule.clone()).limit();
        (&set).into_iter().map(|found| civil(found.timestamp())).skip_while(move |found| *found < at)
    }

    /// The first occurrence behind an instant. A clock that is put forward can change the order of occurrences of a day,
    /// so those of a day are compared.
    pub(crate) fn next_after(&self, at: Timestamp, zone: &Zone) -> Option<Timestamp> {
        let shown = instant(at).to_zoned(zone.rules().clone()).datetime();
        let mut best: Option<(DateTime, Timestamp)> = None;
        for found in self.from(shown.saturating_sub(Span::new().days(1))) {
            if best.is_some_and(|(first, _)| found > first.saturating_add(Span::new().days(1))) {
                break;
            }
            let shows = zone.rules().to_timestamp(found).ok().map(|shows| timestamp(shows.as_millisecond()));
            if let Some(shows) = shows.filter(|shows| *shows > at)
                && best.is_none_or(|(_, first)| shows < first)
            {
                best = Some((found, shows));
            }
        }
        best.map(|(_, shows)| shows)
    }

    /// Whether it is the same day of every year, from its start on without an end.
    pub(crate) fn is_every_year(&self) -> bool {
        let Self { start, rule } = self;
        rule.get_freq() == Frequency::Yearly
            && rule.get_interval() == 1
            && rule.get_count().is_none()
            && rule.get_until().is_none()
            && rule.get_by_month() == [start.month().unsigned_abs()]
            && rule.get_by_month_day() == [start.day()]
            && rule.get_by_weekday().is_empty()
            && rule.get_by_year_day().is_empty()
            && rule.get_by_week_no().is_empty()
            && rule.get_by_set_pos().is_empty()
            && (rule.get_by_hour().len(), rule.get_by_minute().len()) == (1, 1)
    }

    /// A start from which the rule yields the same from `at` on: whole periods behind its own. What the rule takes from
    /// its start is in the rule since it was checked.
    fn seek(&self, at: DateTime) -> DateTime {
        if self.rule.get_count().is_some() || at <= self.start {
            return self.start;
        }
        let interval = i64::from(self.rule.get_interval());
        let periods = |length: i64, passed: i64| passed / (length * interval) * length * interval;
        let days = at.date().since((Unit::Day, self.start.date())).map_or(0, |span| i64::from(span.get_days()));
        let months = i64::from(at.year() - self.start.year()) * 12 + i64::from(at.month() - self.start.month());
        match self.rule.get_freq() {
            Frequency::Yearly => self.behind_months(periods(12, months)),
            Frequency::Monthly => self.behind_months(periods(1, months)),
            Frequency::Weekly => self.start.saturating_add(Span::new().days(periods(7, days))),
            _ => self.start.saturating_add(Span::new().days(periods(1, days))),
        }
    }

    /// The begin of the month so many months behind the start's.
    fn behind_months(&self, months: i64) -> DateTime {
        if months <= 0 { self.start } else { self.start.first_of_month().saturating_add(Span::new().months(months)) }
    }
}

fn check(rule: &RRule) -> Result<(), String> {
    if rule.get_freq() > Frequency::Daily {
        return Err(
            "it repeats within a day; write `FREQ=DAILY` with `BYHOUR` and `BYMINUTE`, or a cron rule".to_owned()
        );
    }
    if rule.get_by_second().len() > 1 {
        return Err("`BYSECOND` is not possible; the seconds of the start are taken".to_owned());
    }
    if rule.get_by_hour().len() * rule.get_by_minute().len() > TIMES_PER_DAY_MAX {
        return Err(format!("it fires more than {TIMES_PER_DAY_MAX} times a day"));
    }
    if rule.get_interval() == 0 {
        return Err("`INTERVAL` is at least 1".to_owned());
    }
    if rule.get_count().is_some_and(|count| count > COUNT_MAX) {
        return Err(format!("`COUNT` is at most {COUNT_MAX}; write `UNTIL` instead"));
    }
    Ok(())
}

fn until_of(part: &str) -> Option<&str> {
    let (name, value) = part.split_once('=')?;
    name.eq_ignore_ascii_case("UNTIL").then_some(value)
}

/// The last moment that belongs to the rule, on the clock of the zone.
fn parse_until(part: &str, zone: &Zone) -> Option<DateTime> {
    let value = until_of(part)?;
    match (value.strip_suffix('Z'), parse_date(value)) {
        (Some(utc), _) => {
            let at = parse_civil(utc)?.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
            Some(at.with_time_zone(zone.rules().clone()).datetime())
        }
        (None, Some(day)) => Some(day.at(23, 59, 59, 0)),
        (None, None) => parse_civil(value),
    }
}

/// `20260131T090000`.
pub(crate) fn parse_civil(text: &str) -> Option<DateTime> {
    (text.len() == 15).then(|| DateTime::strptime("%Y%m%dT%H%M%S", text).ok()).flatten()
}

/// `20260131`.
pub(crate) fn parse_date(text: &str) -> Option<Date> {
    (text.len() == 8).then(|| Date::strptime("%Y%m%d", text).ok()).flatten()
}

/// On the clock that never changes.
fn fixed(at: DateTime) -> chrono::DateTime<Tz> {
    let seconds = at.duration_since(date(1970, 1, 1).at(0, 0, 0, 0)).as_secs();
    chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default().with_timezone(&Tz::UTC)
}

/// Back from it.
fn civil(seconds: i64) -> DateTime {
    let at = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MAX);
    jiff::tz::Offset::UTC.to_datetime(at)
}
