//! Version 2: a defect that is found is repaired before the service is closed, by a run of `corrective-maintenance`. Runs of
//! version 1 can be put on it: it knows their state.

use serde::{Deserialize, Serialize};
use signalsync_sdk::workflow::{Color, Decision, Definition, Event, Started, TaskDone, Workflow};

use super::v1::{self, Stage};
use crate::corrective::{Report, Urgency};

/// The workflow.
pub struct PreventiveMaintenance;

/// A service, and where it stands. What version 1 wrote is read as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum State {
    Repairing { repair_for: v1::State },
    Before(v1::State),
}

/// The process that repairs, and the name that a run has for its repair.
const REPAIR: &str = "corrective-maintenance";
const CHILD: &str = "repair";

impl Workflow for PreventiveMaintenance {
    type State = State;
    type Error = String;

    fn definition() -> Definition {
        v1::PreventiveMaintenance::definition()
            .status("repairing", "A defect is repaired", Color::Orange)
            .transition("verifying", "repairing", "Approve, with a defect")
            .transition("repairing", "closed", "The repair has ended")
            .transition("repairing", "skipped", "Cancel")
            .children(&[REPAIR])
    }

    fn start(started: Started) -> Result<Decision<State>, String> {
        before(v1::PreventiveMaintenance::start(started))
    }

    fn advance(state: State, event: Event) -> Result<Decision<State>, String> {
        match (state, event) {
            (State::Before(state), Event::TaskDone(done)) if is_good(&state, &done) => match defect(&state) {
                Some(defect) => repair(state, &defect),
                None => before(v1::PreventiveMaintenance::advance(state, Event::TaskDone(done))),
            },
            (State::Before(state), event) => before(v1::PreventiveMaintenance::advance(state, event)),
            // However the repair ended, its own run says so.
            (State::Repairing { repair_for }, Event::ChildEnded(_)) => before(repair_for.end(Stage::Closed)),
            (State::Repairing { repair_for }, Event::Cancel(reason)) => {
                before(repair_for.at(Stage::Skipped).map(|decision| decision.fail(reason)))
            }
            (State::Repairing { repair_for }, _) => Ok(wait(repair_for)),
        }
    }
}

/// Whether a supervisor has approved the service.
fn is_good(state: &v1::State, done: &TaskDone) -> bool {
    state.stage == Stage::Verifying && done.choice == "approve"
}

fn defect(state: &v1::State) -> Option<String> {
    let report = state.service.report.as_ref()?;
    report.defect.clone().filter(|defect| !defect.trim().is_empty())
}

/// Reports the defect.
fn repair(state: v1::State, defect: &str) -> Result<Decision<State>, String> {
    let service = &state.service;
    let report = Report {
        asset: service.plan.asset.clone(),
        title: format!("Found in a service: {}", service.plan.title),
        description: Some(defect.to_owned()),
        urgency: Urgency::Normal,
    };
    let key = format!("found-by-{}", service.run);
    service.save("repairing")?;
    Ok(wait(state).start_child(CHILD, REPAIR, Some(&key), &report)?)
}

fn wait(repair_for: v1::State) -> Decision<State> {
    Decision::new(State::Repairing { repair_for }, "repairing")
}

fn before(decision: Result<Decision<v1::State>, String>) -> Result<Decision<State>, String> {
    decision.map(|decision| decision.map(State::Before))
}
