//! Steps that fail: tried again where that can help, and else an incident of their run alone.

use serde_json::json;
use signalsync_core::contract::workflow::{Action, Decision, Event, Moment, RunMapping, Timer};
use signalsync_core::{Clock as _, Failure};
use signalsync_store::{Key, Table};
use signalsync_workflow::{RunAct, RunState, machine, signal_run};

use crate::lab::{Gate, Lab, approval, decide, definition, finish, go_on, open_task};

fn trap() -> Failure {
    Failure::Trap { message: "unreachable".to_owned(), frames: Vec::new() }
}

#[tokio::test]
async fn what_traps_is_an_incident_until_it_is_mended_and_others_go_on() {
    let lab = Lab::new().await;
    let boss = lab.person(&[]).await;
    lab.publish(definition("approval"), &[boss], approval).await;
    lab.publish(definition("broken"), &[boss], |_, _| Err(trap())).await;
    let (bad, good) = (lab.start("broken").await, lab.start("approval").await);
    let driving = lab.drive();
    let incident = lab.until_state(bad, RunState::Incident).await.incident.unwrap();
    assert_eq!((incident.code.as_str(), incident.retried), ("trap", 0));
    assert!(incident.execution.is_some(), "the call is kept, to be looked at");
    lab.task(good, "first").await;
    // A retry that does not cure says so.
    lab.runs.act(&lab.host(), bad, &RunAct::Retry).await.unwrap();
    let again = lab.until_state(bad, RunState::Incident).await.incident.unwrap();
    assert_eq!(again.retried, 1);
    lab.mend("broken", |_, _| finish());
    lab.runs.act(&lab.host(), bad, &RunAct::Retry).await.unwrap();
    let cured = lab.until_state(bad, RunState::Completed).await;
    assert!(cured.incident.is_none() && cured.steps == 1);
    let story = ["incident started", "retried", "incident started", "retried", "step started"];
    assert_eq!(lab.story(bad).await, story);
    driving.end().await;
}

/// Events have their places before they are committed, so one can come in before the one that is just taken.
#[tokio::test]
async fn a_step_that_fails_leaves_the_run_to_what_came_before_it() {
    let lab = Lab::new().await;
    let boss = lab.person(&[]).await;
    let told = |event: &Event, with: &str| matches!(event, Event::Signal(signal) if signal.data == with);
    lab.publish(
        definition("told"),
        &[boss],
        move |_, event| if told(event, "2") { Err(trap()) } else { go_on(vec![]) },
    )
    .await;
    let run = lab.start("told").await;
    let driving = lab.drive();
    lab.until(run, |run| run.steps == 1).await;
    let held = Gate::default();
    *lab.scripts.gate.lock() = Some(held.clone());
    let now = lab.clock.now();
    lab.change(|tx| signal_run(tx, run, ("paid", "2"), now).unwrap()).await;
    held.arrived.notified().await;
    let earlier =
        json!({ "event": { "signal": { "name": "paid", "data": "1" } }, "cause": null, "by": null, "at": now });
    let place = Key::new(Table::RunItems, &[&run.to_string(), "inbox", "evt_0"]);
    lab.change(|tx| tx.put(place, earlier.to_string())).await;
    held.open.notify_one();
    lab.until_state(run, RunState::Incident).await;
    assert_eq!(lab.story(run).await, ["step started", "step signal", "incident signal"]);
    driving.end().await;
}

#[tokio::test]
async fn what_may_pass_is_tried_again_with_pauses_and_then_an_incident() {
    let lab = Lab::new().await;
    let boss = lab.person(&[]).await;
    lab.publish(definition("slow"), &[boss], |_, _| Err(Failure::OutOfTime { limit_ms: 5_000 })).await;
    let run = lab.start("slow").await;
    let driving = lab.drive();
    let tries = async |count: usize| {
        while lab.story(run).await.len() < count {
            tokio::task::yield_now().await;
        }
        lab.story(run).await
    };
    for count in 1..8 {
        assert_eq!(tries(count).await, vec!["delayed"; count]);
        lab.clock.advance(1_000 << count);
    }
    assert_eq!(lab.until_state(run, RunState::Incident).await.incident.unwrap().code, "out-of-time");
    assert_eq!(tries(8).await.last().unwrap(), "incident started");
    driving.end().await;
}

#[tokio::test]
async fn a_pause_is_over_when_the_trouble_is() {
    let lab = Lab::new().await;
    let boss = lab.person(&[]).await;
    lab.publish(definition("slow"), &[boss], |_, _| Err(Failure::OutOfTime { limit_ms: 5_000 })).await;
    let run = lab.start("slow").await;
    let driving = lab.drive();
    while lab.story(run).await.is_empty() {
        tokio::task::yield_now().await;
    }
    lab.mend("slow", |_, _| finish());
    lab.clock.advance(2_000);
    lab.until_state(run, RunState::Completed).await;
    assert_eq!(lab.story(run).await, ["delayed", "step started"]);
    driving.end().await;
}

/// The code of the incident that a decision makes of its run.
async fn incident(decide: impl Fn() -> Result<Decision, Failure> + Send + Sync + 'static) -> String {
    let lab = Lab::new().await;
    let boss = lab.person(&[]).await;
    lab.publish(definition("odd"), &[boss], move |_, _| decide()).await;
    let run = lab.start("odd").await;
    let driving = lab.drive();
    let run = lab.until_state(run, RunState::Incident).await;
    assert_eq!((run.steps, run.tasks.len(), run.timers.len()), (0, 0, 0), "nothing of the decision is left");
    driving.end().await;
    run.incident.unwrap().code
}

#[tokio::test]
async fn a_decision_that_breaks_its_definition_is_an_incident() {
    let mapping = RunMapping { id: "e".to_owned(), mapping: "other".to_owned(), input: "{}".to_owned() };
    assert_eq!(incident(|| decide("nowhere", vec![])).await, "unknown-status");
    assert_eq!(incident(|| go_on(vec![open_task("a", "sign")])).await, "unknown-step");
    assert_eq!(incident(move || go_on(vec![Action::RunMapping(mapping.clone())])).await, "unknown-mapping");
    assert_eq!(incident(|| go_on(vec![open_task("a", "approve"), open_task("a", "approve")])).await, "id-in-use");
    let working = Timer { id: "t".to_owned(), at: Moment::Working(5) };
    assert_eq!(incident(move || go_on(vec![Action::SetTimer(working.clone())])).await, "no-calendar");
}

#[tokio::test]
async fn tasks_without_end_are_an_incident() {
    let lab = Lab::new().await;
    let boss = lab.person(&[]).await;
    let many = |count: usize, from: usize| {
        (from..from + count).map(|number| open_task(&format!("t{number}"), "approve")).collect::<Vec<_>>()
    };
    lab.publish(definition("many"), &[boss], move |_, event| match event {
        Event::Started(_) => go_on(many(machine::OPEN_MAX, 0)),
        _ => go_on(many(1, machine::OPEN_MAX)),
    })
    .await;
    let run = lab.start_as(&lab.host(), "many", Some("k")).await.run;
    let driving = lab.drive();
    lab.until(run, |run| run.tasks.len() == machine::OPEN_MAX).await;
    lab.runs.act(&lab.host(), run, &RunAct::Cancel("too many".to_owned())).await.unwrap();
    assert_eq!(lab.until(run, |run| run.incident.is_some()).await.incident.unwrap().code, "too-many-open");
    driving.end().await;
}

#[tokio::test]
async fn an_empty_role_is_an_incident_and_not_silence() {
    let lab = Lab::new().await;
    let boss = lab.person(&["member"]).await;
    lab.publish(definition("approval"), &[boss], approval).await;
    let nobody = signalsync_people::standing::Standing { active: false, ..Default::default() };
    lab.change(|tx| {
        signalsync_people::standing::put(tx, &signalsync_core::Caller::host(), boss, Some(&nobody)).unwrap();
    })
    .await;
    let run = lab.start("approval").await;
    let driving = lab.drive();
    let incident = lab.until_state(run, RunState::Incident).await.incident.unwrap();
    assert_eq!(incident.code, "nobody-to-ask");
    assert!(incident.detail.contains("the role `boss`"), "{}", incident.detail);
    driving.end().await;
}
