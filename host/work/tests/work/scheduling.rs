//! What is scheduled is there with its transaction, and done when it is due.

use signalsync_core::{Clock as _, Timestamp};
use signalsync_store::EngineKind;
use signalsync_work::{
    Handlers, NAME_BYTES_MAX, New, PAYLOAD_BYTES_MAX, State, WorkError, cancel, find, get, list, schedule,
};

use crate::lab::{Count, Lab, START, Told, count, until};

fn counting(lab: &Lab) -> (Handlers, Told) {
    let told = Told::default();
    (Handlers::default().within("count", Count { told: told.clone(), clock: lab.clock.clone() }), told)
}

#[tokio::test]
async fn work_is_done_when_it_is_due_and_not_before() {
    let lab = Lab::new();
    let (handlers, told) = counting(&lab);
    let driving = lab.drive(handlers);
    let tenant = lab.tenant().await;
    for (what, later_ms) in [("last", 60_000), ("second", 59_999), ("now", 0)] {
        lab.schedule(tenant, "count", what, later_ms).await;
    }
    // Each is at its end before time goes on, so that no lease runs out.
    until(|| driving.figures.done() == 1).await;
    lab.clock.advance(59_999);
    until(|| driving.figures.done() == 2).await;
    lab.clock.advance(1);
    until(|| driving.figures.done() == 3).await;
    driving.end().await;
    let runs: Vec<_> = told.runs().into_iter().map(|run| (run.what, run.at.0 - START.0)).collect();
    assert_eq!(runs, [("now".to_owned(), 0), ("second".to_owned(), 59_999), ("last".to_owned(), 60_000)]);
    let left = lab.read(tenant, |tx| list(tx, None, 10).unwrap()).await;
    assert_eq!(left.items, [], "nothing is left of work that is done");
}

#[tokio::test]
async fn work_is_there_exactly_when_its_transaction_is() {
    let lab = Lab::new();
    let (handlers, told) = counting(&lab);
    let driving = lab.drive(handlers);
    let tenant = lab.tenant().await;
    let store = lab.store(tenant).await;
    let mut dropped = store.begin().await.unwrap();
    schedule(&mut dropped, New::of("count", &"dropped", START).unwrap()).unwrap();
    drop(dropped);
    let mut conflicting = store.begin().await.unwrap();
    count(&mut conflicting, "read");
    schedule(&mut conflicting, New::of("count", &"conflicting", START).unwrap()).unwrap();
    lab.change(tenant, |tx| tx.put(crate::lab::count_key("read"), "7")).await;
    assert!(conflicting.commit().await.is_err());
    lab.schedule(tenant, "count", "committed", 0).await;
    told.until_so_many(1).await;
    driving.end().await;
    assert_eq!(told.whats(), ["committed"]);
}

#[tokio::test]
async fn a_name_stands_for_one_piece_of_work_until_it_is_done() {
    let lab = Lab::new();
    let (handlers, told) = counting(&lab);
    let tenant = lab.tenant().await;
    let named = async |what: &str, at: Timestamp| {
        let new = New::of("count", &what, at).unwrap().named("nightly").unwrap();
        lab.change(tenant, |tx| schedule(tx, new).unwrap()).await
    };
    let first = named("first", START).await;
    assert_eq!(named("again", START).await, first);
    assert_eq!(lab.read(tenant, |tx| find(tx, "count", "nightly").unwrap()).await, Some(first));
    let driving = lab.drive(handlers);
    until(|| driving.figures.done() == 1).await;
    assert_ne!(named("after", lab.clock.now()).await, first);
    until(|| driving.figures.done() == 2).await;
    driving.end().await;
    assert_eq!(told.whats(), ["first", "after"]);
}

#[tokio::test]
async fn what_is_taken_back_is_not_done() {
    let lab = Lab::new();
    let (handlers, told) = counting(&lab);
    let driving = lab.drive(handlers);
    let tenant = lab.tenant().await;
    let unwanted = lab.schedule(tenant, "count", "unwanted", 1_000).await;
    lab.schedule(tenant, "count", "wanted", 1_000).await;
    assert!(lab.change(tenant, |tx| cancel(tx, unwanted).unwrap()).await);
    lab.clock.advance(1_000);
    until(|| driving.figures.done() == 1).await;
    driving.end().await;
    assert_eq!(told.whats(), ["wanted"]);
    assert!(!lab.change(tenant, |tx| cancel(tx, unwanted).unwrap()).await);
}

#[tokio::test]
async fn work_from_before_a_restart_is_found() {
    let lab = Lab::on(EngineKind::Redb);
    let mut tenants = Vec::new();
    for n in 0..5 {
        let tenant = lab.tenant().await;
        lab.schedule(tenant, "count", "earlier", n * 1_000).await;
        tenants.push(tenant);
    }
    let lab = lab.restart();
    let (handlers, told) = counting(&lab);
    let driving = lab.drive(handlers);
    until(|| driving.figures.swept() == 5).await;
    lab.clock.advance(4_000);
    until(|| driving.figures.done() == 5).await;
    driving.end().await;
    assert_eq!(told.runs().len(), 5);
    for tenant in tenants {
        assert_eq!(lab.read(tenant, |tx| count(tx, "earlier")).await, 1);
    }
}

#[tokio::test]
async fn a_clock_that_is_set_back_delays_and_repeats_nothing() {
    let lab = Lab::new();
    let (handlers, told) = counting(&lab);
    let driving = lab.drive(handlers);
    let tenant = lab.tenant().await;
    lab.schedule(tenant, "count", "before", 0).await;
    until(|| driving.figures.done() == 1).await;
    let later = lab.schedule(tenant, "count", "later", 1_000).await;
    lab.clock.set(Timestamp(START.0 - 86_400_000));
    lab.schedule(tenant, "count", "yesterday", 0).await;
    until(|| driving.figures.done() == 2).await;
    let state = lab.read(tenant, |tx| get(tx, later).unwrap().unwrap().state).await;
    assert_eq!(state, State::Waiting { due: Timestamp(START.0 + 1_000) });
    lab.clock.set(Timestamp(START.0 + 86_400_000));
    until(|| driving.figures.done() == 3).await;
    driving.end().await;
    assert_eq!(told.whats(), ["before", "yesterday", "later"]);
}

#[test]
fn payloads_and_names_are_bounded() {
    let payload = |bytes: usize| New::of("count", &"x".repeat(bytes - 2), START);
    assert!(payload(PAYLOAD_BYTES_MAX).is_ok());
    let limit = PAYLOAD_BYTES_MAX;
    assert!(matches!(payload(PAYLOAD_BYTES_MAX + 1), Err(WorkError::TooLarge { limit: l, .. }) if l == limit));
    let named = |bytes: usize| payload(10).unwrap().named("n".repeat(bytes));
    assert!(named(NAME_BYTES_MAX).is_ok());
    assert!(matches!(named(NAME_BYTES_MAX + 1), Err(WorkError::TooLarge { .. })));
}
