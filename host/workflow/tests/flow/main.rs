//! Workflows from outside: on real stores, with a driver at work and a clock that is told to move. What a component would
//! decide is a function of the test.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod effects;
mod fencing;
mod lab;
mod live;
mod moving;
mod people;
mod replay;
mod retention;
mod runs;
mod structure;
mod trouble;
mod working;
