//! Who may do a task, in which order, and in whose place.

use std::collections::BTreeSet;

use serde_json::json;
use signalsync_core::Timestamp;
use signalsync_core::contract::workflow::Action;
use signalsync_core::contract::workflow::{Definition, Event, Moment, Notify, Signing, Turn, Who};
use signalsync_workflow::machine::{Holder, Unable};
use signalsync_workflow::{Absence, RunState, TaskAct, TaskFilter, WorkflowError};

use crate::lab::{DAY, Lab, START, approval, decide, definition, finish, go_on, open_task, step};

fn signed(signing: Signing, turn: Turn) -> Definition {
    let mut definition = definition("signed");
    definition.steps[0] = signalsync_core::contract::workflow::Step { turn, ..step("approve", signing) };
    definition
}

#[tokio::test]
async fn who_claims_a_task_has_it_alone_until_they_release_or_delegate_it() {
    let lab = Lab::new().await;
    let (ann, bob, eve) = (lab.person(&[]).await, lab.person(&[]).await, lab.person(&[]).await);
    lab.publish(definition("approval"), &[ann, bob], approval).await;
    let run = lab.start("approval").await;
    let driving = lab.drive();
    let task = lab.task(run, "first").await;
    lab.tasks.act(&lab.of(ann), task, TaskAct::Claim).await.unwrap();
    assert_eq!((lab.inbox(ann).await.len(), lab.inbox(bob).await.len()), (1, 0));
    let claimed = lab.choose(bob, task, "yes").await;
    assert!(matches!(claimed, Err(WorkflowError::Claimed(by)) if by == ann));
    lab.tasks.act(&lab.of(ann), task, TaskAct::Release).await.unwrap();
    assert_eq!((lab.inbox(ann).await.len(), lab.inbox(bob).await.len()), (1, 1));
    assert!(matches!(lab.choose(eve, task, "yes").await, Err(WorkflowError::NotFound)));
    lab.tasks.act(&lab.of(bob), task, TaskAct::Delegate(eve)).await.unwrap();
    assert_eq!((lab.inbox(ann).await.len(), lab.inbox(eve).await.len()), (0, 1));
    lab.choose(eve, task, "yes").await.unwrap();
    lab.until_state(run, RunState::Completed).await;
    assert_eq!(lab.runs.get(&lab.of(eve), run).await.unwrap().id, run, "who has acted sees the run");
    driving.end().await;
}

#[tokio::test]
async fn all_sign_each_after_the_one_before_and_a_no_ends_it() {
    let lab = Lab::new().await;
    let mut people = [lab.person(&[]).await, lab.person(&[]).await, lab.person(&[]).await];
    people.sort();
    let [ann, bob, eve] = people;
    lab.publish(signed(Signing::All, Turn::InOrder), &people, approval).await;
    let run = lab.start("signed").await;
    let driving = lab.drive();
    let task = lab.task(run, "first").await;
    let early = lab.choose(bob, task, "yes").await;
    assert!(matches!(early, Err(WorkflowError::Unable(Unable::NotYourTurn))), "{early:?}");
    lab.choose(ann, task, "yes").await.unwrap();
    assert_eq!((lab.inbox(ann).await.len(), lab.inbox(bob).await.len(), lab.inbox(eve).await.len()), (0, 1, 0));
    assert!(matches!(lab.choose(ann, task, "yes").await, Err(WorkflowError::Unable(Unable::ChosenAlready))));
    let shown = lab.choose(bob, task, "no").await.unwrap();
    assert_eq!(shown.end.unwrap().choice.as_deref(), Some("no"), "a no of one of them ends the task");
    lab.until_state(run, RunState::Completed).await;
    driving.end().await;
}

#[tokio::test]
async fn so_many_votes_decide_and_one_more_signer_counts() {
    let lab = Lab::new().await;
    let (ann, bob, eve) = (lab.person(&[]).await, lab.person(&[]).await, lab.person(&[]).await);
    lab.publish(signed(Signing::Votes(2), Turn::Together), &[ann, bob], approval).await;
    let run = lab.start("signed").await;
    let driving = lab.drive();
    let task = lab.task(run, "first").await;
    lab.choose(ann, task, "yes").await.unwrap();
    lab.tasks.act(&lab.of(bob), task, TaskAct::AddSigner(eve)).await.unwrap();
    assert!(matches!(lab.tasks.act(&lab.of(bob), task, TaskAct::AddSigner(ann)).await, Err(WorkflowError::Invalid(_))));
    let shown = lab.choose(bob, task, "no").await.unwrap();
    assert_eq!((shown.end, shown.votes.len()), (None, 2));
    let shown = lab.choose(eve, task, "yes").await.unwrap();
    assert_eq!(shown.end.unwrap().choice.as_deref(), Some("yes"));
    driving.end().await;
}

#[tokio::test]
async fn fewer_people_than_votes_are_an_incident() {
    let lab = Lab::new().await;
    let boss = lab.person(&[]).await;
    lab.publish(signed(Signing::Votes(2), Turn::Together), &[boss], approval).await;
    let run = lab.start("signed").await;
    let driving = lab.drive();
    assert_eq!(lab.until_state(run, RunState::Incident).await.incident.unwrap().code, "nobody-to-ask");
    driving.end().await;
}

#[tokio::test]
async fn nobody_approves_what_they_began_or_did_before() {
    let lab = Lab::new().await;
    let (ann, bob, eve) = (lab.person(&[]).await, lab.person(&[]).await, lab.person(&[]).await);
    let mut eyes = definition("eyes");
    eyes.steps.push(step("second", Signing::Any));
    eyes.steps[0].not_by = vec!["start".to_owned()];
    eyes.steps[1].not_by = vec!["start".to_owned(), "approve".to_owned()];
    lab.publish(eyes, &[ann, bob, eve], |_, event| match event {
        Event::Started(_) => go_on(vec![open_task("first", "approve")]),
        Event::TaskDone(done) if done.id == "first" => go_on(vec![open_task("again", "second")]),
        _ => finish(),
    })
    .await;
    let run = lab.start_as(&lab.of(ann), "eyes", None).await.run;
    let driving = lab.drive();
    let task = lab.task(run, "first").await;
    assert!(matches!(lab.choose(ann, task, "yes").await, Err(WorkflowError::Unable(Unable::Barred))));
    assert!(lab.inbox(ann).await.is_empty());
    lab.choose(bob, task, "yes").await.unwrap();
    let task = lab.task(run, "again").await;
    assert!(matches!(lab.choose(bob, task, "yes").await, Err(WorkflowError::Unable(Unable::Barred))));
    let delegated = lab.tasks.act(&lab.of(eve), task, TaskAct::Delegate(bob)).await;
    assert!(matches!(delegated, Err(WorkflowError::Invalid(_))));
    lab.choose(eve, task, "yes").await.unwrap();
    lab.until_state(run, RunState::Completed).await;
    driving.end().await;
}

#[tokio::test]
async fn a_deputy_stands_in_while_somebody_is_away_and_it_does_not_cascade() {
    let lab = Lab::new().await;
    let (ann, bob, eve) = (lab.person(&[]).await, lab.person(&[]).await, lab.person(&[]).await);
    lab.publish(definition("approval"), &[ann], approval).await;
    let away = |deputy| Absence { from: START, until: Timestamp(START.0 + DAY), deputy };
    lab.absences.set(&lab.of(ann), Some(&away(bob))).await.unwrap();
    lab.absences.set(&lab.of(bob), Some(&away(eve))).await.unwrap();
    let myself = lab.absences.set(&lab.of(ann), Some(&away(ann))).await;
    assert!(matches!(myself, Err(WorkflowError::Invalid(_))));
    let run = lab.start("approval").await;
    let driving = lab.drive();
    let task = lab.task(run, "first").await;
    let seen = [lab.inbox(ann).await.len(), lab.inbox(bob).await.len(), lab.inbox(eve).await.len()];
    assert_eq!(seen, [1, 1, 0]);
    lab.clock.advance(DAY);
    assert!(lab.inbox(bob).await.is_empty(), "ann is back");
    lab.clock.set(START);
    let shown = lab.choose(bob, task, "yes").await.unwrap();
    assert_eq!((shown.votes[0].by, shown.votes[0].seat), (bob, ann));
    lab.until_state(run, RunState::Completed).await;
    driving.end().await;
}

#[tokio::test]
async fn an_inbox_is_in_the_order_of_what_is_due_and_counted() {
    let lab = Lab::new().await;
    let boss = lab.person(&["member"]).await;
    lab.publish(definition("many"), &[boss], |_, event| {
        if !matches!(event, Event::Started(_)) {
            return go_on(vec![]);
        }
        let due = |id: &str, due| match open_task(id, "approve") {
            Action::OpenTask(task) => Action::OpenTask(signalsync_core::contract::workflow::OpenTask { due, ..task }),
            other => other,
        };
        go_on(vec![
            due("never", None),
            due("later", Some(Moment::After(2_000))),
            due("soon", Some(Moment::After(1_000))),
        ])
    })
    .await;
    let run = lab.start("many").await;
    let driving = lab.drive();
    lab.until(run, |run| run.tasks.len() == 3).await;
    let names: Vec<_> = lab.run(run).await.tasks.into_iter().map(|(name, id)| (id, name)).collect();
    let name = |id| names.iter().find(|(task, _)| *task == id).unwrap().1.clone();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = lab.tasks.inbox(&lab.of(boss), &TaskFilter::default(), after.as_deref(), 2).await.unwrap();
        seen.extend(page.items.into_iter().map(|task| name(task.id)));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["soon", "later", "never"]);
    lab.clock.advance(1_500);
    let counts = lab.tasks.counts(&lab.of(boss)).await.unwrap();
    assert_eq!((counts.open, counts.mine, counts.late, counts.more), (3, 3, 1, false));
    let role = TaskFilter { holder: Some(Holder::Role("member".parse().unwrap())), ..TaskFilter::default() };
    assert!(lab.tasks.inbox(&lab.of(boss), &role, None, 10).await.unwrap().items.is_empty());
    driving.end().await;
}

#[tokio::test]
async fn people_are_told_and_talk_about_a_run() {
    let lab = Lab::new().await;
    let (boss, ann) = (lab.person(&[]).await, lab.person(&[]).await);
    lab.publish(definition("telling"), &[boss], move |_, event| match event {
        Event::Started(_) => {
            let (template, data) = ("please".to_owned(), "{\"n\":1}".to_owned());
            let to = vec![Who::Role("boss".to_owned()), Who::User(boss.to_string())];
            go_on(vec![Action::Notify(Notify { to, template, data }), open_task("first", "approve")])
        }
        _ => decide("done", vec![]),
    })
    .await;
    let run = lab.start("telling").await;
    let driving = lab.drive();
    lab.task(run, "first").await;
    let told = lab.notices.list(&lab.of(boss), None, 10).await.unwrap().items;
    assert_eq!((told.len(), told[0].template.as_str(), told[0].read), (1, "please", false), "each once");
    lab.notices.mark_read(&lab.of(boss), &[told[0].id]).await.unwrap();
    assert!(lab.notices.list(&lab.of(boss), None, 10).await.unwrap().items[0].read);

    assert!(matches!(lab.runs.get(&lab.of(ann), run).await, Err(WorkflowError::NotFound)));
    let draft = serde_json::from_value(json!({"text": "look at this", "mentions": [ann]})).unwrap();
    lab.tasks.comment(&lab.of(boss), run, &draft, None).await.unwrap();
    assert_eq!(lab.runs.get(&lab.of(ann), run).await.unwrap().id, run);
    let comments = lab.tasks.comments(&lab.of(ann), run, None, 10).await.unwrap().items;
    assert_eq!((comments[0].by, &comments[0].mentions), (boss, &BTreeSet::from([ann])));
    assert_eq!(lab.notices.list(&lab.of(ann), None, 10).await.unwrap().items.len(), 1);
    driving.end().await;
}

#[tokio::test]
async fn tasks_of_somebody_who_leaves_go_to_others_and_never_to_nobody() {
    let lab = Lab::new().await;
    let (ann, bob, eve) = (lab.person(&[]).await, lab.person(&[]).await, lab.person(&[]).await);
    lab.publish(definition("approval"), &[ann, bob], approval).await;
    lab.publish(signed(Signing::All, Turn::InOrder), &[ann, bob], approval).await;
    let (one, all) = (lab.start("approval").await, lab.start("signed").await);
    let driving = lab.drive();
    let (first, signed) = (lab.task(one, "first").await, lab.task(all, "first").await);
    lab.tasks.act(&lab.of(ann), first, TaskAct::Claim).await.unwrap();
    let leave = async |user, to| {
        let mut tx = lab.store().await.begin().await.unwrap();
        let gone = signalsync_people::standing::Standing { active: false, ..Default::default() };
        signalsync_people::standing::put(&mut tx, &signalsync_core::Caller::host(), user, Some(&gone)).unwrap();
        let handed = signalsync_workflow::hand_over(&mut tx, user, to)?;
        tx.commit().await.unwrap();
        Ok::<_, WorkflowError>(handed)
    };
    assert!(matches!(leave(ann, None).await, Err(WorkflowError::Invalid(_))), "she has to sign");
    assert!(matches!(leave(ann, Some(bob)).await, Err(WorkflowError::Invalid(_))), "he signs already");
    assert_eq!(leave(ann, Some(eve)).await.unwrap(), 2);
    assert!(lab.inbox(eve).await.iter().any(|task| task.id == first));
    lab.choose(eve, first, "yes").await.unwrap();
    let turns = if lab.inbox(eve).await.is_empty() { [bob, eve] } else { [eve, bob] };
    for user in turns {
        lab.choose(user, signed, "yes").await.unwrap();
    }
    lab.until_state(one, RunState::Completed).await;
    lab.until_state(all, RunState::Completed).await;
    driving.end().await;
}
