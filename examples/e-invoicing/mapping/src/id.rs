//! Under which id an invoice is stored.

use e_invoicing_model::Invoice;
use e_invoicing_model::record::{Identifier, Party, Text};
use signalsync_sdk::context;

/// Most bytes of a record's id.
const ID_BYTES_MAX: usize = 256;

/// The seller and the invoice number, e.g. `DE123456789:F-7`: numbers are unique with their seller only. None when one
/// of them is missing or cannot be in an id; the host then makes one.
pub(crate) fn of(invoice: &Invoice) -> Option<String> {
    let seller = seller(invoice.seller.as_ref()?)?;
    let id = format!("{seller}:{}", part(filled(&invoice.number)?));
    let is_id = id.len() <= ID_BYTES_MAX && !id.chars().any(char::is_control);
    is_id.then_some(id)
}

/// An id for an invoice that has none of its own.
pub(crate) fn fresh() -> String {
    format!("{:016x}{:016x}", context::random(), context::random())
}

/// What the seller is known by: the VAT identifier, or else another one with its scheme.
fn seller(seller: &Party) -> Option<String> {
    if let Some(vat) = filled(&seller.vat_identifier) {
        return Some(part(vat));
    }
    let own = seller.identifiers.iter().filter(|found| found.scheme.as_deref() != Some("SEPA"));
    let others = seller.legal_registration.iter().chain(own).chain(&seller.electronic_address);
    others.filter_map(with_scheme).next()
}

fn with_scheme(identifier: &Identifier) -> Option<String> {
    let value = part(filled(&identifier.value)?);
    Some(match filled(&identifier.scheme) {
        Some(scheme) => format!("{}:{value}", part(scheme)),
        None => value,
    })
}

fn filled(text: &Text) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

/// The colon stands between the parts, so that no seller has the id of another's invoice.
fn part(text: &str) -> String {
    text.replace('%', "%25").replace(':', "%3A")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Text {
        Some(text.to_owned())
    }

    fn identifier(scheme: Option<&str>, value: &str) -> Identifier {
        Identifier { value: text(value), scheme: scheme.and_then(text) }
    }

    fn id(number: &str, seller: Party) -> Option<String> {
        of(&Invoice { number: text(number), seller: Some(seller), ..Invoice::default() })
    }

    fn vat(vat: &str) -> Party {
        Party { vat_identifier: text(vat), ..Party::default() }
    }

    #[test]
    fn two_sellers_may_use_one_number() {
        assert_eq!(id("F-7", vat("DE1")).as_deref(), Some("DE1:F-7"));
        assert_eq!(id("F-7", vat("DE2")).as_deref(), Some("DE2:F-7"));
        assert_ne!(id("2:F", vat("DE1")), id("F", vat("DE1:2")));
    }

    #[test]
    fn a_seller_without_vat_has_other_identifiers() {
        let mut seller = Party { electronic_address: Some(identifier(Some("EM"), "a@b")), ..Party::default() };
        assert_eq!(id("7", seller.clone()).as_deref(), Some("EM:a@b:7"));
        seller.identifiers = vec![identifier(Some("SEPA"), "bank"), identifier(None, "K1")];
        assert_eq!(id("7", seller.clone()).as_deref(), Some("K1:7"));
        seller.legal_registration = Some(identifier(Some("0192"), "9:1%"));
        assert_eq!(id("7", seller).as_deref(), Some("0192:9%3A1%25:7"));
    }

    #[test]
    fn what_cannot_be_an_id_is_left_to_the_host() {
        assert_eq!(of(&Invoice { number: text("7"), ..Invoice::default() }), None);
        assert_eq!(id("7", Party::default()), None);
        assert_eq!(id("7", vat("")), None);
        for number in ["", "a\tb", &"x".repeat(ID_BYTES_MAX - 3)] {
            assert_eq!(id(number, vat("DE1")), None, "{number:?}");
        }
        assert_eq!(id(&"x".repeat(ID_BYTES_MAX - 4), vat("DE1")).map(|id| id.len()), Some(ID_BYTES_MAX));
    }
}
