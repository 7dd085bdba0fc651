//! Rules -08 to -10 of each category, and the rule on the tax of any breakdown.

use rust_decimal::Decimal;

use super::category::{CATEGORIES, Category, Exemption, Tax};
use super::category_of;
use super::tally::{Contents, Tally};
use crate::number::{cents, subtract, value, whole};
use crate::record::{Breakdown, Invoice, VatCategory};
use crate::rules::report::Report;
use crate::rules::rule::Path;

pub(super) fn check(invoice: &Invoice, tally: &Tally, root: &Path, report: &mut Report) {
    let has_lines = !invoice.lines.is_empty();
    let totals = root.at("/vat-totals");
    for (total_index, total) in invoice.vat_totals.iter().enumerate() {
        let total_path = totals.index(total_index);
        let list = total_path.at("/breakdown");
        for (index, breakdown) in total.breakdown.iter().enumerate() {
            let Some(vat) = category_of(breakdown) else { continue };
            let Some(position) = Category::position(vat.code()) else { continue };
            let entry =
                Entry { category: &CATEGORIES[position], contents: &tally.of[position], breakdown, vat, has_lines };
            entry.check(&list.index(index), report);
        }
    }
}

/// A breakdown with what its category asks for and contains.
struct Entry<'a> {
    category: &'a Category,
    contents: &'a Contents,
    breakdown: &'a Breakdown,
    vat: &'a VatCategory,
    /// Whether the invoice has a line at all.
    has_lines: bool,
}

impl Entry<'_> {
    fn check(&self, path: &Path, report: &mut Report) {
        let Category { code, name, codes, .. } = self.category;
        if !self.is_taxable_amount_right() {
            let message = format!(
                "Let the taxable amount (BT-116) of the category {code} ({name}) be its lines plus its charges minus its allowances."
            );
            report.add(codes[7], || path.pointer("/taxable-amount"), message);
        }
        if !self.is_tax_amount_right() {
            let demand = match self.category.tax {
                Tax::OfRate => "the taxable amount (BT-116) times the rate (BT-119)",
                Tax::Zero => "zero",
            };
            let message = format!("Let the tax amount (BT-117) be {demand}: the category is {code} ({name}).");
            report.add(codes[8], || path.pointer("/tax-amount"), message);
        }
        if !self.is_exemption_right() {
            let verb = match self.category.exemption {
                Exemption::Forbidden => "Leave out",
                Exemption::Required => "State",
            };
            let message =
                format!("{verb} the reason of an exemption (BT-120, BT-121): the category is {code} ({name}).");
            report.add(codes[9], || path.pointer("/vat/exemption-reason"), message);
        }
    }

    /// Rule -08.
    fn is_taxable_amount_right(&self) -> bool {
        let stated = value(&self.breakdown.taxable_amount);
        match self.category.tax {
            Tax::Zero => self.has_lines && stated.is_some() && stated == self.contents.sum.0,
            Tax::OfRate if self.vat.rate.is_none() => true,
            Tax::OfRate => is_near(stated, value(&self.vat.rate).and_then(|rate| self.sum_at(rate))),
        }
    }

    /// What is in the category at a rate. Where nothing is, `S` has no sum to compare with; the reference
    /// rules take zero for the others, as long as there is a line at all.
    fn sum_at(&self, rate: Decimal) -> Option<Decimal> {
        match self.contents.by_rate.get(&rate) {
            Some(sum) if self.has_lines || self.category.code == "S" => sum.0,
            None if self.has_lines && self.category.code != "S" => Some(Decimal::ZERO),
            _ => None,
        }
    }

    /// Rule -09.
    fn is_tax_amount_right(&self) -> bool {
        match self.category.tax {
            Tax::Zero => value(&self.breakdown.tax_amount).is_some_and(|tax| tax.is_zero()),
            Tax::OfRate => value(&self.vat.rate).is_some_and(|rate| is_tax_at(self.breakdown, rate)),
        }
    }

    /// Rule -10.
    fn is_exemption_right(&self) -> bool {
        let has_reason = self.vat.exemption_reason.is_some() || self.vat.exemption_reason_code.is_some();
        has_reason == (self.category.exemption == Exemption::Required)
    }
}

/// BR-CO-17: the tax of any breakdown. A rate that rounds to zero, or none, allows only a tax that does too.
pub(super) fn is_tax_of_rate(breakdown: &Breakdown) -> bool {
    let rate = category_of(breakdown).and_then(|vat| vat.rate.as_ref());
    let is_untaxed = || value(&breakdown.tax_amount).is_some_and(|tax| whole(tax).is_zero());
    match rate.map(|rate| rate.value()) {
        None => is_untaxed(),
        Some(Some(rate)) if whole(rate).is_zero() => is_untaxed(),
        Some(Some(rate)) => is_tax_at(breakdown, rate),
        Some(None) => false,
    }
}

/// Whether the tax amount is that of the taxable amount at a rate in percent, whatever their signs.
fn is_tax_at(breakdown: &Breakdown, rate: Decimal) -> bool {
    let expected = value(&breakdown.taxable_amount)
        .and_then(|taxable| taxable.abs().checked_mul(rate))
        .and_then(|product| product.checked_div(Decimal::ONE_HUNDRED))
        .map(cents);
    is_near(value(&breakdown.tax_amount).map(|tax| tax.abs()), expected)
}

/// Whether two amounts are both there and less than 1 apart, as the reference rules allow.
fn is_near(one: Option<Decimal>, other: Option<Decimal>) -> bool {
    let difference = one.zip(other).and_then(|(one, other)| subtract(one, other));
    difference.is_some_and(|difference| difference.abs() < Decimal::ONE)
}
