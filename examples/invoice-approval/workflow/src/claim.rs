//! What is to be approved: an invoice that somebody asks to be paid, for a department.

use e_invoicing_model::Invoice;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde::{Deserialize, Serialize};
use signalsync_sdk::storage::Collection;

/// Limits are in this currency.
const HOME_CURRENCY: &str = "EUR";

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
        let due = invoice.totals.and_then(|totals| totals.due).and_then(|due| due.value());
        let amount = due.ok_or_else(|| format!("the invoice {id} does not say what is due"))?;
        if amount <= Decimal::ZERO {
            return Ok(None);
        }
        let currency = invoice.currency.unwrap_or_else(|| HOME_CURRENCY.to_owned());
        let cents = (amount * rate(&currency)? * Decimal::ONE_HUNDRED).round();
        let euro_cents = cents.to_u64().ok_or_else(|| format!("{amount} {currency} is too much"))?;
        let (seller, number) = (invoice.seller.and_then(|seller| seller.name), invoice.number);
        let due_date = invoice.due_date;
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
