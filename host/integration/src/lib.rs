//! Messages from outside become changes inside: one message, one transaction.
//!
//! Knows neither WebAssembly nor HTTP.

mod deliver;
mod error;

pub use deliver::{ChangeMade, Delivered, Messages};
pub use error::MessageError;
