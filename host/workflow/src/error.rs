//! Why something about workflows was refused.

use signalsync_components::DeployError;
use signalsync_core::UserId;
use signalsync_core::contract::Violation;
use signalsync_records::RecordError;
use signalsync_store::{CommitError, Reused, StoreError};
use signalsync_work::WorkError;

use crate::machine::{TaskEnd, Unable};

/// An operation on workflows, runs or tasks was refused; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum WorkflowError {
    /// There is no such workflow, run, task or draft, or it is not the caller's to see.
    #[error("there is no such thing, or it is not yours to see")]
    NotFound,
    /// No version of the workflow is published.
    #[error("no version of the workflow `{0}` is published")]
    NotPublished(String),
    /// Nobody may start runs of the workflow at the moment.
    #[error("new runs of `{0}` are stopped; what is running goes on")]
    Stopped(String),
    /// What the workflow is made of cannot be deployed.
    #[error(transparent)]
    Deployment(DeployError),
    /// The workflow cannot be published; all that is wrong with it.
    #[error("the workflow cannot be published as it is")]
    NotPublishable { violations: Vec<Violation> },
    /// What is asked for breaks a rule; the text is the rule.
    #[error("{0}")]
    Invalid(String),
    /// It is in a state in which this cannot be done.
    #[error("a run that is {is} cannot be {wanted}")]
    WrongState { is: &'static str, wanted: &'static str },
    /// The task has ended meanwhile.
    #[error("the task has ended: {}", ended(.0))]
    TaskEnded(TaskEnd),
    /// Somebody else has claimed the task.
    #[error("`{0}` has claimed the task")]
    Claimed(UserId),
    /// The caller may not do this with the task.
    #[error("{0}")]
    Unable(Unable),
    /// Only a person can do it.
    #[error("only a person can do this")]
    PersonNeeded,
    /// Somebody is named who is not there, or cannot come in.
    #[error("there is no active person `{0}`")]
    NoSuchPerson(UserId),
    /// What was entered is not acceptable.
    #[error(transparent)]
    Form(RecordError),
    /// There are as many as there may be.
    #[error("there may be {limit} {what}")]
    TooMany { what: &'static str, limit: usize },
    /// The idempotency key belongs to another request.
    #[error(transparent)]
    Reused(#[from] Reused),
    /// Others changed the same again and again.
    #[error("others changed the same at the same time; try again")]
    Conflict,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn ended(end: &TaskEnd) -> String {
    match (&end.choice, &end.by) {
        (Some(choice), Some(by)) => format!("`{by}` chose `{choice}`"),
        (Some(choice), None) => format!("`{choice}` was chosen"),
        (None, _) => "the run needs it no more".to_owned(),
    }
}

impl From<CommitError> for WorkflowError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict => Self::Conflict,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}

impl From<DeployError> for WorkflowError {
    fn from(error: DeployError) -> Self {
        match error {
            DeployError::Store(error) => Self::Store(error),
            DeployError::Conflict => Self::Conflict,
            other => Self::Deployment(other),
        }
    }
}

impl From<RecordError> for WorkflowError {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Store(error) => Self::Store(error),
            RecordError::Conflict => Self::Conflict,
            other => Self::Form(other),
        }
    }
}

impl From<WorkError> for WorkflowError {
    fn from(error: WorkError) -> Self {
        match error {
            WorkError::Conflict => Self::Conflict,
            other => Self::Store(work(other)),
        }
    }
}

/// Work is scheduled here with small payloads and short names: what else it refuses is a mistake of ours.
pub(crate) fn work(error: WorkError) -> StoreError {
    match error {
        WorkError::Store(error) => error,
        other => StoreError::Engine(other.to_string()),
    }
}
