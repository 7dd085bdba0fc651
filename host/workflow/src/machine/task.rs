//! A task: what a run asks people to do, who may do it, and how it ends.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_core::contract::Json;
use signalsync_core::contract::workflow::{Priority, Signing, Step, Turn, Vote};
use signalsync_core::{DepartmentId, DeploymentName, RoleName, RunId, TaskId, TeamId, Timestamp, UserId, WorkId};

/// Who is asked: a person, or all who belong to a group at that moment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Holder {
    User(UserId),
    Role(RoleName),
    Team(TeamId),
    Department(DepartmentId),
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Role(name) => write!(f, "role:{name}"),
            Self::Team(id) => write!(f, "team:{id}"),
            Self::Department(id) => write!(f, "department:{id}"),
        }
    }
}

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TaskState {
    Open,
    /// People chose.
    Done,
    /// The run needs it no more.
    Closed,
}

/// What somebody chose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Cast {
    pub by: UserId,
    /// Whose turn it was: the same, or the one whom they stand in for.
    pub seat: UserId,
    pub choice: String,
    pub data: Json,
    pub at: Timestamp,
}

/// How a task ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct TaskEnd {
    pub at: Timestamp,
    /// None when the run needed it no more.
    pub choice: Option<String>,
    pub by: Option<UserId>,
}

/// A task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Task {
    pub id: TaskId,
    pub run: RunId,
    pub workflow: DeploymentName,
    /// As the run calls it.
    pub name: String,
    /// What the definition says of it.
    pub step: Step,
    pub priority: Priority,
    /// What is shown, and what the form begins with.
    pub data: Json,
    pub opened_at: Timestamp,
    pub due: Option<Timestamp>,
    /// Tells the run that it is late.
    pub due_work: Option<WorkId>,
    pub state: TaskState,
    pub asked: Vec<Holder>,
    /// For tasks that more than one decides: who they are, in order.
    pub signers: Vec<UserId>,
    pub claimed_by: Option<UserId>,
    pub votes: Vec<Cast>,
    /// Who may not do it: those who did steps after which somebody else has to do this one.
    pub barred: BTreeSet<UserId>,
    pub end: Option<TaskEnd>,
}

/// By what somebody may act: for themselves, or for somebody whom they stand in for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seat {
    pub by: UserId,
    pub seat: UserId,
}

/// Why somebody may not act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unable {
    #[error("the task has ended")]
    Ended,
    #[error("somebody else has claimed the task")]
    Claimed(UserId),
    #[error("you are not asked to do this task")]
    NotAsked,
    #[error("it is not your turn yet")]
    NotYourTurn,
    #[error("you have chosen already")]
    ChosenAlready,
    #[error("you did a step of this run after which somebody else has to do this one")]
    Barred,
}

impl Task {
    /// Whether one alone decides.
    pub fn is_for_one(&self) -> bool {
        self.step.signing == Signing::Any
    }

    /// Whether somebody who belongs to these is asked, or was.
    pub fn concerns(&self, me: UserId, mine: &BTreeSet<Holder>) -> bool {
        let signs = |user: &UserId| mine.contains(&Holder::User(*user));
        self.asked.iter().any(|holder| mine.contains(holder))
            || self.signers.iter().chain(&self.claimed_by).any(signs)
            || self.votes.iter().any(|vote| vote.by == me)
    }

    /// In whose inboxes it stands now.
    pub fn places(&self) -> BTreeSet<Holder> {
        match (self.state, self.claimed_by) {
            (TaskState::Done | TaskState::Closed, _) => BTreeSet::new(),
            (TaskState::Open, Some(user)) => BTreeSet::from([Holder::User(user)]),
            (TaskState::Open, None) if self.is_for_one() => self.asked.iter().cloned().collect(),
            (TaskState::Open, None) => {
                let first = if self.step.turn == Turn::InOrder { 1 } else { usize::MAX };
                self.waiting().take(first).map(Holder::User).collect()
            }
        }
    }

    /// Signers who have not chosen, in order.
    pub fn waiting(&self) -> impl Iterator<Item = UserId> {
        self.signers.iter().copied().filter(|signer| !self.votes.iter().any(|vote| vote.seat == *signer))
    }

    /// By what somebody may act who belongs to these.
    ///
    /// # Errors
    /// Why they may not.
    pub fn seat(&self, me: UserId, mine: &BTreeSet<Holder>) -> Result<Seat, Unable> {
        if self.state != TaskState::Open {
            return Err(Unable::Ended);
        }
        if self.barred.contains(&me) {
            return Err(Unable::Barred);
        }
        let places = self.places();
        let Some(place) =
            places.iter().find(|place| **place == Holder::User(me)).or_else(|| places.intersection(mine).next())
        else {
            return Err(self.why_not(me, mine));
        };
        let seat = match place {
            Holder::User(user) => *user,
            Holder::Role(_) | Holder::Team(_) | Holder::Department(_) => me,
        };
        if self.barred.contains(&seat) { Err(Unable::Barred) } else { Ok(Seat { by: me, seat }) }
    }

    fn why_not(&self, me: UserId, mine: &BTreeSet<Holder>) -> Unable {
        let asked = self.asked.iter().any(|holder| mine.contains(holder)) || self.signers.contains(&me);
        match self.claimed_by {
            Some(user) if asked => Unable::Claimed(user),
            _ if self.votes.iter().any(|vote| vote.by == me || vote.seat == me) => Unable::ChosenAlready,
            _ if self.signers.contains(&me) => Unable::NotYourTurn,
            _ => Unable::NotAsked,
        }
    }

    /// Takes a choice in. What is decided then, if all is.
    pub fn choose(&mut self, cast: Cast) -> Option<String> {
        let (at, by) = (cast.at, cast.by);
        self.votes.push(cast);
        let choice = self.step.decided(self.signers.len(), &self.seen_votes())?.id.clone();
        self.end = Some(TaskEnd { at, choice: Some(choice.clone()), by: Some(by) });
        (self.state, self.claimed_by) = (TaskState::Done, None);
        Some(choice)
    }

    /// The run needs it no more.
    pub fn close(&mut self, at: Timestamp) {
        self.end = Some(TaskEnd { at, choice: None, by: None });
        (self.state, self.claimed_by) = (TaskState::Closed, None);
    }

    /// All who chose, as the workflow sees them.
    pub fn seen_votes(&self) -> Vec<Vote> {
        let seen = |cast: &Cast| Vote {
            by: cast.by.to_string(),
            choice: cast.choice.clone(),
            data: cast.data.clone(),
            at: cast.at,
        };
        self.votes.iter().map(seen).collect()
    }
}
