//! Who takes part.

use super::Text;

record! {
    /// BG-4 Seller or BG-7 Buyer.
    Party {
        /// BT-27 Seller name or BT-44 Buyer name: the registered one.
        name: Text,
        /// BT-28 or BT-45 trading name.
        trading_name: Text,
        /// BT-29 or BT-46 identifiers. One with the scheme `SEPA` is BT-90 Bank assigned creditor identifier.
        identifiers: Vec<Identifier>,
        /// BT-30 or BT-47 legal registration identifier.
        legal_registration: Option<Identifier>,
        /// BT-31 or BT-48 VAT identifier.
        vat_identifier: Text,
        /// BT-32 Seller tax registration identifier: one of another tax than VAT.
        tax_registration_identifier: Text,
        /// BT-33 Seller additional legal information.
        legal_information: Text,
        /// BT-34 or BT-49 electronic address.
        electronic_address: Option<Identifier>,
        /// BG-5 or BG-8 postal address.
        postal_address: Option<Address>,
        /// BG-6 or BG-9 contact.
        contact: Option<Contact>,
    }
}

record! {
    /// BG-10 Payee.
    Payee {
        /// BT-59 Payee name.
        name: Text,
        /// BT-60 Payee identifiers.
        identifiers: Vec<Identifier>,
        /// BT-61 Payee legal registration identifier.
        legal_registration: Option<Identifier>,
    }
}

record! {
    /// BG-11 Seller tax representative party.
    TaxRepresentative {
        /// BT-62 Seller tax representative name.
        name: Text,
        /// BT-63 Seller tax representative VAT identifier.
        vat_identifier: Text,
        /// BG-12 Seller tax representative postal address.
        postal_address: Option<Address>,
    }
}

record! {
    /// An identifier and the scheme it belongs to.
    Identifier {
        /// The identifier.
        value: Text,
        /// Identifier of the scheme.
        scheme: Text,
    }
}

record! {
    /// BG-5, BG-8, BG-12 or BG-15: an address.
    Address {
        /// BT-35, BT-50, BT-64 or BT-75: first line.
        line_1: Text,
        /// BT-36, BT-51, BT-65 or BT-76: second line.
        line_2: Text,
        /// BT-162, BT-163, BT-164 or BT-165: third line.
        line_3: Text,
        /// BT-37, BT-52, BT-66 or BT-77: city.
        city: Text,
        /// BT-38, BT-53, BT-67 or BT-78: post code.
        post_code: Text,
        /// BT-39, BT-54, BT-68 or BT-79: country subdivision.
        subdivision: Text,
        /// BT-40, BT-55, BT-69 or BT-80: country code.
        country: Text,
    }
}

record! {
    /// BG-6 or BG-9: a contact.
    Contact {
        /// BT-41 or BT-56: contact point.
        name: Text,
        /// BT-42 or BT-57: telephone number.
        telephone: Text,
        /// BT-43 or BT-58: email address.
        email: Text,
    }
}
