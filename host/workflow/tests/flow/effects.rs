//! Mappings that runs want called.

use signalsync_core::contract::workflow::Definition;
use signalsync_core::contract::workflow::{Action, Event, RunMapping};
use signalsync_workflow::{RunAct, RunState};

use crate::lab::{Lab, MINUTE, decide, definition, finish, go_on};

fn exporting() -> Definition {
    Definition { mappings: vec!["export".to_owned()], ..definition("exporting") }
}

fn effect() -> Action {
    Action::RunMapping(RunMapping { id: "e".to_owned(), mapping: "export".to_owned(), input: "{\"n\":1}".to_owned() })
}

async fn lab() -> Lab {
    let lab = Lab::new().await;
    lab.deploy(&"export".parse().unwrap()).await;
    lab.publish(exporting(), &[lab.person(&[]).await], |_, event| match event {
        Event::Started(_) => go_on(vec![effect()]),
        Event::EffectDone(done) if done.data == "{\"sent\":true}" => finish(),
        Event::EffectFailed(failed) => decide("done", vec![Action::Fail(failed.reason.clone())]),
        _ => go_on(vec![]),
    })
    .await;
    lab
}

#[tokio::test]
async fn an_effect_is_tried_until_it_works_under_the_same_key_and_told_once() {
    let lab = lab().await;
    *lab.mapped.fails.lock() = Some((2, true));
    let run = lab.start("exporting").await;
    let driving = lab.drive();
    lab.until(run, |run| run.effects == ["e"]).await;
    for tries in 1..3 {
        while driving.figures.set_back() < tries {
            tokio::task::yield_now().await;
        }
        lab.clock.advance(MINUTE);
    }
    lab.until_state(run, RunState::Completed).await;
    let keys = lab.mapped.keys();
    assert!(keys.len() == 3 && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    let (called, message) = lab.mapped.calls.lock()[0].clone();
    assert_eq!((called.as_str(), message.body.as_slice()), ("export", &b"{\"n\":1}"[..]));
    assert_eq!(lab.story(run).await, ["step started", "step effect-done"]);
    driving.end().await;
}

#[tokio::test]
async fn an_effect_that_cannot_work_is_told_and_leaves_no_dead_letter() {
    let lab = lab().await;
    *lab.mapped.fails.lock() = Some((1, false));
    let run = lab.start("exporting").await;
    let driving = lab.drive();
    let failed = lab.until_state(run, RunState::Failed).await;
    assert_eq!(failed.reason.as_deref(), Some("the other side is down"));
    let mut tx = lab.store().await.begin().await.unwrap();
    assert!(signalsync_work::dead_letters(&mut tx, None, 10).unwrap().items.is_empty());
    driving.end().await;
}

#[tokio::test]
async fn the_end_of_an_effect_is_told_to_nobody_when_its_run_has_ended() {
    let lab = lab().await;
    *lab.mapped.fails.lock() = Some((1, true));
    lab.mend("exporting", |_, event| match event {
        Event::Started(_) => go_on(vec![effect()]),
        _ => decide("done", vec![Action::Fail("enough".to_owned())]),
    });
    let run = lab.start("exporting").await;
    let driving = lab.drive();
    while driving.figures.set_back() == 0 {
        tokio::task::yield_now().await;
    }
    lab.runs.act(&lab.host(), run, &RunAct::Cancel("enough".to_owned())).await.unwrap();
    lab.until_state(run, RunState::Cancelled).await;
    lab.clock.advance(MINUTE);
    lab.settled().await;
    assert_eq!(lab.mapped.keys().len(), 2, "it was carried out");
    assert_eq!(lab.story(run).await, ["step started", "cancel-asked", "step cancel"]);
    driving.end().await;
}
