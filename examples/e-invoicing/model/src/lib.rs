//! Invoices of the European standard EN 16931: read from UBL 2.1, and judged by the standard's business rules.
//!
//! [`ubl::read`] makes an [`Invoice`] of an `Invoice` or `CreditNote`; as JSON it is the record that is stored.
//! [`check`] says which rules the record breaks. [`cases::read`] reads the standard's own test cases.

#![warn(missing_docs)]

pub mod cases;
pub mod date;
mod error;
pub mod number;
pub mod record;
pub mod rules;
pub mod ubl;
mod xml;

pub use error::{Error, Place};
pub use number::Number;
pub use record::Invoice;
pub use rules::{Severity, Violation, check};
