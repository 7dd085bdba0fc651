//! What one call and one tenant may use. Every field is enforced; `docs/limits.md` lists the tests.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::call::Kind;

const MIB: u64 = 1 << 20;

/// Limits of one call of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallLimits {
    /// Units of wasmtime fuel, about one for each instruction; host calls are charged in it too.
    /// Deterministic: the same call always ends at the same unit.
    pub fuel: u64,
    /// Sum over all linear memories and tables of the call's instance.
    pub memory_bytes: u64,
    /// From the first instruction to the answer, waiting for the host included.
    pub wall_ms: u64,
}

/// What a class of tenants may use. Stored in configuration under `[tiers.<name>]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tier {
    /// For each call of a validation.
    pub validation: CallLimits,
    /// For each call of a mapping.
    pub mapping: CallLimits,
    /// For each call of a workflow.
    pub workflow: CallLimits,
    /// Share of the guest processors against other busy tenants; 100 is usual.
    pub weight: u32,
    /// Calls of the tenant that exist at the same time; more wait.
    pub live_calls_max: u32,
    /// Calls that wait for a place; more are refused (429).
    pub waiting_calls_max: u32,
    /// Sum of the memories of all live calls of the tenant.
    pub live_memory_bytes_max: u64,
    /// Largest component that can be uploaded.
    pub component_bytes_max: u64,
    /// Components that the tenant may keep.
    pub components_max: u32,
    /// Deployments that the tenant may keep.
    pub deployments_max: u32,
    /// Compilations that may wait; one runs.
    pub waiting_compiles_max: u32,
    /// Largest body of a record.
    pub record_bytes_max: u64,
    /// Largest file.
    pub file_bytes_max: u64,
    /// Media types of files that are not kept, by what their content says: `image/png`, or `video/*` for a family.
    pub file_types_refused: Vec<String>,
    /// Sum of records, files and execution records on disk.
    pub disk_bytes_max: u64,
    /// Execution records that are kept; the oldest go first.
    pub executions_kept: u32,
    /// Days that a run of a workflow is kept once it has ended; then it goes with its history, tasks and comments.
    pub runs_kept_days: u32,
    /// People that the tenant may have, with those who were deactivated or are only invited.
    pub people_max: u32,
    /// Requests of the tenant in a minute, evenly; those of ten seconds can come at once. More are refused (429).
    pub requests_per_minute: NonZeroU32,
    /// Whether anything leaves the tenant: mails, and requests of components. Else mails are only logged, requests are
    /// refused, and what would happen by itself is held: timers, schedules, and what runs do outside.
    pub reaches_outside: bool,
}

impl Tier {
    /// The limits of a call of this kind.
    pub fn call(&self, kind: Kind) -> CallLimits {
        match kind {
            Kind::Validation => self.validation,
            Kind::Mapping => self.mapping,
            Kind::Workflow => self.workflow,
        }
    }
}

/// A thousand in a second.
const REQUESTS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(60_000).expect("it is not zero");

/// Programs for the machines of whoever downloads them.
const EXECUTABLES: [&str; 3] =
    ["application/vnd.microsoft.portable-executable", "application/x-executable", "application/x-mach-binary"];

impl Default for Tier {
    fn default() -> Self {
        let long = CallLimits { fuel: 500_000_000, memory_bytes: 64 * MIB, wall_ms: 5_000 };
        Self {
            validation: CallLimits { fuel: 50_000_000, memory_bytes: 32 * MIB, wall_ms: 250 },
            mapping: long,
            workflow: long,
            weight: 100,
            live_calls_max: 16,
            waiting_calls_max: 256,
            live_memory_bytes_max: 256 * MIB,
            component_bytes_max: 32 * MIB,
            components_max: 200,
            deployments_max: 200,
            waiting_compiles_max: 3,
            record_bytes_max: MIB,
            file_bytes_max: 256 * MIB,
            file_types_refused: EXECUTABLES.map(str::to_owned).to_vec(),
            disk_bytes_max: 4 << 30,
            executions_kept: 10_000,
            runs_kept_days: 400,
            people_max: 10_000,
            requests_per_minute: REQUESTS_PER_MINUTE,
            reaches_outside: true,
        }
    }
}
