//! A workflow in which an amount (the input) decides who approves: nobody up to 100, a lead above, and the board too above
//! 10,000. Nobody approves what they asked for, and no level is approved by whoever approved the one before.

use serde::{Deserialize, Serialize};
use signalsync_sdk::workflow;
use signalsync_sdk::workflow::{
    Approval, Color, Decision, Definition, Event, Levels, Started, Step, Verdict, Who, Workflow,
};

struct TwoLevels;

#[derive(Serialize, Deserialize)]
struct State {
    amount: u64,
    approval: Approval,
}

impl Workflow for TwoLevels {
    type State = State;
    type Error = String;

    fn definition() -> Definition {
        Definition::new("two-levels", "Approval in two levels")
            .status("waiting", "Waiting", Color::Yellow)
            .status("approved", "Approved", Color::Green)
            .status("rejected", "Rejected", Color::Red)
            .role("lead", "Team lead")
            .role("board", "Board")
            .step(
                Step::new("approve", "Approve the amount", "lead")
                    .positive("yes", "Approve")
                    .negative("no", "Reject")
                    .not_by("start")
                    .not_by("approve"),
            )
            .transition("waiting", "approved", "Approve")
            .transition("waiting", "rejected", "Reject")
    }

    fn start(started: Started) -> Result<Decision<State>, String> {
        let amount = started.data()?;
        let role = |name: &str| Who::Role(name.to_owned());
        let levels = Levels::new().above(100, role("lead")).above(10_000, role("board"));
        let approval = Approval::new("approve", "yes", levels.of(amount));
        let verdict = approval.task().map_or(Verdict::Approved, Verdict::Next);
        follow(State { amount, approval }, Some(verdict))
    }

    fn advance(mut state: State, event: Event) -> Result<Decision<State>, String> {
        if let Event::Cancel(reason) = event {
            return Ok(Decision::new(state, "rejected").fail(reason));
        }
        let verdict = state.approval.heard(&event);
        follow(state, verdict)
    }
}

fn follow(state: State, verdict: Option<Verdict>) -> Result<Decision<State>, String> {
    let amount = state.amount;
    Ok(match verdict {
        Some(Verdict::Next(task)) => Decision::new(state, "waiting").open(task.data(&amount)?),
        Some(Verdict::Approved) => Decision::new(state, "approved").complete(&amount)?,
        Some(Verdict::Rejected) => Decision::new(state, "rejected").complete(&0)?,
        None => Decision::new(state, "waiting"),
    })
}

workflow!(TwoLevels);
