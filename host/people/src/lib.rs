//! The people of a tenant: who they are, how they prove it, and what they may do.
//!
//! A person belongs to one tenant alone. Everything here is a function over a transaction on that tenant's store,
//! so that what is decided and what is written are one step; only hashing a password, which takes time, stands outside.

pub mod department;
mod error;
pub mod key;
pub mod keys;
pub mod rights;
pub mod role;
pub mod standing;
mod structure;
pub mod team;

pub use error::PeopleError;
pub use structure::{NAME_BYTES_MAX, StructureError};
