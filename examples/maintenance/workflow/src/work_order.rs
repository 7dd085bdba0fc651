//! The record of a run, for lists of all orders.

use rust_decimal::Decimal;
use serde::Serialize;
use signalsync_sdk::storage::Collection;

/// A record of the collection `work-orders`; its id is the run's.
#[derive(Serialize)]
pub(crate) struct WorkOrder<'a> {
    pub(crate) kind: &'static str,
    pub(crate) title: &'a str,
    pub(crate) asset: &'a str,
    pub(crate) status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) urgency: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) contractor: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cost: Option<Decimal>,
    pub(crate) overdue: bool,
}

impl WorkOrder<'_> {
    /// Writes it, in the commit of the step.
    pub(crate) fn save(&self, run: &str) -> Result<(), String> {
        Ok(Collection::open("work-orders")?.put(run, self)?)
    }
}
