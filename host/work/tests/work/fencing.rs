//! An owner that slept past its lease can change nothing any more.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use signalsync_core::{TenantScope, Timestamp};
use signalsync_store::Transaction;
use signalsync_work::{Claimed, Handlers, Outcome, Policy, Setback, Within, cancel};
use tokio::sync::Notify;

use crate::lab::{Answer, Effects, Lab, POLICY, START, count, count_key, until};

/// Writes, waits for somebody, and writes again, all in one transaction.
#[derive(Clone, Default)]
struct Sleeper {
    sleeps: Arc<Notify>,
    wake: Arc<Notify>,
    /// It does not notice that its lease is over, as a process that was stopped.
    lease_ms: u64,
}

impl Within for Sleeper {
    fn policy(&self) -> Policy {
        Policy { lease_ms: self.lease_ms, ..POLICY }
    }

    fn run<'a>(
        &'a self,
        _: &'a TenantScope,
        claimed: &'a Claimed,
        mut tx: Transaction,
    ) -> BoxFuture<'a, Result<(Transaction, Outcome), Setback>> {
        async move {
            let before = count(&mut tx, "slept");
            tx.put(count_key("slept"), (before + 1).to_string());
            tx.put(count_key("attempt"), claimed.attempt.to_string());
            self.sleeps.notify_one();
            self.wake.notified().await;
            Ok((tx, Outcome::Done))
        }
        .boxed()
    }
}

/// Two drivers stand for a process that was stopped and one that took over: the first one's clock stands still.
#[tokio::test]
async fn a_stale_owner_is_fenced() {
    let (lab, sleeper) = (Lab::new(), Sleeper { lease_ms: 60_000, ..Sleeper::default() });
    let tenant = lab.tenant().await;
    lab.schedule(tenant, "sleep", "once", 0).await;
    let stopped = lab.drive(Handlers::default().within("sleep", sleeper.clone()));
    sleeper.sleeps.notified().await;

    let (later, awake) = (lab.with_another_clock(60_000), Sleeper { lease_ms: 60_000, ..Sleeper::default() });
    let second = later.drive(Handlers::default().within("sleep", awake.clone()));
    awake.sleeps.notified().await;

    sleeper.wake.notify_one();
    until(|| stopped.figures.stale() == 1).await;
    assert_eq!(later.read(tenant, |tx| count(tx, "slept")).await, 0, "nothing of the stale owner is there");
    awake.wake.notify_one();
    until(|| second.figures.done() == 1).await;
    assert_eq!(later.read(tenant, |tx| (count(tx, "slept"), count(tx, "attempt"))).await, (1, 2));
    second.end().await;
    stopped.end().await;
}

#[tokio::test]
async fn a_stale_effect_is_not_noted() {
    let lab = Lab::new();
    let (first, second) = (
        Effects::with([("e", vec![Answer::Waits])], &lab.clock),
        Effects::with([("e", vec![Answer::Works])], &lab.clock),
    );
    let tenant = lab.tenant().await;
    lab.schedule(tenant, "send", "e", 0).await;
    let stopped = lab.drive(Handlers::default().outside("send", first.clone()));
    first.told.until_so_many(1).await;
    let later = lab.with_another_clock(POLICY.lease_ms);
    let driving = later.drive(Handlers::default().outside("send", second.clone()));
    until(|| driving.figures.done() == 1).await;
    first.open.notify_one();
    until(|| stopped.figures.stale() == 1).await;
    assert_eq!(later.read(tenant, |tx| count(tx, "e")).await, 1, "delivered twice under one key, recorded once");
    assert_eq!(first.told.runs()[0].key, second.told.runs()[0].key);
    driving.end().await;
    stopped.end().await;
}

#[tokio::test]
async fn work_that_is_taken_back_while_it_runs_leaves_nothing() {
    let (lab, sleeper) = (Lab::new(), Sleeper { lease_ms: 60_000, ..Sleeper::default() });
    let tenant = lab.tenant().await;
    let driving = lab.drive(Handlers::default().within("sleep", sleeper.clone()));
    let id = lab.schedule(tenant, "sleep", "once", 0).await;
    sleeper.sleeps.notified().await;
    assert!(lab.change(tenant, |tx| cancel(tx, id).unwrap()).await);
    sleeper.wake.notify_one();
    until(|| driving.figures.stale() == 1).await;
    assert_eq!(lab.read(tenant, |tx| count(tx, "slept")).await, 0);
    driving.end().await;
}

#[tokio::test]
async fn what_takes_longer_than_its_lease_is_cut_off() {
    let (lab, sleeper) = (Lab::new(), Sleeper { lease_ms: 1_000, ..Sleeper::default() });
    let tenant = lab.tenant().await;
    let driving = lab.drive(Handlers::default().within("sleep", sleeper.clone()));
    lab.schedule(tenant, "sleep", "long", 0).await;
    sleeper.sleeps.notified().await;
    lab.clock.advance(1_000);
    until(|| driving.figures.set_back() == 1).await;
    lab.clock.advance(10_000);
    sleeper.sleeps.notified().await;
    sleeper.wake.notify_one();
    until(|| driving.figures.done() == 1).await;
    assert_eq!(lab.read(tenant, |tx| count(tx, "slept")).await, 1);
    driving.end().await;
}

/// Whatever the clock says by then: a lease from before it was set back would end in a day.
#[tokio::test]
async fn what_a_process_that_is_gone_had_claimed_is_done_at_once() {
    let (lab, sleeper) = (Lab::new(), Sleeper { lease_ms: 60_000, ..Sleeper::default() });
    let tenant = lab.tenant().await;
    let gone = lab.drive(Handlers::default().within("sleep", sleeper.clone()));
    lab.schedule(tenant, "sleep", "one", 0).await;
    sleeper.sleeps.notified().await;
    gone.crash().await;
    lab.clock.set(Timestamp(START.0 - 86_400_000));
    let next = lab.drive(Handlers::default().within("sleep", sleeper.clone()));
    sleeper.sleeps.notified().await;
    sleeper.wake.notify_one();
    until(|| next.figures.done() == 1).await;
    assert_eq!(lab.read(tenant, |tx| count(tx, "attempt")).await, 2, "its lease was not waited for");
    next.end().await;
}
