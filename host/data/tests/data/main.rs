//! The gate to records, from outside: over real stores, with real commits.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod definitions;
mod effects;
mod lab;
mod model;
mod records;
mod rights;
mod upkeep;
