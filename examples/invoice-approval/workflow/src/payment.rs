//! Payments: what an approved invoice becomes.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use signalsync_sdk::storage::Collection;
use signalsync_sdk::{Error, Message, Outcome};

use crate::claim::{self, Claim};

/// The collection that payments are written to.
const PAYMENTS: &str = "payments";

/// A record of the collection `payments`; its id is the invoice's, so that an invoice has one payment at most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Payment {
    pub invoice: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creditor: Option<String>,
    /// Where to: an IBAN.
    pub account: String,
    pub amount: Money,
    /// What the creditor knows it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remittance: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_date: Option<String>,
    pub approved_by: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Money {
    pub amount: Decimal,
    pub currency: String,
}

impl Payment {
    /// None when the invoice does not say to which account.
    pub(crate) fn of(claim: &Claim, approved_by: &[String]) -> Result<Option<Self>, String> {
        let instructions = claim::find(&claim.invoice)?.payment_instructions;
        let said = instructions.iter().find_map(|said| {
            let account = said.account.as_ref()?.identifier.as_ref()?;
            Some((account.split_whitespace().collect::<String>(), said.remittance_information.clone()))
        });
        Ok(said.filter(|(account, _)| !account.is_empty()).map(|(account, remittance)| Self {
            invoice: claim.invoice.clone(),
            creditor: claim.seller.clone(),
            account,
            amount: Money { amount: claim.amount, currency: claim.currency.clone() },
            remittance: remittance.or_else(|| claim.number.clone()),
            due_date: claim.due_date.clone(),
            approved_by: approved_by.to_vec(),
        }))
    }
}

/// Whether an invoice has its payment.
pub(crate) fn is_paid(invoice: &str) -> Result<bool, Error> {
    Ok(Collection::open(PAYMENTS)?.get(invoice)?.is_some())
}

/// The mapping `payment-export`. Called again with the same payment it writes the same record again.
///
/// Here it stays in the platform; where a bank takes payments over HTTP, send it there from here.
///
/// # Errors
/// The message is no payment.
pub fn export(message: Message) -> Result<Outcome, Error> {
    let payment: Payment = message.json()?;
    Outcome::new().upsert(PAYMENTS, &payment.invoice, &payment)?.reply(&payment.invoice)
}
