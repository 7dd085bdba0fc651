//! What `wit-bindgen` makes of the contract: the only place where the raw interface is visible.
//!
//! The code is kept, so that a component compiles without the generator; the test `bindings` compares
//! it with the contract, and writes it anew when `UPDATE_BINDINGS` is set. The capabilities are
//! generated once and shared by the three worlds.
//!
//! One thing differs from what the generator writes: the sections that describe a world's imports are
//! taken out. They would name the imports of all three worlds in every component. The section that
//! makes a module a component of one kind is in that world's `export!`.

#![allow(missing_docs, unreachable_pub, dead_code, reason = "generated code")]
#![allow(clippy::all, clippy::allow_attributes_without_reason, clippy::unwrap_used, reason = "generated code")]
#![allow(unsafe_code, reason = "the sandbox's calling convention: pointers into linear memory")]

#[rustfmt::skip]
pub mod capabilities;
#[rustfmt::skip]
pub mod mapping;
#[rustfmt::skip]
pub mod validation;
#[rustfmt::skip]
pub mod workflow;

pub(crate) use capabilities::signalsync::plugin::{context, files, http, log, storage, types};
