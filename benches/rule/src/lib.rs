//! The small rule that every runtime is asked: does an invoice of twenty lines add up?

use serde::{Deserialize, Serialize};

/// An invoice, in the smallest unit of its currency.
#[derive(Debug, Serialize, Deserialize)]
pub struct Invoice {
    pub lines: Vec<Line>,
    pub net: i64,
    pub vat: i64,
    pub total: i64,
}

/// One of its lines.
#[derive(Debug, Serialize, Deserialize)]
pub struct Line {
    pub name: String,
    pub quantity: i64,
    pub price: i64,
}

/// A reason against it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    pub path: String,
    pub code: String,
    pub message: String,
}

/// Every reason against an invoice.
pub fn check(invoice: &Invoice) -> Vec<Found> {
    let mut found = Vec::new();
    let net: i64 = invoice.lines.iter().map(|line| line.quantity * line.price).sum();
    if net != invoice.net {
        found.push(reason("/net", "NET", "The net amount is not the sum of the lines."));
    }
    if invoice.net + invoice.vat != invoice.total {
        found.push(reason("/total", "TOTAL", "The total is not net plus VAT."));
    }
    for (number, line) in invoice.lines.iter().enumerate().filter(|(_, line)| line.name.is_empty()) {
        found.push(reason(&format!("/lines/{number}/name"), "NAME", &format!("A line of {} has no name.", line.price)));
    }
    found
}

/// The rule as one call: JSON in, reasons out.
///
/// # Errors
/// The text is no invoice.
pub fn judge(json: &[u8]) -> Result<Vec<Found>, serde_json::Error> {
    Ok(check(&serde_json::from_slice(json)?))
}

/// The invoice that everybody judges. There is one reason against it, so that an answer has to be carried out.
pub fn input() -> String {
    let line = |number: i64| Line { name: format!("Item {number} of the catalogue"), quantity: number, price: 1_999 };
    let lines: Vec<_> = (1..=20).map(line).collect();
    let net = lines.iter().map(|line| line.quantity * line.price).sum();
    let invoice = Invoice { lines, net, vat: net / 5, total: net };
    serde_json::to_string(&invoice).unwrap_or_else(|error| unreachable!("it is JSON: {error}"))
}

fn reason(path: &str, code: &str, message: &str) -> Found {
    Found { path: path.to_owned(), code: code.to_owned(), message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    #[test]
    fn there_is_one_reason_against_the_input() {
        let found = super::judge(super::input().as_bytes()).expect("an invoice");
        assert_eq!(found.iter().map(|found| &*found.code).collect::<Vec<_>>(), ["TOTAL"]);
    }
}
