//! A workflow that takes as many steps as its input says. Each step follows from the one before, or from a signal; or the
//! run sleeps until it is woken and then ends.

use serde::{Deserialize, Serialize};
use signalsync_sdk::workflow;
use signalsync_sdk::workflow::{Color, Decision, Definition, Event, Moment, Started, Workflow};

const NAME: &str = "steps";

struct Steps;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Input {
    /// So many steps, each because of the one before.
    Steps(u32),
    /// A step for each signal, without end.
    Signals,
    /// Sleeps until then, in milliseconds since 1970, and ends.
    Sleeps { timer: String, at: u64 },
}

#[derive(Serialize, Deserialize)]
struct State {
    left: u32,
    /// Its own key, when it goes on by itself.
    key: Option<String>,
}

impl State {
    /// Has the next step taken, or ends.
    fn go_on(mut self) -> Result<Decision<State>, String> {
        self.left = self.left.saturating_sub(1);
        match (self.left, self.key.clone()) {
            (0, _) => Ok(Decision::new(self, "done").complete(&())?),
            (_, Some(key)) => Ok(Decision::new(self, "doing").signal(NAME, key, "next", &())?),
            (_, None) => Ok(Decision::new(self, "doing")),
        }
    }
}

impl Workflow for Steps {
    type State = State;
    type Error = String;

    fn definition() -> Definition {
        Definition::new(NAME, "Steps")
            .status("doing", "Doing", Color::Blue)
            .status("done", "Done", Color::Green)
            .transition("doing", "done", "End")
            .signals(&["next"])
    }

    fn start(started: Started) -> Result<Decision<State>, String> {
        match started.data()? {
            Input::Steps(left) => State { left, key: started.key }.go_on(),
            Input::Signals => State { left: u32::MAX, key: None }.go_on(),
            Input::Sleeps { timer, at } => {
                let decision = Decision::new(State { left: 1, key: None }, "doing");
                Ok(decision.timer(timer, Moment::At(at)))
            }
        }
    }

    fn advance(state: State, event: Event) -> Result<Decision<State>, String> {
        match event {
            Event::Cancel(reason) => Ok(Decision::new(state, "done").fail(reason)),
            _ => state.go_on(),
        }
    }
}

workflow!(Steps);
