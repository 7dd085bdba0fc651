//! Holidays out of an iCalendar file (RFC 5545).
//!
//! What is read: `VEVENT`s with whole days or times, how long they take, how they repeat, what is left out or moved of
//! that. All else is skipped and counted. What is read and cannot be understood ends the import, with its line.

mod event;
mod line;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use crate::document::{HOLIDAYS_MAX, Holiday};
use crate::zone::Zone;

use event::{Event, Moment};
use line::{Line, Lines};

/// Bytes of a file.
pub const ICS_BYTES_MAX: usize = 1 << 20;

/// Events in a file.
pub const EVENTS_MAX: usize = 2_000;

/// Components inside of each other.
const DEPTH_MAX: usize = 8;

/// Kinds of things that are counted apart when they are skipped; all others together.
const SKIPPED_KINDS_MAX: usize = 50;

/// A file is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct InvalidIcs {
    /// Counted from 1; where a folded line begins.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
}

impl InvalidIcs {
    pub(crate) fn new(line: usize, what: impl Into<String>) -> Self {
        Self { line, what: what.into() }
    }
}

/// Days between which events that do not simply come every year are written out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Window {
    /// The first day.
    pub first: Date,
    /// The last day.
    pub last: Date,
}

/// What a file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// In the order of the file, without repetitions.
    pub holidays: Vec<Holiday>,
    /// Events that were read.
    pub events: usize,
    /// What was skipped, by the name of the component or property.
    pub skipped: BTreeMap<String, usize>,
}

/// The holidays of a file, on the clock of a zone.
///
/// # Errors
/// The first thing that is wrong, with its line.
pub fn holidays(file: &[u8], zone: &Zone, window: Window) -> Result<Found, InvalidIcs> {
    if file.len() > ICS_BYTES_MAX {
        return Err(InvalidIcs::new(1, format!("the file has more than {ICS_BYTES_MAX} bytes")));
    }
    let mut reader = Reader::default();
    for line in Lines::new(file) {
        reader.take(line?, zone)?;
    }
    reader.end(file)?;
    let mut found = Found { events: reader.events.len(), skipped: reader.skipped, ..Found::default() };
    let mut seen = BTreeSet::new();
    for event in &reader.events {
        let moved = event.uid.as_ref().and_then(|uid| reader.moved.get(uid)).map_or(&[][..], Vec::as_slice);
        for holiday in event.holidays(zone, window, moved)? {
            if seen.insert((holiday.on, holiday.hours)) {
                found.holidays.push(holiday);
            }
        }
        if found.holidays.len() > HOLIDAYS_MAX {
            return Err(InvalidIcs::new(event.line, format!("these are more than {HOLIDAYS_MAX} holidays")));
        }
    }
    Ok(found)
}

/// What was read so far.
#[derive(Default)]
struct Reader {
    /// Components that are open.
    open: Vec<String>,
    /// Whether there was a calendar at all.
    began: bool,
    /// The event that is open.
    event: Option<Event>,
    events: Vec<Event>,
    /// Occurrences that an event of their own stands for, by the event's `UID`.
    moved: BTreeMap<String, Vec<Moment>>,
    skipped: BTreeMap<String, usize>,
}

impl Reader {
    fn take(&mut self, line: Line, zone: &Zone) -> Result<(), InvalidIcs> {
        match line.name.as_str() {
            "BEGIN" => self.begin(&line),
            "END" => self.close(&line),
            _ if self.open.is_empty() => Err(line.wrong("this is outside of `BEGIN:VCALENDAR`")),
            _ if self.open.len() == 2 => self.property(&line, zone),
            _ => Ok(()),
        }
    }

    /// A line of a component in the calendar; only events matter.
    fn property(&mut self, line: &Line, zone: &Zone) -> Result<(), InvalidIcs> {
        let Some(event) = &mut self.event else { return Ok(()) };
        if !event.take(line, zone)? {
            self.skip(&line.name);
        }
        Ok(())
    }

    fn begin(&mut self, line: &Line) -> Result<(), InvalidIcs> {
        let name = line.value.to_ascii_uppercase();
        match self.open.len() {
            0 if name != "VCALENDAR" => return Err(line.wrong("the file does not begin with `BEGIN:VCALENDAR`")),
            0 => self.began = true,
            1 if name == "VEVENT" && self.events.len() == EVENTS_MAX => {
                return Err(line.wrong(format!("the file has more than {EVENTS_MAX} events")));
            }
            1 if name == "VEVENT" => self.event = Some(Event::new(line.number)),
            DEPTH_MAX => return Err(line.wrong(format!("components are nested deeper than {DEPTH_MAX}"))),
            _ => self.skip(&name),
        }
        self.open.push(name);
        Ok(())
    }

    fn close(&mut self, line: &Line) -> Result<(), InvalidIcs> {
        let open = self.open.pop();
        if open.as_deref() != Some(line.value.to_ascii_uppercase().as_str()) {
            let open = open.map_or("nothing is open".to_owned(), |open| format!("`{open}` is open"));
            return Err(line.wrong(format!("`END:{}`, but {open}", line.value)));
        }
        if self.open.len() == 1
            && let Some(event) = self.event.take()
        {
            self.keep(event);
        }
        Ok(())
    }

    fn keep(&mut self, event: Event) {
        if let (Some(uid), Some(moment)) = (&event.uid, &event.stands_for) {
            self.moved.entry(uid.clone()).or_default().push(moment.clone());
        }
        if event.cancelled {
            self.skip("STATUS:CANCELLED");
        } else {
            self.events.push(event);
        }
    }

    fn skip(&mut self, name: &str) {
        let is_new = !self.skipped.contains_key(name);
        let name = if is_new && self.skipped.len() >= SKIPPED_KINDS_MAX { "others" } else { name };
        *self.skipped.entry(name.to_owned()).or_default() += 1;
    }

    fn end(&self, file: &[u8]) -> Result<(), InvalidIcs> {
        let last = file.split(|byte| *byte == b'\n').count();
        match self.open.last() {
            Some(open) => Err(InvalidIcs::new(last, format!("the file ends, but `{open}` is open"))),
            None if !self.began => Err(InvalidIcs::new(1, "the file does not begin with `BEGIN:VCALENDAR`")),
            None => Ok(()),
        }
    }
}
