//! Rules -01 to -07 of each category: its lines, allowances and charges.

use super::category::{Breakdowns, CATEGORIES, Category, Identifiers, Rate};
use super::tally::{Contents, Place, Tally};
use crate::number::value;
use crate::record::{Invoice, VatCategory};
use crate::rules::report::Report;
use crate::rules::rule::Path;

pub(super) fn check(invoice: &Invoice, tally: &Tally, root: &Path, report: &mut Report) {
    for (category, contents) in CATEGORIES.iter().zip(&tally.of) {
        check_breakdowns(category, contents, root, report);
        check_identifiers(category, contents, invoice, root, report);
    }
    for (index, line) in invoice.lines.iter().enumerate() {
        check_rate(line.vat.as_ref(), Place::Line, &root.at("/lines").index(index), report);
    }
    for (index, allowance) in invoice.allowances.iter().enumerate() {
        check_rate(allowance.vat.as_ref(), Place::Allowance, &root.at("/allowances").index(index), report);
    }
    for (index, charge) in invoice.charges.iter().enumerate() {
        check_rate(charge.vat.as_ref(), Place::Charge, &root.at("/charges").index(index), report);
    }
}

/// Rule -01.
fn check_breakdowns(category: &Category, contents: &Contents, root: &Path, report: &mut Report) {
    // The reference rules look at the tax in this place for all categories but `S`.
    let count = if category.code == "S" { &contents.any } else { &contents.vat };
    let (holds, how_many) = match category.breakdowns {
        Breakdowns::ForEachRate => ((count.items() > 0) == (count.breakdowns > 0), "at least one"),
        Breakdowns::One => (count.breakdowns == 1 || (count.items() == 0 && count.breakdowns == 0), "exactly one"),
    };
    if !holds {
        let message = format!(
            "Have {how_many} VAT breakdown (BG-23) with the category {} ({}) when a line, allowance or charge has it.",
            category.code, category.name
        );
        report.add(category.codes[0], || root.pointer("/vat-totals"), message);
    }
}

/// Rules -02 to -04.
fn check_identifiers(category: &Category, contents: &Contents, invoice: &Invoice, root: &Path, report: &mut Report) {
    let count = &contents.vat;
    // As in rule -01, the reference rules do not look at the tax of a line in `S`.
    let lines = if category.code == "S" { contents.any.lines } else { count.lines };
    let places = [(lines, "a line"), (count.allowances, "an allowance"), (count.charges, "a charge")];
    for ((there_are, what), code) in places.into_iter().zip(&category.codes[1..4]) {
        if there_are > 0
            && let Some((at, demand)) = missing_identifier(category.identifiers, invoice)
        {
            let message = format!("{demand}, because {what} is in the category {} ({}).", category.code, category.name);
            report.add(code, || root.pointer(at), message);
        }
    }
}

/// Who is known by which identifier.
struct Known {
    seller: bool,
    seller_vat: bool,
    representative_vat: bool,
    buyer_vat: bool,
    buyer_registration: bool,
}

impl Known {
    fn of(invoice: &Invoice) -> Self {
        let seller = invoice.seller.as_ref();
        let buyer = invoice.buyer.as_ref();
        let seller_vat = seller.is_some_and(|seller| seller.vat_identifier.is_some());
        Self {
            seller: seller_vat || seller.is_some_and(|seller| seller.tax_registration_identifier.is_some()),
            seller_vat,
            representative_vat: invoice.tax_representative.as_ref().is_some_and(|party| party.vat_identifier.is_some()),
            buyer_vat: buyer.is_some_and(|buyer| buyer.vat_identifier.is_some()),
            buyer_registration: buyer.is_some_and(|buyer| {
                buyer.legal_registration.as_ref().is_some_and(|registration| registration.value.is_some())
            }),
        }
    }
}

const SELLER: (&str, &str) = (
    "/seller",
    "State the VAT identifier (BT-31) or tax registration (BT-32) of the seller, or the VAT identifier of its tax representative (BT-63)",
);
const SELLER_VAT: (&str, &str) =
    ("/seller/vat-identifier", "State the VAT identifier of the seller (BT-31) or of its tax representative (BT-63)");
const BUYER: (&str, &str) =
    ("/buyer", "State the VAT identifier (BT-48) or the legal registration (BT-47) of the buyer");
const BUYER_VAT: (&str, &str) = ("/buyer/vat-identifier", "State the VAT identifier of the buyer (BT-48)");
const NO_SELLER_VAT: (&str, &str) = ("/seller/vat-identifier", "Remove the VAT identifier of the seller (BT-31)");
const NO_REPRESENTATIVE_VAT: (&str, &str) =
    ("/tax-representative/vat-identifier", "Remove the VAT identifier of the tax representative (BT-63)");
const NO_BUYER_VAT: (&str, &str) = ("/buyer/vat-identifier", "Remove the VAT identifier of the buyer (BT-48)");

/// The first demand that is not met: where, and what to do.
fn missing_identifier(identifiers: Identifiers, invoice: &Invoice) -> Option<(&'static str, &'static str)> {
    let known = Known::of(invoice);
    let seller = (known.seller || known.representative_vat, SELLER);
    let seller_vat = (known.seller_vat || known.representative_vat, SELLER_VAT);
    let demands: &[(bool, (&str, &str))] = match identifiers {
        Identifiers::Seller => &[seller],
        Identifiers::SellerAndBuyer => &[seller, (known.buyer_vat || known.buyer_registration, BUYER)],
        Identifiers::SellerVat => &[seller_vat],
        Identifiers::SellerVatAndBuyerVat => &[seller_vat, (known.buyer_vat, BUYER_VAT)],
        Identifiers::NoVat => &[
            (!known.seller_vat, NO_SELLER_VAT),
            (!known.representative_vat, NO_REPRESENTATIVE_VAT),
            (!known.buyer_vat, NO_BUYER_VAT),
        ],
    };
    demands.iter().find(|(is_met, _)| !is_met).map(|(_, demand)| *demand)
}

/// Rules -05 to -07.
fn check_rate(vat: Option<&VatCategory>, place: Place, path: &Path, report: &mut Report) {
    let Some(vat) = vat.filter(|vat| vat.is_vat()) else { return };
    let Some(category) = Category::position(vat.code()).map(|position| &CATEGORIES[position]) else { return };
    let rate = value(&vat.rate);
    let (holds, demand) = match category.rate {
        Rate::Positive => (rate.is_some_and(|rate| rate.is_sign_positive() && !rate.is_zero()), "greater than zero"),
        Rate::Zero => (rate.is_some_and(|rate| rate.is_zero()), "zero"),
        Rate::ZeroOrMore => (rate.is_some_and(|rate| rate.is_sign_positive() || rate.is_zero()), "zero or more"),
        Rate::None => (vat.rate.is_none(), "left out"),
    };
    if !holds {
        let code = match place {
            Place::Line => category.codes[4],
            Place::Allowance => category.codes[5],
            Place::Charge | Place::Unmarked => category.codes[6],
        };
        let message = format!("Let the VAT rate be {demand}: the category is {} ({}).", category.code, category.name);
        report.add(code, || path.pointer("/vat/rate"), message);
    }
}
