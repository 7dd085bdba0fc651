//! W1: a workflow that wants as many things as its input says, one more than there may be.

use signalsync_sdk::workflow;
use signalsync_sdk::workflow::{Action, Color, Decision, Definition, Event, Started, Workflow};

struct Endless;

impl Workflow for Endless {
    type State = ();
    type Error = String;

    fn definition() -> Definition {
        Definition::new("endless-actions", "Wants too much").status("open", "Open", Color::Red)
    }

    fn start(started: Started) -> Result<Decision<()>, String> {
        let count = started.data::<usize>()?;
        Ok(Decision::new((), "open").with_all((0..count).map(|number| Action::ClearTimer(format!("t{number}")))))
    }

    fn advance((): (), _: Event) -> Result<Decision<()>, String> {
        Ok(Decision::new((), "open"))
    }
}

workflow!(Endless);
