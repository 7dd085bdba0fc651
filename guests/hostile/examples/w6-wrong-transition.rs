//! W6: a workflow that goes where no way of its definition leads: from its second status back to the first.

use signalsync_sdk::workflow;
use signalsync_sdk::workflow::{Color, Decision, Definition, Event, Moment, Started, Workflow};

struct Wrong;

impl Workflow for Wrong {
    type State = ();
    type Error = String;

    fn definition() -> Definition {
        Definition::new("wrong-transition", "Goes back")
            .status("open", "Open", Color::Blue)
            .status("closed", "Closed", Color::Green)
            .transition("open", "closed", "Close")
    }

    fn start(_: Started) -> Result<Decision<()>, String> {
        Ok(Decision::new((), "closed").timer("back", Moment::minutes(1)))
    }

    fn advance((): (), _: Event) -> Result<Decision<()>, String> {
        Ok(Decision::new((), "open"))
    }
}

workflow!(Wrong);
