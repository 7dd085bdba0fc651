//! Each occurrence starts exactly once, missed ones follow their rule, and what cannot start does not stop the schedule.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use signalsync_calendar::starts::{SCHEDULES_MAX, ScheduleDraft, ScheduleError, WHAT_BYTES_MAX};
use signalsync_core::ScheduleName;
use signalsync_store::Precondition;

use crate::lab::{Lab, at, until};

fn name() -> ScheduleName {
    "morning".parse().unwrap()
}

fn draft(more: Value) -> ScheduleDraft<String> {
    let mut draft = json!({"schedule": {"zone": "UTC", "rule": {"cron": "0 9 * * *"}}, "what": "x"});
    draft.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(draft).unwrap()
}

async fn put(lab: &Lab, more: Value) {
    lab.schedules().put(&lab.scope, &name(), draft(more), Precondition::None).await.unwrap();
}

fn starts(days: &[u32]) -> Vec<(String, String)> {
    let key = |day: &u32| format!("morning@2026-01-{day:02}T09:00:00.000Z");
    days.iter().map(|day| (key(day), "x".to_owned())).collect()
}

#[tokio::test]
async fn what_is_due_starts_once_and_the_next_one_is_planned() {
    let lab = Lab::at("2026-01-05T08:00:00Z").await;
    put(&lab, json!({})).await;
    let driving = lab.drive();
    lab.clock.set(at("2026-01-05T08:59:59.999Z"));
    for day in [5, 6, 7] {
        lab.clock.set(at(&format!("2026-01-{day:02}T09:00:00Z")));
        until(|| driving.figures.done() == day - 4).await;
    }
    driving.end().await;
    assert_eq!(lab.started().await, starts(&[5, 6, 7]));
    let (kept, _) = lab.schedules().get(&lab.scope, &name()).await.unwrap();
    assert_eq!((kept.last, kept.next), (Some(at("2026-01-07T09:00:00Z")), Some(at("2026-01-08T09:00:00Z"))));
}

#[tokio::test]
async fn after_a_stop_missed_occurrences_follow_their_rule() {
    for (missed, expected) in [("skip", starts(&[8])), ("once", starts(&[7, 8])), ("all", starts(&[5, 6, 7, 8]))] {
        let lab = Lab::at("2026-01-05T08:00:00Z").await;
        put(&lab, json!({"missed": missed})).await;
        let lab = lab.restart();
        lab.clock.set(at("2026-01-08T09:01:00Z"));
        let driving = lab.drive();
        let until_planned = async || {
            while lab.schedules().get(&lab.scope, &name()).await.unwrap().0.next != Some(at("2026-01-09T09:00:00Z")) {
                tokio::task::yield_now().await;
            }
        };
        until_planned().await;
        driving.end().await;
        assert_eq!(lab.started().await, expected, "{missed}");
    }
}

#[tokio::test]
async fn a_crash_loses_nothing_and_starts_nothing_twice() {
    let mut lab = Lab::at("2026-01-05T08:00:00Z").await;
    put(&lab, json!({"schedule": {"zone": "UTC", "rule": {"cron": "* * * * *"}}, "missed": "all"})).await;
    for round in 1..=20_u64 {
        let driving = lab.drive();
        lab.clock.advance(60_000);
        // The crash comes a little later in each round.
        for _ in 0..round * 7 {
            tokio::task::yield_now().await;
        }
        driving.crash().await;
        lab = lab.restart();
    }
    let driving = lab.drive();
    while lab.started().await.len() < 20 {
        tokio::task::yield_now().await;
    }
    driving.end().await;
    let started = lab.started().await;
    assert_eq!(started.len(), 20);
    assert!(started.iter().all(|(_, times)| times == "x"), "{started:?}");
}

#[tokio::test]
async fn a_change_plans_anew_and_what_is_off_or_deleted_starts_nothing() {
    let lab = Lab::at("2026-01-05T08:00:00Z").await;
    put(&lab, json!({})).await;
    put(&lab, json!({"schedule": {"zone": "UTC", "rule": {"cron": "30 9 * * *"}}})).await;
    let driving = lab.drive();
    lab.clock.set(at("2026-01-05T09:30:00Z"));
    until(|| driving.figures.done() == 1).await;
    assert_eq!(lab.started().await, [("morning@2026-01-05T09:30:00.000Z".to_owned(), "x".to_owned())]);

    put(&lab, json!({"on": false})).await;
    let (off, version) = lab.schedules().get(&lab.scope, &name()).await.unwrap();
    assert_eq!((off.next, off.last), (None, Some(at("2026-01-05T09:30:00Z"))));
    let stale = lab.schedules().delete(&lab.scope, &name(), Precondition::Version(version - 1)).await;
    assert!(matches!(stale, Err(ScheduleError::Precondition(_))), "{stale:?}");
    put(&lab, json!({})).await;
    lab.schedules().delete(&lab.scope, &name(), Precondition::None).await.unwrap();
    lab.clock.set(at("2026-01-09T12:00:00Z"));
    driving.end().await;
    let driving = lab.drive();
    until(|| lab.stores.due().is_empty()).await;
    driving.end().await;
    assert_eq!(lab.started().await.len(), 1);
    assert!(matches!(lab.schedules().get(&lab.scope, &name()).await, Err(ScheduleError::NotFound)));
}

#[tokio::test]
async fn what_cannot_start_is_a_dead_letter_and_the_schedule_goes_on() {
    let lab = Lab::at("2026-01-05T08:00:00Z").await;
    put(&lab, json!({})).await;
    lab.broken.store(true, Ordering::SeqCst);
    let driving = lab.drive();
    lab.clock.set(at("2026-01-05T09:00:00Z"));
    until(|| driving.figures.dead() == 1).await;
    lab.broken.store(false, Ordering::SeqCst);
    let (kept, _) = lab.schedules().get(&lab.scope, &name()).await.unwrap();
    assert_eq!((kept.problem.as_deref(), kept.next), (Some("it is broken"), Some(at("2026-01-06T09:00:00Z"))));
    lab.clock.set(at("2026-01-06T09:00:00Z"));
    until(|| driving.figures.done() == 1).await;
    driving.end().await;
    assert_eq!(lab.started().await, starts(&[6]));
}

#[tokio::test]
async fn a_rule_that_ends_ends_the_work() {
    let lab = Lab::at("2026-01-05T08:00:00Z").await;
    let recurrence = json!({"start": "2026-01-05T09:00:00", "rrule": "FREQ=DAILY;COUNT=2"});
    put(&lab, json!({"schedule": {"zone": "UTC", "rule": {"recurrence": recurrence}}})).await;
    let driving = lab.drive();
    for day in [5, 6] {
        lab.clock.set(at(&format!("2026-01-{day:02}T09:00:00Z")));
        until(|| driving.figures.done() == day - 4).await;
    }
    until(|| lab.stores.due().is_empty()).await;
    driving.end().await;
    assert_eq!(lab.schedules().get(&lab.scope, &name()).await.unwrap().0.next, None);
}

#[tokio::test]
async fn what_breaks_a_rule_is_not_kept() {
    let lab = Lab::at("2026-01-05T08:00:00Z").await;
    let put = async |name: &str, more: Value| {
        lab.schedules().put(&lab.scope, &name.parse().unwrap(), draft(more), Precondition::None).await
    };
    let refused = put("a", json!({"what": "nonsense"})).await.unwrap_err();
    assert_eq!(refused.to_string(), "nonsense cannot be started");
    assert!(put("a", json!({"what": "x".repeat(WHAT_BYTES_MAX - 2)})).await.is_ok());
    assert!(matches!(put("a", json!({"what": "x".repeat(WHAT_BYTES_MAX - 1)})).await, Err(ScheduleError::Invalid(_))));
    assert!(matches!(put("a", json!({"title": ""})).await, Err(ScheduleError::Invalid(_))));
    for number in 1..SCHEDULES_MAX {
        put(&format!("s{number}"), json!({})).await.unwrap();
    }
    assert!(matches!(put("one-more", json!({})).await, Err(ScheduleError::TooMany { limit: SCHEDULES_MAX })));
    assert!(put("a", json!({})).await.is_ok(), "one that is there can be changed");
}
