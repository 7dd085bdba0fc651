//! Version 1: from the report to the approval of the cost.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use signalsync_sdk::workflow::{
    Approval, Color, Decision, Definition, Event, ServiceLevelReached, Started, Step, TaskDone, Verdict, Who, Workflow,
};

use super::cost;
use super::order::Order;
use super::urgency::{Pace, service_level};
use crate::contractor::Contractor;

/// The workflow.
pub struct CorrectiveMaintenance;

/// A repair, and where it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    pub order: Order,
    pub stage: Stage,
}

/// Where a repair stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// A supervisor has to dispatch it.
    Reported,
    /// The contractor has not begun.
    Assigned,
    Working,
    /// The contractor waits for something; the service level does not count.
    OnHold,
    Verifying,
    /// The work is good, and its cost has to be approved.
    Approving(Approval),
    Closed,
    Cancelled,
}

/// What a contractor enters: the form `work-reports`.
#[derive(Deserialize)]
struct WorkReport {
    /// In euros.
    #[serde(default)]
    cost: Option<Decimal>,
    #[serde(default)]
    note: Option<String>,
}

/// What is entered where something is judged: the forms `verifications` and `cost-approvals`.
#[derive(Deserialize)]
struct Judgement {
    #[serde(default)]
    comment: Option<String>,
}

/// The result of a run.
#[derive(Serialize)]
struct Repaired<'a> {
    outcome: &'static str,
    contractor: Option<&'a str>,
    cost: Option<Decimal>,
    overdue: bool,
}

impl Workflow for CorrectiveMaintenance {
    type State = State;
    type Error = String;

    fn definition() -> Definition {
        let definition = Definition::new("corrective-maintenance", "Corrective maintenance")
            .input_form("fault-reports")
            .status("reported", "Reported", Color::Yellow)
            .status("assigned", "Assigned", Color::Blue)
            .status("working", "Being repaired", Color::Blue)
            .status("on-hold", "On hold", Color::Gray)
            .status("verifying", "To be verified", Color::Yellow)
            .status("approving", "Cost to be approved", Color::Orange)
            .status("closed", "Closed", Color::Green)
            .status("cancelled", "Cancelled", Color::Red)
            .role("supervisor", "Supervisor")
            .role("contractor", "Contractor")
            .role("verifier", "Whoever verifies the work")
            .role("manager", "Facility manager")
            .role("finance", "Finance")
            .role("director", "Director")
            .step(
                Step::new("dispatch", "Dispatch the repair", "supervisor")
                    .form("dispatches")
                    .positive("assign", "Assign")
                    .negative("cancel", "Cancel"),
            )
            .step(
                Step::new("oversee", "Change who repairs it", "supervisor")
                    .form("dispatches")
                    .neutral("reassign", "Reassign")
                    .negative("cancel", "Cancel"),
            )
            .step(Step::new("begin", "Begin the repair", "contractor").positive("start", "Start"))
            .step(
                Step::new("work", "Repair it", "contractor")
                    .form("work-reports")
                    .neutral("estimate", "Estimate the cost")
                    .neutral("hold", "Put on hold")
                    .positive("complete", "Complete"),
            )
            .step(Step::new("resume", "Go on with the repair", "contractor").positive("resume", "Resume"))
            .step(
                Step::new("verify", "Verify the repair", "verifier")
                    .form("verifications")
                    .positive("approve", "It works")
                    .negative("return", "Return")
                    .not_by("work"),
            )
            .transition("reported", "assigned", "Assign")
            .transition("assigned", "working", "Start")
            .transition("working", "on-hold", "Hold")
            .transition("on-hold", "working", "Resume")
            .transition("working", "assigned", "Reassign")
            .transition("on-hold", "assigned", "Reassign")
            .transition("working", "verifying", "Complete")
            .transition("verifying", "working", "Return")
            .transition("verifying", "reported", "Returned too often")
            .transition("verifying", "approving", "Approve")
            .transition("verifying", "closed", "Approve, at little cost")
            .transition("approving", "working", "Reject the cost")
            .transition("approving", "reported", "Returned too often")
            .transition("approving", "closed", "Approved by all")
            .service_level(service_level(&["reported", "assigned", "working"]))
            .templates(&["repair-slow", "repair-overdue", "repair-closed"]);
        let open = ["reported", "assigned", "working", "on-hold", "verifying", "approving"];
        let cancel = |definition: Definition, status| definition.transition(status, "cancelled", "Cancel");
        cost::steps(open.into_iter().fold(definition, cancel))
    }

    fn start(started: Started) -> Result<Decision<State>, String> {
        State { order: Order::of(&started)?, stage: Stage::Reported }.dispatch(None)
    }

    fn advance(mut state: State, event: Event) -> Result<Decision<State>, String> {
        if let Stage::Approving(approval) = &mut state.stage
            && let Some(verdict) = approval.heard(&event)
        {
            return state.judged(verdict, &event.data::<Judgement>()?);
        }
        match event {
            Event::TaskDone(done) => state.done(&done),
            Event::ServiceLevel(reached) => state.paced(&reached),
            Event::Cancel(reason) => Ok(state.at(Stage::Cancelled)?.fail(reason)),
            _ => state.stay(),
        }
    }
}

impl Stage {
    fn status(&self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Assigned => "assigned",
            Self::Working => "working",
            Self::OnHold => "on-hold",
            Self::Verifying => "verifying",
            Self::Approving(_) => "approving",
            Self::Closed => "closed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl State {
    /// What follows from a task that somebody has done.
    fn done(self, done: &TaskDone) -> Result<Decision<State>, String> {
        match (&self.stage, done.step.as_str(), done.choice.as_str()) {
            (Stage::Reported, "dispatch", "assign") => match Contractor::chosen(done)? {
                Some(chosen) => self.assign(chosen),
                None => self.dispatch(Some("Choose a contractor to assign it.")),
            },
            (Stage::Assigned | Stage::Working | Stage::OnHold, "oversee", "reassign") => {
                match Contractor::chosen(done)? {
                    Some(chosen) => self.assign(chosen),
                    None => overseen(self.stay()?, Some("Choose a contractor to reassign it.")),
                }
            }
            (_, "dispatch" | "oversee", "cancel") => self.end(Stage::Cancelled),
            (Stage::Assigned, "begin", _) => self.work(None),
            (Stage::Working, "work", choice) => self.worked(choice, done.data()?),
            (Stage::OnHold, "resume", _) => self.work(None),
            (Stage::Verifying, "verify", "approve") => self.verified(),
            (Stage::Verifying, "verify", _) => self.returned(done.data::<Judgement>()?.comment.as_deref()),
            (_, step, choice) => Err(format!("{step} and {choice} do not fit {}", self.stage.status())),
        }
    }

    /// A supervisor is asked who repairs it.
    pub(super) fn dispatch(self, remark: Option<&str>) -> Result<Decision<State>, String> {
        let task = self.order.task("dispatch", remark)?;
        Ok(self.at(Stage::Reported)?.open(task))
    }

    /// The contractor is asked to begin, and whoever was asked before is not any more. A supervisor can change their mind
    /// from now on.
    fn assign(mut self, (contractor, note): (Contractor, Option<String>)) -> Result<Decision<State>, String> {
        let people = contractor.people();
        self.order.contractor = Some(contractor);
        let task = self.order.task("begin", note.as_deref())?.ask(people);
        let decision = self.at(Stage::Assigned)?.close("begin").close("work").close("resume");
        overseen(decision.open(task), None)
    }

    /// The contractor works.
    pub(super) fn work(self, remark: Option<&str>) -> Result<Decision<State>, String> {
        let task = self.order.task("work", remark)?.ask(self.order.contractor()?.people());
        Ok(self.at(Stage::Working)?.open(task))
    }

    fn worked(mut self, choice: &str, report: WorkReport) -> Result<Decision<State>, String> {
        let WorkReport { cost, note } = report;
        self.order.cost = cost.or(self.order.cost);
        match (choice, self.order.cost) {
            ("hold", _) => {
                let task = self.order.task("resume", note.as_deref())?.ask(self.order.contractor()?.people());
                Ok(self.at(Stage::OnHold)?.open(task))
            }
            (_, None) => self.work(Some("Say what it costs.")),
            ("estimate", Some(_)) => self.work(note.as_deref()),
            (_, Some(_)) => {
                let task = self.order.task("verify", note.as_deref())?;
                Ok(self.at(Stage::Verifying)?.close("oversee").open(task))
            }
        }
    }

    /// The work is good. Does somebody have to approve what it costs?
    fn verified(self) -> Result<Decision<State>, String> {
        let approval = cost::approval(self.order.cost.unwrap_or_default());
        let Some(task) = approval.task() else { return self.end(Stage::Closed) };
        let task = self.order.dressed(task, None)?;
        Ok(self.at(Stage::Approving(approval))?.open(task))
    }

    fn judged(self, verdict: Verdict, judgement: &Judgement) -> Result<Decision<State>, String> {
        match verdict {
            Verdict::Next(task) => {
                let task = self.order.dressed(task, None)?;
                Ok(self.stay()?.open(task))
            }
            Verdict::Approved => self.end(Stage::Closed),
            Verdict::Rejected => self.returned(judgement.comment.as_deref()),
        }
    }

    /// The contractor does it again; when that was often enough, a supervisor decides who does.
    fn returned(mut self, comment: Option<&str>) -> Result<Decision<State>, String> {
        match self.order.returns.again() {
            Ok(_) => overseen(self.work(comment)?, None),
            Err(exhausted) => self.dispatch(Some(&exhausted.to_string())),
        }
    }

    /// So much of the service level is used up.
    fn paced(mut self, reached: &ServiceLevelReached) -> Result<Decision<State>, String> {
        let Some(pace) = self.order.report.urgency.pace(reached.percent) else { return self.stay() };
        self.order.overdue |= pace == Pace::Overdue;
        let role = |name: &str| Who::Role(name.to_owned());
        let (template, people) = match pace {
            Pace::Slow => ("repair-slow", vec![role("supervisor")]),
            Pace::Overdue => ("repair-overdue", vec![role("supervisor"), role("manager")]),
        };
        let report = self.order.report.clone();
        Ok(self.stay()?.notify(people, template, &report)?)
    }

    fn end(self, stage: Stage) -> Result<Decision<State>, String> {
        let order = self.order.clone();
        let outcome = stage.status();
        let contractor = order.contractor.as_ref().map(|found| found.id.as_str());
        let result = Repaired { outcome, contractor, cost: order.cost, overdue: order.overdue };
        let told = Told { outcome, title: &order.report.title };
        Ok(self.at(stage)?.notify(vec![Who::Starter], "repair-closed", &told)?.complete(&result)?)
    }

    fn stay(self) -> Result<Decision<State>, String> {
        let stage = self.stage.clone();
        self.at(stage)
    }

    /// Stands there, and the record says so.
    pub(super) fn at(self, stage: Stage) -> Result<Decision<State>, String> {
        let status = stage.status();
        self.order.save(status)?;
        Ok(Decision::new(State { stage, ..self }, status))
    }
}

/// What whoever reported it is told.
#[derive(Serialize)]
struct Told<'a> {
    outcome: &'static str,
    title: &'a str,
}

/// With what supervisors can do while others work.
pub(super) fn overseen(decision: Decision<State>, remark: Option<&str>) -> Result<Decision<State>, String> {
    let task = decision.state.order.task("oversee", remark)?;
    Ok(decision.open(task))
}
