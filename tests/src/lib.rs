//! The platform as its users meet it: the real program, real components, real HTTP, in a folder of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod client;
pub mod clock;
pub mod everything;
mod example;
mod outside;
mod people;
mod platform;

pub use client::{Answer, Client};
pub use example::{Stage, complete};
pub use outside::{Outside, Told};
pub use people::Person;
pub use platform::{Platform, Tenant, component, wait_at_most, wait_for};

/// Paths of the guests, and the macro that wants a test for each of them.
pub mod guests {
    include!(concat!(env!("OUT_DIR"), "/guests.rs"));
}
