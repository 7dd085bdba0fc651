//! Who did what, to what, from where: entries in a hash chain, written in the transaction of the change itself.
//!
//! There is no change without its entry, because both commit together, and no entry can be changed or taken away
//! unnoticed, because each carries the hash of all before it ([`signalsync_store::chain`]). A tenant's audit lies in its
//! own store, the platform's in the platform's.

mod action;
mod denials;
mod desk;
mod entry;
mod filter;

pub use action::Action;
pub use denials::Denials;
pub use desk::{Audits, Whole, each, verify};
pub use entry::{Actor, Entry, Event, Kept, Outcome, VALUE_BYTES_MAX, record};
pub use filter::{Filter, Numbered, list};
