//! Allowances and charges, of the document and of its lines.

use super::report::Report;
use super::rule::{Path, Rule, apply_each, codes_of, rule};
use crate::record::{Allowance, Invoice};

const DOCUMENT_ALLOWANCE: &[Rule<Allowance>] = &[
    rule("BR-31", "/amount", has_amount, "State the amount of the allowance (BT-92)."),
    rule("BR-32", "/vat/code", has_category, "State the VAT category of the allowance (BT-95)."),
    rule("BR-33", "/reason", has_reason, "Give a reason for the allowance (BT-97 or BT-98)."),
    rule(
        "BR-CO-21",
        "/reason",
        has_reason,
        "Give a reason for the allowance: a text (BT-97), a code (BT-98), or both.",
    ),
];

const DOCUMENT_CHARGE: &[Rule<Allowance>] = &[
    rule("BR-36", "/amount", has_amount, "State the amount of the charge (BT-99)."),
    rule("BR-37", "/vat/code", has_category, "State the VAT category of the charge (BT-102)."),
    rule("BR-38", "/reason", has_reason, "Give a reason for the charge (BT-104 or BT-105)."),
    rule("BR-CO-22", "/reason", has_reason, "Give a reason for the charge: a text (BT-104), a code (BT-105), or both."),
];

const LINE_ALLOWANCE: &[Rule<Allowance>] = &[
    rule("BR-41", "/amount", has_amount, "State the amount of the line's allowance (BT-136)."),
    rule("BR-42", "/reason", has_reason, "Give a reason for the line's allowance (BT-139 or BT-140)."),
    rule(
        "BR-CO-23",
        "/reason",
        has_reason,
        "Give a reason for the line's allowance: a text (BT-139), a code (BT-140), or both.",
    ),
];

const LINE_CHARGE: &[Rule<Allowance>] = &[
    rule("BR-43", "/amount", has_amount, "State the amount of the line's charge (BT-141)."),
    rule("BR-44", "/reason", has_reason, "Give a reason for the line's charge (BT-144 or BT-145)."),
    rule(
        "BR-CO-24",
        "/reason",
        has_reason,
        "Give a reason for the line's charge: a text (BT-144), a code (BT-145), or both.",
    ),
];

pub(super) fn codes() -> impl Iterator<Item = &'static str> {
    codes_of(DOCUMENT_ALLOWANCE)
        .chain(codes_of(DOCUMENT_CHARGE))
        .chain(codes_of(LINE_ALLOWANCE))
        .chain(codes_of(LINE_CHARGE))
}

pub(super) fn check(invoice: &Invoice, root: &Path, report: &mut Report) {
    apply_each(DOCUMENT_ALLOWANCE, &invoice.allowances, &root.at("/allowances"), report);
    apply_each(DOCUMENT_CHARGE, &invoice.charges, &root.at("/charges"), report);
    let lines = root.at("/lines");
    for (index, line) in invoice.lines.iter().enumerate() {
        let path = lines.index(index);
        apply_each(LINE_ALLOWANCE, &line.allowances, &path.at("/allowances"), report);
        apply_each(LINE_CHARGE, &line.charges, &path.at("/charges"), report);
    }
}

fn has_amount(allowance: &Allowance) -> bool {
    allowance.amount.is_some()
}

fn has_category(allowance: &Allowance) -> bool {
    allowance.vat.as_ref().is_some_and(|vat| vat.is_vat() && vat.code.is_some())
}

fn has_reason(allowance: &Allowance) -> bool {
    allowance.reason.is_some() || allowance.reason_code.is_some()
}
