//! One event, and the days that it takes.

use jiff::Span;
use jiff::civil::{Date, DateTime};

use super::line::Line;
use super::{InvalidIcs, Window};
use crate::document::{Holiday, NAME_BYTES_MAX, On};
use crate::hours::Hours;
use crate::schedule::{Recurrence, parse_civil, parse_date};
use crate::zone::Zone;

/// Days of one event, and of one occurrence.
const DAYS_MAX: usize = 366;

/// Occurrences that one event has in the window.
const OCCURRENCES_MAX: usize = 1_000;

/// How an event without a summary is called.
const UNNAMED: &str = "Holiday";

/// A time as iCalendar writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Moment {
    /// A whole day.
    Day(Date),
    /// A time on the clock of a zone.
    At(DateTime, Zone),
}

impl Moment {
    /// The value of a line, or one of its values.
    fn parse(line: &Line, value: &str, zone: &Zone) -> Result<Self, InvalidIcs> {
        if let Some(day) = parse_date(value) {
            return Ok(Self::Day(day));
        }
        let of = |name: &str| name.parse::<Zone>().map_err(|error| line.wrong(error.to_string()));
        let zone = match (value.ends_with('Z'), line.parameter("TZID")) {
            (true, _) => of("UTC")?,
            (false, Some(name)) => of(name)?,
            (false, None) => zone.clone(),
        };
        let time = parse_civil(value.strip_suffix('Z').unwrap_or(value));
        let time = time.ok_or_else(|| line.wrong(format!("`{value}` is no day and no time")))?;
        Ok(Self::At(time, zone))
    }

    /// On its own clock.
    fn civil(&self) -> DateTime {
        match self {
            Self::Day(day) => day.at(0, 0, 0, 0),
            Self::At(time, _) => *time,
        }
    }

    /// The same kind of moment at another time.
    fn moved(&self, time: DateTime) -> Self {
        match self {
            Self::Day(_) => Self::Day(time.date()),
            Self::At(_, zone) => Self::At(time, zone.clone()),
        }
    }

    /// On the clock of a zone.
    fn shown_in(&self, zone: &Zone) -> Option<DateTime> {
        match self {
            Self::Day(day) => Some(day.at(0, 0, 0, 0)),
            Self::At(time, own) if own == zone => Some(*time),
            Self::At(time, own) => {
                let at = own.rules().to_timestamp(*time).ok()?;
                Some(at.to_zoned(zone.rules().clone()).datetime())
            }
        }
    }

    /// Whether it names this occurrence: the same instant, or the day that it begins on.
    fn names(&self, occurrence: &Self) -> bool {
        match (self, occurrence) {
            (Self::Day(day), _) => *day == occurrence.civil().date(),
            (Self::At(..), Self::Day(day)) => self.civil().date() == *day,
            (Self::At(time, zone), Self::At(other, other_zone)) => {
                let instant = |time: &DateTime, zone: &Zone| zone.rules().to_timestamp(*time).ok();
                instant(time, zone) == instant(other, other_zone)
            }
        }
    }
}

/// An event as it was read.
#[derive(Debug)]
pub(super) struct Event {
    /// Where it begins.
    pub(super) line: usize,
    pub(super) uid: Option<String>,
    /// The occurrence of another event that this one replaces.
    pub(super) stands_for: Option<Moment>,
    pub(super) cancelled: bool,
    name: String,
    start: Option<Moment>,
    end: Option<Moment>,
    duration: Option<Span>,
    rule: Option<(usize, String)>,
    left_out: Vec<Moment>,
    added: Vec<Moment>,
}

impl Event {
    pub(super) fn new(line: usize) -> Self {
        Self {
            line,
            uid: None,
            stands_for: None,
            cancelled: false,
            name: UNNAMED.to_owned(),
            start: None,
            end: None,
            duration: None,
            rule: None,
            left_out: Vec::new(),
            added: Vec::new(),
        }
    }

    /// Takes a line in; false when it says nothing that matters here.
    pub(super) fn take(&mut self, line: &Line, zone: &Zone) -> Result<bool, InvalidIcs> {
        let moment = || Moment::parse(line, &line.value, zone);
        let moments =
            || line.value.split(',').map(|value| Moment::parse(line, value, zone)).collect::<Result<Vec<_>, _>>();
        match line.name.as_str() {
            "UID" => self.uid = Some(line.value.clone()),
            "SUMMARY" => self.name = name(&line.value),
            "STATUS" => self.cancelled = line.value.eq_ignore_ascii_case("CANCELLED"),
            "DTSTART" => self.start = Some(moment()?),
            "DTEND" => self.end = Some(moment()?),
            "RECURRENCE-ID" => self.stands_for = Some(moment()?),
            "EXDATE" => self.left_out.extend(moments()?),
            "RDATE" => self.added.extend(moments()?),
            "DURATION" => {
                let span = line.value.parse().map_err(|_| line.wrong(format!("`{}` is no duration", line.value)))?;
                self.duration = Some(span);
            }
            "RRULE" if self.rule.is_some() => return Err(line.wrong("an event has one `RRULE`")),
            "RRULE" => self.rule = Some((line.number, line.value.clone())),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The days, and parts of days, that it takes.
    pub(super) fn holidays(&self, zone: &Zone, window: Window, moved: &[Moment]) -> Result<Vec<Holiday>, InvalidIcs> {
        let start = self.start.as_ref().ok_or_else(|| InvalidIcs::new(self.line, "this event has no `DTSTART`"))?;
        let rule = self.rule(start, zone)?;
        let is_whole = self.left_out.is_empty() && self.added.is_empty() && moved.is_empty();
        let on_this_clock = !matches!(start, Moment::At(_, own) if own != zone);
        let days = self.days(start, start, zone)?;
        let began = start.civil().date() <= window.first;
        if rule.as_ref().is_some_and(Recurrence::is_every_year) && is_whole && on_this_clock && began && fixed(&days) {
            return Ok(days.into_iter().map(|(day, hours)| self.holiday(On::yearly(day), hours)).collect());
        }
        let mut found = Vec::new();
        for occurrence in self.occurrences(start, rule.as_ref(), window, moved)? {
            let days = self.days(start, &occurrence, zone)?;
            found.extend(days.into_iter().map(|(day, hours)| self.holiday(On::Once(day), hours)));
        }
        Ok(found)
    }

    fn rule(&self, start: &Moment, zone: &Zone) -> Result<Option<Recurrence>, InvalidIcs> {
        let Some((line, text)) = &self.rule else { return Ok(None) };
        let own = match start {
            Moment::Day(_) => zone,
            Moment::At(_, own) => own,
        };
        let rule = Recurrence::parse(start.civil(), text, own);
        rule.map(Some).map_err(|error| InvalidIcs::new(*line, error.to_string()))
    }

    /// When it happens: once, or as its rule says within the window; without what is left out or stands elsewhere.
    fn occurrences(
        &self,
        start: &Moment,
        rule: Option<&Recurrence>,
        window: Window,
        moved: &[Moment],
    ) -> Result<Vec<Moment>, InvalidIcs> {
        let Some(rule) = rule else { return Ok([start.clone()].into_iter().chain(self.added.clone()).collect()) };
        let last = window.last.at(23, 59, 59, 0);
        let times = rule.from(window.first.at(0, 0, 0, 0)).take_while(|time| *time <= last);
        let found: Vec<_> = times.take(OCCURRENCES_MAX + 1).map(|time| start.moved(time)).collect();
        if found.len() > OCCURRENCES_MAX {
            return Err(InvalidIcs::new(self.line, format!("this event happens more than {OCCURRENCES_MAX} times")));
        }
        let elsewhere = moved.iter().filter(|_| self.stands_for.is_none());
        let gone: Vec<_> = self.left_out.iter().chain(elsewhere).collect();
        let stays = found.into_iter().filter(|occurrence| !gone.iter().any(|moment| moment.names(occurrence)));
        Ok(stays.chain(self.added.clone()).collect())
    }

    /// The days of one occurrence, and which part of each; none for the whole day.
    fn days(&self, start: &Moment, occurrence: &Moment, zone: &Zone) -> Result<Vec<(Date, Option<Hours>)>, InvalidIcs> {
        let wrong = |what: &str| InvalidIcs::new(self.line, what);
        let end = self.end(start, occurrence).ok_or_else(|| wrong("this event ends before it begins, or never"))?;
        let shown = occurrence.shown_in(zone).zip(end.shown_in(zone));
        let (from, until) = shown.ok_or_else(|| wrong("this event is at no time that the calendar knows"))?;
        let days = from.date().series(Span::new().days(1)).take_while(|day| day.at(0, 0, 0, 0) < until);
        let days: Vec<_> = days.take(DAYS_MAX + 1).collect();
        if days.len() > DAYS_MAX {
            return Err(wrong("this event takes more than a year"));
        }
        Ok(days.into_iter().filter_map(|day| Some((day, part(day, from, until)?))).collect())
    }

    /// When an occurrence ends: as long after it as `DTEND` or `DURATION` is after the start. A day without either ends
    /// with itself; a time without either takes none.
    fn end(&self, start: &Moment, occurrence: &Moment) -> Option<Moment> {
        let length = match (&self.end, self.duration, start) {
            (Some(end), _, _) => between(start, end)?,
            (None, Some(duration), _) => duration,
            (None, None, Moment::Day(_)) => Span::new().days(1),
            (None, None, Moment::At(..)) => Span::new(),
        };
        let end = occurrence.civil().checked_add(length).ok()?;
        (end >= occurrence.civil()).then(|| occurrence.moved(end))
    }

    fn holiday(&self, on: On, hours: Option<Hours>) -> Holiday {
        Holiday { name: self.name.clone(), on, hours }
    }
}

/// How long an event takes, on the clock on which it begins.
fn between(start: &Moment, end: &Moment) -> Option<Span> {
    let end = match start {
        Moment::Day(_) => end.civil(),
        Moment::At(_, zone) => end.shown_in(zone)?,
    };
    end.since(start.civil()).ok()
}

/// The part of a day that lies between two times, whole minutes; inside, none for the whole day.
fn part(day: Date, from: DateTime, until: DateTime) -> Option<Option<Hours>> {
    let minute = |time: DateTime| u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs());
    let begin = if day == from.date() { minute(from) } else { 0 };
    let end = if day == until.date() { minute(until) + u16::from(until.second() > 0) } else { 24 * 60 };
    let hours = Hours::between(begin, end)?;
    Some(if (begin, end) == (0, 24 * 60) { None } else { Some(hours) })
}

/// Whether the days are the same ones in every year: some days of February end elsewhere in leap years.
fn fixed(days: &[(Date, Option<Hours>)]) -> bool {
    days.len() == 1 || days.iter().all(|(day, _)| day.month() != 2)
}

/// A text (RFC 5545, 3.3.11) as the name of a holiday.
fn name(value: &str) -> String {
    let (mut text, mut escaped) = (String::new(), false);
    for found in value.chars() {
        match (escaped, found) {
            (false, '\\') => escaped = true,
            (true, 'n' | 'N') => (text, escaped) = (text + " ", false),
            (_, other) => {
                escaped = false;
                text.push(if other.is_control() { ' ' } else { other });
            }
        }
    }
    let text = text.trim();
    let end = (0..=NAME_BYTES_MAX.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    if end == 0 { UNNAMED.to_owned() } else { text[..end].trim_end().to_owned() }
}
