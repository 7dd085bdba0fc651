//! What is to be approved: an invoice that somebody asks to be paid, for a department.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde::{Deserialize, Serialize};
use signalsync_sdk::storage::Collection;

/// Limits are in this currency.
const HOME_CURRENCY: &str = "EUR";

/// What the process looks at in a record of `invoices`, whose fields are the terms of EN 16931.
#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(crate) struct Invoice {
    number: Option<String>,
    currency: Option<String>,
    due_date: Option<String>,
    seller: Seller,
    totals: Totals,
    pub(crate) payment_instructions: Vec<PaymentInstruction>,
}

#[derive(Default, Deserialize)]
struct Seller {
    name: Option<String>,
}

#[derive(Default, Deserialize)]
struct Totals {
    due: Option<Decimal>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct PaymentInstruction {
    #[serde(default)]
    pub(crate) remittance_information: Option<String>,
    #[serde(default)]
    pub(crate) account: Option<Account>,
}

#[derive(Deserialize)]
pub(crate) struct Account {
    #[serde(default)]
    pub(crate) identifier: Option<String>,
}

/// What a run is started with: the form `approval-requests`.
#[derive(Deserialize)]
pub(crate) struct Request {
    /// The id of a record in `invoices`.
    invoice: String,
    /// The id of a record in `approval-limits`.
    department: String,
    #[serde(default)]
    note: Option<String>,
}

/// An invoice, as far as those look at it who approve it; their tasks show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Claim {
    /// The id of a record in `invoices`.
    pub invoice: String,
    /// The id of a record in `approval-limits`.
    pub department: String,
    pub seller: Option<String>,
    pub number: Option<String>,
    /// What is due, in the currency of the invoice.
    pub amount: Decimal,
    pub currency: String,
    /// The same in cents of euros: what limits are compared with.
    pub euro_cents: u64,
    pub due_date: Option<String>,
    pub note: Option<String>,
}

impl Claim {
    /// Looks the invoice up. None when it says that nothing is due.
    ///
    /// # Errors
    /// The invoice or a rate is missing: the run waits as an incident until it is there.
    pub(crate) fn of(request: Request) -> Result<Option<Self>, String> {
        let Request { invoice: id, department, note } = request;
        let invoice = find(&id)?;
        let amount = invoice.totals.due.ok_or_else(|| format!("the invoice {id} does not say what is due"))?;
        if amount <= Decimal::ZERO {
            return Ok(None);
        }
        let currency = invoice.currency.unwrap_or_else(|| HOME_CURRENCY.to_owned());
        let cents = amount.checked_mul(rate(&currency)?).and_then(|euros| euros.checked_mul(Decimal::ONE_HUNDRED));
        let euro_cents = cents.and_then(|cents| cents.round().to_u64());
        let euro_cents = euro_cents.ok_or_else(|| format!("{amount} {currency} is too much"))?;
        let Invoice { number, due_date, seller: Seller { name: seller }, .. } = invoice;
        Ok(Some(Self { invoice: id, department, seller, number, amount, currency, euro_cents, due_date, note }))
    }
}

/// An invoice of the collection `invoices`.
pub(crate) fn find(id: &str) -> Result<Invoice, String> {
    let found = Collection::open("invoices")?.get_as(id)?;
    found.ok_or_else(|| format!("there is no invoice {id}"))
}

#[derive(Deserialize)]
struct Rate {
    euro: Decimal,
}

/// Euros for one unit of a currency.
fn rate(currency: &str) -> Result<Decimal, String> {
    if currency == HOME_CURRENCY {
        return Ok(Decimal::ONE);
    }
    let rate: Option<Rate> = Collection::open("exchange-rates")?.get_as(currency)?;
    let missing = || format!("there is no rate for {currency}; add it to the collection exchange-rates");
    rate.map(|rate| rate.euro).ok_or_else(missing)
}
