//! Version 2: whoever approves can ask the requester first. Runs of version 1 can be put on it: it knows their state.

use serde::{Deserialize, Serialize};
use signalsync_sdk::workflow::{Color, Decision, Definition, Event, OpenTask, Started, Step, TaskDone, Who, Workflow};

use crate::claim::Claim;
use crate::v1::{self, Approving, Said};

/// The workflow.
pub struct InvoiceApproval;

/// Where a run stands. What version 1 wrote is read as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum State {
    Asking(Asking),
    Before(v1::State),
}

/// The requester is asked something, and the approval waits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asking {
    approving: Approving,
}

/// What the requester is shown.
#[derive(Serialize)]
struct Question<'a> {
    question: Option<String>,
    #[serde(flatten)]
    claim: &'a Claim,
}

impl Workflow for InvoiceApproval {
    type State = State;
    type Error = String;

    fn definition() -> Definition {
        let answer = Step::new("answer", "Answer a question about an invoice", "accounting").form("approvals");
        let mut definition = v1::InvoiceApproval::definition()
            .status("asking", "Waits for an answer", Color::Gray)
            .step(answer.positive("answered", "Answer"));
        for status in ["approval", "second-approval", "escalated"] {
            definition = definition.transition(status, "asking", "Ask the requester");
        }
        for status in ["approval", "second-approval"] {
            definition = definition.transition("asking", status, "Answered");
        }
        let with_question = |step: Step| match step.id.as_str() {
            "approve" | "approve-finally" => step.neutral("ask", "Ask the requester"),
            _ => step,
        };
        definition.steps = definition.steps.into_iter().map(with_question).collect();
        definition
    }

    fn start(started: Started) -> Result<Decision<State>, String> {
        v1::InvoiceApproval::start(started).map(|decision| decision.map(State::Before))
    }

    fn advance(state: State, event: Event) -> Result<Decision<State>, String> {
        match (state, event) {
            (State::Before(v1::State::Approving(approving)), Event::TaskDone(done)) if done.choice == "ask" => {
                Asking { approving }.ask(&done)
            }
            (State::Before(state), event) => {
                v1::InvoiceApproval::advance(state, event).map(|decision| decision.map(State::Before))
            }
            (State::Asking(asking), Event::TaskDone(done)) => asking.answered(&done),
            (State::Asking(asking), Event::Cancel(reason)) => Ok(asking.wait().fail(reason)),
            (State::Asking(asking), _) => Ok(asking.wait()),
        }
    }
}

impl Asking {
    fn wait(self) -> Decision<State> {
        Decision::new(State::Asking(self), "asking")
    }

    /// The time of whoever approves does not run meanwhile. Where a message started the run, accounting answers.
    fn ask(self, done: &TaskDone) -> Result<Decision<State>, String> {
        let question = Question { question: done.data::<Said>()?.comment, claim: self.approving.claim() };
        let task = OpenTask::new("answer").ask(Who::Starter).ask(Who::Role("accounting".to_owned())).data(&question)?;
        let met = self.approving.deadline().met();
        Ok(self.wait().open(task).with(met))
    }

    /// The same person is asked again, with the answer.
    fn answered(self, done: &TaskDone) -> Result<Decision<State>, String> {
        let answer = done.data::<Said>()?.comment;
        self.approving.with_note(answer).ask().map(|decision| decision.map(State::Before))
    }
}
