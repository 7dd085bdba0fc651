//! Invoice lines.

use rust_decimal::Decimal;

use super::document::{ends_after_start, has_a_day};
use super::report::Report;
use super::rule::{Path, Rule, apply, apply_each, codes_of, is_filled, rule};
use crate::number::value;
use crate::record::{Attribute, Classification, Invoice, Item, Line, Price};

const LINE: &[Rule<Line>] = &[
    rule("BR-21", "/identifier", |line| is_filled(&line.identifier), "Give each line an identifier (BT-126)."),
    rule(
        "BR-22",
        "/quantity",
        |line| line.quantity.as_ref().is_some_and(|quantity| quantity.value.is_some()),
        "State the invoiced quantity of the line (BT-129).",
    ),
    rule(
        "BR-23",
        "/quantity/unit",
        |line| line.quantity.as_ref().is_some_and(|quantity| quantity.unit.is_some()),
        "State the unit of the invoiced quantity (BT-130), e.g. C62 for pieces.",
    ),
    rule("BR-24", "/net-amount", |line| line.net_amount.is_some(), "State the net amount of the line (BT-131)."),
    rule(
        "BR-25",
        "/item/name",
        |line| line.item.as_ref().is_some_and(|item| is_filled(&item.name)),
        "Name the item of the line (BT-153).",
    ),
    rule(
        "BR-26",
        "/price/net",
        |line| price(line).is_some_and(|price| price.net.is_some()),
        "State the net price of the item (BT-146).",
    ),
    rule(
        "BR-27",
        "/price/net",
        |line| price(line).and_then(|price| value(&price.net)).is_some_and(|net| net >= Decimal::ZERO),
        "State a net price of the item (BT-146) that is zero or more.",
    ),
    rule(
        "BR-28",
        "/price/gross",
        has_fair_gross_price,
        "Let the gross price of the item (BT-148) be zero or more, or leave it out.",
    ),
    rule(
        "BR-30",
        "/period/end",
        |line| line.period.as_ref().is_none_or(ends_after_start),
        "Let the period of the line end (BT-135) on or after the day it starts (BT-134), both as YYYY-MM-DD.",
    ),
    rule(
        "BR-CO-20",
        "/period",
        |line| line.period.as_ref().is_none_or(has_a_day),
        "State when the period of the line starts (BT-134) or ends (BT-135), or leave it out.",
    ),
    rule(
        "BR-CO-04",
        "/vat/code",
        |line| line.vat.as_ref().is_some_and(|vat| vat.is_vat() && vat.code.is_some()),
        "State the VAT category of the item of the line (BT-151).",
    ),
];

const ITEM: &[Rule<Item>] = &[rule(
    "BR-64",
    "/standard-identifier/scheme",
    |item| item.standard_identifier.as_ref().is_none_or(|identifier| identifier.scheme.is_some()),
    "State the scheme of the standard identifier of the item (BT-157), e.g. 0160 for a GTIN.",
)];

const CLASSIFICATION: &[Rule<Classification>] = &[rule(
    "BR-65",
    "/list",
    |classification| classification.list.is_some(),
    "State the list that the classification of the item (BT-158) is taken from.",
)];

const ATTRIBUTE: &[Rule<Attribute>] = &[rule(
    "BR-54",
    "",
    |attribute| attribute.name.is_some() && attribute.value.is_some(),
    "Give each attribute of an item a name (BT-160) and a value (BT-161).",
)];

pub(super) fn codes() -> impl Iterator<Item = &'static str> {
    codes_of(LINE).chain(codes_of(ITEM)).chain(codes_of(CLASSIFICATION)).chain(codes_of(ATTRIBUTE))
}

pub(super) fn check(invoice: &Invoice, root: &Path, report: &mut Report) {
    let list = root.at("/lines");
    for (index, line) in invoice.lines.iter().enumerate() {
        let path = list.index(index);
        apply(LINE, line, &path, report);
        if let Some(item) = &line.item {
            check_item(item, &path.at("/item"), report);
        }
    }
}

fn check_item(item: &Item, path: &Path, report: &mut Report) {
    apply(ITEM, item, path, report);
    apply_each(CLASSIFICATION, &item.classifications, &path.at("/classifications"), report);
    apply_each(ATTRIBUTE, &item.attributes, &path.at("/attributes"), report);
}

fn price(line: &Line) -> Option<&Price> {
    line.price.as_ref()
}

fn has_fair_gross_price(line: &Line) -> bool {
    price(line)
        .is_none_or(|price| price.gross.is_none() || value(&price.gross).is_some_and(|gross| gross >= Decimal::ZERO))
}
