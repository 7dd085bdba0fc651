//! Calendars as they are written: what is accepted, what is refused and why, and what holidays and exceptions do.

use serde_json::{Value, json};
use signalsync_calendar::{
    Calendar, EXCEPTIONS_MAX, HOLIDAYS_MAX, HOURS_PER_DAY_MAX, NAME_BYTES_MAX, NeverEnough, Why,
};

use crate::lab::{at, calendar, minutes, office};

fn with(part: &str, value: Value) -> Value {
    let mut document = office();
    document[part] = value;
    document
}

#[track_caller]
fn refused(document: Value, why: &str) {
    let error = serde_json::from_value::<Calendar>(document).unwrap_err().to_string();
    assert!(error.contains(why), "{error}");
}

#[test]
fn a_calendar_is_written_as_it_is_read() {
    let mut document = with(
        "holidays",
        json!([
            {"name": "Christmas Eve", "on": "12-24", "hours": "12:00-24:00"},
            {"name": "Good Friday", "on": "2026-04-03"},
        ]),
    );
    document["exceptions"] = json!([{"name": "Stocktaking", "on": "2026-01-17", "hours": ["08:00-12:00"]}]);
    let written = serde_json::to_value(calendar(document.clone())).unwrap();
    for part in ["zone", "holidays", "exceptions"] {
        assert_eq!(written[part], document[part]);
    }
    assert_eq!(written["hours"]["monday"], json!(["09:00-17:00"]));
    assert_eq!(written["hours"]["sunday"], json!([]));
    assert_eq!(calendar(written.clone()), calendar(document));
}

#[test]
fn what_is_no_calendar_is_refused_with_the_reason() {
    refused(json!({"zone": "UTC", "hours": {}}), "no day of the week has hours");
    refused(with("zone", json!("europe/berlin")), "`europe/berlin` is no time zone");
    refused(with("zone", json!("CEST")), "`CEST` is no time zone");
    refused(with("colour", json!("red")), "unknown field `colour`");
    for bad in ["9:00-17:00", "17:00-09:00", "09:00-09:00", "09:00-24:01", "09:00-17:60", "09:00", "-", "+9:00-17:00"] {
        refused(with("hours", json!({"monday": [bad]})), &format!("`{bad}` are no hours"));
    }
    refused(with("hours", json!({"monday": ["13:00-17:00", "09:00-13:01"]})), "the hours of monday overlap");
    refused(with("hours", json!({"funday": ["09:00-17:00"]})), "unknown field `funday`");
    for bad in ["2026-02-29", "02-30", "2-3", "2026-1-1", "tomorrow", "2026-01-01T00:00", "13-01"] {
        refused(with("holidays", json!([{"name": "x", "on": bad}])), &format!("`{bad}` is no day"));
    }
    let twice = json!([{"name": "a", "on": "2026-01-17", "hours": []}, {"name": "b", "on": "2026-01-17", "hours": []}]);
    refused(with("exceptions", twice), "two exceptions for 2026-01-17");
}

#[test]
fn every_list_has_a_limit() {
    let parts = |count: usize| -> Vec<_> { (0..count).map(|hour| format!("{hour:02}:00-{hour:02}:30")).collect() };
    calendar(with("hours", json!({"monday": parts(HOURS_PER_DAY_MAX)})));
    refused(with("hours", json!({"monday": parts(HOURS_PER_DAY_MAX + 1)})), "at most 12");

    let holidays = |count: usize| json!(vec![json!({"name": "x", "on": "01-01"}); count]);
    calendar(with("holidays", holidays(HOLIDAYS_MAX)));
    refused(with("holidays", holidays(HOLIDAYS_MAX + 1)), "at most 1000");

    let exceptions = |count: i64| {
        let first: jiff::civil::Date = "2026-01-01".parse().unwrap();
        let day = |number| first.checked_add(jiff::Span::new().days(number)).unwrap();
        json!((0..count).map(|number| json!({"name": "x", "on": day(number), "hours": []})).collect::<Vec<_>>())
    };
    let limit = i64::try_from(EXCEPTIONS_MAX).unwrap();
    calendar(with("exceptions", exceptions(limit)));
    refused(with("exceptions", exceptions(limit + 1)), "at most 400");

    let named = |bytes: usize| json!([{"name": "x".repeat(bytes), "on": "01-01"}]);
    calendar(with("holidays", named(NAME_BYTES_MAX)));
    refused(with("holidays", named(NAME_BYTES_MAX + 1)), "1 to 100 bytes");
    refused(with("holidays", named(0)), "1 to 100 bytes");
}

#[test]
fn a_holiday_takes_a_day_or_a_part_of_it() {
    let calendar = calendar(with(
        "holidays",
        json!([
            {"name": "Christmas Eve", "on": "12-24", "hours": "12:00-24:00"},
            {"name": "Christmas", "on": "12-25"},
            {"name": "Works meeting", "on": "2026-12-23", "hours": "11:00-12:30"},
        ]),
    ));
    assert_eq!(minutes(&calendar, "2026-12-22T23:00:00Z", "2026-12-23T23:00:00Z"), 6 * 60 + 30);
    assert_eq!(minutes(&calendar, "2026-12-23T23:00:00Z", "2026-12-24T23:00:00Z"), 3 * 60);
    assert_eq!(minutes(&calendar, "2026-12-24T23:00:00Z", "2026-12-25T23:00:00Z"), 0);
    assert_eq!(minutes(&calendar, "2024-12-24T23:00:00Z", "2024-12-25T23:00:00Z"), 0, "every year");
    assert_eq!(minutes(&calendar, "2027-12-22T23:00:00Z", "2027-12-23T23:00:00Z"), 8 * 60, "only once");
}

#[test]
fn a_leap_day_is_a_holiday_in_leap_years() {
    let calendar = calendar(with("holidays", json!([{"name": "Leap day", "on": "02-29"}])));
    assert_eq!(minutes(&calendar, "2028-02-28T23:00:00Z", "2028-02-29T23:00:00Z"), 0);
    assert_eq!(minutes(&calendar, "2027-02-28T23:00:00Z", "2027-03-01T23:00:00Z"), 8 * 60);
}

#[test]
fn an_exception_wins_over_week_and_holidays() {
    let mut document = with("holidays", json!([{"name": "New Year", "on": "01-01"}]));
    document["exceptions"] = json!([
        {"name": "Stocktaking", "on": "2026-01-17", "hours": ["08:00-12:00"]},
        {"name": "Emergency service", "on": "2026-01-01", "hours": ["10:00-11:00"]},
        {"name": "Outing", "on": "2026-01-16", "hours": []},
    ]);
    let calendar = calendar(document);
    assert_eq!(minutes(&calendar, "2025-12-31T23:00:00Z", "2026-01-01T23:00:00Z"), 60);
    assert_eq!(minutes(&calendar, "2026-01-15T23:00:00Z", "2026-01-16T23:00:00Z"), 0);
    assert_eq!(minutes(&calendar, "2026-01-16T23:00:00Z", "2026-01-17T23:00:00Z"), 4 * 60);
}

#[test]
fn a_calendar_that_holidays_used_up_ends_its_search() {
    let first: jiff::civil::Date = "2000-01-01".parse().unwrap();
    let days = (0..366).map(|number| first.checked_add(jiff::Span::new().days(number)).unwrap());
    let all: Vec<_> = days.map(|day| json!({"name": "x", "on": day.to_string()[5..]})).collect();
    let calendar = calendar(with("holidays", json!(all)));
    assert_eq!(calendar.add_working(at("1970-01-01T00:00:00Z"), 1), Err(NeverEnough));
    assert_eq!(calendar.next_working(at("1970-01-01T00:00:00Z")), None);
}

#[test]
fn a_preview_names_the_days_that_did_not_work_as_usual() {
    let mut document = with(
        "holidays",
        json!([
            {"name": "Christmas Eve", "on": "12-24", "hours": "12:00-24:00"},
            {"name": "Christmas", "on": "12-25"},
        ]),
    );
    document["exceptions"] = json!([{"name": "Stocktaking", "on": "2026-12-26", "hours": ["09:00-10:00"]}]);
    let calendar = calendar(document);
    // Wednesday at four: one hour, three on Christmas Eve, one on the Saturday that works, one on Monday.
    let preview = calendar.preview(at("2026-12-23T15:00:00Z"), 6 * 60).unwrap();
    assert_eq!(preview.due, at("2026-12-28T09:00:00Z"));
    assert_eq!(preview.due_local, "2026-12-28T10:00:00+01:00[Europe/Berlin]");
    let named: Vec<_> = preview.days.iter().map(|day| (day.on.day(), day.hours.len(), day.why.clone())).collect();
    assert_eq!(
        named,
        [
            (24, 1, Why::Holidays(vec!["Christmas Eve".to_owned()])),
            (25, 0, Why::Holidays(vec!["Christmas".to_owned()])),
            (26, 1, Why::Exception("Stocktaking".to_owned())),
            (27, 0, Why::Week),
        ]
    );
    let long = calendar.preview(at("2026-01-01T00:00:00Z"), 400 * 8 * 60).unwrap();
    assert_eq!(long.days.len(), 100);
    assert!(long.more > 50, "{}", long.more);
}
