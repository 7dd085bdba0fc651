//! Collections, their records and files. Every record that is written passes the gate of `data`, and then the
//! validations of its collection, whoever writes: people, messages, and components by way of their storage.
//!
//! Knows neither WebAssembly nor HTTP.

mod collection;
mod error;
mod export;
mod files;
mod hand_over;
mod import;
mod judge;
mod record;
mod sheet;
mod sniff;
mod upkeep;
mod upload;

pub use collection::Collections;
pub use error::RecordError;
pub use export::{Export, Exports};
pub use files::{FileWritten, Files, Place, PutFile};
pub use hand_over::{Estate, HandOvers, Handed, OwnedRecords, Succession};
pub use import::{Coming, IMPORT_BYTES_MAX, ImportJob, Imports, Order, Sheet};
pub use judge::{DEPTH_MAX, Judge, Judging, Staged, TOUCHED_MAX};
pub use record::{Act, Records, Written, new_record_id};
pub use sheet::{Format, ROWS_MAX, SheetError};
pub use upkeep::Upkeep;
pub use upload::{PARTS_MAX, Part, UPLOAD_MS, UPLOADS_MAX, Upload, Uploads};
