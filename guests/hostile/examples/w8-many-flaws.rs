//! W8: a workflow whose definition does not hold together, in many places and with texts that nobody should have to read.

use signalsync_sdk::workflow;
use signalsync_sdk::workflow::{Color, Decision, Definition, Event, Started, Step, Workflow};

struct Flawed;

impl Workflow for Flawed {
    type State = ();
    type Error = String;

    fn definition() -> Definition {
        let definition = Definition::new("many-flaws", "Holds nowhere")
            .status("open", "Open", Color::Red)
            .status("island", "Never reached", Color::Red)
            .step(Step::new("work", "Work", "nobody").not_by("nothing"))
            .transition("open", "nowhere", "Go");
        let long = "\u{1b}[31m".repeat(1_000);
        (0..100).fold(definition, |definition, _| definition.role(&long, &long))
    }

    fn start(_: Started) -> Result<Decision<()>, String> {
        Ok(Decision::new((), "open"))
    }

    fn advance((): (), _: Event) -> Result<Decision<()>, String> {
        Ok(Decision::new((), "open"))
    }
}

workflow!(Flawed);
