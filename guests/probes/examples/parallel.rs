//! A workflow with two tasks side by side, `price` and `quality`, that goes on when both are done (input `"all"`) or one of
//! them (`"any"`; the other one is closed). Its result is what was done, in order.

use serde::{Deserialize, Serialize};
use signalsync_sdk::workflow;
use signalsync_sdk::workflow::{Color, Decision, Definition, Event, Join, OpenTask, Started, Step, Workflow};

struct Parallel;

#[derive(Serialize, Deserialize)]
struct State {
    join: Join,
    done: Vec<String>,
}

const TASKS: [&str; 2] = ["price", "quality"];

impl Workflow for Parallel {
    type State = State;
    type Error = String;

    fn definition() -> Definition {
        Definition::new("parallel", "Two checks side by side")
            .status("checking", "Being checked", Color::Blue)
            .status("checked", "Checked", Color::Green)
            .role("buyer", "Buyer")
            .role("tester", "Tester")
            .step(Step::new("price", "Check the price", "buyer").positive("ok", "OK").negative("bad", "Not OK"))
            .step(Step::new("quality", "Check the quality", "tester").positive("ok", "OK").negative("bad", "Not OK"))
            .transition("checking", "checked", "Checked")
    }

    fn start(started: Started) -> Result<Decision<State>, String> {
        let join = match started.data::<String>()?.as_str() {
            "all" => Join::all(TASKS),
            "any" => Join::any(TASKS),
            other => return Err(format!("{other:?} is neither \"all\" nor \"any\"")),
        };
        let decision = Decision::new(State { join, done: Vec::new() }, "checking");
        Ok(TASKS.into_iter().fold(decision, |decision, step| decision.open(OpenTask::new(step))))
    }

    fn advance(mut state: State, event: Event) -> Result<Decision<State>, String> {
        match event {
            Event::TaskDone(task) => {
                let joined = state.join.arrived(&task.id);
                state.done.push(task.id);
                if !joined {
                    return Ok(Decision::new(state, "checking"));
                }
                let (close, done): (Vec<_>, _) = (state.join.close().collect(), state.done.clone());
                Ok(Decision::new(state, "checked").with_all(close).complete(&done)?)
            }
            Event::Cancel(reason) => Ok(Decision::new(state, "checking").fail(reason)),
            _ => Ok(Decision::new(state, "checking")),
        }
    }
}

workflow!(Parallel);
