//! Working time from outside: by hand-computed cases, and against a slow model that walks minute by minute.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod document;
mod ics;
mod lab;
mod model;
mod recurrence;
mod schedule;
mod service;
mod zones;
