//! The documents that cross the sandbox's wall, as plain values: `wit/` in Rust, without WebAssembly.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// JSON text (RFC 8259) that was parsed once and found well-formed.
pub type Json = String;

/// A write that is about to happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    pub collection: String,
    pub id: String,
    pub before: Option<Json>,
    pub after: Json,
}

/// One reason why a document is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// JSON Pointer (RFC 6901).
    pub path: String,
    pub code: String,
    pub severity: Severity,
    pub message: String,
}

/// What a violation does to the write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    Error,
    Warning,
}

/// A message from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Message {
    pub source: String,
    pub media_type: String,
    pub headers: Vec<Header>,
    #[serde(with = "base64_bytes")]
    pub body: Vec<u8>,
}

/// A header field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    pub name: String,
    pub value: String,
}

/// A request to the outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    pub method: String,
    pub url: String,
    pub headers: Vec<Header>,
    #[serde(with = "base64_bytes")]
    pub body: Vec<u8>,
    pub credential: Option<String>,
}

/// An answer from the outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<Header>,
    #[serde(with = "base64_bytes")]
    pub body: Vec<u8>,
}

/// What a mapping makes of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    pub actions: Vec<MappingAction>,
    pub reply: Option<Json>,
}

/// One thing that a mapping asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MappingAction {
    Upsert(Change),
    Start(Start),
    Signal(Signal),
    Send(Request),
}

/// Create or replace a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub collection: String,
    pub id: Option<String>,
    pub body: Json,
}

/// Start a run of a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    pub workflow: String,
    pub key: Option<String>,
    pub input: Json,
}

/// Tell a run that something happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    pub run: String,
    pub name: String,
    pub data: Json,
}

/// A workflow's own picture of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Definition {
    pub name: String,
    pub label: String,
    pub input_form: Option<String>,
    pub statuses: Vec<Status>,
    pub roles: Vec<Role>,
    pub steps: Vec<Step>,
    pub transitions: Vec<Transition>,
}

/// Where a run can stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    pub name: String,
    pub label: String,
    pub color: String,
}

/// Who can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    pub name: String,
    pub label: String,
}

/// Work for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub id: String,
    pub label: String,
    pub role: String,
    pub form: Option<String>,
    pub choices: Vec<Choice>,
}

/// One way out of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub id: String,
    pub label: String,
}

/// One way between steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    pub from: String,
    pub to: String,
    pub label: String,
}

/// Something that happened to a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    Started(Json),
    TaskDone(TaskDone),
    Timer(String),
    EffectDone(EffectDone),
    EffectFailed(EffectFailed),
    Signal(Signalled),
    Cancelled(String),
}

/// A person finished a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskDone {
    pub task: String,
    pub step: String,
    pub choice: String,
    pub data: Json,
    pub by: String,
}

/// An effect was carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectDone {
    pub id: String,
    pub data: Json,
}

/// An effect was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectFailed {
    pub id: String,
    pub reason: String,
}

/// A signal reached the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signalled {
    pub name: String,
    pub data: Json,
}

/// What a workflow decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub state: Json,
    pub status: String,
    pub actions: Vec<WorkflowAction>,
}

/// One thing that a workflow asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkflowAction {
    OpenTask(OpenTask),
    CloseTasks(String),
    SetTimer(Timer),
    ClearTimer(String),
    Notify(Notify),
    RunMapping(RunMapping),
    StartChild(Child),
    Complete(String),
    Fail(String),
}

/// Ask a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenTask {
    pub step: String,
    pub assignee: Option<String>,
    pub due: Option<Timestamp>,
    pub data: Json,
}

/// Wake the run later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    pub id: String,
    pub at: Timestamp,
}

/// Tell people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notify {
    pub role: String,
    pub template: String,
    pub data: Json,
}

/// Call another system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunMapping {
    pub id: String,
    pub mapping: String,
    pub input: Json,
}

/// Start a run below this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Child {
    pub id: String,
    pub workflow: String,
    pub input: Json,
}

/// Bytes as base64 text (RFC 4648 §4) where a document is JSON.
pub mod base64_bytes {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Writes the bytes as text.
    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    /// Reads the bytes back.
    ///
    /// # Errors
    /// When the text is not canonical base64.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
