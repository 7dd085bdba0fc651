//! Version 1: one or two approvals, escalation, export.

use serde::{Deserialize, Serialize};
use signalsync_sdk::workflow::{
    Approval, Color, Deadline, Decision, Definition, Event, Late, OpenTask, Priority, Started, Step, TaskDone, Verdict,
    Who, Workflow,
};

use crate::claim::Claim;
use crate::limits::Limits;
use crate::patience::Patience;
use crate::payment::{Payment, is_paid};

/// The workflow.
pub struct InvoiceApproval;

/// Where a run stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum State {
    /// Somebody is asked to approve.
    Approving(Approving),
    /// The payment is being written.
    Exporting(Approved),
    /// There is no payment, and accounting looks at it.
    Repairing(Approved),
    Ended(Outcome),
}

/// Somebody is asked to approve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Approving {
    claim: Claim,
    approval: Approval,
    approved_by: Vec<String>,
    deadline: Deadline,
    is_late: bool,
}

/// All who have to approve have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Approved {
    claim: Claim,
    by: Vec<String>,
}

/// How a run ended: its result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Outcome {
    /// There is a payment with the id of the invoice.
    Exported {
        payment: String,
        approved_by: Vec<String>,
    },
    /// Accounting has paid it in another way.
    PaidByHand {
        by: String,
        approved_by: Vec<String>,
    },
    Rejected {
        by: String,
        comment: Option<String>,
    },
    AlreadyPaid,
    NothingDue,
}

/// What is entered with an approval: the form `approvals`.
#[derive(Deserialize)]
pub(crate) struct Said {
    #[serde(default)]
    pub(crate) comment: Option<String>,
}

impl Workflow for InvoiceApproval {
    type State = State;
    type Error = String;

    fn definition() -> Definition {
        let waiting = ["approval", "second-approval", "escalated"];
        let approve = |id: &str, label: &str, role: &str| {
            let step = Step::new(id, label, role).form("approvals").not_by("start");
            step.positive("yes", "Approve").negative("no", "Reject")
        };
        let definition = Definition::new("invoice-approval", "Approval of an invoice")
            .input_form("approval-requests")
            .status("approval", "Waits for approval", Color::Yellow)
            .status("second-approval", "Waits for the second approval", Color::Yellow)
            .status("escalated", "Nobody decided in time", Color::Orange)
            .status("exporting", "Goes to payment", Color::Blue)
            .status("export-failed", "Cannot be paid as it is", Color::Red)
            .status("exported", "To be paid", Color::Green)
            .status("rejected", "Rejected", Color::Gray)
            .role("approver", "Approver of the department")
            .role("director", "Director")
            .role("accounting", "Accounting")
            .step(approve("approve", "Approve the invoice", "approver"))
            .step(approve("approve-finally", "Approve the invoice, second time", "director").not_by("approve"))
            .step(
                Step::new("repair", "Make the payment possible", "accounting")
                    .positive("again", "Export again")
                    .neutral("by-hand", "Paid by hand"),
            )
            .transition("approval", "second-approval", "Approve")
            .transition("approval", "escalated", "Too late")
            .transition("second-approval", "escalated", "Too late")
            .transition("escalated", "second-approval", "Approve")
            .transition("exporting", "exported", "Exported")
            .transition("exporting", "export-failed", "Not exported")
            .transition("export-failed", "exporting", "Export again")
            .transition("export-failed", "exported", "Paid by hand")
            .transition("export-failed", "rejected", "Paid before")
            .mappings(&["payment-export"])
            .templates(&["invoice-waits", "invoice-late", "invoice-stuck", "invoice-rejected"]);
        waiting.into_iter().fold(definition, |definition, status| {
            definition
                .transition(status, "exporting", "Approved by all")
                .transition(status, "export-failed", "No account to pay to")
                .transition(status, "rejected", "Reject")
        })
    }

    fn start(started: Started) -> Result<Decision<State>, String> {
        let Some(claim) = Claim::of(started.data()?)? else { return end(Outcome::NothingDue) };
        if is_paid(&claim.invoice)? {
            return end(Outcome::AlreadyPaid);
        }
        let people = Limits::of(&claim.department)?.approvers(claim.euro_cents, started.by.as_deref());
        let approval = Approval::new("approve", "yes", people).then(&["approve-finally"]);
        let deadline = Patience::set()?.deadline();
        match approval.task() {
            Some(_) => Approving { claim, approval, approved_by: Vec::new(), deadline, is_late: false }.ask(),
            None => Approved { claim, by: Vec::new() }.export(),
        }
    }

    fn advance(state: State, event: Event) -> Result<Decision<State>, String> {
        match (state, event) {
            (State::Approving(approving), event) => approving.hear(event),
            (State::Exporting(approved), Event::EffectDone(done)) => {
                end(Outcome::Exported { payment: done.data()?, approved_by: approved.by })
            }
            (State::Exporting(approved), Event::EffectFailed(failed)) => approved.repair(&failed.reason),
            // The payment may be written already: it is too late to cancel.
            (State::Exporting(approved), _) => Ok(decide(State::Exporting(approved))),
            (State::Repairing(approved), Event::TaskDone(done)) if done.choice == "again" => approved.export(),
            (State::Repairing(approved), Event::TaskDone(done)) => {
                end(Outcome::PaidByHand { by: done.by, approved_by: approved.by })
            }
            (state, Event::Cancel(reason)) => Ok(decide(state).fail(reason)),
            (state, _) => Ok(decide(state)),
        }
    }
}

impl State {
    fn status(&self) -> &'static str {
        match self {
            Self::Approving(Approving { is_late: true, .. }) => "escalated",
            Self::Approving(Approving { approved_by, .. }) if approved_by.is_empty() => "approval",
            Self::Approving(_) => "second-approval",
            Self::Exporting(_) => "exporting",
            Self::Repairing(_) => "export-failed",
            Self::Ended(Outcome::Exported { .. } | Outcome::PaidByHand { .. }) => "exported",
            Self::Ended(Outcome::Rejected { .. } | Outcome::AlreadyPaid | Outcome::NothingDue) => "rejected",
        }
    }
}

fn decide(state: State) -> Decision<State> {
    let status = state.status();
    Decision::new(state, status)
}

fn end(outcome: Outcome) -> Result<Decision<State>, String> {
    Ok(decide(State::Ended(outcome.clone())).complete(&outcome)?)
}

impl Approving {
    /// Asks whoever is next, and begins to wait.
    pub(crate) fn ask(self) -> Result<Decision<State>, String> {
        let patience = Patience::set()?;
        let waiting = Self { deadline: patience.deadline(), is_late: false, ..self };
        let (task, timer) = (waiting.task()?.due(patience.reminder()), waiting.deadline.begin());
        Ok(decide(State::Approving(waiting)).open(task).with(timer))
    }

    pub(crate) fn hear(mut self, event: Event) -> Result<Decision<State>, String> {
        if let (Some(verdict), Event::TaskDone(done)) = (self.approval.heard(&event), &event) {
            return self.decided(&verdict, done);
        }
        match self.deadline.heard(&event) {
            Some(Late::Escalate(who, timer)) => {
                self.is_late = true;
                let task = self.task()?.ask(who.clone()).priority(Priority::High);
                let (id, claim) = (task.id.clone(), self.claim.clone());
                let decision = decide(State::Approving(self)).close(id).open(task).with(timer);
                return Ok(decision.notify(vec![who], "invoice-late", &claim)?);
            }
            Some(Late::Over) => return self.tell(vec![Who::Role("accounting".to_owned())], "invoice-stuck"),
            None => {}
        }
        match event {
            Event::TaskDue(_) => {
                let who = self.task()?.people;
                self.tell(who, "invoice-waits")
            }
            Event::Cancel(reason) => Ok(decide(State::Approving(self)).fail(reason)),
            _ => Ok(decide(State::Approving(self))),
        }
    }

    fn decided(mut self, verdict: &Verdict, done: &TaskDone) -> Result<Decision<State>, String> {
        let met = self.deadline.met();
        if *verdict == Verdict::Rejected {
            let comment = done.data::<Said>()?.comment;
            return self.reject(Outcome::Rejected { by: done.by.clone(), comment });
        }
        self.approved_by.push(done.by.clone());
        match verdict {
            Verdict::Next(_) => self.ask(),
            _ => Approved { claim: self.claim, by: self.approved_by }.export().map(|decision| decision.with(met)),
        }
    }

    fn reject(self, outcome: Outcome) -> Result<Decision<State>, String> {
        let told = decide(State::Ended(outcome.clone())).notify(vec![Who::Starter], "invoice-rejected", &self.claim)?;
        Ok(told.complete(&outcome)?)
    }

    fn task(&self) -> Result<OpenTask, String> {
        let task = self.approval.task().ok_or("all have approved")?;
        Ok(task.data(&self.claim)?)
    }

    pub(crate) fn claim(&self) -> &Claim {
        &self.claim
    }

    pub(crate) fn deadline(&self) -> &Deadline {
        &self.deadline
    }

    /// With something more that those who are asked read.
    pub(crate) fn with_note(mut self, note: Option<String>) -> Self {
        let notes: Vec<_> = self.claim.note.take().into_iter().chain(note).collect();
        self.claim.note = Some(notes.join("\n")).filter(|text| !text.is_empty());
        self
    }

    fn tell(self, who: Vec<Who>, template: &str) -> Result<Decision<State>, String> {
        let claim = self.claim.clone();
        Ok(decide(State::Approving(self)).notify(who, template, &claim)?)
    }
}

impl Approved {
    /// Has the payment written, unless somebody has paid the invoice meanwhile.
    fn export(self) -> Result<Decision<State>, String> {
        if is_paid(&self.claim.invoice)? {
            return end(Outcome::AlreadyPaid);
        }
        match Payment::of(&self.claim, &self.by)? {
            Some(payment) => Ok(decide(State::Exporting(self)).run_mapping("export", "payment-export", &payment)?),
            None => self.repair("the invoice does not say to which account"),
        }
    }

    /// Asks accounting.
    fn repair(self, why: &str) -> Result<Decision<State>, String> {
        let task = OpenTask::new("repair").data(&Problem { why, claim: &self.claim })?;
        Ok(decide(State::Repairing(self)).open(task))
    }
}

/// What accounting is shown.
#[derive(Serialize)]
struct Problem<'a> {
    why: &'a str,
    #[serde(flatten)]
    claim: &'a Claim,
}
