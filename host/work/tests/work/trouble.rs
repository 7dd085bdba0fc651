//! Work that fails, hangs, panics or is nobody's: tried again, then kept with its reason, and in nobody's way.

use std::sync::Arc;

use signalsync_core::{TenantId, Timestamp};
use signalsync_store::{Key, RequestKey, Table};
use signalsync_work::desk::Desk;
use signalsync_work::{Handlers, Listed, New, State, WorkError, dead_letters, forget, get, retry, schedule};

use crate::lab::{Answer, Effects, Lab, POLICY, START, count, until};

async fn dead(lab: &Lab, tenant: TenantId) -> Vec<Listed> {
    lab.read(tenant, |tx| dead_letters(tx, None, 10).unwrap()).await.items
}

#[tokio::test]
async fn what_fails_is_tried_again_with_the_same_key_and_longer_pauses_then_given_up() {
    let lab = Lab::new();
    let effects = Effects::with([("mail", vec![Answer::Fails])], &lab.clock);
    let driving = lab.drive(Handlers::default().outside("send", effects.clone()));
    let tenant = lab.tenant().await;
    let id = lab.schedule(tenant, "send", "mail", 0).await;
    for attempt in 1..3 {
        until(|| driving.figures.set_back() == attempt).await;
        let row = lab.read(tenant, |tx| get(tx, id).unwrap().unwrap()).await;
        assert_eq!(row.problem.as_deref(), Some("busy"));
        let State::Waiting { due } = row.state else { unreachable!("it waits: {row:?}") };
        lab.clock.set(Timestamp(due.0 - 1));
        lab.schedule(tenant, "send", "other", 0).await;
        until(|| driving.figures.done() == attempt).await;
        lab.clock.set(due);
    }
    until(|| driving.figures.dead() == 1).await;
    driving.end().await;
    let runs: Vec<_> = effects.told.runs().into_iter().filter(|run| run.what == "mail").collect();
    assert!(runs.iter().all(|run| run.key == id.to_string()), "the receiver can tell that it is the same");
    let pauses: Vec<_> = runs.windows(2).map(|pair| pair[1].at.0 - pair[0].at.0).collect();
    assert!((5_000..=10_000).contains(&pauses[0]) && (10_000..=20_000).contains(&pauses[1]), "{pauses:?}");
    assert_eq!(runs.iter().map(|run| run.attempt).collect::<Vec<_>>(), [1, 2, 3]);
    let letters = dead(&lab, tenant).await;
    assert_eq!((letters.len(), letters[0].id, letters[0].problem.as_deref()), (1, id, Some("busy")));
    let noted = Key::new(Table::Records, &["given-up", "mail"]);
    assert_eq!(lab.read(tenant, |tx| tx.get(&noted).unwrap()).await.unwrap().body, "busy");
}

#[tokio::test]
async fn a_dead_letter_can_be_tried_again_or_forgotten() {
    let lab = Lab::new();
    let effects = Effects::with([("a", vec![Answer::Never, Answer::Works]), ("b", vec![Answer::Never])], &lab.clock);
    let driving = lab.drive(Handlers::default().outside("send", effects.clone()));
    let tenant = lab.tenant().await;
    let (a, b) = (lab.schedule(tenant, "send", "a", 0).await, lab.schedule(tenant, "send", "b", 0).await);
    until(|| driving.figures.dead() == 2).await;
    let desk = Desk::new(lab.stores.clone(), Arc::new(lab.clock.clone()));
    let once = RequestKey::new("once", []).unwrap();
    for _ in 0..2 {
        desk.retry(&lab.scope(tenant), a, Some(&once)).await.unwrap();
    }
    until(|| driving.figures.done() == 1).await;
    lab.change(tenant, |tx| forget(tx, b).unwrap()).await;
    driving.end().await;
    assert_eq!(dead(&lab, tenant).await, []);
    assert_eq!(lab.read(tenant, |tx| (count(tx, "a"), count(tx, "b"))).await, (1, 0));
    let again = lab.read(tenant, |tx| (retry(tx, a, START), forget(tx, b))).await;
    assert!(matches!(again, (Err(WorkError::NotFound), Err(WorkError::NotFound))));
    let waiting = lab.schedule(tenant, "send", "c", 0).await;
    let refused = lab.read(tenant, |tx| (retry(tx, waiting, START), forget(tx, waiting))).await;
    assert!(matches!(refused, (Err(WorkError::NotDead), Err(WorkError::NotDead))));
}

#[tokio::test]
async fn a_dead_letter_leaves_its_name_to_newer_work() {
    let lab = Lab::new();
    let effects = Effects::with([("first", vec![Answer::Never]), ("second", vec![Answer::Waits])], &lab.clock);
    let driving = lab.drive(Handlers::default().outside("send", effects.clone()));
    let tenant = lab.tenant().await;
    let named = async |what: &str| {
        let new = New::of("send", &what, START).unwrap().named("report").unwrap();
        lab.change(tenant, |tx| schedule(tx, new).unwrap()).await
    };
    let first = named("first").await;
    until(|| driving.figures.dead() == 1).await;
    assert_ne!(named("second").await, first);
    effects.told.until_so_many(2).await;
    assert!(matches!(lab.read(tenant, |tx| retry(tx, first, START)).await, Err(WorkError::Replaced)));
    effects.open.notify_one();
    until(|| driving.figures.done() == 1).await;
    lab.change(tenant, |tx| retry(tx, first, START).unwrap()).await;
    until(|| driving.figures.dead() == 2).await;
    driving.end().await;
}

#[tokio::test]
async fn what_fails_is_in_nobodys_way() {
    let lab = Lab::new();
    let script = [("poison", vec![Answer::Panics]), ("slow", vec![Answer::Waits])];
    let effects = Effects::with(script, &lab.clock);
    let driving = lab.drive(Handlers::default().outside("send", effects.clone()));
    let tenant = lab.tenant().await;
    for what in ["poison", "slow", "unknown-kind"] {
        lab.schedule(tenant, if what == "unknown-kind" { "nobodys" } else { "send" }, what, 0).await;
    }
    for n in 0..50 {
        lab.schedule(tenant, "send", &format!("good {n}"), 0).await;
    }
    until(|| driving.figures.done() == 50 && driving.figures.set_back() == 2).await;
    lab.clock.advance(POLICY.lease_ms);
    until(|| driving.figures.set_back() == 5).await;
    lab.clock.advance(POLICY.pause_max_ms - 1);
    until(|| effects.told.runs().iter().filter(|run| run.what == "slow").count() == 2).await;
    until(|| driving.figures.dead() == 1).await;
    effects.open.notify_waiters();
    until(|| driving.figures.done() == 51).await;
    driving.end().await;
    let goods = lab.read(tenant, |tx| (0..50).map(|n| count(tx, &format!("good {n}"))).collect::<Vec<_>>()).await;
    assert_eq!((goods, lab.read(tenant, |tx| count(tx, "slow")).await), (vec![1; 50], 1));
}

#[tokio::test]
async fn what_kills_the_process_each_time_is_given_up_too() {
    let lab = Lab::new();
    let effects = Effects::with([("killer", vec![Answer::Waits])], &lab.clock);
    let tenant = lab.tenant().await;
    lab.schedule(tenant, "send", "killer", 0).await;
    for attempt in 1..=3 {
        let driving = lab.drive(Handlers::default().outside("send", effects.clone()));
        effects.told.until_so_many(attempt).await;
        driving.crash().await;
        lab.clock.advance(POLICY.lease_ms);
    }
    let driving = lab.drive(Handlers::default().outside("send", effects.clone()));
    until(|| driving.figures.dead() == 1).await;
    driving.end().await;
    let why = dead(&lab, tenant).await[0].problem.clone().unwrap();
    assert_eq!((effects.told.runs().len(), why.as_str()), (3, "it was begun 3 times and never came to an end"));
}

#[tokio::test]
async fn old_dead_letters_make_room() {
    let lab = Lab::new();
    let effects = Effects::with([("bad", vec![Answer::Never])], &lab.clock);
    let driving = lab.drive(Handlers::default().outside("send", effects.clone()));
    let tenant = lab.tenant().await;
    for n in 1..=3 {
        lab.schedule(tenant, "send", "bad", 0).await;
        until(|| driving.figures.dead() == n).await;
    }
    lab.clock.advance(90 * 86_400_000);
    lab.schedule(tenant, "send", "bad", 0).await;
    until(|| driving.figures.dead() == 4).await;
    driving.end().await;
    assert_eq!(dead(&lab, tenant).await.len(), 1, "what is kept for 90 days makes room for the next");
}
