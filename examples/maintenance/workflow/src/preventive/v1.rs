//! Version 1: planned, assigned, served, verified.

use serde::{Deserialize, Serialize};
use signalsync_sdk::workflow::{
    Color, Decision, Definition, Event, Moment, Started, Step, TaskDone, TaskDue, Who, Workflow,
};

use super::service::{Report, Service};
use crate::contractor::Contractor;

/// The workflow.
pub struct PreventiveMaintenance;

/// A service, and where it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    pub service: Service,
    pub stage: Stage,
}

/// Where a service stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// A supervisor has to assign it.
    Planned,
    Assigned,
    Verifying,
    Closed,
    /// It is not done this time, or was cancelled.
    Skipped,
}

/// What a supervisor enters: the form `verifications`.
#[derive(Deserialize)]
struct Verification {
    #[serde(default)]
    comment: Option<String>,
}

/// The result of a run.
#[derive(Serialize)]
struct Served<'a> {
    outcome: &'static str,
    report: Option<&'a Report>,
}

impl Workflow for PreventiveMaintenance {
    type State = State;
    type Error = String;

    fn definition() -> Definition {
        Definition::new("preventive-maintenance", "Preventive maintenance")
            .input_form("service-requests")
            .status("planned", "Planned", Color::Yellow)
            .status("assigned", "Assigned", Color::Blue)
            .status("verifying", "To be verified", Color::Yellow)
            .status("closed", "Closed", Color::Green)
            .status("skipped", "Skipped", Color::Gray)
            .role("supervisor", "Supervisor")
            .role("contractor", "Contractor")
            .step(
                Step::new("assign", "Assign the service", "supervisor")
                    .form("dispatches")
                    .positive("assign", "Assign")
                    .negative("skip", "Skip this time")
                    .due(Moment::working_hours(8)),
            )
            .step(
                Step::new("serve", "Do the service", "contractor")
                    .form("service-reports")
                    .positive("done", "Done")
                    .negative("impossible", "Not possible")
                    .due(Moment::working_hours(40)),
            )
            .step(
                Step::new("verify", "Verify the service", "supervisor")
                    .form("verifications")
                    .positive("approve", "Approve")
                    .negative("return", "Return")
                    .not_by("serve")
                    .due(Moment::working_hours(16)),
            )
            .transition("planned", "assigned", "Assign")
            .transition("planned", "skipped", "Skip")
            .transition("assigned", "verifying", "Done")
            .transition("assigned", "planned", "Not possible")
            .transition("verifying", "assigned", "Return")
            .transition("verifying", "closed", "Approve")
            .transition("assigned", "skipped", "Cancel")
            .transition("verifying", "skipped", "Cancel")
            .templates(&["service-late"])
    }

    fn start(started: Started) -> Result<Decision<State>, String> {
        State { service: Service::of(&started)?, stage: Stage::Planned }.plan(None)
    }

    fn advance(state: State, event: Event) -> Result<Decision<State>, String> {
        match event {
            Event::TaskDone(done) => state.done(&done),
            Event::TaskDue(due) => state.late(&due),
            Event::Cancel(reason) => Ok(state.at(Stage::Skipped)?.fail(reason)),
            _ => state.stay(),
        }
    }
}

impl Stage {
    fn status(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Assigned => "assigned",
            Self::Verifying => "verifying",
            Self::Closed => "closed",
            Self::Skipped => "skipped",
        }
    }
}

impl State {
    /// What follows from a task that somebody has done.
    fn done(mut self, done: &TaskDone) -> Result<Decision<State>, String> {
        match (self.stage, done.choice.as_str()) {
            (Stage::Planned, "assign") => match Contractor::chosen(done)? {
                Some((contractor, note)) => {
                    self.service.contractor = Some(contractor);
                    self.assign(note.as_deref())
                }
                None => self.plan(Some("Choose a contractor to assign it.")),
            },
            (Stage::Planned, _) => self.end(Stage::Skipped),
            (Stage::Assigned, choice) => {
                self.service.report = Some(done.data()?);
                if choice == "done" { self.verify() } else { self.plan(Some("It was not possible.")) }
            }
            (Stage::Verifying, "approve") => self.end(Stage::Closed),
            (Stage::Verifying, _) => self.assign(done.data::<Verification>()?.comment.as_deref()),
            (Stage::Closed | Stage::Skipped, _) => self.stay(),
        }
    }

    fn plan(self, remark: Option<&str>) -> Result<Decision<State>, String> {
        let task = self.service.task("assign", remark)?;
        Ok(self.at(Stage::Planned)?.open(task))
    }

    fn assign(self, remark: Option<&str>) -> Result<Decision<State>, String> {
        let task = self.service.task("serve", remark)?.ask(self.service.contractor()?.people());
        Ok(self.at(Stage::Assigned)?.open(task))
    }

    fn verify(self) -> Result<Decision<State>, String> {
        let task = self.service.task("verify", None)?;
        Ok(self.at(Stage::Verifying)?.open(task))
    }

    /// Supervisors are told what is late, whoever has to do it.
    fn late(mut self, due: &TaskDue) -> Result<Decision<State>, String> {
        self.service.overdue = true;
        let (plan, step) = (self.service.plan.clone(), due.step.as_str());
        let supervisors = vec![Who::Role("supervisor".to_owned())];
        Ok(self.stay()?.notify(supervisors, "service-late", &Late { step, title: &plan.title })?)
    }

    pub(super) fn end(self, stage: Stage) -> Result<Decision<State>, String> {
        let report = self.service.report.clone();
        let decision = self.at(stage)?;
        Ok(decision.complete(&Served { outcome: stage.status(), report: report.as_ref() })?)
    }

    fn stay(self) -> Result<Decision<State>, String> {
        let stage = self.stage;
        self.at(stage)
    }

    /// Stands there, and the record says so.
    pub(super) fn at(self, stage: Stage) -> Result<Decision<State>, String> {
        self.service.save(stage.status())?;
        Ok(Decision::new(State { stage, ..self }, stage.status()))
    }
}

/// What supervisors are told.
#[derive(Serialize)]
struct Late<'a> {
    step: &'a str,
    title: &'a str,
}
