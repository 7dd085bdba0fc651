//! Egress against raw sockets: what goes over the wire, and what must not.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answer;
mod origin;
mod request;
mod tls;
