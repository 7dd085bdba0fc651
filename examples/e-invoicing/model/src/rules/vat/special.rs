//! The rules that only one category has.

use super::breakdowns;
use crate::record::{Address, Invoice, VatCategory};
use crate::rules::report::Report;
use crate::rules::rule::{Path, Rule, apply, codes_of, rule, trimmed};

const INVOICE: &[Rule<Invoice>] = &[
    rule(
        "BR-IC-11",
        "/delivery/date",
        |invoice| !has_breakdown(invoice, "K") || is_time_of_supply_known(invoice),
        "State the date of delivery (BT-72) or the invoicing period (BG-14): there is an intra-community supply.",
    ),
    rule(
        "BR-IC-12",
        "/delivery/address/country",
        |invoice| !has_breakdown(invoice, "K") || is_destination_known(invoice),
        "State the country delivered to (BT-80): there is an intra-community supply.",
    ),
    rule(
        "BR-O-11",
        "/vat-totals",
        |invoice| {
            !has_breakdown(invoice, "O") || only_out_of_scope(breakdowns(invoice).map(|breakdown| &breakdown.vat))
        },
        "Have no other VAT breakdown (BG-23) beside one that is not subject to VAT.",
    ),
    rule(
        "BR-O-12",
        "/lines",
        |invoice| !has_breakdown(invoice, "O") || only_out_of_scope(invoice.lines.iter().map(|line| &line.vat)),
        "Let no line be subject to VAT: there is a breakdown that is not.",
    ),
    rule(
        "BR-O-13",
        "/allowances",
        |invoice| {
            !has_breakdown(invoice, "O") || only_out_of_scope(invoice.allowances.iter().map(|allowance| &allowance.vat))
        },
        "Let no allowance be subject to VAT: there is a breakdown that is not.",
    ),
    rule(
        "BR-O-14",
        "/charges",
        |invoice| !has_breakdown(invoice, "O") || only_out_of_scope(invoice.charges.iter().map(|charge| &charge.vat)),
        "Let no charge be subject to VAT: there is a breakdown that is not.",
    ),
    rule(
        "BR-B-01",
        "",
        |invoice| !has_category(invoice, "B") || is_domestic_italian(invoice),
        "Use the VAT category B (split payment) only where all parties are in Italy.",
    ),
    rule(
        "BR-B-02",
        "",
        |invoice| !has_category(invoice, "B") || !has_category(invoice, "S"),
        "Do not mix the VAT categories B (split payment) and S (standard rated).",
    ),
];

pub(super) fn codes() -> impl Iterator<Item = &'static str> {
    codes_of(INVOICE)
}

pub(super) fn check(invoice: &Invoice, root: &Path, report: &mut Report) {
    apply(INVOICE, invoice, root, report);
}

fn has_breakdown(invoice: &Invoice, code: &str) -> bool {
    let categories = breakdowns(invoice).filter_map(super::category_of);
    categories.map(VatCategory::code).any(|found| found == code)
}

/// Whether anything is in a category, whatever tax it says.
fn has_category(invoice: &Invoice, code: &str) -> bool {
    let lines = invoice.lines.iter().map(|line| &line.vat);
    let allowances = [&invoice.allowances, &invoice.charges, &invoice.unmarked_allowances_or_charges];
    let allowances = allowances.into_iter().flatten().map(|allowance| &allowance.vat);
    let breakdowns = breakdowns(invoice).map(|breakdown| &breakdown.vat);
    lines.chain(allowances).chain(breakdowns).flatten().any(|vat| vat.code() == code)
}

fn only_out_of_scope<'a>(mut categories: impl Iterator<Item = &'a Option<VatCategory>>) -> bool {
    categories.all(|vat| vat.as_ref().is_none_or(|vat| !vat.is_vat() || vat.code() == super::OUT_OF_SCOPE))
}

fn is_time_of_supply_known(invoice: &Invoice) -> bool {
    let is_delivered = invoice.delivery.as_ref().is_some_and(|delivery| trimmed(&delivery.date).len() > 1);
    let has_period =
        invoice.invoicing_period.as_ref().is_some_and(|period| period.start.is_some() || period.end.is_some());
    is_delivered || has_period || invoice.tax_point_date_code.is_some()
}

fn is_destination_known(invoice: &Invoice) -> bool {
    let address = invoice.delivery.as_ref().and_then(|delivery| delivery.address.as_ref());
    address.is_some_and(|address| trimmed(&address.country).len() > 1)
}

/// Whether no address of the invoice is in another country. Where an item comes from does not matter.
fn is_domestic_italian(invoice: &Invoice) -> bool {
    addresses(invoice).filter(|address| address.country.is_some()).all(|address| trimmed(&address.country) == "IT")
}

fn addresses(invoice: &Invoice) -> impl Iterator<Item = &Address> {
    let parties =
        [&invoice.seller, &invoice.buyer].into_iter().flatten().filter_map(|party| party.postal_address.as_ref());
    let representative = invoice.tax_representative.as_ref().and_then(|party| party.postal_address.as_ref());
    let delivery = invoice.delivery.as_ref().and_then(|delivery| delivery.address.as_ref());
    parties.chain(representative).chain(delivery)
}
