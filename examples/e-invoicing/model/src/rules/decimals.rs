//! How many decimals an amount may have: two, as it is written.

use super::report::Report;
use super::rule::{Path, trimmed};
use crate::Number;
use crate::record::{Allowance, Breakdown, Invoice, Line, Text, Totals, VatTotal};

/// Most decimals of an amount.
const DECIMALS_MAX: usize = 2;

/// An amount of a `T`.
struct Amount<T> {
    code: &'static str,
    at: &'static str,
    of: fn(&T) -> &Option<Number>,
}

const fn amount<T>(code: &'static str, at: &'static str, of: fn(&T) -> &Option<Number>) -> Amount<T> {
    Amount { code, at, of }
}

const DOCUMENT_ALLOWANCE: &[Amount<Allowance>] = &[
    amount("BR-DEC-01", "/amount", |allowance| &allowance.amount),
    amount("BR-DEC-02", "/base-amount", |allowance| &allowance.base_amount),
];

const DOCUMENT_CHARGE: &[Amount<Allowance>] = &[
    amount("BR-DEC-05", "/amount", |charge| &charge.amount),
    amount("BR-DEC-06", "/base-amount", |charge| &charge.base_amount),
];

const TOTALS: &[Amount<Totals>] = &[
    amount("BR-DEC-09", "/line-net-amount", |totals| &totals.line_net_amount),
    amount("BR-DEC-10", "/allowances", |totals| &totals.allowances),
    amount("BR-DEC-11", "/charges", |totals| &totals.charges),
    amount("BR-DEC-12", "/without-vat", |totals| &totals.without_vat),
    amount("BR-DEC-14", "/with-vat", |totals| &totals.with_vat),
    amount("BR-DEC-16", "/paid", |totals| &totals.paid),
    amount("BR-DEC-17", "/rounding", |totals| &totals.rounding),
    amount("BR-DEC-18", "/due", |totals| &totals.due),
];

const VAT: &[Amount<VatTotal>] = &[amount("BR-DEC-13", "/amount", |total| &total.amount)];

const ACCOUNTING_VAT: &[Amount<VatTotal>] = &[amount("BR-DEC-15", "/amount", |total| &total.amount)];

const BREAKDOWN: &[Amount<Breakdown>] = &[
    amount("BR-DEC-19", "/taxable-amount", |breakdown| &breakdown.taxable_amount),
    amount("BR-DEC-20", "/tax-amount", |breakdown| &breakdown.tax_amount),
];

const LINE: &[Amount<Line>] = &[amount("BR-DEC-23", "/net-amount", |line| &line.net_amount)];

const LINE_ALLOWANCE: &[Amount<Allowance>] = &[
    amount("BR-DEC-24", "/amount", |allowance| &allowance.amount),
    amount("BR-DEC-25", "/base-amount", |allowance| &allowance.base_amount),
];

const LINE_CHARGE: &[Amount<Allowance>] = &[
    amount("BR-DEC-27", "/amount", |charge| &charge.amount),
    amount("BR-DEC-28", "/base-amount", |charge| &charge.base_amount),
];

pub(super) fn codes() -> impl Iterator<Item = &'static str> {
    codes_of(DOCUMENT_ALLOWANCE)
        .chain(codes_of(DOCUMENT_CHARGE))
        .chain(codes_of(TOTALS))
        .chain(codes_of(VAT))
        .chain(codes_of(ACCOUNTING_VAT))
        .chain(codes_of(BREAKDOWN))
        .chain(codes_of(LINE))
        .chain(codes_of(LINE_ALLOWANCE))
        .chain(codes_of(LINE_CHARGE))
}

fn codes_of<T>(amounts: &'static [Amount<T>]) -> impl Iterator<Item = &'static str> {
    amounts.iter().map(|amount| amount.code)
}

pub(super) fn check(invoice: &Invoice, root: &Path, report: &mut Report) {
    apply_each(DOCUMENT_ALLOWANCE, &invoice.allowances, &root.at("/allowances"), report);
    apply_each(DOCUMENT_CHARGE, &invoice.charges, &root.at("/charges"), report);
    if let Some(totals) = &invoice.totals {
        apply(TOTALS, totals, &root.at("/totals"), report);
    }
    check_vat_totals(invoice, &root.at("/vat-totals"), report);
    check_lines(invoice, &root.at("/lines"), report);
}

fn check_vat_totals(invoice: &Invoice, list: &Path, report: &mut Report) {
    for (index, total) in invoice.vat_totals.iter().enumerate() {
        let path = list.index(index);
        if is_in(total, &invoice.currency) {
            apply(VAT, total, &path, report);
        }
        if is_in(total, &invoice.vat_accounting_currency) {
            apply(ACCOUNTING_VAT, total, &path, report);
        }
        apply_each(BREAKDOWN, &total.breakdown, &path.at("/breakdown"), report);
    }
}

fn is_in(total: &VatTotal, currency: &Text) -> bool {
    total.currency.is_some() && currency.is_some() && trimmed(&total.currency) == trimmed(currency)
}

fn check_lines(invoice: &Invoice, list: &Path, report: &mut Report) {
    for (index, line) in invoice.lines.iter().enumerate() {
        let path = list.index(index);
        apply(LINE, line, &path, report);
        apply_each(LINE_ALLOWANCE, &line.allowances, &path.at("/allowances"), report);
        apply_each(LINE_CHARGE, &line.charges, &path.at("/charges"), report);
    }
}

fn apply<T>(amounts: &[Amount<T>], thing: &T, path: &Path, report: &mut Report) {
    for amount in amounts {
        if (amount.of)(thing).as_ref().is_some_and(|number| number.decimals() > DECIMALS_MAX) {
            report.add(amount.code, || path.pointer(amount.at), "Write this amount with at most two decimals.");
        }
    }
}

fn apply_each<T>(amounts: &[Amount<T>], things: &[T], list: &Path, report: &mut Report) {
    for (index, thing) in things.iter().enumerate() {
        apply(amounts, thing, &list.index(index), report);
    }
}
