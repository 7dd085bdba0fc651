//! Limits of a department: a record of the collection `approval-limits`.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde::Deserialize;
use signalsync_sdk::storage::Collection;
use signalsync_sdk::workflow::{Levels, Who};

/// Who approves what, by amounts in euros.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Limits {
    /// Who approves first: a user's id.
    approver: String,
    /// Up to this amount nobody is asked.
    free_up_to: Decimal,
    /// Above this amount a director approves too.
    second_above: Decimal,
}

/// Approves large amounts, and whatever waits too long.
pub(crate) fn director() -> Who {
    Who::Role("director".to_owned())
}

impl Limits {
    /// Those of a department.
    pub(crate) fn of(department: &str) -> Result<Self, String> {
        let found = Collection::open("approval-limits")?.get_as(department)?;
        found.ok_or_else(|| format!("there are no limits for {department}; add them to the collection approval-limits"))
    }

    /// Who has to approve, in order. A request of the approver's own goes to a director: nobody approves their own.
    pub(crate) fn approvers(&self, euro_cents: u64, requester: Option<&str>) -> Vec<Who> {
        let first = match requester {
            Some(requester) if requester == self.approver => director(),
            _ => Who::User(self.approver.clone()),
        };
        let levels = Levels::new().above(cents(self.free_up_to), first);
        levels.above(cents(self.second_above.max(self.free_up_to)), director()).of(euro_cents)
    }
}

/// An amount that is no amount is a limit that everything is above.
fn cents(euros: Decimal) -> u64 {
    euros.checked_mul(Decimal::ONE_HUNDRED).and_then(|cents| cents.round().to_u64()).unwrap_or(0)
}
