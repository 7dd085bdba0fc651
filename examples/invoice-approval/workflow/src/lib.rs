//! Approval of invoices: who has to say yes depends on the department and the amount, and what was approved is paid.
//!
//! [`v1`] is the process as it began. In [`v2`] whoever approves can ask the requester first. Each is a component of its
//! own below `components/`, and so is [`export`], the mapping that makes a payment of an approved invoice.

mod claim;
mod limits;
mod patience;
mod payment;
pub mod v1;
pub mod v2;

pub use claim::Claim;
pub use payment::{Payment, export};
