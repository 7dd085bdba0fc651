//! What the operator decides.

use std::net::SocketAddr;
use std::time::Duration;

use serde::Deserialize;

/// The operator's rules for requests outside. Every field has a default; an unknown one is an error.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EgressConfig {
    /// Addresses (with port) that may be reached although they are not public, or on a port that is not in
    /// `ports`. Exact: `10.0.0.7:8080` allows nothing else. Default: none.
    pub allow_private: Vec<SocketAddr>,
    /// Ports of public addresses that may be reached. Default: 443 and 80.
    pub ports: Vec<u16>,
    /// The domain that this installation itself is served at: neither it nor a name below it can be
    /// reached, so that components do not call each other in circles. Default: none.
    pub own_domain: Option<String>,
    /// To resolve the name, connect and agree on TLS, together. Default: 10 s.
    pub connect_ms: u64,
    /// Between two parts of an answer's body. Default: 10 s.
    pub idle_ms: u64,
    /// From the first check to the last byte, waiting for a place included. Default: 30 s.
    pub total_ms: u64,
    /// Body of an answer. Default: 1 MiB.
    pub response_bytes_max: usize,
    /// Requests of the whole process at the same time; more wait. Default: 256.
    pub concurrent_max: usize,
}

impl Default for EgressConfig {
    fn default() -> Self {
        Self {
            allow_private: Vec::new(),
            ports: vec![443, 80],
            own_domain: None,
            connect_ms: 10_000,
            idle_ms: 10_000,
            total_ms: 30_000,
            response_bytes_max: 1 << 20,
            concurrent_max: 256,
        }
    }
}

impl EgressConfig {
    pub(crate) fn connect(&self) -> Duration {
        Duration::from_millis(self.connect_ms)
    }

    pub(crate) fn idle(&self) -> Duration {
        Duration::from_millis(self.idle_ms)
    }

    pub(crate) fn total(&self) -> Duration {
        Duration::from_millis(self.total_ms)
    }
}
