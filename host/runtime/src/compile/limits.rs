//! What one compilation may use.

use serde::{Deserialize, Serialize};

/// Limits of the process that compiles one component. All of them hold at the same time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CompileLimits {
    /// Processor time that every component may take, however small.
    pub cpu_seconds: u64,
    /// Processor time for each MiB of the component on top of that, so that whoever wants to burn much has to upload
    /// much. Measured with fuel and epochs, on a machine that was busy with other things: JavaScript (11.5 MiB) 21 s,
    /// Python (17.6 MiB) 18 s, a small Rust component 0.1 s. A component that needs more is refused for good.
    pub cpu_seconds_per_mib: u64,
    /// Address space, which bounds memory. JavaScript needs 375 MB of memory. A component that needs more is refused
    /// for good.
    pub memory_bytes: u64,
    /// From the start of the process to its last byte. Not a verdict about the component: the compiler runs with
    /// lower priority than guests, so that on a busy machine this ends first. Trying again can help.
    pub wall_ms: u64,
    /// The compiled image, which is several times as large as the component.
    pub image_bytes_max: u64,
    /// Added to the nice value of the host.
    pub nice: i32,
}

impl Default for CompileLimits {
    fn default() -> Self {
        Self {
            cpu_seconds: 5,
            cpu_seconds_per_mib: 3,
            memory_bytes: 2 << 30,
            wall_ms: 240_000,
            image_bytes_max: 512 << 20,
            nice: 5,
        }
    }
}

impl CompileLimits {
    /// Processor time for a component of this length.
    pub(crate) fn cpu_seconds_for(&self, component_bytes: u64) -> u64 {
        let scaled = (u128::from(component_bytes) * u128::from(self.cpu_seconds_per_mib)) >> 20;
        self.cpu_seconds.saturating_add(u64::try_from(scaled).unwrap_or(u64::MAX))
    }
}
