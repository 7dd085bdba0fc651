//! What a run heard is played again, and the differences are told.

use serde_json::{Value, json};
use signalsync_core::contract::workflow::{Action, Decision, Event};
use signalsync_core::{Failure, Permission, RunId};
use signalsync_store::{Key, Table};
use signalsync_workflow::{Bounds, Bulk, DraftOrder, Filter, Replay, RunAct, RunState};

use crate::lab::{Lab, approval, decide, definition, finish, go_on, open_task};

/// A run that was approved.
async fn approved(lab: &Lab) -> RunId {
    let boss = lab.person(&[]).await;
    lab.publish(definition("approval"), &[boss], approval).await;
    let run = lab.start("approval").await;
    let driving = lab.drive();
    let task = lab.task(run, "first").await;
    lab.choose(boss, task, "yes").await.unwrap();
    lab.until_state(run, RunState::Completed).await;
    driving.end().await;
    run
}

async fn replay(lab: &Lab, run: RunId, version: Option<u32>) -> Replay {
    lab.runs.replay(&lab.host(), run, version, Bounds::REQUEST).await.unwrap()
}

fn outcomes(replay: &Replay) -> Vec<Value> {
    replay.steps.iter().map(|step| json!(step)["outcome"].clone()).collect()
}

#[tokio::test]
async fn what_decides_the_same_is_the_same_and_nothing_is_written() {
    let lab = Lab::new().await;
    let run = approved(&lab).await;
    let before = lab.run(run).await;
    let found = replay(&lab, run, None).await;
    assert_eq!((found.same, found.different, found.not_replayed, found.more), (2, 0, 0, false), "{found:?}");
    let heard: Vec<_> = found.steps.iter().map(|step| (step.entry, step.version, step.heard.as_str())).collect();
    assert_eq!(heard, [(1, 1, "started"), (2, 1, "task-done first: yes")]);
    assert_eq!(json!(lab.run(run).await), json!(before));
    assert_eq!(lab.story(run).await.len(), 2);
    let few = lab.runs.replay(&lab.host(), run, None, Bounds { steps: 1, ..Bounds::REQUEST }).await.unwrap();
    assert_eq!((few.steps.len(), few.more), (1, true));
    let little = lab.runs.replay(&lab.host(), run, None, Bounds { fuel: 1, ..Bounds::REQUEST }).await.unwrap();
    assert_eq!((little.steps.len(), little.more), (1, true), "behind the step that exceeds it, none");
}

#[tokio::test]
async fn a_difference_is_told_where_it_is_and_the_run_goes_on_from_it() {
    let lab = Lab::new().await;
    let run = approved(&lab).await;
    lab.mend("approval", |state, event| match event {
        Event::Started(_) => {
            let Action::OpenTask(mut task) = open_task("first", "approve") else { unreachable!("it opens a task") };
            task.data = "{\"shown\":2}".to_owned();
            go_on(vec![Action::OpenTask(task)])
        }
        _ => approval(state, event),
    });
    let found = replay(&lab, run, None).await;
    assert_eq!(outcomes(&found), ["differs", "same"]);
    let first = json!(found.first_difference());
    let change = json!([{"op": "replace", "path": "/actions/0/open-task/data/shown", "value": 2}]);
    assert_eq!(first["difference"], change);
    assert_eq!((&first["recorded"]["status"], &first["now"]["state"]), (&json!("open"), &json!({})));
}

#[tokio::test]
async fn what_the_other_version_does_not_wait_for_it_does_not_hear() {
    let lab = Lab::new().await;
    let run = approved(&lab).await;
    lab.mend("approval", |state, event| match event {
        Event::Started(_) => go_on(vec![open_task("second", "approve")]),
        _ => approval(state, event),
    });
    let found = replay(&lab, run, None).await;
    assert_eq!(outcomes(&found), ["differs", "not-reached"]);
    assert!(json!(found.steps[1])["why"].as_str().unwrap().contains("task-done first"));
    // A decision that breaks a rule makes the run an incident, which hears nothing more.
    lab.mend("approval", |_, _| decide("nowhere", vec![]));
    let found = replay(&lab, run, None).await;
    assert_eq!(outcomes(&found), ["differs", "not-reached"]);
    assert_eq!(json!(found.steps[0])["now"]["failed"], "unknown-status");
    // What is remembered otherwise is no other decision.
    lab.mend("approval", |state, event| {
        approval(state, event).map(|decision| Decision { state: "{\"new\":true}".to_owned(), ..decision })
    });
    let found = replay(&lab, run, None).await;
    assert_eq!(outcomes(&found), ["remembers", "remembers"]);
    assert_eq!(json!(found.steps[1])["difference"], json!([{"op": "add", "path": "/new", "value": true}]));
}

#[tokio::test]
async fn an_incident_is_played_as_it_came_and_says_when_it_would_be_cured() {
    let lab = Lab::new().await;
    let boss = lab.person(&[]).await;
    let trap = || Failure::Trap { message: "unreachable".to_owned(), frames: Vec::new() };
    lab.publish(definition("broken"), &[boss], move |_, _| Err(trap())).await;
    let run = lab.start("broken").await;
    let driving = lab.drive();
    lab.until_state(run, RunState::Incident).await;
    assert_eq!(outcomes(&replay(&lab, run, None).await), ["same"]);
    lab.mend("broken", |_, _| finish());
    let found = json!(replay(&lab, run, None).await);
    assert_eq!(found["steps"][0]["recorded"]["failed"], "trap");
    assert_eq!(found["steps"][0]["now"]["status"], "done");
    // Once it is cured, the history has both, and each is played for itself.
    lab.runs.act(&lab.host(), run, &RunAct::Retry).await.unwrap();
    lab.until_state(run, RunState::Completed).await;
    assert_eq!(outcomes(&replay(&lab, run, None).await), ["differs", "same"]);
    driving.end().await;
}

#[tokio::test]
async fn what_has_no_receipt_is_played_as_far_as_that_says_something() {
    let lab = Lab::new().await;
    let run = approved(&lab).await;
    lab.change(|tx| {
        let kept = tx.newest(Table::Executions, None, 10, |_| true).unwrap();
        kept.entries.iter().for_each(|(id, _)| tx.erase(Key::new(Table::Executions, &[id])));
    })
    .await;
    assert_eq!(outcomes(&replay(&lab, run, None).await), ["same", "same"], "it needed nothing of the receipts");
    lab.mend("approval", |_, _| finish());
    let found = replay(&lab, run, None).await;
    assert_eq!(outcomes(&found), ["not-replayed", "not-replayed"]);
    assert!(json!(found.steps[0])["why"].as_str().unwrap().contains("receipt"));
}

#[tokio::test]
async fn a_migration_is_rehearsed_for_one_run_and_for_many() {
    let lab = Lab::new().await;
    let boss = lab.person(&[]).await;
    lab.publish(definition("approval"), &[boss], approval).await;
    let driving = lab.drive();
    let (one, other) = (lab.start("approval").await, lab.start("approval").await);
    lab.task(one, "first").await;
    lab.task(other, "first").await;
    let name = "approval".parse().unwrap();
    lab.workflows.save_draft(&lab.host(), &name, &DraftOrder::default()).await.unwrap();
    lab.workflows.publish(&lab.host(), &name).await.unwrap();
    let scope = lab.with(boss, &[Permission::WorkflowsManage]);
    assert!(lab.runs.try_migration(&scope, one, 3).await.is_err(), "there are two versions");
    let trial = lab.runs.try_migration(&scope, one, 2).await.unwrap();
    assert_eq!((trial.refused, trial.replay.same, trial.replay.version), (None, 1, Some(2)));

    let filter = Filter { workflow: Some(name), ..Filter::default() };
    let bulk = Bulk { act: RunAct::Migrate(2), filter };
    let preview = lab.runs.preview(&scope, &bulk).await.unwrap();
    let rehearsal = preview.rehearsal.unwrap();
    assert_eq!((preview.runs, rehearsal.equal, rehearsal.different, rehearsal.more), (2, 2, 0, false));
    lab.mend("approval", |_, _| finish());
    let rehearsal = lab.runs.preview(&scope, &bulk).await.unwrap().rehearsal.unwrap();
    assert_eq!((rehearsal.equal, rehearsal.different, rehearsal.runs.len()), (0, 2, 2));
    assert_eq!(rehearsal.runs[0].first.as_ref().unwrap().entry, 1);
    assert_eq!(lab.run(one).await.version, 1, "nothing was done");
    driving.end().await;
}
