//! What is broken is repaired: reported, dispatched, worked on, verified, paid for.

mod cost;
mod order;
mod urgency;
pub mod v1;
pub mod v2;

pub use order::{Order, Report};
pub use urgency::Urgency;
