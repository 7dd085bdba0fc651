//! What a workflow is asked and what it decides: `wit/workflow/` as plain values, and the rules that both sides keep.

mod decision;
mod definition;
mod flaws;
mod from_wit;
mod signing;

pub use decision::{
    ACTIONS_MAX, BUSINESS_KEY_BYTES_MAX, Broken, PEOPLE_MAX, REASON_BYTES_MAX, STATE_BYTES_MAX, Standing,
    is_business_key,
};
pub use definition::{
    ALERTS_MAX, CHOICES_MAX, COLORS, DEFINITION_BYTES_MAX, ENTRIES_MAX, FLAWS_MAX, LABEL_BYTES_MAX, TARGET_MINUTES_MAX,
    VOTES_MAX,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Json;
use crate::clock::Timestamp;

/// A workflow's own picture of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "WorkflowDefinition")]
#[serde(rename_all = "kebab-case")]
pub struct Definition {
    pub name: String,
    pub label: String,
    /// A collection whose definition is the form that starts a run.
    pub input_form: Option<String>,
    /// The first one is where a run begins.
    pub statuses: Vec<Status>,
    pub roles: Vec<Role>,
    pub steps: Vec<Step>,
    pub transitions: Vec<Transition>,
    pub service_levels: Vec<ServiceLevel>,
    /// Names of what `notify` uses.
    pub templates: Vec<String>,
    /// Names of what `run-mapping` runs.
    pub mappings: Vec<String>,
    /// Names of what `start-child` starts.
    pub children: Vec<String>,
    /// Names of what runs wait for.
    pub signals: Vec<String>,
}

/// Where a run can stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "RunStatus")]
pub struct Status {
    pub name: String,
    pub label: String,
    pub color: String,
}

/// Who can be asked, by a name that the tenant binds to its people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "WorkflowRole")]
pub struct Role {
    pub name: String,
    pub label: String,
}

/// Work for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "WorkflowStep")]
#[serde(rename_all = "kebab-case")]
pub struct Step {
    pub id: String,
    pub label: String,
    /// Who does it: a role of the definition.
    pub role: String,
    /// A collection whose definition is the form.
    pub form: Option<String>,
    pub choices: Vec<Choice>,
    pub signing: Signing,
    pub turn: Turn,
    /// Whoever did one of these steps in the same run, or started it ([`Step::START`]), may not do this one.
    pub not_by: Vec<String>,
    pub due: Option<Moment>,
}

impl Step {
    /// Stands in `not_by` for whoever started the run; no step has this name.
    pub const START: &str = "start";
}

/// One way out of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Choice {
    pub id: String,
    pub label: String,
    pub leaning: Leaning,
}

/// What a choice says about what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Leaning {
    Positive,
    Neutral,
    Negative,
}

/// How many people have to choose before a task is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Signing {
    /// One of them.
    Any,
    /// Each of them; a negative choice decides at once.
    All,
    /// So many for the same choice.
    Votes(u32),
}

/// Whether those who sign are asked at the same time, or each after the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Turn {
    Together,
    InOrder,
}

/// When something is due, seen from the moment of the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    At(Timestamp),
    /// Milliseconds by the clock on the wall, at most [`Moment::AFTER_MS_MAX`].
    After(u64),
    /// Minutes of working time, at most [`Moment::WORKING_MINUTES_MAX`].
    Working(u32),
}

impl Moment {
    /// Ten years: a process that is planned further ahead is a mistake in the unit.
    pub const AFTER_MS_MAX: u64 = 3_660 * 86_400_000;
    /// A year of minutes: with usual hours more than four years.
    pub const WORKING_MINUTES_MAX: u32 = 525_600;

    /// Whether it is within its limit.
    pub fn is_near(self) -> bool {
        match self {
            Self::At(_) => true,
            Self::After(ms) => ms <= Self::AFTER_MS_MAX,
            Self::Working(minutes) => minutes <= Self::WORKING_MINUTES_MAX,
        }
    }
}

/// A way that a run can take between two statuses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Transition {
    pub from: String,
    pub to: String,
    pub label: String,
}

/// How long a run may stand in some statuses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ServiceLevel {
    pub id: String,
    pub label: String,
    /// Minutes of working time.
    pub target: u32,
    /// Statuses in which time counts.
    pub counts_in: Vec<String>,
    /// Parts of the target, in percent, at which the run gets an event.
    pub alerts: Vec<u32>,
}

/// Something that happened to a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "RunEvent")]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// The first event of every run.
    Started(Started),
    TaskDone(TaskDone),
    TaskDue(TaskDue),
    /// The timer with this id is due.
    Timer(String),
    EffectDone(EffectDone),
    EffectFailed(EffectFailed),
    ChildEnded(ChildEnded),
    Signal(Signalled),
    ServiceLevel(ServiceLevelReached),
    /// Somebody wants the run to end; the text is the reason.
    Cancel(String),
}

/// A run begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Started {
    pub input: Json,
    /// The user's id; none when a timer, a message or another run started it.
    pub by: Option<String>,
    /// The business key.
    pub key: Option<String>,
    /// The run's id.
    pub run: String,
}

/// People finished a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskDone {
    pub id: String,
    pub step: String,
    /// What was decided; with several signers, by the rule of the step.
    pub choice: String,
    /// What the one who decided it entered.
    pub data: Json,
    /// The id of the user who decided it.
    pub by: String,
    /// All who chose, in the order of time.
    pub votes: Vec<Vote>,
}

/// What one person chose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Vote {
    /// The user's id.
    pub by: String,
    pub choice: String,
    pub data: Json,
    pub at: Timestamp,
}

/// A task is late.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskDue {
    pub id: String,
    pub step: String,
}

/// An effect was carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EffectDone {
    pub id: String,
    pub data: Json,
}

/// An effect was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EffectFailed {
    pub id: String,
    pub reason: String,
}

/// A run that this one started has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChildEnded {
    pub id: String,
    pub outcome: Ending,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Well, with this result.
    Completed(Json),
    /// Badly, for this reason.
    Failed(String),
}

/// A signal reached the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Signalled {
    pub name: String,
    pub data: Json,
}

/// So much of a service level's target is used up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceLevelReached {
    pub id: String,
    pub percent: u32,
}

impl Event {
    /// Bytes of text and data.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Started(e) => e.input.len() + length(&e.by) + length(&e.key) + e.run.len(),
            Self::TaskDone(e) => {
                let votes: usize = e.votes.iter().map(|v| v.by.len() + v.choice.len() + v.data.len()).sum();
                e.id.len() + e.step.len() + e.choice.len() + e.data.len() + e.by.len() + votes
            }
            Self::TaskDue(e) => e.id.len() + e.step.len(),
            Self::Timer(text) | Self::Cancel(text) => text.len(),
            Self::EffectDone(e) => e.id.len() + e.data.len(),
            Self::EffectFailed(e) => e.id.len() + e.reason.len(),
            Self::ChildEnded(e) => match &e.outcome {
                Ending::Completed(text) | Ending::Failed(text) => e.id.len() + text.len(),
            },
            Self::Signal(e) => e.name.len() + e.data.len(),
            Self::ServiceLevel(e) => e.id.len(),
        }
    }
}

fn length(text: &Option<String>) -> usize {
    text.as_ref().map_or(0, String::len)
}

/// What a workflow decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    pub state: Json,
    pub status: String,
    pub actions: Vec<Action>,
}

impl Decision {
    /// Bytes of text and data.
    pub fn bytes(&self) -> usize {
        self.state.len() + self.status.len() + self.actions.iter().map(Action::bytes).sum::<usize>()
    }
}

/// One thing that a workflow asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "WorkflowAction")]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    OpenTask(OpenTask),
    /// Closes the open task with this id; nothing when there is none.
    CloseTask(String),
    /// A timer with the same id is replaced.
    SetTimer(Timer),
    ClearTimer(String),
    Notify(Notify),
    RunMapping(RunMapping),
    StartChild(Child),
    CancelChild(String),
    SendSignal(SendSignal),
    /// Ends the run well, with this result.
    Complete(Json),
    /// Ends the run badly; the text is the reason.
    Fail(String),
}

impl Action {
    fn bytes(&self) -> usize {
        match self {
            Self::OpenTask(a) => a.id.len() + a.step.len() + a.data.len(),
            Self::CloseTask(text) | Self::ClearTimer(text) | Self::CancelChild(text) => text.len(),
            Self::SetTimer(a) => a.id.len(),
            Self::Notify(a) => a.template.len() + a.data.len(),
            Self::RunMapping(a) => a.id.len() + a.mapping.len() + a.input.len(),
            Self::StartChild(a) => a.id.len() + a.workflow.len() + length(&a.key) + a.input.len(),
            Self::SendSignal(a) => a.workflow.len() + a.key.len() + a.name.len() + a.data.len(),
            Self::Complete(text) | Self::Fail(text) => text.len(),
        }
    }
}

/// Ask people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenTask {
    /// Unique among the run's open tasks.
    pub id: String,
    pub step: String,
    /// Instead of the step's role; empty: the step's role.
    pub people: Vec<Who>,
    /// Instead of the step's.
    pub due: Option<Moment>,
    pub priority: Priority,
    pub data: Json,
}

/// Somebody who can be asked or told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Who {
    /// A role of the definition.
    Role(String),
    /// A user's id.
    User(String),
    TenantRole(String),
    Team(String),
    Department(String),
    /// The manager of the user with this id.
    ManagerOf(String),
    /// Whoever started the run.
    Starter,
}

/// How urgent a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Priority {
    Low,
    Normal,
    High,
    Urgent,
}

/// Wake the run later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Timer {
    pub id: String,
    pub at: Moment,
}

/// Tell people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Notify {
    pub to: Vec<Who>,
    pub template: String,
    pub data: Json,
}

/// Call another system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunMapping {
    /// Unique among the run's effects that have not ended.
    pub id: String,
    pub mapping: String,
    pub input: Json,
}

/// Start a run below this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Child {
    /// Unique among the run's children that have not ended.
    pub id: String,
    pub workflow: String,
    pub key: Option<String>,
    pub input: Json,
}

/// Tell another run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SendSignal {
    pub workflow: String,
    /// The business key of the run.
    pub key: String,
    pub name: String,
    pub data: Json,
}
