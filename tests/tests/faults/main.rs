//! Each thing that moves a process on, with each fault: the run ends as it does without, after its incident, if there was one, was
//! retried; nothing of it is lost, and nothing doubled. Why from outside: docs/adr/0027.
//!
//! To add a process: a function that sets it up and says what people do (`process.rs`), and a line here.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod fault;
mod outcome;
mod probes;
mod process;
mod stage;

use serde_json::json;

use crate::fault::Fault;
use crate::process::Process;
use crate::stage::Stage;

/// Plays a process once as it should be, and then with each fault at each act of its script.
fn endures(process: &Process) {
    let mut stage = Stage::prepare(process);
    let expected = stage.play(process, "sound", None);
    assert_eq!(expected.state, json!(process.ends), "{expected:?}");
    for place in 0..=process.script.len() {
        for fault in Fault::ALL.into_iter().filter(|fault| process.takes_time || *fault != Fault::OutOfTime) {
            let key = format!("{}-{place}", fault.name());
            let outcome = stage.play(process, &key, Some((place, fault)));
            assert_eq!(outcome, expected, "{} with {fault:?} at act {place}", process.workflow);
        }
    }
    stage.end();
}

#[test]
fn approval_in_two_levels() {
    endures(&probes::two_levels());
}

#[test]
fn two_checks_side_by_side() {
    endures(&probes::parallel());
}

#[test]
fn an_answer_in_time() {
    endures(&probes::timers());
}

#[test]
fn reserve_charge_and_ship() {
    endures(&probes::effects());
}

#[test]
fn runs_and_their_children() {
    endures(&probes::family());
}
