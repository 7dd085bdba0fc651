//! Mail from its queue to a relay that speaks SMTP, and everything that can go wrong on the way.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod lab;
mod protection;
mod queueing;
mod relay;
mod sending;
