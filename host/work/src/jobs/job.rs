//! A job, and what one chunk of it comes to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use signalsync_core::{Caller, KeyId, Timestamp, WorkId};

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum JobState {
    /// Its first chunk, or the first one after a pause, has not been done.
    Waiting,
    /// Chunks are being done.
    Running,
    /// Somebody stopped it; it can go on.
    Paused,
    /// What it did is being taken back.
    Undoing,
    /// All is done.
    Done,
    /// It cannot go on; `why` says why.
    Failed,
    /// Somebody ended it.
    Cancelled,
    /// All that it did was taken back.
    Undone,
}

impl JobState {
    /// In a sentence.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Undoing => "being undone",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Undone => "undone",
        }
    }
}

/// A long action, as its row and as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Job {
    /// What it is, e.g. `import`.
    pub kind: String,
    /// Id of the person or key that started it.
    pub by: Option<String>,
    /// The key that they started it with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyId>,
    /// What is to be done.
    pub input: Value,
    /// Where it stands.
    pub state: JobState,
    /// Items that are done.
    pub done: u64,
    /// Items that could not be done.
    pub failed: u64,
    /// Items in all, once that is known.
    pub total: Option<u64>,
    /// Problems that were found, also those that are not listed.
    pub problems: u64,
    /// What came of it, once it is done.
    pub result: Option<Value>,
    /// Why it failed.
    pub why: Option<String>,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Whether it can be undone.
    pub can_undo: bool,
    /// Whether what it did is taken back when it cannot go on.
    #[serde(default)]
    pub all_or_nothing: bool,
    /// Where the next chunk begins; its kind knows what that means.
    pub cursor: Value,
    /// Id of the person or key that asked for it to be undone; none when that follows from `all_or_nothing`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone_by: Option<String>,
    /// The key that they asked with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone_with: Option<KeyId>,
    /// Entries that say what it did, for undoing.
    pub(crate) did: u64,
    /// Whether taking back has begun, so that going on is not possible any more.
    pub(crate) undo_began: bool,
    /// Its next chunk; or, when it has ended, its removal.
    pub(crate) work: WorkId,
}

impl Job {
    pub(crate) fn new(new: NewJob, by: &Caller, work: WorkId, now: Timestamp) -> Self {
        Self {
            kind: new.kind.to_owned(),
            by: by.principal.user.clone(),
            key: by.origin.key,
            input: new.input,
            state: JobState::Waiting,
            done: 0,
            failed: 0,
            total: None,
            problems: 0,
            result: None,
            why: None,
            started_at: now,
            ended_at: None,
            can_undo: new.can_undo,
            all_or_nothing: new.all_or_nothing,
            cursor: Value::Null,
            undone_by: None,
            undone_with: None,
            did: 0,
            undo_began: false,
            work,
        }
    }
}

/// A job that is wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct NewJob {
    /// Which [`JobKind`](super::JobKind) does it.
    pub kind: &'static str,
    /// What is to be done; at most 64 KiB as JSON.
    pub input: Value,
    /// Whether its chunks note what they did.
    pub can_undo: bool,
    /// Whether what it did is taken back when it cannot go on; such a job can be undone.
    pub all_or_nothing: bool,
}

/// Something that a job found wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "JobProblem")]
#[serde(rename_all = "kebab-case")]
pub struct Problem {
    /// Of the file, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    /// Name of the column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// For the person: what is wrong, and what to do.
    pub reason: String,
}

/// What one chunk came to. It is written in the chunk's own transaction.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Chunk {
    /// Items that this chunk did.
    pub done: u64,
    /// Items that this chunk could not do.
    pub failed: u64,
    /// Items in all, if that is known now.
    pub total: Option<u64>,
    /// Where the next chunk begins.
    pub cursor: Value,
    /// What was found wrong.
    pub problems: Vec<Problem>,
    /// What was done, in the order in which it was done, for [`JobKind::undo`](super::JobKind::undo).
    pub did: Vec<Value>,
    /// What came of it all, if this was the last chunk.
    pub end: Option<Value>,
    /// Why the job cannot be done as it is, which ends it: not a fault, but what was asked for.
    pub refused: Option<String>,
}
