//! A workflow that reserves and charges through mappings, and undoes both when shipping fails or the run is cancelled. Its
//! input goes to each mapping; its result is what the last one answered.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use signalsync_sdk::workflow;
use signalsync_sdk::workflow::{Color, Decision, Definition, Event, Progress, Saga, Started, Workflow};

struct Effects;

#[derive(Serialize, Deserialize)]
struct State {
    saga: Saga,
    answer: Value,
}

impl Workflow for Effects {
    type State = State;
    type Error = String;

    fn definition() -> Definition {
        Definition::new("effects", "Reserve, charge, ship")
            .status("doing", "Being done", Color::Blue)
            .status("done", "Done", Color::Green)
            .status("undone", "Undone", Color::Red)
            .transition("doing", "done", "Done")
            .transition("doing", "undone", "Failed")
            .mappings(&["reserve", "release", "charge", "refund", "ship"])
    }

    fn start(started: Started) -> Result<Decision<State>, String> {
        let order: Value = started.data()?;
        let mut saga = Saga::new()
            .step("reserve", "reserve", &order)?
            .undo("release", &order)?
            .step("charge", "charge", &order)?
            .undo("refund", &order)?
            .step("ship", "ship", &order)?;
        let progress = saga.begin();
        follow(State { saga, answer: Value::Null }, Some(progress))
    }

    fn advance(mut state: State, event: Event) -> Result<Decision<State>, String> {
        if let Event::EffectDone(done) = &event {
            state.answer = done.data()?;
        }
        let progress = match event {
            Event::Cancel(reason) => state.saga.give_up(reason),
            event => state.saga.heard(&event),
        };
        follow(state, progress)
    }
}

fn follow(state: State, progress: Option<Progress>) -> Result<Decision<State>, String> {
    let answer = state.answer.clone();
    Ok(match progress {
        Some(Progress::Next(action)) => Decision::new(state, "doing").with(action),
        Some(Progress::Done) => Decision::new(state, "done").complete(&answer)?,
        Some(Progress::Undone { reason, left }) if left.is_empty() => Decision::new(state, "undone").fail(reason),
        Some(Progress::Undone { reason, left }) => {
            Decision::new(state, "undone").fail(format!("{reason}; not undone: {}", left.join(", ")))
        }
        None => Decision::new(state, "doing"),
    })
}

workflow!(Effects);
