//! A workflow in which a manager approves an order, reminded once a day.

use serde::{Deserialize, Serialize};
use signalsync_sdk::workflow::{Color, Decision, Definition, Event, Moment, OpenTask, Started, Step, Who, Workflow};
use signalsync_sdk::{Error, workflow};

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
            .status("waiting", "Waiting", Color::Yellow)
            .status("approved", "Approved", Color::Green)
            .status("rejected", "Rejected", Color::Red)
            .role("manager", "Manager")
            .step(
                Step::new("approve", "Approve the order", "manager")
                    .positive("yes", "Approve")
                    .negative("no", "Reject"),
            )
            .transition("waiting", "approved", "Approve")
            .transition("waiting", "rejected", "Reject")
            .templates(&["please-approve"])
    }

    fn start(started: Started) -> Result<Decision<State>, Error> {
        let amount = started.data()?;
        let task = OpenTask::new("approve").data(&amount)?;
        Ok(remind(Decision::new(State { amount, reminders: 0 }, "waiting").open(task)))
    }

    fn advance(state: State, event: Event) -> Result<Decision<State>, Error> {
        match event {
            Event::TaskDone(done) => {
                let status = if done.choice == "yes" { "approved" } else { "rejected" };
                Decision::new(state, status).complete(status)
            }
            Event::Timer(_) => {
                let state = State { reminders: state.reminders + 1, ..state };
                let (manager, amount) = (Who::Role("manager".to_owned()), state.amount);
                Decision::new(state, "waiting").notify(vec![manager], "please-approve", &amount).map(remind)
            }
            Event::Cancel(reason) => Ok(Decision::new(state, "rejected").fail(reason)),
            _ => Ok(Decision::new(state, "waiting")),
        }
    }
}

fn remind(decision: Decision<State>) -> Decision<State> {
    decision.timer("reminder", Moment::days(1))
}

workflow!(Approval);
