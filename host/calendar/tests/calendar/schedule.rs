//! Cron rules on clocks that change, and what happens to occurrences that were missed.

use serde_json::json;
use signalsync_calendar::{LATE_MS, MISSED_MAX, Missed, Schedule, Step};
use signalsync_core::Timestamp;

use crate::lab::at;

fn cron(zone: &str, rule: &str) -> Result<Schedule, String> {
    serde_json::from_value(json!({"zone": zone, "rule": {"cron": rule}})).map_err(|error| error.to_string())
}

fn between(schedule: &Schedule, after: &str, until: &str) -> Vec<String> {
    schedule.occurrences_between(at(after), at(until), 100).iter().map(ToString::to_string).collect()
}

#[test]
fn cron_rules_fire_on_the_clock_of_their_zone() {
    let weekdays = cron("Europe/Berlin", "30 9 * * MON-FRI").unwrap();
    assert_eq!(
        between(&weekdays, "2026-03-27T08:30:00Z", "2026-03-31T00:00:00Z"),
        ["2026-03-30T07:30:00.000Z"],
        "an occurrence is not behind itself, and summer time has begun"
    );
    assert_eq!(between(&weekdays, "2026-03-27T08:29:59.999Z", "2026-03-27T09:00:00Z"), ["2026-03-27T08:30:00.000Z"]);
    let last = cron("UTC", "0 12 L * *").unwrap();
    assert_eq!(between(&last, "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"), ["2028-02-29T12:00:00.000Z"]);
    let leap = cron("UTC", "0 0 29 2 *").unwrap();
    assert_eq!(between(&leap, "2026-01-01T00:00:00Z", "2033-01-01T00:00:00Z").len(), 2);
}

#[test]
fn a_cron_rule_outlives_a_change_of_its_clock() {
    let early = cron("Europe/Berlin", "30 2 * * *").unwrap();
    let spring = early.occurrences_between(at("2026-03-28T12:00:00Z"), at("2026-03-29T12:00:00Z"), 10);
    assert_eq!(spring.len(), 1, "what falls into the gap happens once: {spring:?}");
    assert!((at("2026-03-29T01:00:00Z")..=at("2026-03-29T01:30:00Z")).contains(&spring[0]), "{spring:?}");
    assert_eq!(between(&early, "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z"), ["2026-10-25T00:30:00.000Z"]);
    let hourly = cron("Europe/Berlin", "0 * * * *").unwrap();
    assert_eq!(between(&hourly, "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z").len(), 25);
    assert_eq!(between(&hourly, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z").len(), 23);
}

#[test]
fn what_is_no_cron_rule_or_never_fires_is_refused() {
    for bad in ["", "* * * *", "* * * * * *", "60 * * * *", "0 25 * * *", "x * * * *", "0 0 1 1 * 2026 7"] {
        let error = cron("UTC", bad).unwrap_err();
        assert!(error.contains("is no cron rule"), "{bad}: {error}");
    }
    for never in ["0 0 30 2 *", "0 0 31 4,6,9,11 *"] {
        assert!(cron("UTC", never).unwrap_err().contains("never fires"), "{never}");
    }
    assert!(cron("UTC", &"1,".repeat(300)).unwrap_err().contains("at most 500 bytes"));
    assert!(cron("Mars/Olympus", "* * * * *").unwrap_err().contains("no time zone"));
}

fn step(start: Option<&str>, next: &str) -> Step {
    Step { start: start.map(at), next: Some(at(next)) }
}

#[test]
fn what_is_on_time_starts_whatever_the_rule_for_missed_ones() {
    let daily = cron("UTC", "0 9 * * *").unwrap();
    let planned = at("2026-01-05T09:00:00Z");
    for missed in [Missed::Skip, Missed::Once, Missed::All] {
        let on_time = step(Some("2026-01-05T09:00:00Z"), "2026-01-06T09:00:00Z");
        assert_eq!(daily.step(missed, planned, planned), on_time);
        assert_eq!(daily.step(missed, planned, Timestamp(planned.0 + LATE_MS)), on_time);
        assert_eq!(daily.step(missed, planned, Timestamp(planned.0 - 1)), step(None, "2026-01-05T09:00:00Z"));
    }
    let late = Timestamp(planned.0 + LATE_MS + 1);
    assert_eq!(daily.step(Missed::Skip, planned, late), step(None, "2026-01-06T09:00:00Z"));
    assert_eq!(daily.step(Missed::Once, planned, late), step(Some("2026-01-05T09:00:00Z"), "2026-01-06T09:00:00Z"));
}

/// Steps until there is nothing more to do now.
fn starts(schedule: &Schedule, missed: Missed, planned: &str, now: &str) -> Vec<Timestamp> {
    let (mut planned, now, mut started) = (at(planned), at(now), Vec::new());
    while planned <= now {
        let step = schedule.step(missed, planned, now);
        started.extend(step.start);
        planned = step.next.unwrap();
    }
    started
}

#[test]
fn missed_occurrences_follow_their_rule() {
    let daily = cron("UTC", "0 9 * * *").unwrap();
    let starts_of = |missed| starts(&daily, missed, "2026-01-05T09:00:00Z", "2026-01-08T09:01:00Z");
    let at_nine = |day: u32| at(&format!("2026-01-{day:02}T09:00:00Z"));
    assert_eq!(starts_of(Missed::Skip), [at_nine(8)]);
    assert_eq!(starts_of(Missed::Once), [at_nine(7), at_nine(8)]);
    assert_eq!(starts_of(Missed::All), [at_nine(5), at_nine(6), at_nine(7), at_nine(8)]);
}

#[test]
fn after_a_long_stop_no_more_than_the_newest_are_made_up_for() {
    let minutely = cron("UTC", "* * * * *").unwrap();
    let (planned, now) = ("2025-01-01T00:00:00Z", "2026-01-01T00:00:30Z");
    let all = starts(&minutely, Missed::All, planned, now);
    // Those of the last five minutes are only late.
    assert_eq!(all.len(), MISSED_MAX + 5);
    assert_eq!(all.last(), Some(&at("2026-01-01T00:00:00Z")));
    assert_eq!(starts(&minutely, Missed::Once, planned, now).len(), 1 + 5);
    assert_eq!(starts(&minutely, Missed::Skip, planned, now).len(), 5);
    let yearly = cron("UTC", "0 0 1 1 *").unwrap();
    assert_eq!(starts(&yearly, Missed::All, "1980-01-01T00:00:00Z", "2026-06-01T00:00:00Z").len(), 47);
}
