//! Collections and their records. Every write is judged by the collection's validations, whoever writes.
//!
//! Knows neither WebAssembly nor HTTP.

mod collection;
mod error;
mod files;
mod record;
mod write;

pub use collection::{Collection, Collections};
pub use error::RecordError;
pub use files::{FileWritten, Files, PutFile};
pub use record::{Record, Records, new_record_id};
pub use write::{Change, Staged, Written, stage};
