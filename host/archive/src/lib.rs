//! A whole tenant as one file, and a tenant out of such a file: nobody is locked in.
//!
//! An archive is a bag (BagIt, RFC 8493) in a zip file: JSON Lines for what a tenant owns, its files and components as they
//! are, its audit beside them, and sums for everything. The same tenant has the same digest wherever it is packed: an archive
//! that was brought in somewhere else, and is taken out there, says so.
//!
//! The crates that own rows say what of them goes along and read it again (`signalsync_store::lines`); this crate knows the
//! order, the file, and the two jobs. A template is an archive without people and records; a copy of a tenant is an
//! archive that never leaves the host. What does not go along: passwords and other proofs, sessions, API keys, mails, jobs,
//! and receipts of calls.
//!
//! Knows neither WebAssembly nor HTTP.

mod archives;
mod bag;
mod error;
mod file;
mod job;
mod pack;
mod part;
mod plan;

pub use archives::{Archives, Donors, MEDIA_TYPE, copy, furnish};
pub use error::ArchiveError;
pub use part::Extent;
