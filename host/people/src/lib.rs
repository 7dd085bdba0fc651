//! The people of a tenant: who they are, how they prove it, and what they may do.
//!
//! A person belongs to one tenant alone. Everything here is a function over a transaction on that tenant's store,
//! so that what is decided and what is written are one step; only hashing a password, which takes time, stands outside.

mod access;
pub mod archive;
pub mod change;
pub mod circle;
pub mod department;
pub mod directory;
pub mod doorman;
mod error;
pub mod glass;
pub mod invitation;
pub mod key;
pub mod keys;
mod link;
pub mod name;
pub mod organisation;
mod outgoing;
mod password;
pub mod person;
pub mod policy;
pub mod rights;
pub mod role;
mod secret;
pub mod session;
mod setting;
mod sign_in;
pub mod standing;
mod strength;
mod structure;
pub mod team;
mod throttle;
mod totp;

pub use doorman::{Credentials, Doorman, SignInError, SignedIn};
pub use error::PeopleError;
pub use link::LinkKind;
pub use name::{Language, MailAddress};
pub use outgoing::{OutgoingMail, Place, Template};
pub use password::{HashCost, PASSWORD_BYTES_MAX, Password};
pub use secret::Secret;
pub use sign_in::Refusal;
pub use strength::Flaw;
pub use structure::{NAME_BYTES_MAX, StructureError};
pub use totp::{RECOVERY_CODES, SetUp};
