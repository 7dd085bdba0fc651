//! W2: a workflow that names what its definition does not have: its input says what.

use signalsync_sdk::workflow;
use signalsync_sdk::workflow::{Color, Decision, Definition, Event, OpenTask, Started, Who, Workflow};

struct Unknown;

impl Workflow for Unknown {
    type State = ();
    type Error = String;

    fn definition() -> Definition {
        Definition::new("unknown-step", "Names what is not there").status("open", "Open", Color::Red)
    }

    fn start(started: Started) -> Result<Decision<()>, String> {
        let decision = Decision::new((), "open");
        Ok(match started.data::<String>()?.as_str() {
            "step" => decision.open(OpenTask::new("nowhere")),
            "status" => Decision::new((), "nowhere"),
            "role" => decision.notify(vec![Who::Role("nobody".to_owned())], "nothing", &())?,
            "template" => decision.notify(vec![Who::Starter], "nothing", &())?,
            "mapping" => decision.run_mapping("effect", "nothing", &())?,
            "child" => decision.start_child("child", "nothing", None, &())?,
            other => return Err(format!("what is {other:?}?")),
        })
    }

    fn advance((): (), _: Event) -> Result<Decision<()>, String> {
        Ok(Decision::new((), "open"))
    }
}

workflow!(Unknown);
