//! A workflow that uses every action there is, and writes down itself, in the collection `data` and a record named like its
//! business key, each event that it hears, in order: so an event that is lost or heard twice shows.
//!
//! One with the input `{ "child": true }` waits for the signal `go` and ends with the number that comes with it. Any other tells
//! the clerk, sends `go` to a child that it starts only then, opens the task `check`, sets the timer `pause`, has the mapping
//! `tell` called with the input's `url`, and waits for all of that and for a `go` of its own. Its result is what arrived, sorted.
//! Each step takes as many turns of a loop as `burns` says. With `"stumbles": true` it fails at its task until there is a record `mend` in the collection.

use serde::{Deserialize, Serialize};
use serde_json::json;
use signalsync_sdk::storage::Collection;
use signalsync_sdk::workflow;
use signalsync_sdk::workflow::{
    Color, Decision, Definition, Event, Join, Moment, OpenTask, Started, Step, Who, Workflow,
};

struct Everything;

#[derive(Deserialize)]
struct Input {
    #[serde(default)]
    child: bool,
    #[serde(default)]
    stumbles: bool,
    #[serde(default)]
    url: String,
    /// Milliseconds.
    #[serde(default)]
    pause: u64,
    #[serde(default)]
    burns: u32,
}

#[derive(Serialize, Deserialize)]
struct State {
    key: String,
    child: bool,
    stumbles: bool,
    burns: u32,
    join: Join,
    arrived: Vec<String>,
}

#[derive(Default, Serialize, Deserialize)]
struct Heard {
    heard: Vec<String>,
}

/// What has to arrive before it is done.
const PARTS: [&str; 5] = ["check", "child", "go", "pause", "tell"];

impl Workflow for Everything {
    type State = State;
    type Error = String;

    fn definition() -> Definition {
        Definition::new("everything", "Everything that a workflow can do")
            .status("doing", "Being done", Color::Blue)
            .status("done", "Done", Color::Green)
            .role("clerk", "Clerk")
            .step(Step::new("check", "Check", "clerk").positive("ok", "OK").due(Moment::hours(1)))
            .transition("doing", "done", "Done")
            .templates(&["begun"])
            .mappings(&["tell"])
            .children(&["everything"])
            .signals(&["go"])
    }

    fn start(started: Started) -> Result<Decision<State>, String> {
        let input: Input = started.data()?;
        let key = started.key.ok_or("it needs a business key")?;
        hear(&key, "started")?;
        let Input { child, stumbles, url, pause, burns } = input;
        burn(burns);
        let state = State { key: key.clone(), child, stumbles, burns, join: Join::all(PARTS), arrived: Vec::new() };
        let decision = Decision::new(state, "doing");
        if child {
            return Ok(decision);
        }
        let below = format!("{key}-child");
        Ok(decision
            .notify(vec![Who::Role("clerk".to_owned())], "begun", &json!({ "key": key }))?
            .signal("everything", &below, "go", &1)?
            .start_child("child", "everything", Some(&below), &json!({ "child": true }))?
            .open(OpenTask::new("check"))
            .timer("pause", Moment::After(pause))
            .run_mapping("tell", "tell", &json!({ "url": url, "key": key }))?)
    }

    fn advance(mut state: State, event: Event) -> Result<Decision<State>, String> {
        burn(state.burns);
        let part = match &event {
            Event::TaskDone(done) => done.id.clone(),
            Event::Timer(id) => id.clone(),
            Event::EffectDone(done) => done.id.clone(),
            Event::ChildEnded(ended) => ended.id.clone(),
            Event::Signal(signal) => signal.name.clone(),
            Event::Cancel(reason) => {
                hear(&state.key, "cancel")?;
                return Ok(Decision::new(state, "doing").fail(reason.clone()));
            }
            Event::EffectFailed(failed) => return Err(failed.reason.clone()),
            _ => return Ok(Decision::new(state, "doing")),
        };
        if state.stumbles && part == "check" && Collection::open("data")?.get("mend")?.is_none() {
            return Err("nobody has mended it".to_owned());
        }
        hear(&state.key, &part)?;
        if state.child {
            let number: u64 = event.data()?;
            return Ok(Decision::new(state, "done").complete(&number)?);
        }
        state.arrived.push(part.clone());
        if !state.join.arrived(&part) {
            return Ok(Decision::new(state, "doing"));
        }
        let mut result = state.arrived.clone();
        result.sort();
        Ok(Decision::new(state, "done").complete(&result)?)
    }
}

fn burn(turns: u32) {
    for turn in 0..turns {
        std::hint::black_box(turn);
    }
}

fn hear(key: &str, what: &str) -> Result<(), String> {
    let data = Collection::open("data")?;
    let mut told: Heard = data.get_as(key)?.unwrap_or_default();
    told.heard.push(what.to_owned());
    Ok(data.put(key, &told)?)
}

workflow!(Everything);
