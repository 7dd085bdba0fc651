//! How an uploaded component becomes one that can run.

use std::io;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::call::Kind;
use crate::contract::Violation;
use crate::contract::workflow::Definition;
use crate::id::Digest;
use crate::scope::TenantScope;

/// Examines, compiles and keeps components.
pub trait Admit: Send + Sync + 'static {
    /// Examines a component without compiling it: milliseconds, bounded memory.
    ///
    /// # Errors
    /// The reason why it can never run here.
    fn inspect(&self, wasm: &[u8]) -> Result<Admitted, Refusal>;

    /// Compiles an inspected component in its own process and instantiates it once, dry.
    /// Waits for its turn in a queue that is fair between tenants. The same bytes are compiled once.
    fn admit<'a>(&'a self, scope: &'a TenantScope, wasm: Bytes) -> BoxFuture<'a, Admission>;

    /// The bytes of a component that was admitted; none when nobody keeps it. Blocking.
    ///
    /// # Errors
    /// They cannot be read.
    fn bytes(&self, digest: Digest) -> io::Result<Option<Bytes>>;
}

/// How an admission ended.
#[derive(Debug, Clone)]
pub enum Admission {
    /// It can run.
    Ready(Admitted),
    /// It can never run here.
    Refused(Refusal),
    /// Too many of the tenant's components wait; try again after so long.
    Busy {
        /// A guess, at least one second.
        retry_after_ms: u64,
    },
    /// The host failed; the operator has been told. Trying again can help.
    HostFault,
}

/// What inspection reads out of a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admitted {
    /// Which bytes.
    pub digest: Digest,
    /// How many bytes.
    pub size: u64,
    /// What it answers.
    pub kind: Kind,
    /// The version of the contract that it was built against, e.g. `0.1.0`: for a workflow of `signalsync:workflow`, for
    /// others of `signalsync:plugin`.
    pub contract: String,
    /// What it asks for, in the order of the component.
    pub imports: Vec<Import>,
    /// What a workflow says of itself, without flaws; none before it was admitted, and for other kinds.
    pub definition: Option<Box<Definition>>,
}

impl Admitted {
    /// Whether the component imports this interface of the contract, e.g. `storage`.
    pub fn imports(&self, interface: &str) -> bool {
        self.imports.iter().any(|import| import.capability.as_deref() == Some(interface))
    }
}

/// One import of a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ComponentImport")]
pub struct Import {
    /// As the component writes it, e.g. `signalsync:plugin/storage@0.1.0`.
    pub name: String,
    /// The capability that has to be granted for it: `storage`, `files` or `http`; none for
    /// what every component gets.
    pub capability: Option<String>,
}

/// Why a component is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{detail}")]
pub struct Refusal {
    /// Stable: `not-a-component`, `core-module`, `text-format`, `precompiled`, `malformed`,
    /// `too-complex`, `unknown-import`, `contract-version`, `unknown-kind`, `unsupported-feature`,
    /// `compile-budget`, `compile-failed`, `wrong-type`, `traps-at-start`, `over-limit`, `describe-failed`,
    /// `bad-definition`.
    pub code: String,
    /// What is wrong and what to do, for the component's developer.
    pub detail: String,
    /// All that is wrong with a workflow's definition, each with its place in it; empty for other reasons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<Violation>,
}

impl Refusal {
    /// A refusal with its stable code and a sentence for the developer.
    pub fn new(code: &str, detail: impl Into<String>) -> Self {
        Self { code: code.to_owned(), detail: detail.into(), violations: Vec::new() }
    }

    /// The definition of a workflow is not acceptable, for these reasons.
    pub fn of_definition(violations: Vec<Violation>) -> Self {
        let first = violations.first().map_or_else(String::new, |v| format!(" at `{}`: {}", v.path, v.message));
        let more = match violations.len() {
            0 | 1 => String::new(),
            count => format!(" ({} more)", count - 1),
        };
        Self { violations, ..Self::new("bad-definition", format!("the definition is not acceptable{first}{more}")) }
    }
}
