//! W5: a workflow that never decides.

use signalsync_sdk::workflow;
use signalsync_sdk::workflow::{Color, Decision, Definition, Event, Started, Workflow};

struct Loops;

impl Workflow for Loops {
    type State = ();
    type Error = String;

    fn definition() -> Definition {
        Definition::new("loops", "Never decides").status("open", "Open", Color::Red)
    }

    fn start(_: Started) -> Result<Decision<()>, String> {
        loop {
            std::hint::spin_loop();
        }
    }

    fn advance((): (), _: Event) -> Result<Decision<()>, String> {
        Ok(Decision::new((), "open"))
    }
}

workflow!(Loops);
