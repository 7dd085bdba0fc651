//! One call of a component: what runs, on which input, with which answer.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::contract::workflow::{Decision, Definition, Event};
use crate::contract::{Json, Message, Outcome, Subject, Violation};
use crate::grants::Grants;
use crate::id::Digest;
use crate::name::DeploymentName;

/// The question that a component answers; read from what it exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ComponentKind")]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Is this document acceptable?
    Validation,
    /// What does this message mean?
    Mapping,
    /// What happens next?
    Workflow,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Validation => "validation",
            Self::Mapping => "mapping",
            Self::Workflow => "workflow",
        })
    }
}

/// A component as one version of a deployment runs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Deployed {
    /// Under which name.
    pub deployment: DeploymentName,
    /// Counted from 1 within the deployment.
    pub version: u32,
    /// Which bytes.
    pub component: Digest,
    /// What it answers.
    pub kind: Kind,
    /// What it may reach.
    pub grants: Grants,
    /// A JSON document for `context.settings`.
    pub settings: Json,
}

/// A call that is to be made.
#[derive(Debug, Clone)]
pub struct Call {
    /// What runs.
    pub deployed: Arc<Deployed>,
    /// What it is asked; its variant fits `deployed.kind`, or the call ends as a host fault.
    pub input: Input,
    /// The time that the component sees.
    pub now: Timestamp,
    /// Where the component's random stream starts.
    pub seed: u64,
}

/// What a component is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Call")]
#[serde(rename_all = "kebab-case")]
pub enum Input {
    /// `validate` of a validation.
    Validate(Subject),
    /// `transform` of a mapping.
    Transform(Message),
    /// `describe` of a workflow.
    Describe,
    /// `advance` of a workflow.
    Advance {
        /// What the last decision returned.
        state: Option<Json>,
        /// What happened.
        event: Event,
    },
}

impl Input {
    /// The kind of component that answers this.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Validate(_) => Kind::Validation,
            Self::Transform(_) => Kind::Mapping,
            Self::Describe | Self::Advance { .. } => Kind::Workflow,
        }
    }

    /// Bytes of text and data that go into the sandbox.
    pub fn bytes(&self) -> u64 {
        let bytes = match self {
            Self::Validate(s) => {
                s.collection.len() + s.id.len() + s.before.as_ref().map_or(0, String::len) + s.after.len()
            }
            Self::Transform(m) => {
                let headers: usize = m.headers.iter().map(|h| h.name.len() + h.value.len()).sum();
                m.source.len() + m.media_type.len() + headers + m.body.len()
            }
            Self::Describe => 0,
            Self::Advance { state, event } => state.as_ref().map_or(0, String::len) + event.bytes(),
        };
        bytes as u64
    }
}

/// What a component answered; its variant fits the input's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CallOutput")]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// Of `validate`.
    Violations(Vec<Violation>),
    /// Of `transform`.
    Outcome(Outcome),
    /// Of `describe`.
    Definition(Box<Definition>),
    /// Of `advance`.
    Decision(Decision),
}
