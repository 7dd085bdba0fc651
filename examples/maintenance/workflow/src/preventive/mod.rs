//! What is due by the calendar is serviced: a schedule starts a run, somebody is assigned, serves and is verified.

mod service;
pub mod v1;
pub mod v2;

pub use service::Service;
