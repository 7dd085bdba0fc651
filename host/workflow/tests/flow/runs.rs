//! From the first event of a run to its end.

use signalsync_core::contract::workflow::{Action, Event, Moment, Timer};
use signalsync_core::{Permission, Timestamp};
use signalsync_workflow::{Filter, RunAct, RunState, WorkflowError};

use crate::lab::{DAY, Lab, MINUTE, START, approval, decide, definition, finish, go_on, open_task};

#[tokio::test]
async fn a_run_asks_somebody_and_ends_with_what_they_choose() {
    let lab = Lab::new().await;
    let boss = lab.person(&[]).await;
    lab.publish(definition("approval"), &[boss], approval).await;
    let run = lab.start("approval").await;
    let driving = lab.drive();
    let task = lab.task(run, "first").await;
    let inbox = lab.inbox(boss).await;
    assert_eq!((inbox.len(), inbox[0].id, inbox[0].can_act), (1, task, true));
    let shown = lab.choose(boss, task, "yes").await.unwrap();
    assert_eq!(shown.end.unwrap().choice.as_deref(), Some("yes"));
    let ended = lab.until_state(run, RunState::Completed).await;
    assert_eq!(ended.result.unwrap().get(), "{\"good\":true}");
    assert_eq!((ended.status.name.as_str(), ended.steps, ended.tasks.len()), ("done", 2, 0));
    assert_eq!(lab.story(run).await, ["step started", "step task-done"]);
    assert!(lab.inbox(boss).await.is_empty());
    driving.end().await;
}

#[tokio::test]
async fn a_late_or_double_choice_says_what_happened_meanwhile() {
    let lab = Lab::new().await;
    let (boss, other) = (lab.person(&[]).await, lab.person(&[]).await);
    lab.publish(definition("approval"), &[boss, other], approval).await;
    let run = lab.start("approval").await;
    let driving = lab.drive();
    let task = lab.task(run, "first").await;
    assert!(matches!(lab.choose(boss, task, "maybe").await, Err(WorkflowError::Invalid(_))));
    lab.choose(boss, task, "yes").await.unwrap();
    let Err(WorkflowError::TaskEnded(end)) = lab.choose(other, task, "no").await else { panic!("it is too late") };
    assert_eq!((end.choice.as_deref(), end.by), (Some("yes"), Some(boss)));
    lab.until_state(run, RunState::Completed).await;
    driving.end().await;
}

#[tokio::test]
async fn a_task_that_the_run_needs_no_more_is_closed() {
    let lab = Lab::new().await;
    let boss = lab.person(&[]).await;
    lab.publish(definition("approval"), &[boss], |_, event| match event {
        Event::Started(_) => {
            let timer = Timer { id: "enough".to_owned(), at: Moment::After(5 * MINUTE) };
            go_on(vec![open_task("first", "approve"), Action::SetTimer(timer)])
        }
        _ => go_on(vec![Action::CloseTask("first".to_owned())]),
    })
    .await;
    let run = lab.start("approval").await;
    let driving = lab.drive();
    let task = lab.task(run, "first").await;
    lab.clock.advance(5 * MINUTE);
    lab.until(run, |run| run.tasks.is_empty()).await;
    let Err(WorkflowError::TaskEnded(end)) = lab.choose(boss, task, "yes").await else { panic!("it is closed") };
    assert_eq!(end.choice, None);
    driving.end().await;
}

#[tokio::test]
async fn timers_ring_when_it_is_time_and_not_when_they_were_taken_back() {
    let lab = Lab::new().await;
    let timer = |id: &str, at| Action::SetTimer(Timer { id: id.to_owned(), at });
    lab.publish(definition("timers"), &[lab.person(&[]).await], move |_, event| match event {
        Event::Started(_) => go_on(vec![
            timer("late", Moment::At(Timestamp(START.0 + 9 * MINUTE))),
            timer("moved", Moment::After(MINUTE)),
            timer("gone", Moment::After(MINUTE)),
        ]),
        Event::Signal(_) => {
            go_on(vec![timer("moved", Moment::After(3 * MINUTE)), Action::ClearTimer("gone".to_owned())])
        }
        Event::Timer(id) if id == "late" => finish(),
        _ => go_on(vec![]),
    })
    .await;
    let run = lab.start_as(&lab.host(), "timers", Some("k")).await.run;
    let driving = lab.drive();
    lab.until(run, |run| run.timers.len() == 3).await;
    let signal = signalsync_workflow::Signal {
        workflow: "timers".parse().unwrap(),
        key: "k".to_owned(),
        name: "paid".to_owned(),
        data: "null".to_owned(),
    };
    assert!(lab.runs.signal(&lab.host(), &signal, None).await.unwrap());
    lab.until(run, |run| run.timers.len() == 2).await;
    lab.clock.advance(MINUTE);
    lab.clock.advance(2 * MINUTE - 1);
    lab.settled().await;
    assert_eq!(lab.run(run).await.steps, 2, "the timer was moved");
    lab.clock.advance(1);
    lab.until(run, |run| run.timers == ["late"]).await;
    lab.clock.advance(6 * MINUTE);
    lab.until_state(run, RunState::Completed).await;
    assert_eq!(lab.story(run).await, ["step started", "step signal", "step timer", "step timer"]);
    driving.end().await;
}

#[tokio::test]
async fn a_task_that_is_late_is_told_to_its_run() {
    let lab = Lab::new().await;
    let boss = lab.person(&[]).await;
    let mut late = definition("late");
    late.steps[0].due = Some(Moment::After(MINUTE));
    lab.publish(late, &[boss], |_, event| match event {
        Event::TaskDue(due) => go_on(vec![Action::Fail(format!("{} is late", due.id))]),
        event => approval(None, event),
    })
    .await;
    let run = lab.start("late").await;
    let driving = lab.drive();
    lab.task(run, "first").await;
    lab.clock.advance(MINUTE);
    assert_eq!(lab.until_state(run, RunState::Failed).await.reason.as_deref(), Some("first is late"));
    driving.end().await;
}

#[tokio::test]
async fn a_key_makes_starting_idempotent_while_its_run_has_not_ended() {
    let lab = Lab::new().await;
    let boss = lab.person(&[]).await;
    lab.publish(definition("approval"), &[boss], approval).await;
    let first = lab.start_as(&lab.host(), "approval", Some("4711")).await;
    let again = lab.start_as(&lab.host(), "approval", Some("4711")).await;
    assert_eq!((first.created, again.created, first.run), (true, false, again.run));
    let driving = lab.drive();
    let task = lab.task(first.run, "first").await;
    lab.choose(boss, task, "yes").await.unwrap();
    lab.until_state(first.run, RunState::Completed).await;
    let new = lab.start_as(&lab.host(), "approval", Some("4711")).await;
    assert!(new.created && new.run != first.run);
    driving.end().await;
}

#[tokio::test]
async fn a_run_that_is_suspended_takes_nothing_until_it_is_resumed() {
    let lab = Lab::new().await;
    let boss = lab.person(&[]).await;
    lab.publish(definition("approval"), &[boss], approval).await;
    let run = lab.start("approval").await;
    let driving = lab.drive();
    let task = lab.task(run, "first").await;
    lab.runs.act(&lab.host(), run, &RunAct::Suspend).await.unwrap();
    lab.choose(boss, task, "yes").await.unwrap();
    lab.settled().await;
    assert_eq!((lab.run(run).await.state, lab.run(run).await.steps), (RunState::Suspended, 1));
    assert!(matches!(
        lab.runs.act(&lab.host(), run, &RunAct::Suspend).await,
        Err(WorkflowError::WrongState { is: "suspended", .. })
    ));
    lab.runs.act(&lab.host(), run, &RunAct::Resume).await.unwrap();
    lab.until_state(run, RunState::Completed).await;
    assert_eq!(lab.story(run).await, ["step started", "suspended", "resumed", "step task-done"]);
    driving.end().await;
}

#[tokio::test]
async fn a_run_is_asked_to_end_and_is_ended_when_it_does_not() {
    let lab = Lab::new().await;
    let boss = lab.person(&[]).await;
    lab.publish(definition("approval"), &[boss], approval).await;
    lab.publish(definition("stubborn"), &[boss], |_, event| match event {
        Event::Started(_) => go_on(vec![open_task("first", "approve")]),
        _ => go_on(vec![]),
    })
    .await;
    let (kind, stubborn) = (lab.start("approval").await, lab.start("stubborn").await);
    let driving = lab.drive();
    lab.task(kind, "first").await;
    let task = lab.task(stubborn, "first").await;
    for run in [kind, stubborn] {
        lab.runs.act(&lab.host(), run, &RunAct::Cancel("not needed".to_owned())).await.unwrap();
    }
    assert_eq!(lab.until_state(kind, RunState::Cancelled).await.reason.as_deref(), Some("not needed"));
    lab.until(stubborn, |run| run.steps == 2).await;
    lab.clock.advance(DAY);
    let ended = lab.until_state(stubborn, RunState::Cancelled).await;
    assert!(ended.reason.unwrap().contains("a day") && ended.tasks.is_empty());
    assert!(matches!(lab.choose(boss, task, "yes").await, Err(WorkflowError::TaskEnded(_))));
    assert!(matches!(
        lab.runs.act(&lab.host(), kind, &RunAct::Cancel(String::new())).await,
        Err(WorkflowError::WrongState { .. })
    ));
    driving.end().await;
}

#[tokio::test]
async fn runs_are_found_by_what_they_are() {
    let lab = Lab::new().await;
    let boss = lab.person(&[]).await;
    lab.publish(definition("approval"), &[boss], approval).await;
    lab.publish(definition("broken"), &[boss], |_, _| decide("nowhere", vec![])).await;
    let (good, bad) = (lab.start_as(&lab.of(boss), "approval", Some("k")).await.run, lab.start("broken").await);
    let driving = lab.drive();
    lab.task(good, "first").await;
    lab.until_state(bad, RunState::Incident).await;
    let find = async |filter: Filter| {
        let found = lab.runs.list(&lab.host(), &filter, None, 10).await.unwrap().items;
        found.into_iter().map(|run| run.id).collect::<Vec<_>>()
    };
    let name = |name: &str| Some(name.parse().unwrap());
    assert_eq!(find(Filter::default()).await, [bad, good], "newest first");
    assert_eq!(find(Filter { workflow: name("approval"), ..Filter::default() }).await, [good]);
    assert_eq!(find(Filter { state: Some(RunState::Incident), ..Filter::default() }).await, [bad]);
    let open = Filter { workflow: name("approval"), status: Some("open".to_owned()), ..Filter::default() };
    assert_eq!(find(open).await, [good]);
    assert_eq!(find(Filter { key: Some("k".to_owned()), ..Filter::default() }).await, [good]);
    let code = Some("unknown-status".to_owned());
    assert_eq!(find(Filter { incident: code, ..Filter::default() }).await, [bad]);
    let soon = Filter { until: Some(Timestamp(0)), ..Filter::default() };
    assert!(find(soon).await.is_empty());
    // Others see those with which they have to do.
    let stranger = lab.person(&[]).await;
    let seen = async |user| lab.runs.list(&lab.of(user), &Filter::default(), None, 10).await.unwrap().items.len();
    assert_eq!((seen(boss).await, seen(stranger).await), (1, 0));
    assert!(matches!(lab.runs.get(&lab.of(stranger), good).await, Err(WorkflowError::NotFound)));
    assert!(lab.runs.get(&lab.of(boss), good).await.unwrap().memory.is_none());
    let reader = lab.with(stranger, &[Permission::WorkflowsRead]);
    assert!(lab.runs.get(&reader, good).await.unwrap().memory.is_some());
    driving.end().await;
}

#[tokio::test]
async fn figures_say_where_runs_are_and_how_long_they_take() {
    let lab = Lab::new().await;
    let boss = lab.person(&[]).await;
    lab.publish(definition("approval"), &[boss], approval).await;
    let (first, second) = (lab.start("approval").await, lab.start("approval").await);
    let driving = lab.drive();
    let task = lab.task(first, "first").await;
    lab.task(second, "first").await;
    lab.clock.advance(4 * MINUTE);
    lab.choose(boss, task, "yes").await.unwrap();
    lab.until_state(first, RunState::Completed).await;
    lab.clock.advance(MINUTE);
    lab.settled().await;
    let figures = lab.runs.figures(&lab.host(), &"approval".parse().unwrap()).await.unwrap();
    assert_eq!((figures.began, figures.running, figures.incidents), (2, 1, 0));
    assert_eq!((&figures.ended[&RunState::Completed], &figures.at["open"]), (&1, &1));
    let step = &figures.steps["approve"];
    assert_eq!((step.opened, step.done, step.closed, step.open), (2, 1, 0, 1));
    let median = step.took.median_ms.unwrap();
    assert!((4 * MINUTE..6 * MINUTE).contains(&median), "{median}");
    driving.end().await;
}

#[tokio::test]
async fn runs_are_put_on_another_version_that_knows_where_they_stand() {
    let lab = Lab::new().await;
    let boss = lab.person(&[]).await;
    lab.publish(definition("approval"), &[boss], approval).await;
    let run = lab.start("approval").await;
    let driving = lab.drive();
    let task = lab.task(run, "first").await;
    let mut other = definition("approval");
    other.steps[0].id = "sign".to_owned();
    lab.publish(other, &[boss], approval).await;
    assert_eq!(lab.run(run).await.version, 1, "runs stay on what they began with");
    assert_eq!(lab.workflows.get(&lab.host(), &"approval".parse().unwrap()).await.unwrap().published, Some(2));
    let refused = lab.runs.act(&lab.host(), run, &RunAct::Migrate(2)).await;
    assert!(matches!(refused, Err(WorkflowError::Invalid(_))), "{refused:?}");
    lab.publish(definition("approval"), &[boss], approval).await;
    let migrated = lab.runs.act(&lab.host(), run, &RunAct::Migrate(3)).await.unwrap();
    assert_eq!(migrated.version, 3);
    lab.choose(boss, task, "yes").await.unwrap();
    lab.until_state(run, RunState::Completed).await;
    assert_eq!(lab.story(run).await, ["step started", "migrated", "step task-done"]);
    driving.end().await;
}

#[tokio::test]
async fn what_cannot_be_published_is_refused_with_all_reasons_and_starts_can_be_stopped() {
    let lab = Lab::new().await;
    let name = "approval".parse().unwrap();
    let mut bad = definition("approval");
    bad.steps[0].form = Some("forms".to_owned());
    (bad.mappings, bad.children) = (vec!["export".to_owned()], vec!["other".to_owned()]);
    lab.deploy(&name).await;
    lab.describe(&bad).await;
    let drafted = lab.workflows.save_draft(&lab.host(), &name, &Default::default()).await.unwrap();
    let codes: Vec<_> = drafted.violations.iter().map(|violation| violation.code.as_str()).collect();
    assert_eq!(codes, ["no-such-form", "role-not-bound", "no-such-mapping", "no-such-template", "no-such-workflow"]);
    let refused = lab.workflows.publish(&lab.host(), &name).await;
    assert!(matches!(refused, Err(WorkflowError::NotPublishable { violations }) if violations.len() == 5));
    let order = || (None, "{}".to_owned());
    let start = lab.runs.start(&lab.host(), &name, order(), None).await;
    assert!(matches!(start, Err(WorkflowError::NotPublished(_))));

    lab.publish(definition("approval"), &[lab.person(&[]).await], approval).await;
    lab.workflows.stop(&lab.host(), &name, true).await.unwrap();
    let start = lab.runs.start(&lab.host(), &name, order(), None).await;
    assert!(matches!(start, Err(WorkflowError::Stopped(_))));
    lab.workflows.stop(&lab.host(), &name, false).await.unwrap();
    assert!(lab.runs.start(&lab.host(), &name, order(), None).await.unwrap().created);
    lab.workflows.archive(&lab.host(), &name).await.unwrap();
    let start = lab.runs.start(&lab.host(), &name, order(), None).await;
    assert!(matches!(start, Err(WorkflowError::NotPublished(_))));
}
