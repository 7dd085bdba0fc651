//! What stands on document level: identifiers, dates, notes, references, delivery.

use super::note_codes::is_note_code;
use super::report::Report;
use super::rule::{Path, Rule, apply, apply_each, codes_of, is_filled, rule, trimmed};
use crate::date;
use crate::record::{Delivery, Invoice, Note, Period, PrecedingInvoice, SupportingDocument};

const INVOICE: &[Rule<Invoice>] = &[
    rule(
        "BR-01",
        "/specification-identifier",
        |invoice| is_filled(&invoice.specification_identifier),
        "State the specification identifier (BT-24), e.g. urn:cen.eu:en16931:2017.",
    ),
    rule("BR-02", "/number", |invoice| is_filled(&invoice.number), "Give the invoice a number (BT-1)."),
    rule("BR-03", "/issue-date", |invoice| is_filled(&invoice.issue_date), "State the date of issue (BT-2)."),
    rule(
        "BR-04",
        "/type-code",
        |invoice| is_filled(&invoice.type_code),
        "State the type code (BT-3), e.g. 380 for an invoice.",
    ),
    rule(
        "BR-05",
        "/currency",
        |invoice| is_filled(&invoice.currency),
        "State the currency of the invoice (BT-5), e.g. EUR.",
    ),
    rule("BR-16", "/lines", |invoice| !invoice.lines.is_empty(), "Add at least one invoice line (BG-25)."),
    rule(
        "BR-53",
        "/vat-totals",
        has_accounting_total,
        "State the total VAT amount in the VAT accounting currency (BT-111), or leave that currency (BT-6) out.",
    ),
    rule(
        "BR-CO-03",
        "/tax-point-date-code",
        |invoice| invoice.tax_point_date.is_none() || invoice.tax_point_date_code.is_none(),
        "State either the tax point date (BT-7) or its code (BT-8), not both.",
    ),
];

const NOTE: &[Rule<Note>] = &[rule(
    "BR-CL-08",
    "/subject-code",
    |note| note.subject_code.is_none() || is_note_code(trimmed(&note.subject_code)),
    "Take the subject code of the note (BT-21) from the code list UNTDID 4451.",
)];

const PERIOD: &[Rule<Period>] = &[
    rule(
        "BR-29",
        "/end",
        ends_after_start,
        "Let the invoicing period end (BT-74) on or after the day it starts (BT-73), both as YYYY-MM-DD.",
    ),
    rule("BR-CO-19", "", has_a_day, "State when the invoicing period starts (BT-73) or ends (BT-74), or leave it out."),
];

const SUPPORTING_DOCUMENT: &[Rule<SupportingDocument>] = &[rule(
    "BR-52",
    "/reference",
    |document| is_filled(&document.reference),
    "Give each supporting document (BG-24) a reference (BT-122).",
)];

const PRECEDING_INVOICE: &[Rule<PrecedingInvoice>] = &[rule(
    "BR-55",
    "/reference",
    |preceding| preceding.reference.is_some(),
    "State the number of each preceding invoice (BT-25).",
)];

const DELIVERY: &[Rule<Delivery>] = &[rule(
    "BR-57",
    "/address/country",
    |delivery| delivery.address.as_ref().is_none_or(|address| address.country.is_some()),
    "State the country of the address delivered to (BT-80).",
)];

pub(super) fn codes() -> impl Iterator<Item = &'static str> {
    codes_of(INVOICE)
        .chain(codes_of(NOTE))
        .chain(codes_of(PERIOD))
        .chain(codes_of(SUPPORTING_DOCUMENT))
        .chain(codes_of(PRECEDING_INVOICE))
        .chain(codes_of(DELIVERY))
}

pub(super) fn check(invoice: &Invoice, root: &Path, report: &mut Report) {
    apply(INVOICE, invoice, root, report);
    apply_each(NOTE, &invoice.notes, &root.at("/notes"), report);
    if let Some(period) = &invoice.invoicing_period {
        apply(PERIOD, period, &root.at("/invoicing-period"), report);
    }
    apply_each(SUPPORTING_DOCUMENT, &invoice.supporting_documents, &root.at("/supporting-documents"), report);
    apply_each(PRECEDING_INVOICE, &invoice.preceding_invoices, &root.at("/preceding-invoices"), report);
    if let Some(delivery) = &invoice.delivery {
        apply(DELIVERY, delivery, &root.at("/delivery"), report);
    }
}

fn has_accounting_total(invoice: &Invoice) -> bool {
    let currency = trimmed(&invoice.vat_accounting_currency);
    invoice.vat_accounting_currency.is_none()
        || invoice.vat_totals.iter().any(|total| total.amount.is_some() && trimmed(&total.currency) == currency)
}

/// Whether a period that states both days ends no earlier than it starts. What is no date is in no order.
pub(super) fn ends_after_start(period: &Period) -> bool {
    match (&period.start, &period.end) {
        (Some(start), Some(end)) => match (date::minutes(start), date::minutes(end)) {
            (Some(start), Some(end)) => end >= start,
            _ => false,
        },
        _ => true,
    }
}

/// Whether a period states a day at all.
pub(super) fn has_a_day(period: &Period) -> bool {
    period.start.is_some() || period.end.is_some()
}
