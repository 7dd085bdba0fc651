//! Calendars and times in few words.

use serde_json::{Value, json};
use signalsync_calendar::Calendar;
use signalsync_core::Timestamp;

pub(crate) const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn calendar(document: Value) -> Calendar {
    serde_json::from_value(document).unwrap()
}

/// The same hours on every day.
pub(crate) fn daily(zone: &str, hours: &[&str]) -> Calendar {
    let week: serde_json::Map<_, _> = DAYS.iter().map(|day| ((*day).to_owned(), json!(hours))).collect();
    calendar(json!({"zone": zone, "hours": week}))
}

/// Nine to five from Monday to Friday, in Berlin.
pub(crate) fn office() -> Value {
    let week: serde_json::Map<_, _> = DAYS[..5].iter().map(|day| ((*day).to_owned(), json!(["09:00-17:00"]))).collect();
    json!({"zone": "Europe/Berlin", "hours": week})
}

/// Working time between two times, in minutes.
#[track_caller]
pub(crate) fn minutes(calendar: &Calendar, from: &str, until: &str) -> u64 {
    let between = calendar.working_between(at(from), at(until)).as_millis();
    assert_eq!(between % 60_000, 0, "{between} ms");
    u64::try_from(between / 60_000).unwrap()
}
