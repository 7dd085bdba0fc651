//! Work that waits, from outside: on real stores, with a clock that is told to move.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod driving;
mod fencing;
mod jobs;
mod lab;
mod scheduling;
mod trouble;
