//! Seller, buyer, payee and tax representative.

use super::report::Report;
use super::rule::{Path, Rule, apply, codes_of, is_filled, rule, trimmed};
use crate::record::{Address, Identifier, Invoice, Party, Payee, TaxRepresentative, Text};

/// What holds of the invoice even when the party is missing altogether.
const INVOICE: &[Rule<Invoice>] = &[
    rule(
        "BR-06",
        "/seller/name",
        |invoice| invoice.seller.as_ref().is_some_and(|seller| is_filled(&seller.name)),
        "State the name of the seller (BT-27).",
    ),
    rule(
        "BR-07",
        "/buyer/name",
        |invoice| invoice.buyer.as_ref().is_some_and(|buyer| is_filled(&buyer.name)),
        "State the name of the buyer (BT-44).",
    ),
    rule(
        "BR-08",
        "/seller/postal-address",
        |invoice| invoice.seller.as_ref().is_some_and(|seller| seller.postal_address.is_some()),
        "State the postal address of the seller (BG-5).",
    ),
    rule(
        "BR-10",
        "/buyer/postal-address",
        |invoice| invoice.buyer.as_ref().is_some_and(|buyer| buyer.postal_address.is_some()),
        "State the postal address of the buyer (BG-8).",
    ),
    rule("BR-17", "/payee", is_payee_another, "Name the payee (BT-59), and only where it is not the seller."),
];

const SELLER: &[Rule<Party>] = &[
    rule(
        "BR-09",
        "/postal-address/country",
        |seller| has_country(&seller.postal_address),
        "State the country of the seller (BT-40).",
    ),
    rule(
        "BR-62",
        "/electronic-address/scheme",
        |seller| has_scheme(&seller.electronic_address),
        "State the scheme of the electronic address of the seller (BT-34).",
    ),
    rule("BR-CO-09", "/vat-identifier", |seller| has_country_prefix(&seller.vat_identifier), VAT_PREFIX),
    rule(
        "BR-CO-26",
        "/identifiers",
        can_be_identified,
        "Identify the seller: by an identifier (BT-29), a legal registration (BT-30) or a VAT identifier (BT-31).",
    ),
];

const BUYER: &[Rule<Party>] = &[
    rule(
        "BR-11",
        "/postal-address/country",
        |buyer| has_country(&buyer.postal_address),
        "State the country of the buyer (BT-55).",
    ),
    rule(
        "BR-63",
        "/electronic-address/scheme",
        |buyer| has_scheme(&buyer.electronic_address),
        "State the scheme of the electronic address of the buyer (BT-49).",
    ),
    rule("BR-CO-09", "/vat-identifier", |buyer| has_country_prefix(&buyer.vat_identifier), VAT_PREFIX),
];

const TAX_REPRESENTATIVE: &[Rule<TaxRepresentative>] = &[
    rule(
        "BR-18",
        "/name",
        |representative| is_filled(&representative.name),
        "State the name of the tax representative of the seller (BT-62).",
    ),
    rule(
        "BR-19",
        "/postal-address",
        |representative| representative.postal_address.is_some(),
        "State the postal address of the tax representative of the seller (BG-12).",
    ),
    rule(
        "BR-20",
        "/postal-address/country",
        |representative| has_country(&representative.postal_address),
        "State the country of the tax representative of the seller (BT-69).",
    ),
    rule(
        "BR-56",
        "/vat-identifier",
        |representative| representative.vat_identifier.is_some(),
        "State the VAT identifier of the tax representative of the seller (BT-63).",
    ),
    rule(
        "BR-CO-09",
        "/vat-identifier",
        |representative| has_country_prefix(&representative.vat_identifier),
        VAT_PREFIX,
    ),
];

const VAT_PREFIX: &str =
    "Begin the VAT identifier with the code of the country that gave it (ISO 3166-1, or EL for Greece).";

/// The scheme of an identifier that a bank gave for direct debits; it does not tell who the seller is.
const BANK_SCHEME: &str = "SEPA";

/// Two-letter codes of ISO 3166-1 with a blank behind each, and with those that VAT identifiers use besides:
/// `EL` for Greece, `XI` for Northern Ireland, `1A` for Kosovo.
const COUNTRIES: &str = "\
    1A AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY \
    BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH EL ER ES ET FI FJ FK \
    FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS \
    IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM \
    MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS \
    PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK \
    TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XI YE YT ZA ZM ZW ";

pub(super) fn codes() -> impl Iterator<Item = &'static str> {
    codes_of(INVOICE).chain(codes_of(SELLER)).chain(codes_of(BUYER).take(2)).chain(codes_of(TAX_REPRESENTATIVE).take(4))
}

pub(super) fn check(invoice: &Invoice, root: &Path, report: &mut Report) {
    apply(INVOICE, invoice, root, report);
    if let Some(seller) = &invoice.seller {
        apply(SELLER, seller, &root.at("/seller"), report);
    }
    if let Some(buyer) = &invoice.buyer {
        apply(BUYER, buyer, &root.at("/buyer"), report);
    }
    if let Some(representative) = &invoice.tax_representative {
        apply(TAX_REPRESENTATIVE, representative, &root.at("/tax-representative"), report);
    }
}

/// Whether a payee, if there is one, has a name and is not the seller by name or identifier.
fn is_payee_another(invoice: &Invoice) -> bool {
    let Some(payee) = &invoice.payee else {
        return true;
    };
    payee.name.is_some() && invoice.seller.as_ref().is_none_or(|seller| !is_same(payee, seller))
}

fn is_same(payee: &Payee, seller: &Party) -> bool {
    let same_name = seller.trading_name.is_some() && trimmed(&payee.name) == trimmed(&seller.trading_name);
    same_name || payee.identifiers.iter().any(|mine| seller.identifiers.iter().any(|other| is_equal(mine, other)))
}

fn is_equal(one: &Identifier, other: &Identifier) -> bool {
    one.value.is_some() && trimmed(&one.value) == trimmed(&other.value)
}

fn has_country(address: &Option<Address>) -> bool {
    address.as_ref().is_none_or(|address| is_filled(&address.country))
}

fn has_scheme(identifier: &Option<Identifier>) -> bool {
    identifier.as_ref().is_none_or(|identifier| identifier.scheme.is_some())
}

fn can_be_identified(seller: &Party) -> bool {
    let is_own = |identifier: &Identifier| identifier.value.is_some() && trimmed(&identifier.scheme) != BANK_SCHEME;
    seller.vat_identifier.is_some()
        || seller.legal_registration.as_ref().is_some_and(|registration| registration.value.is_some())
        || seller.identifiers.iter().any(is_own)
}

fn has_country_prefix(identifier: &Text) -> bool {
    let prefix: Vec<u8> = trimmed(identifier).bytes().take(2).collect();
    prefix.is_empty() || COUNTRIES.as_bytes().chunks_exact(3).any(|country| country[..2] == prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vat_identifier_begins_with_a_country() {
        for good in ["NL8200", "EL1", "XI1", " DE1", "1A1", ""] {
            assert!(has_country_prefix(&Some(good.into())), "{good:?}");
        }
        for bad in ["nl8200", "ZZ1", "8200", "N", "D E", "É1", "N "] {
            assert!(!has_country_prefix(&Some(bad.into())), "{bad:?}");
        }
        assert!(has_country_prefix(&None));
    }
}
