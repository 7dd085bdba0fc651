//! W3: a workflow whose state has 100,000 bytes more after each event.

use signalsync_sdk::workflow;
use signalsync_sdk::workflow::{Color, Decision, Definition, Event, Moment, Started, Workflow};

struct Growing;

fn grow(state: &str) -> Decision<String> {
    let state = format!("{state}{}", "x".repeat(100_000));
    Decision::new(state, "open").timer("again", Moment::minutes(1))
}

impl Workflow for Growing {
    type State = String;
    type Error = String;

    fn definition() -> Definition {
        Definition::new("growing-state", "Forgets nothing").status("open", "Open", Color::Red)
    }

    fn start(_: Started) -> Result<Decision<String>, String> {
        Ok(grow(""))
    }

    fn advance(state: String, _: Event) -> Result<Decision<String>, String> {
        Ok(grow(&state))
    }
}

workflow!(Growing);
