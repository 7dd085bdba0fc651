//! The platform as its users meet it: the real program, real components, real HTTP, in a folder of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod client;
mod example;
mod people;
mod platform;

pub use client::{Answer, Client};
pub use example::{Stage, complete};
pub use people::Person;
pub use platform::{Platform, Tenant, component, wait_for};

/// Paths of the guests, and the macro that wants a test for each of them.
pub mod guests {
    include!(concat!(env!("OUT_DIR"), "/guests.rs"));
}
