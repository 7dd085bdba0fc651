//! A run: one passage through a workflow, as its row.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_calendar::ServiceClock;
use signalsync_core::contract::Json;
use signalsync_core::contract::workflow::Ending;
use signalsync_core::{DeploymentName, ExecutionId, RunId, TaskId, Timestamp, UserId, WorkId};

/// Steps of one run. One that needs more does not come to an end.
pub const STEPS_MAX: u64 = 10_000;

/// Bytes of one run's history.
pub const HISTORY_BYTES_MAX: u64 = 32 << 20;

/// Runs above one another. A workflow that starts itself would never come to an end.
pub const DEPTH_MAX: u32 = 20;

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// It takes what happens.
    Running,
    /// Somebody stopped it; what happens waits.
    Suspended,
    /// A step of it failed; what happens waits until somebody retries it.
    Incident,
    /// It ended well.
    Completed,
    /// It ended badly.
    Failed,
    /// It was ended.
    Cancelled,
}

impl RunState {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Running, Self::Suspended, Self::Incident, Self::Completed, Self::Failed, Self::Cancelled];

    /// As it stands in lists.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Suspended => "suspended",
            Self::Incident => "incident",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing happens to it any more.
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

/// The run that started this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Parent {
    pub run: RunId,
    /// As that run calls this one.
    pub id: String,
    /// How many runs are above this one.
    pub depth: u32,
}

/// Why a run cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Incident {
    /// Stable.
    pub code: String,
    /// For the developer.
    pub detail: String,
    /// The call that failed, with all that a replay needs.
    pub execution: Option<ExecutionId>,
    pub at: Timestamp,
    /// How often somebody has retried it, and it came again.
    pub retried: u32,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Run {
    pub id: RunId,
    pub workflow: DeploymentName,
    /// Of the workflow.
    pub version: u32,
    /// The same for no two runs of a workflow that have not ended.
    pub key: Option<String>,
    pub state: RunState,
    /// Of the definition.
    pub status: String,
    /// What the last decision returned.
    pub memory: Option<Json>,
    pub starter: Option<UserId>,
    pub parent: Option<Parent>,
    pub started_at: Timestamp,
    pub changed_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub ending: Option<Ending>,
    pub incident: Option<Incident>,
    /// Somebody wants it to end.
    pub cancelling: bool,
    /// How often the step that is next has failed in a way that may pass.
    pub failures: u32,
    /// Steps that were done.
    pub steps: u64,
    /// Entries of its history, and their bytes.
    pub history: u64,
    pub history_bytes: u64,
    /// What is open, by the run's own ids.
    pub tasks: BTreeMap<String, TaskId>,
    pub timers: BTreeMap<String, WorkId>,
    pub effects: BTreeMap<String, WorkId>,
    pub children: BTreeMap<String, RunId>,
    /// How much of each service level is used up.
    #[serde(default)]
    pub levels: BTreeMap<String, Level>,
}

/// How much of a service level a run has used up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Level {
    pub clock: ServiceClock,
    /// Tells the run of the next part of the target.
    pub alert: Option<WorkId>,
    /// Parts of the target, in percent, of which the run has heard.
    pub told: BTreeSet<u32>,
}

impl Run {
    /// A run to which nothing has happened yet: of nobody, below nothing and without a key.
    pub(crate) fn begin(id: RunId, workflow: DeploymentName, version: u32, status: String, now: Timestamp) -> Self {
        Self {
            id,
            workflow,
            version,
            key: None,
            state: RunState::Running,
            status,
            memory: None,
            starter: None,
            parent: None,
            started_at: now,
            changed_at: now,
            ended_at: None,
            ending: None,
            incident: None,
            cancelling: false,
            failures: 0,
            steps: 0,
            history: 0,
            history_bytes: 0,
            tasks: BTreeMap::new(),
            timers: BTreeMap::new(),
            effects: BTreeMap::new(),
            children: BTreeMap::new(),
            levels: BTreeMap::new(),
        }
    }

    /// A service level; it begins when it is asked for.
    pub(crate) fn level(&mut self, id: &str, target_minutes: u32) -> &mut Level {
        let new = || Level { clock: ServiceClock::new(target_minutes), alert: None, told: BTreeSet::new() };
        self.levels.entry(id.to_owned()).or_insert_with(new)
    }

    /// The run cannot go on.
    pub fn stop(
        &mut self,
        code: impl Into<String>,
        detail: impl Into<String>,
        execution: Option<ExecutionId>,
        at: Timestamp,
    ) {
        let retried = self.incident.as_ref().map_or(0, |incident| incident.retried);
        self.incident = Some(Incident { code: code.into(), detail: detail.into(), execution, at, retried });
        (self.state, self.failures, self.changed_at) = (RunState::Incident, 0, at);
    }
}
