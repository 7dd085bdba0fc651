//! Write SignalSync components in Rust.
//!
//! A component answers one question; the function that answers it is all you write:
//!
//! | macro | question | function |
//! | --- | --- | --- |
//! | [`validation!`] | is this document acceptable? | `fn(Invoice) -> Vec<Violation>` |
//! | [`mapping!`] | what does this message mean? | `fn(Message) -> Result<Outcome, String>` |
//! | [`workflow!`] | what happens next? | [`Workflow`](workflow::Workflow) |
//!
//! What a component may ask of its host is in the modules [`storage`], [`files`], [`http`], [`log`]
//! and [`context`]. Only what you call becomes an import of your component, and its imports are its
//! request for permission. In native unit tests the same functions talk to the mock host in `testing`.
//!
//! ```
//! use serde::Deserialize;
//! use signalsync_sdk::{Violation, validation};
//!
//! #[derive(Deserialize)]
//! struct Invoice {
//!     net: i64,
//!     vat: i64,
//!     total: i64,
//! }
//!
//! validation!(check);
//!
//! fn check(invoice: Invoice) -> Vec<Violation> {
//!     if invoice.net + invoice.vat == invoice.total {
//!         vec![]
//!     } else {
//!         vec![Violation::error("/total", "TOTAL", "The total is not net plus VAT.")]
//!     }
//! }
//! # fn main() {}
//! ```
//!
//! # Building
//!
//! Make the crate a `cdylib`. `cargo build --release --target wasm32-wasip2` writes a component that can be
//! uploaded as it is. Built for `wasm32-unknown-unknown` it is a module that `wasm-tools component new` turns
//! into a component (in this workspace `cargo xtask guests` does): it imports nothing of WASI, is smaller and
//! starts faster.
//!
//! Every component imports [`log`], whether it writes to it or not: that is where the message of a panic goes.

#![warn(missing_docs)]

mod bindings;
pub mod context;
mod document;
mod error;
pub mod files;
mod host;
pub mod http;
pub mod log;
pub mod mapping;
pub mod storage;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
pub mod validation;
mod violation;
pub mod workflow;

pub use error::{Denied, Error};
pub use mapping::{Message, Outcome};
pub use validation::Subject;
pub use violation::{Severity, Violation};

/// JSON text (RFC 8259).
pub type Json = String;

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type Timestamp = u64;

/// What the macros expand to. Not for direct use.
#[doc(hidden)]
pub mod __private {
    pub use crate::bindings::{mapping, validation, workflow};
    pub use crate::mapping::run as transform;
    pub use crate::validation::run as validate;
    pub use crate::workflow::{advance, describe};
}
