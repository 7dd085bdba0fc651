//! An owner that slept past its lease can change nothing of a run.

use std::sync::atomic::Ordering;

use signalsync_core::{Clock as _, SimulatedClock, Timestamp};
use signalsync_workflow::RunState;

use crate::lab::{Gate, Lab, MINUTE, approval, definition, finish};

/// Two drivers stand for a process that was stopped and one that took over: the first one's clock stands still.
#[tokio::test]
async fn a_step_of_a_stale_owner_does_not_happen() {
    let lab = Lab::new().await;
    let boss = lab.person(&[]).await;
    lab.publish(definition("approval"), &[boss], approval).await;
    let run = lab.start("approval").await;
    // Figures are added up five seconds after something was noted. Whoever notes something meanwhile is called again, which
    // is not what is counted here.
    lab.clock.advance(5_000);
    let asleep = Gate::default();
    *lab.scripts.gate.lock() = Some(asleep.clone());
    let stopped = lab.drive();
    asleep.arrived.notified().await;
    while stopped.figures.done() == 0 {
        tokio::task::yield_now().await;
    }

    let later = SimulatedClock::at(Timestamp(lab.clock.now().0 + MINUTE));
    let second = lab.drive_by(&later);
    let task = lab.task(run, "first").await;
    lab.mend("approval", |_, _| finish());
    asleep.open.notify_one();
    while stopped.figures.stale() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(lab.scripts.calls.load(Ordering::SeqCst), 2, "both have called the workflow");
    assert_eq!(lab.story(run).await, ["step started"], "and one of them counts");
    assert_eq!((lab.run(run).await.state, lab.task(run, "first").await), (RunState::Running, task));
    second.end().await;
    stopped.end().await;
}
