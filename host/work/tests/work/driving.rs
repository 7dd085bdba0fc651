//! Many tenants, much to do: bounded, in turn, and ended in good order.

use std::sync::atomic::Ordering;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use signalsync_core::{Clock as _, SimulatedClock, TenantScope, Timestamp};
use signalsync_store::{EngineKind, Transaction};
use signalsync_work::{Claimed, DriverLimits, Handlers, New, Outcome, Setback, Within, bring, list, peek, schedule};

use crate::lab::{Answer, Count, Effects, Lab, Rings, START, Told, count, count_key, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_due_at_once_are_done_in_bounded_batches() {
    let lab = Lab::on(EngineKind::Redb);
    let effects = Effects::with([], &lab.clock);
    let (busy, other) = (lab.tenant().await, lab.tenant().await);
    for tenant in [busy, other] {
        lab.change(tenant, |tx| {
            for n in 0..2_000 {
                schedule(tx, New::of("send", &n.to_string(), START).unwrap()).unwrap();
            }
        })
        .await;
    }
    let limits = DriverLimits { running_max: 24, running_per_tenant_max: 16 };
    let driving = lab.drive_with(Handlers::default().outside("send", effects.clone()), limits);
    until(|| driving.figures.done() == 4_000).await;
    // Nobody is woken for what is done: the driver's last look finds nothing, and forgets both.
    until(|| lab.stores.due().is_empty()).await;
    driving.end().await;
    let most = effects.most.load(Ordering::SeqCst);
    assert!((16..=24).contains(&most), "{most} at the same time");
    for tenant in [busy, other] {
        let counts = lab.read(tenant, |tx| (0..2_000).map(|n| count(tx, &n.to_string())).collect::<Vec<_>>()).await;
        assert!(counts.iter().all(|count| *count == 1));
    }
}

#[tokio::test]
async fn a_tenant_with_much_to_do_does_not_keep_others_waiting() {
    let lab = Lab::new();
    let effects = Effects::with([], &lab.clock);
    let (busy, other) = (lab.tenant().await, lab.tenant().await);
    lab.change(busy, |tx| {
        for _ in 0..500 {
            schedule(tx, New::of("send", &"busy", START).unwrap()).unwrap();
        }
    })
    .await;
    lab.schedule(other, "send", "other", 0).await;
    let limits = DriverLimits { running_max: 4, running_per_tenant_max: 4 };
    let driving = lab.drive_with(Handlers::default().outside("send", effects.clone()), limits);
    until(|| driving.figures.done() == 501).await;
    driving.end().await;
    let before = effects.told.whats().iter().position(|what| what == "other").unwrap();
    assert!(before < 20, "{before} of the busy tenant came first");
}

#[tokio::test]
async fn one_tenant_has_only_its_places() {
    let lab = Lab::new();
    let effects = Effects::with([("slow", vec![Answer::Waits])], &lab.clock);
    let tenant = lab.tenant().await;
    for _ in 0..6 {
        lab.schedule(tenant, "send", "slow", 0).await;
    }
    let limits = DriverLimits { running_max: 100, running_per_tenant_max: 4 };
    let driving = lab.drive_with(Handlers::default().outside("send", effects.clone()), limits);
    effects.told.until_so_many(4).await;
    let other = lab.tenant().await;
    lab.schedule(other, "send", "other", 0).await;
    until(|| driving.figures.done() == 1).await;
    assert_eq!(effects.told.whats(), ["slow", "slow", "slow", "slow", "other"]);
    for done in 2..=7 {
        until(|| effects.now.load(Ordering::SeqCst) > 0).await;
        effects.open.notify_one();
        until(|| driving.figures.done() == done).await;
    }
    driving.end().await;
}

#[tokio::test]
async fn work_of_a_suspended_tenant_waits() {
    let lab = Lab::new();
    let told = Told::default();
    let driving =
        lab.drive(Handlers::default().within("count", Count { told: told.clone(), clock: lab.clock.clone() }));
    let (tenant, other) = (lab.tenant().await, lab.tenant().await);
    lab.tenants.held.lock().insert(tenant);
    lab.schedule(tenant, "count", "held", 0).await;
    lab.schedule(other, "count", "other", 1).await;
    lab.clock.advance(1);
    until(|| driving.figures.done() == 1).await;
    assert_eq!(told.whats(), ["other"]);
    lab.tenants.held.lock().clear();
    lab.stores.due().note(tenant, lab.clock.now());
    until(|| driving.figures.done() == 2).await;
    driving.end().await;
}

#[tokio::test]
async fn at_its_end_a_driver_waits_for_what_it_began() {
    let lab = Lab::new();
    let effects = Effects::with([("slow", vec![Answer::Waits])], &lab.clock);
    let driving = lab.drive(Handlers::default().outside("send", effects.clone()));
    let tenant = lab.tenant().await;
    lab.schedule(tenant, "send", "slow", 0).await;
    effects.told.until_so_many(1).await;
    let ended = driving.ask_to_end();
    lab.schedule(tenant, "send", "too late", 0).await;
    effects.open.notify_one();
    ended.await.unwrap();
    assert_eq!(lab.read(tenant, |tx| (count(tx, "slow"), count(tx, "too late"))).await, (1, 0));
    let left = lab.read(tenant, |tx| list(tx, None, 10).unwrap()).await;
    assert_eq!(left.items.len(), 1, "what came too late waits for the next start");
}

#[tokio::test]
async fn long_lists_come_in_pages() {
    let lab = Lab::new();
    let tenant = lab.tenant().await;
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(lab.schedule(tenant, "send", &n.to_string(), 1_000).await);
    }
    let first = lab.read(tenant, |tx| list(tx, None, 3).unwrap()).await;
    let rest = lab.read(tenant, |tx| list(tx, first.next.as_deref(), 3).unwrap()).await;
    assert_eq!(first.items.iter().chain(&rest.items).map(|item| item.id).collect::<Vec<_>>(), ids);
    assert_eq!((first.items.len(), rest.next), (3, None));
    assert_eq!(lab.stores.due().next(), Some(Timestamp(START.0 + 1_000)));
}

/// So many parts, each of them so long, that go on at once.
struct Parts {
    many: u64,
    ms: u64,
    clock: SimulatedClock,
}

impl Within for Parts {
    fn run<'a>(
        &'a self,
        _: &'a TenantScope,
        claimed: &'a Claimed,
        mut tx: Transaction,
    ) -> BoxFuture<'a, Result<(Transaction, Outcome), Setback>> {
        async move {
            assert_eq!(claimed.attempt, 1, "a part that went well is no attempt of the next one");
            let done = count(&mut tx, "parts") + 1;
            tx.put(count_key("parts"), done.to_string());
            self.clock.advance(self.ms);
            let goes_on = Outcome::GoesOn { at: self.clock.now() };
            Ok((tx, if done < self.many { goes_on } else { Outcome::Done }))
        }
        .boxed()
    }
}

#[tokio::test]
async fn what_goes_on_at_once_keeps_its_claim_for_a_turn() {
    for (many, ms, claims) in [(250, 0, 3), (10, 50, 1), (10, 250, 5), (10, 1_000, 10)] {
        let lab = Lab::new();
        let driving = lab.drive(Handlers::default().within("parts", Parts { many, ms, clock: lab.clock.clone() }));
        let tenant = lab.tenant().await;
        lab.schedule(tenant, "parts", "all", 0).await;
        until(|| driving.figures.done() == many).await;
        assert_eq!(driving.figures.claimed(), claims, "{many} parts of {ms} ms");
        driving.end().await;
        assert_eq!(lab.read(tenant, |tx| count(tx, "parts")).await, many);
        assert_eq!(lab.read(tenant, |tx| list(tx, None, 10).unwrap()).await.items, []);
    }
}

#[tokio::test]
async fn what_happens_by_itself_is_held_where_nothing_reaches_outside() {
    let lab = Lab::new();
    let tenant = lab.tenant().await;
    lab.tenants.neutral.lock().insert(tenant);
    // More of it than are claimed at once, and before what people wait for.
    let mut rings = Vec::new();
    for _ in 0..40 {
        rings.push(lab.schedule(tenant, "ring", "ring", 0).await);
    }
    lab.schedule(tenant, "count", "asked", 0).await;
    let told = Told::default();
    let counts = || Count { told: told.clone(), clock: lab.clock.clone() };
    let handlers = || Handlers::default().within("ring", Rings(counts())).within("count", counts());
    let driving = lab.drive(handlers());
    told.until_so_many(1).await;
    until(|| lab.stores.due().next().is_some_and(|at| at > START)).await;
    driving.end().await;
    assert_eq!(told.whats(), ["asked"]);
    for ring in &rings {
        let waits = lab.read(tenant, |tx| peek::<String>(tx, *ring).unwrap()).await;
        assert_eq!(waits, Some((START, "ring".to_owned())), "what is held keeps its time");
    }

    lab.tenants.neutral.lock().clear();
    lab.clock.advance(60 * 60 * 1_000);
    let driving = lab.drive(handlers());
    told.until_so_many(41).await;
    driving.end().await;
}

#[tokio::test]
async fn what_comes_from_another_store_keeps_its_id() {
    let lab = Lab::new();
    let (here, there) = (lab.tenant().await, lab.tenant().await);
    let id = lab.schedule(here, "count", "one", 5_000).await;
    let (at, what) = lab.read(here, |tx| peek::<String>(tx, id).unwrap().unwrap()).await;
    let new = || New::of("count", &what, at).unwrap();
    assert!(lab.change(there, |tx| bring(tx, id, new()).unwrap()).await);
    assert!(!lab.change(there, |tx| bring(tx, id, new()).unwrap()).await, "nothing is put in place of what is there");
    assert_eq!(lab.read(there, |tx| peek::<String>(tx, id).unwrap()).await, Some((at, what)));
}
