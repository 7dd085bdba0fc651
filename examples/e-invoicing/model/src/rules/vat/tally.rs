//! What is in each VAT category, gathered in one pass, so that no rule goes over the lines again.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::breakdowns;
use super::category::{CATEGORIES, Category};
use crate::Number;
use crate::number::add;
use crate::record::{Invoice, VatCategory};

/// What can be in a category.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Place {
    Line,
    Allowance,
    Charge,
    /// An allowance or a charge, it does not say which. It is in the category and adds nothing.
    Unmarked,
}

/// All categories, in the order of the table.
pub(super) struct Tally {
    pub(super) of: [Contents; CATEGORIES.len()],
}

/// What is in one category.
#[derive(Default)]
pub(super) struct Contents {
    /// How many items and breakdowns there are, whatever tax they say.
    pub(super) any: Count,
    /// How many of them say that the tax is VAT.
    pub(super) vat: Count,
    /// All amounts.
    pub(super) sum: Sum,
    /// The amounts at each rate. A missing or unreadable rate is no rate.
    pub(super) by_rate: BTreeMap<Decimal, Sum>,
}

/// How many there are.
#[derive(Default)]
pub(super) struct Count {
    pub(super) lines: usize,
    pub(super) allowances: usize,
    pub(super) charges: usize,
    pub(super) unmarked: usize,
    pub(super) breakdowns: usize,
}

impl Count {
    /// Lines, allowances and charges.
    pub(super) fn items(&self) -> usize {
        self.lines + self.allowances + self.charges + self.unmarked
    }

    fn add(&mut self, place: Place) {
        match place {
            Place::Line => self.lines += 1,
            Place::Allowance => self.allowances += 1,
            Place::Charge => self.charges += 1,
            Place::Unmarked => self.unmarked += 1,
        }
    }
}

/// Lines plus charges minus allowances; none once an amount was unreadable.
pub(super) struct Sum(pub(super) Option<Decimal>);

impl Default for Sum {
    fn default() -> Self {
        Self(Some(Decimal::ZERO))
    }
}

impl Sum {
    fn add(&mut self, amount: Option<Decimal>) {
        self.0 = self.0.zip(amount).and_then(|(sum, amount)| add(sum, amount));
    }
}

impl Tally {
    pub(super) fn of(invoice: &Invoice) -> Self {
        let mut tally = Self { of: Default::default() };
        for line in &invoice.lines {
            tally.item(line.vat.as_ref(), &line.net_amount, Place::Line);
        }
        for (list, place) in [
            (&invoice.allowances, Place::Allowance),
            (&invoice.charges, Place::Charge),
            (&invoice.unmarked_allowances_or_charges, Place::Unmarked),
        ] {
            for allowance in list {
                tally.item(allowance.vat.as_ref(), &allowance.amount, place);
            }
        }
        for vat in breakdowns(invoice).filter_map(|breakdown| breakdown.vat.as_ref()) {
            tally.breakdown(vat);
        }
        tally
    }

    fn contents(&mut self, vat: &VatCategory) -> Option<&mut Contents> {
        self.of.get_mut(Category::position(vat.code())?)
    }

    fn item(&mut self, vat: Option<&VatCategory>, amount: &Option<Number>, place: Place) {
        let Some(vat) = vat else { return };
        let Some(contents) = self.contents(vat) else { return };
        contents.any.add(place);
        if vat.is_vat() {
            contents.vat.add(place);
        }
        let amount = signed(amount, place);
        contents.sum.add(amount);
        if let Some(rate) = vat.rate.as_ref().and_then(Number::value) {
            contents.by_rate.entry(rate).or_default().add(amount);
        }
    }

    fn breakdown(&mut self, vat: &VatCategory) {
        if let Some(contents) = self.contents(vat) {
            contents.any.breakdowns += 1;
            contents.vat.breakdowns += usize::from(vat.is_vat());
        }
    }
}

/// What an item adds; an absent amount adds nothing, an unreadable one spoils the sum.
fn signed(amount: &Option<Number>, place: Place) -> Option<Decimal> {
    let amount = match amount {
        None => Decimal::ZERO,
        Some(amount) => amount.value()?,
    };
    Some(match place {
        Place::Line | Place::Charge => amount,
        Place::Allowance => -amount,
        Place::Unmarked => Decimal::ZERO,
    })
}
