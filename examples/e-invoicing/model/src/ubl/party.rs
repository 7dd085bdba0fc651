//! Parties and addresses.

use crate::record::{Address, Contact, Identifier, Party, Payee, TaxRepresentative, Text};
use crate::xml::Node;

/// An `AccountingSupplierParty` or `AccountingCustomerParty`. A party without a `Party` inside is there, and empty.
pub(super) fn party(node: Node) -> Party {
    let Some(party) = node.first("cac:Party") else {
        return Party::default();
    };
    Party {
        name: party.text("cac:PartyLegalEntity/cbc:RegistrationName"),
        trading_name: party.text("cac:PartyName/cbc:Name"),
        identifiers: identifiers(party),
        legal_registration: party.first("cac:PartyLegalEntity/cbc:CompanyID").map(identifier),
        vat_identifier: tax_identifier(party, true),
        tax_registration_identifier: tax_identifier(party, false),
        legal_information: party.text("cac:PartyLegalEntity/cbc:CompanyLegalForm"),
        electronic_address: party.first("cbc:EndpointID").map(identifier),
        postal_address: party.first("cac:PostalAddress").map(address),
        contact: party.first("cac:Contact").map(contact),
    }
}

/// A `PayeeParty`.
pub(super) fn payee(node: Node) -> Payee {
    Payee {
        name: node.text("cac:PartyName/cbc:Name"),
        identifiers: identifiers(node),
        legal_registration: node.first("cac:PartyLegalEntity/cbc:CompanyID").map(identifier),
    }
}

/// A `TaxRepresentativeParty`.
pub(super) fn tax_representative(node: Node) -> TaxRepresentative {
    TaxRepresentative {
        name: node.text("cac:PartyName/cbc:Name"),
        vat_identifier: tax_identifier(node, true),
        postal_address: node.first("cac:PostalAddress").map(address),
    }
}

/// The identifier for VAT, or for another tax.
fn tax_identifier(party: Node, of_vat: bool) -> Text {
    let mut schemes = party.all("cac:PartyTaxScheme").filter(|scheme| is_vat(*scheme) == of_vat);
    schemes.find_map(|scheme| scheme.text("cbc:CompanyID"))
}

fn is_vat(node: Node) -> bool {
    node.text("cac:TaxScheme/cbc:ID").is_some_and(|scheme| scheme.eq_ignore_ascii_case("VAT"))
}

fn identifiers(party: Node) -> Vec<Identifier> {
    party.all("cac:PartyIdentification").filter_map(|node| node.first("cbc:ID")).map(identifier).collect()
}

/// An element with a `schemeID`.
pub(super) fn identifier(node: Node) -> Identifier {
    Identifier { value: Some(node.own_text()), scheme: node.attribute("schemeID") }
}

/// An address, of a party or of a delivery.
pub(super) fn address(node: Node) -> Address {
    Address {
        line_1: node.text("cbc:StreetName"),
        line_2: node.text("cbc:AdditionalStreetName"),
        line_3: node.text("cac:AddressLine/cbc:Line"),
        city: node.text("cbc:CityName"),
        post_code: node.text("cbc:PostalZone"),
        subdivision: node.text("cbc:CountrySubentity"),
        country: node.text("cac:Country/cbc:IdentificationCode"),
    }
}

fn contact(node: Node) -> Contact {
    Contact {
        name: node.text("cbc:Name"),
        telephone: node.text("cbc:Telephone"),
        email: node.text("cbc:ElectronicMail"),
    }
}
