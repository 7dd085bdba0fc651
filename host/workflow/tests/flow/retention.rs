//! Runs that have ended go after a time, and with them all that hangs on them.

use signalsync_core::{Permission, RunId};
use signalsync_store::Table;
use signalsync_workflow::{Filter, RunState, TaskFilter, WorkflowError, runs_of};

use crate::lab::{DAY, Lab, approval, definition};

async fn rows(lab: &Lab, run: RunId) -> usize {
    let mut tx = lab.store().await.begin().await.unwrap();
    let kinds = ["inbox", "history", "effect", "task", "did", "person", "comment"];
    let count = |kind| tx.scan(Table::RunItems, &[&run.to_string(), kind], "", None, 100, usize::MAX).unwrap();
    kinds.map(count).iter().map(|page| page.entries.len()).sum()
}

#[tokio::test]
async fn an_ended_run_is_kept_for_its_time_and_one_that_goes_on_stays() {
    let lab = Lab::new().await;
    let boss = lab.person(&[]).await;
    lab.publish(definition("approval"), &[boss], approval).await;
    let (old, open) = (lab.start("approval").await, lab.start("approval").await);
    let driving = lab.drive();
    let task = lab.task(old, "first").await;
    lab.choose(boss, task, "yes").await.unwrap();
    lab.until_state(old, RunState::Completed).await;
    let done = async || lab.tasks.done(&lab.of(boss), &TaskFilter::default(), None, 10).await.unwrap().items;
    assert_eq!(done().await[0].id, task);
    assert!(rows(&lab, old).await > 0);
    lab.settled().await;
    lab.clock.advance(399 * DAY);
    lab.settled().await;
    assert_eq!(lab.run(old).await.state, RunState::Completed, "its time is not over");
    lab.clock.advance(DAY);
    lab.settled().await;
    lab.clock.advance(DAY);
    lab.settled().await;
    assert!(matches!(lab.runs.get(&lab.host(), old).await, Err(WorkflowError::NotFound)));
    assert_eq!(rows(&lab, old).await, 0);
    assert!(done().await.is_empty() && lab.tasks.get(&lab.host(), task).await.is_err());
    let all = lab.runs.list(&lab.with(boss, &[Permission::WorkflowsRead]), &Filter::default(), None, 10).await;
    let all: Vec<_> = all.unwrap().items.into_iter().map(|run| run.id).collect();
    assert_eq!(all, [open]);
    assert_eq!(lab.inbox(boss).await.len(), 1, "what is open is not touched");
    driving.end().await;
}

#[tokio::test]
async fn a_deployment_is_held_by_the_runs_that_have_not_ended() {
    let lab = Lab::new().await;
    let boss = lab.person(&[]).await;
    lab.publish(definition("approval"), &[boss], approval).await;
    let name = "approval".parse().unwrap();
    let held = async || runs_of(&mut lab.store().await.begin().await.unwrap(), &name).unwrap();
    assert_eq!(held().await, None);
    let run = lab.start("approval").await;
    let driving = lab.drive();
    let task = lab.task(run, "first").await;
    assert!(held().await.unwrap().starts_with("runs of the workflow have not ended (1 running)"));
    lab.choose(boss, task, "yes").await.unwrap();
    lab.until_state(run, RunState::Completed).await;
    assert_eq!(held().await, None);
    driving.end().await;
}
