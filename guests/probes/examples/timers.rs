//! A workflow that is all about time: its task is due after an hour, after two hours the head is asked instead, after three
//! the run fails; and a service level of two hours, which pauses while the run waits for the customer, is told at its half
//! and its end. Its result, and the reason of its failure, list what was late, in order.

use serde::{Deserialize, Serialize};
use signalsync_sdk::workflow;
use signalsync_sdk::workflow::{
    Color, Deadline, Decision, Definition, Event, Late, Moment, OpenTask, ServiceLevel, Started, Step, Who, Workflow,
};

struct Timers;

#[derive(Serialize, Deserialize)]
struct State {
    deadline: Deadline,
    status: String,
    late: Vec<String>,
}

impl State {
    fn decide(self) -> Decision<State> {
        let status = self.status.clone();
        Decision::new(self, status)
    }
}

impl Workflow for Timers {
    type State = State;
    type Error = String;

    fn definition() -> Definition {
        Definition::new("timers", "Answer in time")
            .status("open", "Open", Color::Yellow)
            .status("asking", "Waits for the customer", Color::Gray)
            .status("answered", "Answered", Color::Green)
            .role("clerk", "Clerk")
            .role("head", "Head")
            .step(
                Step::new("answer", "Answer the customer", "clerk")
                    .positive("done", "Answered")
                    .neutral("ask", "Ask the customer")
                    .due(Moment::hours(1)),
            )
            .transition("open", "asking", "Ask")
            .transition("asking", "open", "Reply")
            .transition("open", "answered", "Answer")
            .service_level(ServiceLevel::new("reaction", "Reaction", 120, &["open"]).alert(50).alert(100))
            .signals(&["reply"])
    }

    fn start(_: Started) -> Result<Decision<State>, String> {
        let head = Who::Role("head".to_owned());
        let deadline = Deadline::new("answer", Moment::hours(2)).then(head, Moment::hours(1));
        let timer = deadline.begin();
        let state = State { deadline, status: "open".to_owned(), late: Vec::new() };
        Ok(state.decide().open(OpenTask::new("answer")).with(timer))
    }

    fn advance(mut state: State, event: Event) -> Result<Decision<State>, String> {
        match state.deadline.heard(&event) {
            Some(Late::Escalate(who, timer)) => {
                state.late.push("escalated".to_owned());
                let task = OpenTask::new("answer").ask(who);
                return Ok(state.decide().close("answer").open(task).with(timer));
            }
            Some(Late::Over) => {
                let reason = format!("nobody answered: {}", state.late.join(", "));
                return Ok(state.decide().fail(reason));
            }
            None => {}
        }
        match event {
            Event::TaskDue(due) => state.late.push(due.id),
            Event::ServiceLevel(reached) => state.late.push(format!("{} {}", reached.id, reached.percent)),
            Event::TaskDone(done) if done.choice == "ask" => "asking".clone_into(&mut state.status),
            Event::TaskDone(_) => {
                let (met, late) = (state.deadline.met(), state.late.clone());
                return Ok(Decision::new(state, "answered").with(met).complete(&late)?);
            }
            Event::Signal(_) if state.status == "asking" => {
                "open".clone_into(&mut state.status);
                return Ok(state.decide().open(OpenTask::new("answer")));
            }
            Event::Cancel(reason) => return Ok(state.decide().fail(reason)),
            _ => {}
        }
        Ok(state.decide())
    }
}

workflow!(Timers);
