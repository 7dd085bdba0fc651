//! The documents that cross the sandbox's wall, as plain values: `wit/` in Rust, without WebAssembly.

pub mod workflow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// JSON text (RFC 8259) that was parsed once and found well-formed.
pub type Json = String;

/// A write that is about to happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Subject {
    pub collection: String,
    pub id: String,
    pub before: Option<Json>,
    pub after: Json,
}

/// One reason why a document is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Violation {
    /// JSON Pointer (RFC 6901).
    pub path: String,
    pub code: String,
    pub severity: Severity,
    pub message: String,
}

/// What a violation does to the write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    Error,
    Warning,
}

/// A message from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "InboundMessage")]
#[serde(rename_all = "kebab-case")]
pub struct Message {
    pub source: String,
    pub media_type: String,
    pub headers: Vec<Header>,
    #[serde(with = "base64_bytes")]
    #[schemars(with = "String")]
    pub body: Vec<u8>,
}

/// A header field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Header {
    pub name: String,
    pub value: String,
}

/// A request to the outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "EffectRequest")]
pub struct Request {
    pub method: String,
    pub url: String,
    pub headers: Vec<Header>,
    #[serde(with = "base64_bytes")]
    #[schemars(with = "String")]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CallOutcome")]
pub struct Outcome {
    pub actions: Vec<MappingAction>,
    pub reply: Option<Json>,
}

/// One thing that a mapping asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MappingAction {
    Upsert(Change),
    Start(Start),
    Signal(Signal),
    Send(Request),
}

/// Create or replace a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MappedChange")]
pub struct Change {
    pub collection: String,
    pub id: Option<String>,
    pub body: Json,
}

/// Start a run of a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MappedStart")]
pub struct Start {
    pub workflow: String,
    pub key: Option<String>,
    pub input: Json,
}

/// Tell a run that something happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Signal {
    pub run: String,
    pub name: String,
    pub data: Json,
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
