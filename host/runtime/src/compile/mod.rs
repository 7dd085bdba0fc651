//! From a component's bytes to machine code that can run: one process for each compilation, a fair queue before them,
//! and a store of what came out.

mod admissions;
mod compiler;
mod leases;
mod limits;
mod protocol;
mod queue;
mod refusals;
mod sandbox;
mod worker;

pub(crate) use admissions::{Admissions, DryRun, LoadError};
pub use limits::CompileLimits;
pub use worker::compile_worker;
