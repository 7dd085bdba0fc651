//! Runs tenants' components: admits, compiles, links, meters and schedules them.
//!
//! The only crate that knows WebAssembly. It knows no HTTP server and no tenant but the one
//! whose `TenantScope` it is lent.

mod admission;
mod breaker;
mod call;
mod capability;
mod compile;
mod convert;
mod dry;
mod engine;
mod gate;
mod generated;
mod images;
mod link;
mod meter;
mod outcome;
mod output;
mod runtime;
mod schedule;
mod state;
mod transcript;

pub use admission::AdmissionLimits;
pub use compile::{CompileLimits, compile_worker};
pub use engine::{Allocator, PoolLimits, engine_config};
pub use runtime::{Runtime, RuntimeConfig, RuntimeError, RuntimeFigures};
