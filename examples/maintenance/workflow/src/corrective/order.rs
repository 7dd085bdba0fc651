//! What is known of a repair.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use signalsync_sdk::workflow::{OpenTask, Rounds, Started};

use super::Urgency;
use crate::contractor::Contractor;
use crate::work_order::WorkOrder;

/// How often work is returned before a supervisor dispatches it anew.
const RETURNS_MAX: u32 = 3;

/// What a run is started with: the form `fault-reports`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub asset: String,
    pub title: String,
    #[serde(default)]
    pub description: Option<String>,
    pub urgency: Urgency,
}

/// What is known of a repair, whatever it stands at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Order {
    pub report: Report,
    run: String,
    pub(crate) contractor: Option<Contractor>,
    /// What it costs in euros, as the contractor says.
    pub cost: Option<Decimal>,
    pub(crate) returns: Rounds,
    pub(crate) overdue: bool,
}

/// What those are shown who have a task.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    report: &'a Report,
    /// Its id, because the form `dispatches` begins with it.
    contractor: Option<&'a str>,
    contractor_name: Option<&'a str>,
    cost: Option<Decimal>,
    overdue: bool,
    /// What is to be known besides: why it came back, or what is missing.
    remark: Option<&'a str>,
}

impl Order {
    pub(crate) fn of(started: &Started) -> Result<Self, String> {
        let (report, run, returns) = (started.data()?, started.run.clone(), Rounds::at_most(RETURNS_MAX));
        Ok(Self { report, run, contractor: None, cost: None, returns, overdue: false })
    }

    pub(crate) fn contractor(&self) -> Result<&Contractor, String> {
        self.contractor.as_ref().ok_or_else(|| "nobody was dispatched".to_owned())
    }

    /// A task about it.
    pub(crate) fn task(&self, step: &str, remark: Option<&str>) -> Result<OpenTask, String> {
        self.dressed(OpenTask::new(step), remark)
    }

    /// A task about it, with what those who have it are shown.
    pub(crate) fn dressed(&self, task: OpenTask, remark: Option<&str>) -> Result<OpenTask, String> {
        let contractor = self.contractor.as_ref();
        let shown = Shown {
            report: &self.report,
            contractor: contractor.map(|found| found.id.as_str()),
            contractor_name: contractor.map(|found| found.name.as_str()),
            cost: self.cost,
            overdue: self.overdue,
            remark,
        };
        Ok(task.priority(self.report.urgency.priority()).data(&shown)?)
    }

    /// Writes the record of the run.
    pub(crate) fn save(&self, status: &str) -> Result<(), String> {
        let order = WorkOrder {
            kind: "corrective",
            title: &self.report.title,
            asset: &self.report.asset,
            status,
            urgency: Some(self.report.urgency.name()),
            contractor: self.contractor.as_ref().map(|found| found.id.as_str()),
            cost: self.cost,
            overdue: self.overdue,
        };
        order.save(&self.run)
    }
}
