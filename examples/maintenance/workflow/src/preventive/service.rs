//! What is known of a service.

use serde::{Deserialize, Serialize};
use signalsync_sdk::storage::Collection;
use signalsync_sdk::workflow::{OpenTask, Started};

use crate::contractor::Contractor;
use crate::work_order::WorkOrder;

/// What a run is started with, by a schedule or by somebody: the form `service-requests`.
#[derive(Deserialize)]
struct Request {
    plan: String,
}

/// A record of the collection `maintenance-plans`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub title: String,
    pub asset: String,
    /// What is to be done.
    pub instructions: String,
    /// Who does it when nobody says otherwise.
    #[serde(default)]
    contractor: Option<String>,
}

/// What is entered by whoever served it: the form `service-reports`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    #[serde(default)]
    pub findings: Option<String>,
    /// What is broken, if anything is.
    #[serde(default)]
    pub defect: Option<String>,
}

/// What is known of a service, whatever it stands at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Service {
    pub plan: Plan,
    pub run: String,
    pub(crate) contractor: Option<Contractor>,
    pub report: Option<Report>,
    pub(crate) overdue: bool,
}

/// What those are shown who have a task.
#[derive(Serialize)]
struct Shown<'a> {
    title: &'a str,
    asset: &'a str,
    instructions: &'a str,
    /// What the form `dispatches` begins with.
    contractor: Option<&'a str>,
    report: Option<&'a Report>,
    remark: Option<&'a str>,
}

impl Service {
    pub(crate) fn of(started: &Started) -> Result<Self, String> {
        let Request { plan: id } = started.data()?;
        let plan = Collection::open("maintenance-plans")?.get_as(&id)?;
        let plan = plan.ok_or_else(|| format!("there is no maintenance plan {id}"))?;
        Ok(Self { plan, run: started.run.clone(), contractor: None, report: None, overdue: false })
    }

    pub(crate) fn contractor(&self) -> Result<&Contractor, String> {
        self.contractor.as_ref().ok_or_else(|| "nobody was assigned".to_owned())
    }

    /// A task about it.
    pub(crate) fn task(&self, step: &str, remark: Option<&str>) -> Result<OpenTask, String> {
        let Plan { title, asset, instructions, contractor } = &self.plan;
        let contractor = self.contractor.as_ref().map(|found| found.id.as_str()).or(contractor.as_deref());
        let report = self.report.as_ref();
        Ok(OpenTask::new(step).data(&Shown { title, asset, instructions, contractor, report, remark })?)
    }

    /// Writes the record of the run.
    pub(crate) fn save(&self, status: &str) -> Result<(), String> {
        let order = WorkOrder {
            kind: "preventive",
            title: &self.plan.title,
            asset: &self.plan.asset,
            status,
            urgency: None,
            contractor: self.contractor.as_ref().map(|found| found.id.as_str()),
            cost: None,
            overdue: self.overdue,
        };
        order.save(&self.run)
    }
}
