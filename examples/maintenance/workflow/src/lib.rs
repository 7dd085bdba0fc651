//! Maintenance of assets by contractors: what is broken is repaired ([`corrective`]), and what is due by the calendar is
//! serviced ([`preventive`]).
//!
//! Both keep a record of each run in the collection `work-orders`, in the commit of each step, so that lists of orders
//! never say anything else than the runs do.

mod contractor;
mod work_order;

pub mod corrective;
pub mod preventive;
