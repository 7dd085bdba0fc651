//! The receipt of a call: how it ended, what it used, what it said, and what a replay needs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::call::{Deployed, Input, Kind};
use crate::clock::Timestamp;
use crate::contract::{Json, base64_bytes};
use crate::id::{Digest, ExecutionId};
use crate::name::DeploymentName;
use crate::scope::Principal;

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CallEnd")]
#[serde(rename_all = "kebab-case", tag = "end", content = "failure")]
pub enum End {
    /// The component answered.
    Done,
    /// It did not, and nothing that it wrote remains.
    Failed(Failure),
}

/// Why a call did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CallFailure")]
#[serde(rename_all = "kebab-case", tag = "reason")]
pub enum Failure {
    /// The component returned its own error.
    #[error("the component answered with an error: {message}")]
    GuestError { message: String },
    /// The component broke a rule of WebAssembly or of the contract.
    #[error("the component trapped: {message}")]
    Trap {
        message: String,
        /// Innermost first, at most 16; names where the component ships them.
        frames: Vec<String>,
    },
    /// The answer came but breaks a limit or rule of the contract.
    #[error("the component's answer is not acceptable: {message}")]
    InvalidOutput { message: String },
    /// The fuel of the call was used up.
    #[error("the call used up its fuel of {limit} units")]
    OutOfFuel { limit: u64 },
    /// The call asked for more memory than it may have, and did not survive the refusal.
    #[error("the call needs more than its memory of {limit_bytes} bytes")]
    OutOfMemory { limit_bytes: u64 },
    /// The call took too long.
    #[error("the call took longer than {limit_ms} ms")]
    OutOfTime { limit_ms: u64 },
    /// The host would not start the call.
    #[error("the call was not started: {message}")]
    Denied {
        /// Stable: `too-many-calls`, `quarantined`, `component-not-ready`.
        code: String,
        message: String,
        /// When trying again can help.
        retry_after_ms: Option<u64>,
    },
    /// The host failed, not the component. The text is for the operator's log, not in here.
    #[error("the host failed while it ran the component; the operator has been told")]
    HostFault,
}

impl Failure {
    /// Stable word for the failure.
    pub fn code(&self) -> &str {
        match self {
            Self::GuestError { .. } => "guest-error",
            Self::Trap { .. } => "trap",
            Self::InvalidOutput { .. } => "invalid-output",
            Self::OutOfFuel { .. } => "out-of-fuel",
            Self::OutOfMemory { .. } => "out-of-memory",
            Self::OutOfTime { .. } => "out-of-time",
            Self::Denied { code, .. } => code,
            Self::HostFault => "host-fault",
        }
    }
}

/// What a call used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CallUsage")]
#[serde(rename_all = "kebab-case")]
pub struct Usage {
    /// Charged fuel: instructions and host calls.
    pub fuel: u64,
    /// Highest sum of linear memories and tables.
    pub memory_peak_bytes: u64,
    /// Time on a processor.
    pub cpu_us: u64,
    /// From start to end, waiting included.
    pub wall_us: u64,
    /// Into the sandbox: input and what host calls returned.
    pub bytes_in: u64,
    /// Out of it: answer and what host calls were given.
    pub bytes_out: u64,
    /// Calls of the component to the host.
    pub host_calls: u64,
}

/// One line that a component wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogLine {
    pub level: LogLevel,
    /// Control characters escaped, at most 4 KiB.
    pub message: String,
}

/// How important a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LogLevel {
    Debug,
    Info,
    Warn,
    Error,
}

/// The record of one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Execution {
    pub id: ExecutionId,
    pub deployment: DeploymentName,
    pub version: u32,
    pub component: Digest,
    pub kind: Kind,
    pub started_at: Timestamp,
    #[serde(flatten)]
    pub end: End,
    pub usage: Usage,
    pub log: Vec<LogLine>,
    /// Lines were dropped because the call wrote more than it may.
    pub log_truncated: bool,
    pub replay: Replay,
}

/// All that the component could see, so that the call can be run again elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Replay {
    /// None when it was larger than the record may be.
    pub input: Option<Input>,
    pub deployed: Deployed,
    pub caller: Principal,
    pub now: Timestamp,
    /// Decimal text, because JSON numbers of this size lose digits in other languages.
    #[serde(with = "decimal_text")]
    #[schemars(with = "String")]
    pub seed: u64,
    /// What host calls answered, in their order.
    pub observed: Vec<Observed>,
    /// More was observed than the record may hold: the call cannot be replayed from it.
    pub truncated: bool,
}

/// One answer of the host to the component that a replay must give again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "call")]
pub enum Observed {
    /// A capability answered with a document or said no.
    Answer { function: String, answer: Json },
    /// A capability answered with bytes.
    Bytes {
        function: String,
        #[serde(with = "base64_bytes")]
        #[schemars(with = "String")]
        answer: Vec<u8>,
    },
}

mod decimal_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
