//! The totals: they are there, and they add up.

use rust_decimal::Decimal;

use super::report::Report;
use super::rule::{Path, Rule, apply, codes_of, rule, trimmed};
use crate::number::{add, cents, subtract, sum, value};
use crate::record::{Allowance, Invoice, Totals, VatTotal};

const TOTALS: &[Rule<Totals>] = &[
    rule(
        "BR-12",
        "/line-net-amount",
        |totals| totals.line_net_amount.is_some(),
        "State the sum of the line net amounts (BT-106).",
    ),
    rule(
        "BR-13",
        "/without-vat",
        |totals| totals.without_vat.is_some(),
        "State the total amount without VAT (BT-109).",
    ),
    rule("BR-14", "/with-vat", |totals| totals.with_vat.is_some(), "State the total amount with VAT (BT-112)."),
    rule("BR-15", "/due", |totals| totals.due.is_some(), "State the amount due for payment (BT-115)."),
];

/// What holds of the invoice even when there are no totals at all.
const INVOICE: &[Rule<Invoice>] = &[
    rule(
        "BR-CO-15",
        "/totals/with-vat",
        is_total_with_vat_right,
        "Let the total amount with VAT (BT-112) be the one without VAT (BT-109) plus the total VAT amount (BT-110), of which there is exactly one in the currency of the invoice.",
    ),
    rule(
        "BR-CO-18",
        "/vat-totals",
        |invoice| invoice.vat_totals.iter().any(|total| !total.breakdown.is_empty()),
        "Add at least one VAT breakdown (BG-23).",
    ),
];

/// A total and what it must be equal to.
struct Equation {
    code: &'static str,
    at: &'static str,
    /// The value that is stated; none when there is none to read.
    stated: fn(&Totals) -> Option<Decimal>,
    /// None when it cannot be computed, because an amount is missing or unreadable.
    expected: fn(&Invoice, &Totals) -> Option<Decimal>,
    /// Whether there is nothing to compare.
    is_void: fn(&Invoice, &Totals) -> bool,
    message: &'static str,
}

const EQUATIONS: &[Equation] = &[
    Equation {
        code: "BR-CO-10",
        at: "/line-net-amount",
        stated: |totals| value(&totals.line_net_amount),
        expected: |invoice, _| sum(invoice.lines.iter().map(|line| &line.net_amount)).map(cents),
        is_void: |_, _| false,
        message: "Let the sum of the line net amounts (BT-106) be what the lines (BT-131) add up to",
    },
    Equation {
        code: "BR-CO-11",
        at: "/allowances",
        stated: |totals| value(&totals.allowances),
        expected: |invoice, _| total_of(&invoice.allowances),
        is_void: |invoice, totals| totals.allowances.is_none() && invoice.allowances.is_empty(),
        message: "Let the sum of allowances (BT-107) be what the document's allowances (BT-92) add up to",
    },
    Equation {
        code: "BR-CO-12",
        at: "/charges",
        stated: |totals| value(&totals.charges),
        expected: |invoice, _| total_of(&invoice.charges),
        is_void: |invoice, totals| totals.charges.is_none() && invoice.charges.is_empty(),
        message: "Let the sum of charges (BT-108) be what the document's charges (BT-99) add up to",
    },
    Equation {
        code: "BR-CO-13",
        at: "/without-vat",
        stated: |totals| value(&totals.without_vat),
        expected: |_, totals| expected_without_vat(totals),
        is_void: |_, _| false,
        message: "Let the total without VAT (BT-109) be the sum of the lines (BT-106) minus allowances (BT-107) plus charges (BT-108)",
    },
    Equation {
        code: "BR-CO-16",
        at: "/due",
        stated: stated_due,
        expected: |_, totals| expected_due(totals),
        is_void: |_, _| false,
        message: "Let the amount due, less the rounding (BT-115 less BT-114), be the total with VAT minus what is paid (BT-112 less BT-113)",
    },
];

const VAT_TOTAL: &[Rule<VatTotal>] = &[rule(
    "BR-CO-14",
    "/amount",
    is_vat_total_right,
    "Let the total VAT amount (BT-110) be what the tax amounts of its breakdown (BT-117) add up to.",
)];

pub(super) fn codes() -> impl Iterator<Item = &'static str> {
    let equations = EQUATIONS.iter().map(|equation| equation.code);
    codes_of(TOTALS).chain(codes_of(INVOICE)).chain(equations).chain(codes_of(VAT_TOTAL))
}

pub(super) fn check(invoice: &Invoice, root: &Path, report: &mut Report) {
    apply(INVOICE, invoice, root, report);
    if let Some(totals) = &invoice.totals {
        let path = root.at("/totals");
        apply(TOTALS, totals, &path, report);
        check_equations(invoice, totals, &path, report);
    }
    super::rule::apply_each(VAT_TOTAL, &invoice.vat_totals, &root.at("/vat-totals"), report);
}

fn check_equations(invoice: &Invoice, totals: &Totals, path: &Path, report: &mut Report) {
    for equation in EQUATIONS.iter().filter(|equation| !(equation.is_void)(invoice, totals)) {
        let (stated, expected) = ((equation.stated)(totals), (equation.expected)(invoice, totals));
        if stated.is_none() || stated != expected {
            report.add(equation.code, || path.pointer(equation.at), difference(equation.message, stated, expected));
        }
    }
}

fn difference(message: &str, stated: Option<Decimal>, expected: Option<Decimal>) -> String {
    let shown =
        |amount: Option<Decimal>| amount.map_or_else(|| "missing or unreadable".into(), |amount| amount.to_string());
    format!("{message}: stated is {}, expected {}.", shown(stated), shown(expected))
}

fn total_of(allowances: &[Allowance]) -> Option<Decimal> {
    sum(allowances.iter().map(|allowance| &allowance.amount)).map(cents)
}

/// Rounded only when there is something to add or subtract, as the reference rules do.
fn expected_without_vat(totals: &Totals) -> Option<Decimal> {
    let lines = value(&totals.line_net_amount)?;
    if totals.allowances.is_none() && totals.charges.is_none() {
        return Some(lines);
    }
    let charges = sum([&totals.charges])?;
    let allowances = sum([&totals.allowances])?;
    subtract(add(lines, charges)?, allowances).map(cents)
}

fn stated_due(totals: &Totals) -> Option<Decimal> {
    less(value(&totals.due)?, &totals.rounding)
}

fn expected_due(totals: &Totals) -> Option<Decimal> {
    less(value(&totals.with_vat)?, &totals.paid)
}

/// The amount less another, rounded; the amount as it is when there is no other.
fn less(amount: Decimal, other: &Option<crate::Number>) -> Option<Decimal> {
    match other {
        None => Some(amount),
        Some(other) => subtract(amount, other.value()?).map(cents),
    }
}

/// An invoice that states no currency is not judged: there is no telling which total is meant.
fn is_total_with_vat_right(invoice: &Invoice) -> bool {
    if invoice.currency.is_none() {
        return true;
    }
    let currency = trimmed(&invoice.currency);
    let mut totals =
        invoice.vat_totals.iter().filter(|total| total.amount.is_some() && trimmed(&total.currency) == currency);
    match (totals.next(), totals.next(), &invoice.totals) {
        (Some(vat), None, Some(totals)) => is_sum(vat, totals).unwrap_or(false),
        _ => false,
    }
}

fn is_sum(vat: &VatTotal, totals: &Totals) -> Option<bool> {
    let expected = add(value(&totals.without_vat)?, value(&vat.amount)?)?;
    Some(value(&totals.with_vat)? == cents(expected))
}

fn is_vat_total_right(total: &VatTotal) -> bool {
    let expected = sum(total.breakdown.iter().map(|breakdown| &breakdown.tax_amount)).map(cents);
    total.breakdown.is_empty() || (expected.is_some() && value(&total.amount) == expected)
}
