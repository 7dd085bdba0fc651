//! Version 2: before work begins on a critical asset, the safety officer grants a permit to work. Runs of version 1 can be
//! put on it: it knows their state.

use serde::{Deserialize, Serialize};
use signalsync_sdk::storage::Collection;
use signalsync_sdk::workflow::{Color, Decision, Definition, Event, Started, Step, TaskDone, Workflow};

use super::v1::{self, Stage, overseen};

/// The workflow.
pub struct CorrectiveMaintenance;

/// A repair, and where it stands. What version 1 wrote is read as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum State {
    Permit { permit_for: v1::State },
    Before(v1::State),
}

/// A record of the collection `assets`.
#[derive(Deserialize)]
struct Asset {
    #[serde(default)]
    critical: bool,
}

/// What the safety officer enters: the form `permits`.
#[derive(Deserialize)]
struct Permit {
    #[serde(default)]
    conditions: Option<String>,
}

impl Workflow for CorrectiveMaintenance {
    type State = State;
    type Error = String;

    fn definition() -> Definition {
        v1::CorrectiveMaintenance::definition()
            .status("permit", "Waits for the permit to work", Color::Orange)
            .role("safety", "Safety officer")
            .step(
                Step::new("permit", "Permit the work", "safety")
                    .form("permits")
                    .positive("grant", "Grant")
                    .negative("refuse", "Refuse"),
            )
            .transition("assigned", "permit", "Start, on a critical asset")
            .transition("permit", "working", "Grant")
            .transition("permit", "reported", "Refuse")
            .transition("permit", "cancelled", "Cancel")
    }

    fn start(started: Started) -> Result<Decision<State>, String> {
        v1::CorrectiveMaintenance::start(started).map(|decision| decision.map(State::Before))
    }

    fn advance(state: State, event: Event) -> Result<Decision<State>, String> {
        match (state, event) {
            (State::Before(state), Event::TaskDone(done)) if begins(&state, &done)? => permit(state),
            (State::Before(state), event) => before(v1::CorrectiveMaintenance::advance(state, event)),
            (State::Permit { permit_for }, Event::TaskDone(done)) => permitted(permit_for, &done),
            (State::Permit { permit_for }, Event::Cancel(reason)) => {
                before(permit_for.at(Stage::Cancelled).map(|decision| decision.fail(reason)))
            }
            (State::Permit { permit_for }, _) => Ok(wait(permit_for)),
        }
    }
}

/// Whether somebody wants to begin work on a critical asset.
fn begins(state: &v1::State, done: &TaskDone) -> Result<bool, String> {
    if state.stage != Stage::Assigned || done.step != "begin" {
        return Ok(false);
    }
    let asset: Option<Asset> = Collection::open("assets")?.get_as(&state.order.report.asset)?;
    Ok(asset.is_some_and(|asset| asset.critical))
}

/// Nobody else has anything to do until the safety officer has decided.
fn permit(state: v1::State) -> Result<Decision<State>, String> {
    let task = state.order.task("permit", None)?;
    state.order.save("permit")?;
    Ok(wait(state).close("oversee").open(task))
}

fn permitted(state: v1::State, done: &TaskDone) -> Result<Decision<State>, String> {
    let conditions = done.data::<Permit>()?.conditions;
    before(match done.choice.as_str() {
        "grant" => state.work(conditions.as_deref()).and_then(|decision| overseen(decision, None)),
        _ => state.dispatch(conditions.as_deref().or(Some("The permit to work was refused."))),
    })
}

fn wait(permit_for: v1::State) -> Decision<State> {
    Decision::new(State::Permit { permit_for }, "permit")
}

fn before(decision: Result<Decision<v1::State>, String>) -> Result<Decision<State>, String> {
    decision.map(|decision| decision.map(State::Before))
}
