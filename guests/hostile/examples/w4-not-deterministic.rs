//! W4: a workflow that wants to decide by what nobody recorded. Its state is all that it can find: how often it was called,
//! where its stack and its heap are, and, as the one thing that a replay has to give again, a random number.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use signalsync_sdk::workflow::{Color, Decision, Definition, Event, Started, Workflow};
use signalsync_sdk::{context, workflow};

static CALLS: AtomicU64 = AtomicU64::new(0);

struct NotDeterministic;

#[derive(Serialize, Deserialize)]
struct Found {
    calls: u64,
    stack: usize,
    heap: usize,
    random: u64,
}

#[inline(never)]
fn look() -> Found {
    let here = 0_u8;
    let there = Box::new(0_u8);
    Found {
        calls: CALLS.fetch_add(1, Ordering::Relaxed),
        stack: std::ptr::from_ref(&here).addr(),
        heap: std::ptr::from_ref(&*there).addr(),
        random: context::random(),
    }
}

impl Workflow for NotDeterministic {
    type State = Found;
    type Error = String;

    fn definition() -> Definition {
        Definition::new("not-deterministic", "Decides by chance").status("open", "Open", Color::Red)
    }

    fn start(_: Started) -> Result<Decision<Found>, String> {
        Ok(Decision::new(look(), "open"))
    }

    fn advance(_: Found, _: Event) -> Result<Decision<Found>, String> {
        Ok(Decision::new(look(), "open"))
    }
}

workflow!(NotDeterministic);
