//! Who approves what a repair costs: up to three levels, by the amount in euros.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use signalsync_sdk::workflow::{Approval, Definition, Levels, Step, Who};

/// From which amount on, in euros, which role approves, and in which step.
const LEVELS: [(u64, &str, &str); 3] = [
    (500, "manager", "approve-cost"),
    (5_000, "finance", "approve-cost-finance"),
    (20_000, "director", "approve-cost-director"),
];

/// With the steps of the approval. Nobody approves what they worked on, nor twice.
pub(crate) fn steps(definition: Definition) -> Definition {
    let mut before = vec!["work"];
    LEVELS.into_iter().fold(definition, |definition, (_, role, id)| {
        let step = Step::new(id, "Approve the cost", role).form("cost-approvals");
        let step = before.iter().fold(step, |step, other| step.not_by(other));
        before.push(id);
        definition.step(step.positive("approve", "Approve").negative("reject", "Reject"))
    })
}

/// The approval that this cost needs.
pub(crate) fn approval(cost: Decimal) -> Approval {
    let [(_, _, first), behind @ ..] = LEVELS;
    let level =
        |levels: Levels, (above, role, _): (u64, &str, _)| levels.above(above * 100, Who::Role(role.to_owned()));
    let levels = LEVELS.into_iter().fold(Levels::new(), level);
    // What is too much to be counted is above every level.
    let cents = cost.checked_mul(Decimal::ONE_HUNDRED).and_then(|cents| cents.round().to_u64()).unwrap_or(u64::MAX);
    Approval::new(first, "approve", levels.of(cents)).then(&behind.map(|(_, _, step)| step))
}
