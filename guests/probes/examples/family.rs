//! A workflow that starts runs of itself: as many as its input says (`children`), each with the business key
//! `NAME-1`, `NAME-2` … made of its own `name`. One without children waits for the signal `go` and ends with the number that
//! comes with it; one with children passes `go` on to them and ends with their sum. Cancelled, it cancels its children and
//! fails when the last has ended; so it does when one of them fails.

use serde::{Deserialize, Serialize};
use signalsync_sdk::workflow;
use signalsync_sdk::workflow::{Color, Decision, Definition, Event, Join, Started, Workflow};

struct Family;

#[derive(Serialize, Deserialize)]
struct Input {
    name: String,
    children: usize,
}

#[derive(Serialize, Deserialize)]
struct State {
    name: String,
    children: usize,
    join: Join,
    sum: u64,
    failure: Option<String>,
}

impl State {
    fn keys(&self) -> impl Iterator<Item = (String, String)> + use<> {
        let name = self.name.clone();
        (1..=self.children).map(move |number| (format!("child-{number}"), format!("{name}-{number}")))
    }

    fn wait(self) -> Decision<State> {
        Decision::new(self, "waiting")
    }

    /// Ends the children that have not ended.
    fn give_up(mut self, reason: String) -> Decision<State> {
        let open: Vec<String> = self.join.open().map(str::to_owned).collect();
        let reason = self.failure.take().unwrap_or(reason);
        if open.is_empty() {
            return self.wait().fail(reason);
        }
        self.failure = Some(reason);
        open.into_iter().fold(self.wait(), Decision::cancel_child)
    }
}

impl Workflow for Family {
    type State = State;
    type Error = String;

    fn definition() -> Definition {
        Definition::new("family", "Runs and their children")
            .status("waiting", "Waiting", Color::Blue)
            .status("done", "Done", Color::Green)
            .transition("waiting", "done", "Done")
            .children(&["family"])
            .signals(&["go"])
    }

    fn start(started: Started) -> Result<Decision<State>, String> {
        let Input { name, children } = started.data()?;
        let join = Join::all((1..=children).map(|number| format!("child-{number}")));
        let state = State { name, children, join, sum: 0, failure: None };
        let keys = state.keys();
        let begin = |decision: Decision<State>, (id, key): (String, String)| {
            decision.start_child(id, "family", Some(&key), &Input { name: key.clone(), children: 0 })
        };
        Ok(keys.into_iter().try_fold(state.wait(), begin)?)
    }

    fn advance(mut state: State, event: Event) -> Result<Decision<State>, String> {
        match event {
            Event::Signal(go) if state.children == 0 => {
                let number: u64 = go.data()?;
                Ok(Decision::new(state, "done").complete(&number)?)
            }
            Event::Signal(go) => {
                let number: u64 = go.data()?;
                let keys = state.keys();
                let pass = |decision: Decision<State>, (_, key)| decision.signal("family", key, "go", &number);
                Ok(keys.into_iter().try_fold(state.wait(), pass)?)
            }
            Event::ChildEnded(ended) => {
                let joined = state.join.arrived(&ended.id);
                match ended.result::<u64>() {
                    Ok(number) => state.sum += number,
                    Err(reason) => return Ok(state.give_up(reason)),
                }
                let sum = state.sum;
                match state.failure.clone() {
                    Some(reason) if joined => Ok(state.wait().fail(reason)),
                    None if joined => Ok(Decision::new(state, "done").complete(&sum)?),
                    _ => Ok(state.wait()),
                }
            }
            Event::Cancel(reason) => Ok(state.give_up(reason)),
            _ => Ok(state.wait()),
        }
    }
}

workflow!(Family);
