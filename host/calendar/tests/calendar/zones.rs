//! Clocks that change, computed by hand from the rules of each country.

use serde_json::json;

use crate::lab::{at, calendar, daily, minutes, office};

#[test]
fn berlin_has_days_of_23_and_of_25_hours() {
    let always = daily("Europe/Berlin", &["00:00-24:00"]);
    assert_eq!(minutes(&always, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"), 23 * 60);
    assert_eq!(minutes(&always, "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"), 25 * 60);
    let from = at("2026-03-28T22:30:00Z");
    assert_eq!(always.add_working(from, 24 * 60).unwrap(), at("2026-03-29T22:30:00Z"));
}

#[test]
fn hours_that_begin_in_the_gap_begin_where_it_ends() {
    let early = daily("Europe/Berlin", &["02:30-10:00"]);
    assert_eq!(early.next_working(at("2026-03-29T00:00:00Z")), Some(at("2026-03-29T01:00:00Z")));
    assert_eq!(minutes(&early, "2026-03-29T00:00:00Z", "2026-03-29T12:00:00Z"), 7 * 60);
    let within = daily("Europe/Berlin", &["02:15-02:45"]);
    assert_eq!(minutes(&within, "2026-03-29T00:00:00Z", "2026-03-29T22:00:00Z"), 0);
}

#[test]
fn hours_that_begin_in_the_fold_count_each_time_that_the_clock_shows_them() {
    let early = daily("Europe/Berlin", &["02:30-10:00"]);
    assert_eq!(minutes(&early, "2026-10-24T22:00:00Z", "2026-10-25T12:00:00Z"), 30 + 450);
    assert!(early.is_working(at("2026-10-25T00:59:59.999Z")), "02:59 in summer time");
    assert!(!early.is_working(at("2026-10-25T01:00:00Z")), "02:00 in winter time");
    assert!(early.is_working(at("2026-10-25T01:30:00Z")), "02:30 in winter time");
    assert_eq!(early.add_working(at("2026-10-24T22:00:00Z"), 31).unwrap(), at("2026-10-25T01:31:00Z"));
    let ends = daily("Europe/Berlin", &["00:00-02:30"]);
    assert_eq!(minutes(&ends, "2026-10-24T22:00:00Z", "2026-10-25T12:00:00Z"), 150 + 30);
}

#[test]
fn a_night_shift_in_new_york_is_an_hour_shorter_in_spring_and_an_hour_longer_in_autumn() {
    let night = calendar(json!({
        "zone": "America/New_York",
        "hours": {"saturday": ["22:00-24:00"], "sunday": ["00:00-06:00"]},
    }));
    assert_eq!(minutes(&night, "2026-03-08T03:00:00Z", "2026-03-08T12:00:00Z"), 7 * 60);
    assert_eq!(night.add_working(at("2026-03-08T03:00:00Z"), 7 * 60).unwrap(), at("2026-03-08T10:00:00Z"));
    assert_eq!(minutes(&night, "2026-11-01T02:00:00Z", "2026-11-01T12:00:00Z"), 9 * 60);
    let fold = daily("America/New_York", &["01:30-09:00"]);
    assert_eq!(minutes(&fold, "2026-11-01T04:00:00Z", "2026-11-01T18:00:00Z"), 30 + 450);
}

#[test]
fn apia_skipped_a_friday() {
    let office = daily("Pacific/Apia", &["09:00-17:00"]);
    // The end of Thursday, 29 December 2011; the clock goes on with Saturday.
    assert_eq!(office.add_working(at("2011-12-30T03:00:00Z"), 60).unwrap(), at("2011-12-30T20:00:00Z"));
    assert_eq!(minutes(&office, "2011-12-29T10:00:00Z", "2011-12-31T10:00:00Z"), 16 * 60);
    let preview = office.preview(at("2011-12-30T03:00:00Z"), 60).unwrap();
    assert_eq!((preview.days.len(), preview.due_local.as_str()), (0, "2011-12-31T10:00:00+14:00[Pacific/Apia]"));

    let weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday"].map(|day| (day, json!(["09:00-17:00"])));
    let weekdays: serde_json::Map<_, _> = weekdays.into_iter().map(|(day, hours)| (day.to_owned(), hours)).collect();
    let weekdays = calendar(json!({"zone": "Pacific/Apia", "hours": weekdays}));
    assert_eq!(weekdays.next_working(at("2011-12-30T03:00:00Z")), Some(at("2012-01-01T19:00:00Z")));
}

#[test]
fn lord_howe_moves_its_clock_by_half_an_hour() {
    let always = daily("Australia/Lord_Howe", &["00:00-24:00"]);
    assert_eq!(minutes(&always, "2026-04-04T13:00:00Z", "2026-04-05T13:30:00Z"), 24 * 60 + 30);
    assert_eq!(minutes(&always, "2026-10-03T13:30:00Z", "2026-10-04T13:00:00Z"), 23 * 60 + 30);
    let fold = daily("Australia/Lord_Howe", &["01:45-08:00"]);
    assert_eq!(minutes(&fold, "2026-04-04T13:00:00Z", "2026-04-05T13:30:00Z"), 15 + 375);
    let gap = daily("Australia/Lord_Howe", &["02:15-08:00"]);
    assert_eq!(gap.next_working(at("2026-10-03T13:30:00Z")), Some(at("2026-10-03T15:30:00Z")));
    assert_eq!(minutes(&gap, "2026-10-03T13:30:00Z", "2026-10-04T13:00:00Z"), 330);
}

#[test]
fn a_due_date_is_the_first_instant_at_which_enough_has_passed() {
    let office = calendar(office());
    let friday = at("2026-01-09T08:00:00Z");
    assert_eq!(office.add_working(friday, 8 * 60).unwrap(), at("2026-01-09T16:00:00Z"), "with the end of the day");
    assert_eq!(office.add_working(friday, 8 * 60 + 1).unwrap(), at("2026-01-12T08:01:00Z"));
    let sunday = at("2026-01-11T12:00:00.123Z");
    assert_eq!(office.add_working(sunday, 0).unwrap(), sunday);
    assert_eq!(office.add_working(sunday, 1).unwrap(), at("2026-01-12T08:01:00Z"));
    assert_eq!(office.add_working(at("2026-01-12T08:00:00.250Z"), 1).unwrap(), at("2026-01-12T08:01:00.250Z"));
}

#[test]
fn nothing_works_behind_the_horizon() {
    use signalsync_calendar::{HORIZON, NeverEnough};
    use signalsync_core::Timestamp;
    let always = daily("UTC", &["00:00-24:00"]);
    let minute_before = Timestamp(HORIZON.0 - 60_000);
    assert_eq!(always.add_working(minute_before, 1), Ok(HORIZON));
    assert_eq!(always.add_working(minute_before, 2), Err(NeverEnough));
    assert_eq!(always.add_working(Timestamp(u64::MAX), 1), Err(NeverEnough));
    assert_eq!(always.working_between(minute_before, Timestamp(u64::MAX)).as_millis(), 60_000);
    assert!(always.is_working(Timestamp(HORIZON.0 - 1)) && !always.is_working(HORIZON));
    assert_eq!(always.next_working(HORIZON), None);
}
