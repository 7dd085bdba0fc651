//! A workflow in which a manager approves an order, reminded once a day.

use serde::{Deserialize, Serialize};
use signalsync_sdk::workflow::{Decision, Definition, Event, Workflow};
use signalsync_sdk::{Error, context, workflow};

const DAY_MS: u64 = 86_400_000;

struct Approval;

#[derive(Serialize, Deserialize)]
struct State {
    amount: u64,
    reminders: u32,
}

impl Workflow for Approval {
    type State = State;
    type Error = Error;

    fn definition() -> Definition {
        Definition::new("approval", "Approval of an order")
            .input_form("order")
            .status("waiting", "Waiting", "yellow")
            .status("approved", "Approved", "green")
            .status("rejected", "Rejected", "red")
            .role("manager", "Manager")
            .step("approve", "Approve the order", "manager", &[("yes", "Approve"), ("no", "Reject")])
            .transition("waiting", "approved", "Approve")
            .transition("waiting", "rejected", "Reject")
    }

    fn advance(state: Option<State>, event: Event) -> Result<Decision<State>, Error> {
        match (state, event) {
            (None, event) => {
                let amount = event.data()?;
                let state = State { amount, reminders: 0 };
                Decision::new(state, "waiting").open_task("approve", &amount).map(remind)
            }
            (Some(state), Event::TaskDone(done)) => Ok(close(state, &done.choice)),
            (Some(state), Event::Timer(_)) => {
                let state = State { reminders: state.reminders + 1, ..state };
                let amount = state.amount;
                Decision::new(state, "waiting").notify("manager", "please-approve", &amount).map(remind)
            }
            (Some(state), Event::Cancelled(reason)) => Ok(Decision::new(state, "rejected").fail(reason)),
            (Some(state), _) => Ok(Decision::new(state, "waiting")),
        }
    }
}

fn remind(decision: Decision<State>) -> Decision<State> {
    decision.set_timer("reminder", context::now() + DAY_MS)
}

fn close(state: State, choice: &str) -> Decision<State> {
    let status = if choice == "yes" { "approved" } else { "rejected" };
    Decision::new(state, status).complete(status)
}

workflow!(Approval);
