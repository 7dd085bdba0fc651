//! Working time: when something is due, and how much of a service level is used up.

use std::sync::Arc;

use serde_json::json;
use signalsync_core::contract::workflow::{Action, Definition, Event, Moment, ServiceLevel, Status, Timer, Transition};
use signalsync_core::{Clock, Timestamp};
use signalsync_store::Precondition;
use signalsync_workflow::{Filter, RunState, Signal};

use crate::lab::{Lab, decide, definition, finish, go_on};

/// The first working day of the test.
fn wednesday(time: &str) -> Timestamp {
    format!("2023-11-15T{time}Z").parse().unwrap()
}

fn thursday(time: &str) -> Timestamp {
    format!("2023-11-16T{time}Z").parse().unwrap()
}

/// Two hours may pass in the status `open`; they do not pass in `asking`.
fn serving() -> Definition {
    let text = str::to_owned;
    let mut serving = definition("serving");
    serving.statuses.push(Status { name: text("asking"), label: text("Asking"), color: text("gray") });
    let ways = [("open", "asking"), ("asking", "open")];
    let way = |(from, to): (&str, &str)| Transition { from: text(from), to: text(to), label: text("On") };
    serving.transitions.extend(ways.map(way));
    let (id, counts_in, alerts) = (text("reaction"), vec![text("open")], vec![100, 50]);
    serving.service_levels = vec![ServiceLevel { id, label: text("Reaction"), target: 120, counts_in, alerts }];
    serving
}

#[tokio::test]
async fn minutes_of_work_and_service_levels_pass_when_the_tenant_works_and_the_status_counts() {
    let lab = Lab::new().await;
    lab.nine_to_five().await;
    lab.publish(serving(), &[lab.person(&[]).await], |state, event| match event {
        Event::Started(_) => go_on(vec![Action::SetTimer(Timer { id: "hour".to_owned(), at: Moment::Working(60) })]),
        Event::Signal(_) if state == Some("{}") => {
            let mut asking = decide("asking", vec![])?;
            asking.state = "{\"asking\":true}".to_owned();
            Ok(asking)
        }
        Event::ServiceLevel(reached) if reached.percent == 100 => finish(),
        _ => go_on(vec![]),
    })
    .await;
    let run = lab.start_as(&lab.host(), "serving", Some("k")).await.run;
    let driving = lab.drive();
    lab.until(run, |run| run.steps == 1).await;
    lab.clock.set(wednesday("09:59:59"));
    lab.settled().await;
    assert_eq!(lab.run(run).await.steps, 1, "the night does not count");
    lab.clock.set(wednesday("10:00:00"));
    lab.until(run, |run| run.steps == 3).await;
    lab.settled().await;
    let mut story = lab.story(run).await;
    story.sort();
    assert_eq!(story, ["step service-level", "step started", "step timer"]);

    let tell = async || {
        let (workflow, key, name) = ("serving".parse().unwrap(), "k".to_owned(), "paid".to_owned());
        lab.runs.signal(&lab.host(), &Signal { workflow, key, name, data: "null".to_owned() }, None).await.unwrap();
    };
    tell().await;
    lab.until(run, |run| run.status.name == "asking").await;
    lab.clock.set(thursday("10:00:00"));
    lab.settled().await;
    assert_eq!(lab.run(run).await.steps, 4, "asking does not count");
    tell().await;
    lab.until(run, |run| run.status.name == "open").await;
    lab.clock.set(thursday("10:59:59"));
    lab.settled().await;
    assert_eq!(lab.run(run).await.state, RunState::Running);
    lab.clock.set(thursday("11:00:00"));
    lab.until_state(run, RunState::Completed).await;
    driving.end().await;
}

#[tokio::test]
async fn without_a_calendar_working_time_is_an_incident() {
    let lab = Lab::new().await;
    lab.publish(serving(), &[lab.person(&[]).await], |_, _| go_on(vec![])).await;
    let run = lab.start("serving").await;
    let driving = lab.drive();
    assert_eq!(lab.until_state(run, RunState::Incident).await.incident.unwrap().code, "no-calendar");
    lab.nine_to_five().await;
    lab.runs.act(&lab.host(), run, &signalsync_workflow::RunAct::Retry).await.unwrap();
    lab.until(run, |run| run.steps == 1).await;
    driving.end().await;
}

#[tokio::test]
async fn runs_start_by_the_clock_once_for_each_time() {
    let lab = Lab::new().await;
    lab.publish(definition("daily"), &[lab.person(&[]).await], |_, _| finish()).await;
    let time: Arc<dyn Clock> = Arc::new(lab.clock.clone());
    let schedules = lab.schedules(&time);
    let draft = |workflow: &str| {
        let schedule = json!({"zone": "UTC", "rule": {"cron": "0 9 * * *"}});
        serde_json::from_value(json!({"schedule": schedule, "what": {"workflow": workflow, "input": {"n": 1}}}))
            .unwrap()
    };
    let (host, name) = (lab.host(), "every-day".parse().unwrap());
    let unknown = schedules.put(&host, &name, draft("nothing"), Precondition::None).await;
    assert!(unknown.unwrap_err().to_string().contains("no workflow `nothing`"));
    schedules.put(&host, &name, draft("daily"), Precondition::None).await.unwrap();
    let driving = lab.drive();
    for (day, count) in [(wednesday("09:00:00"), 1), (thursday("09:00:00"), 2)] {
        lab.clock.set(day);
        lab.settled().await;
        let done = Filter { state: Some(RunState::Completed), ..Filter::default() };
        assert_eq!(lab.runs.list(&host, &done, None, 10).await.unwrap().items.len(), count);
    }
    driving.end().await;
}
