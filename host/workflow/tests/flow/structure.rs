//! Runs below others, and signals between them.

use signalsync_core::contract::workflow::{Action, Child, Definition, Ending, Event, SendSignal};
use signalsync_workflow::{RunAct, RunState, Signal, WorkflowError};

use crate::lab::{DAY, Lab, decide, definition, finish, go_on};

fn parent(child: &str) -> Definition {
    Definition { children: vec![child.to_owned()], ..definition("parent") }
}

fn child(id: &str, workflow: &str) -> Action {
    let (id, workflow, input) = (id.to_owned(), workflow.to_owned(), "{}".to_owned());
    Action::StartChild(Child { id, workflow, key: None, input })
}

fn paid(key: &str) -> Signal {
    let (key, name, data) = (key.to_owned(), "paid".to_owned(), "{\"n\":1}".to_owned());
    Signal { workflow: "parent".parse().unwrap(), key, name, data }
}

#[tokio::test]
async fn children_end_and_their_parent_hears_of_each() {
    const CHILDREN: usize = 40;
    let lab = Lab::new().await;
    let boss = lab.person(&[]).await;
    lab.publish(definition("child"), &[boss], |_, _| finish()).await;
    lab.publish(parent("child"), &[boss], |state, event| match event {
        Event::Started(_) => go_on((0..CHILDREN).map(|number| child(&format!("c{number}"), "child")).collect()),
        Event::ChildEnded(ended) => {
            assert_eq!(ended.outcome, Ending::Completed("{\"good\":true}".to_owned()));
            let heard = state.unwrap().len();
            let mut decision = if heard == CHILDREN + 1 { finish() } else { go_on(vec![]) }.unwrap();
            decision.state = format!("{}{}", " ".repeat(heard - 1), "{}");
            Ok(decision)
        }
        _ => go_on(vec![]),
    })
    .await;
    let run = lab.start("parent").await;
    let driving = lab.drive();
    let ended = lab.until_state(run, RunState::Completed).await;
    assert_eq!((ended.steps, ended.children.len()), (CHILDREN as u64 + 1, 0));
    driving.end().await;
}

#[tokio::test]
async fn a_run_that_ends_asks_what_is_below_it_to_end() {
    let lab = Lab::new().await;
    let boss = lab.person(&[]).await;
    lab.publish(definition("child"), &[boss], |_, event| match event {
        Event::Cancel(reason) => go_on(vec![Action::Fail(reason.clone())]),
        _ => go_on(vec![]),
    })
    .await;
    lab.publish(parent("child"), &[boss], |_, event| match event {
        Event::Started(_) => go_on(vec![child("c", "child")]),
        _ => decide("done", vec![Action::Fail("enough".to_owned())]),
    })
    .await;
    let run = lab.start("parent").await;
    let driving = lab.drive();
    let below = lab.until(run, |run| !run.children.is_empty()).await.children["c"];
    assert_eq!(lab.run(below).await.parent.unwrap().run, run);
    lab.runs.act(&lab.host(), run, &RunAct::Cancel("enough".to_owned())).await.unwrap();
    lab.until_state(run, RunState::Cancelled).await;
    lab.until_state(below, RunState::Cancelled).await;
    driving.end().await;
}

#[tokio::test]
async fn a_workflow_that_starts_itself_comes_to_its_limit() {
    let lab = Lab::new().await;
    let boss = lab.person(&[]).await;
    lab.publish(parent("parent"), &[boss], |_, event| match event {
        Event::Started(_) => go_on(vec![child("c", "parent")]),
        _ => go_on(vec![]),
    })
    .await;
    let mut run = lab.start("parent").await;
    let driving = lab.drive();
    for depth in 1..=20 {
        run = lab.until(run, |run| !run.children.is_empty()).await.children["c"];
        assert_eq!(lab.run(run).await.parent.unwrap().depth, depth);
    }
    let incident = lab.until_state(run, RunState::Incident).await.incident.unwrap();
    assert_eq!(incident.code, "child-not-started");
    assert!(incident.detail.contains("20 runs above one another"), "{}", incident.detail);
    driving.end().await;
}

#[tokio::test]
async fn a_signal_that_comes_early_waits_for_its_run_and_not_for_ever() {
    let lab = Lab::new().await;
    let boss = lab.person(&[]).await;
    lab.publish(definition("parent"), &[boss], |_, event| match event {
        Event::Signal(signal) => decide("done", vec![Action::Complete(signal.data.clone())]),
        _ => go_on(vec![]),
    })
    .await;
    let driving = lab.drive();
    assert!(!lab.runs.signal(&lab.host(), &paid("early"), None).await.unwrap());
    let run = lab.start_as(&lab.host(), "parent", Some("early")).await.run;
    assert_eq!(lab.until_state(run, RunState::Completed).await.result.unwrap().get(), "{\"n\":1}");
    assert_eq!(lab.story(run).await, ["step started", "step signal"]);

    assert!(!lab.runs.signal(&lab.host(), &paid("never"), None).await.unwrap());
    lab.clock.advance(30 * DAY);
    lab.settled().await;
    let run = lab.start_as(&lab.host(), "parent", Some("never")).await.run;
    lab.until(run, |run| run.steps == 1).await;
    assert_eq!(lab.story(run).await, ["step started"]);
    let unknown = Signal { name: "other".to_owned(), ..paid("never") };
    assert!(matches!(lab.runs.signal(&lab.host(), &unknown, None).await, Err(WorkflowError::Invalid(_))));
    driving.end().await;
}

#[tokio::test]
async fn early_signals_of_a_key_are_limited() {
    let lab = Lab::new().await;
    lab.publish(definition("parent"), &[lab.person(&[]).await], |_, _| go_on(vec![])).await;
    for _ in 0..signalsync_workflow::EARLY_MAX {
        assert!(!lab.runs.signal(&lab.host(), &paid("k"), None).await.unwrap());
    }
    let limit = signalsync_workflow::EARLY_MAX;
    assert!(matches!(
        lab.runs.signal(&lab.host(), &paid("k"), None).await,
        Err(WorkflowError::TooMany { limit: found, .. }) if found == limit
    ));
}

#[tokio::test]
async fn one_run_tells_another() {
    let lab = Lab::new().await;
    let boss = lab.person(&[]).await;
    lab.publish(definition("parent"), &[boss], |_, event| match event {
        Event::Signal(_) => finish(),
        _ => go_on(vec![]),
    })
    .await;
    lab.publish(definition("teller"), &[boss], |_, _| {
        let told = |key: &str, name: &str| {
            let (workflow, key, data) = ("parent".to_owned(), key.to_owned(), "null".to_owned());
            Action::SendSignal(SendSignal { workflow, key, name: name.to_owned(), data })
        };
        decide("done", vec![told("k", "unknown"), told("k", "paid"), Action::Complete("null".to_owned())])
    })
    .await;
    let run = lab.start_as(&lab.host(), "parent", Some("k")).await.run;
    let driving = lab.drive();
    lab.until(run, |run| run.steps == 1).await;
    let teller = lab.start("teller").await;
    lab.until_state(teller, RunState::Completed).await;
    lab.until_state(run, RunState::Completed).await;
    assert_eq!(lab.story(run).await, ["step started", "step signal"], "a name that it does not know reaches no run");
    driving.end().await;
}
