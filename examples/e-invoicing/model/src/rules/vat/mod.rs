//! Value added tax: what every breakdown keeps, and what each category asks for.

mod breakdown;
mod category;
mod items;
mod special;
mod tally;

use super::report::Report;
use super::rule::{Path, Rule, apply_each, codes_of, rule};
use crate::record::{Breakdown, Invoice, VatCategory};
use category::CATEGORIES;
use tally::Tally;

const BREAKDOWN: &[Rule<Breakdown>] = &[
    rule(
        "BR-45",
        "/taxable-amount",
        |breakdown| breakdown.taxable_amount.is_some(),
        "State the taxable amount of the VAT category (BT-116).",
    ),
    rule(
        "BR-46",
        "/tax-amount",
        |breakdown| breakdown.tax_amount.is_some(),
        "State the tax amount of the VAT category (BT-117).",
    ),
    rule(
        "BR-47",
        "/vat/code",
        |breakdown| category_of(breakdown).is_some_and(|vat| vat.code.is_some()),
        "State the code of the VAT category (BT-118).",
    ),
    rule("BR-48", "/vat/rate", has_rate, "State the rate of the VAT category (BT-119)."),
    rule(
        "BR-CO-17",
        "/tax-amount",
        breakdown::is_tax_of_rate,
        "Let the tax amount (BT-117) be the taxable amount (BT-116) times the rate (BT-119).",
    ),
];

/// The category that needs no rate: not subject to VAT.
const OUT_OF_SCOPE: &str = "O";

pub(super) fn codes() -> impl Iterator<Item = &'static str> {
    codes_of(BREAKDOWN).chain(CATEGORIES.iter().flat_map(|category| category.codes)).chain(special::codes())
}

pub(super) fn check(invoice: &Invoice, root: &Path, report: &mut Report) {
    let totals = root.at("/vat-totals");
    for (index, total) in invoice.vat_totals.iter().enumerate() {
        let total_path = totals.index(index);
        apply_each(BREAKDOWN, &total.breakdown, &total_path.at("/breakdown"), report);
    }
    let tally = Tally::of(invoice);
    items::check(invoice, &tally, root, report);
    breakdown::check(invoice, &tally, root, report);
    special::check(invoice, root, report);
}

/// The category of a breakdown, where it is one of VAT.
fn category_of(breakdown: &Breakdown) -> Option<&VatCategory> {
    breakdown.vat.as_ref().filter(|vat| vat.is_vat())
}

fn has_rate(breakdown: &Breakdown) -> bool {
    category_of(breakdown).is_some_and(|vat| vat.rate.is_some() || vat.code() == OUT_OF_SCOPE)
}

/// All breakdowns of an invoice.
fn breakdowns(invoice: &Invoice) -> impl Iterator<Item = &Breakdown> {
    invoice.vat_totals.iter().flat_map(|total| &total.breakdown)
}
