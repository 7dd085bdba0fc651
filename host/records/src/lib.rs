//! Collections, their records and files. Every record that is written passes the gate of `data`, and then the
//! validations of its collection, whoever writes: people, messages, and components by way of their storage.
//!
//! Knows neither WebAssembly nor HTTP.

mod collection;
mod error;
mod export;
mod files;
mod judge;
mod record;
mod upkeep;

pub use collection::Collections;
pub use error::RecordError;
pub use export::{Export, Exports, Format};
pub use files::{FileWritten, Files, PutFile};
pub use judge::{DEPTH_MAX, Judge, Judging, Staged, TOUCHED_MAX};
pub use record::{Act, Records, Written, new_record_id};
pub use upkeep::Upkeep;
