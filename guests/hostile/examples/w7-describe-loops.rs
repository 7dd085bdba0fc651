//! W7: a workflow that never says what it is.

use signalsync_sdk::workflow;
use signalsync_sdk::workflow::{Decision, Definition, Event, Started, Workflow};

struct Loops;

impl Workflow for Loops {
    type State = ();
    type Error = String;

    fn definition() -> Definition {
        loop {
            std::hint::spin_loop();
        }
    }

    fn start(_: Started) -> Result<Decision<()>, String> {
        Ok(Decision::new((), "open"))
    }

    fn advance((): (), _: Event) -> Result<Decision<()>, String> {
        Ok(Decision::new((), "open"))
    }
}

workflow!(Loops);
