//! What somebody sees change is told to them, and nothing else.

use std::collections::BTreeSet;
use std::sync::Arc;

use signalsync_core::{RunId, UserId};
use signalsync_workflow::{Listener, Live, LiveChange, News, RunState, Topic};

use crate::lab::{Lab, approval, definition};

fn listener(lab: &Lab, user: UserId) -> Listener {
    Live::new(lab.stores.clone(), Arc::new(lab.clock.clone())).listen(Arc::new(lab.of(user)))
}

/// All that is told until something with this topic and id is.
async fn until(listener: &mut Listener, topic: Topic, id: &str) -> BTreeSet<LiveChange> {
    let wanted = LiveChange { topic, id: id.to_owned() };
    let mut told = BTreeSet::new();
    while !told.contains(&wanted) {
        listener.hear().await;
        match listener.tell().await.unwrap() {
            News::Changes(changes) => told.extend(changes),
            News::Reset => panic!("it kept up"),
        }
    }
    told
}

#[tokio::test]
async fn whoever_is_asked_hears_of_their_tasks_and_others_do_not() {
    let lab = Lab::new().await;
    let (boss, other) = (lab.person(&[]).await, lab.person(&[]).await);
    lab.publish(definition("approval"), &[boss], approval).await;
    lab.publish(definition("others"), &[other], approval).await;
    let (mut of_boss, mut of_other) = (listener(&lab, boss), listener(&lab, other));
    let driving = lab.drive();
    let run: RunId = lab.start("approval").await;
    let task = lab.task(run, "first").await;
    until(&mut of_boss, Topic::Tasks, &task.to_string()).await;
    lab.choose(boss, task, "yes").await.unwrap();
    lab.until_state(run, RunState::Completed).await;
    until(&mut of_boss, Topic::Runs, &run.to_string()).await;

    let theirs = lab.start("others").await;
    let their_task = lab.task(theirs, "first").await;
    let told = until(&mut of_other, Topic::Tasks, &their_task.to_string()).await;
    let foreign = [run.to_string(), task.to_string()];
    assert!(told.iter().all(|change| !foreign.contains(&change.id)), "{told:?}");
    driving.end().await;
}

#[tokio::test]
async fn who_falls_behind_is_told_to_read_anew() {
    let lab = Lab::new().await;
    let boss = lab.person(&[]).await;
    lab.publish(definition("approval"), &[boss], approval).await;
    let mut listener = listener(&lab, boss);
    for _ in 0..300 {
        lab.start("approval").await;
    }
    listener.hear().await;
    assert_eq!(listener.tell().await.unwrap(), News::Reset);
}
