//! The VAT categories, and how their rules differ.

/// A VAT category: a row of the table that the families of rules are made from.
pub(super) struct Category {
    /// As it stands in an invoice (UNTDID 5305).
    pub(super) code: &'static str,
    /// For a person.
    pub(super) name: &'static str,
    /// The codes of its rules -01 to -10.
    pub(super) codes: [&'static str; 10],
    pub(super) breakdowns: Breakdowns,
    pub(super) identifiers: Identifiers,
    pub(super) rate: Rate,
    pub(super) tax: Tax,
    pub(super) exemption: Exemption,
}

/// Rule -01: how many breakdowns a category has when something is in it.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Breakdowns {
    /// One for each rate, and none when nothing is in the category.
    ForEachRate,
    One,
}

/// Rules -02 to -04: who must be known by which identifier.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Identifiers {
    /// The seller for any tax, or its tax representative for VAT.
    Seller,
    /// The same, and the buyer for VAT or by its legal registration.
    SellerAndBuyer,
    /// The seller or its tax representative, for VAT.
    SellerVat,
    /// The same, and the buyer for VAT.
    SellerVatAndBuyerVat,
    /// No one for VAT.
    NoVat,
}

/// Rules -05 to -07: the rate of a line, an allowance, a charge.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Rate {
    Positive,
    Zero,
    ZeroOrMore,
    None,
}

/// Rules -08 and -09: what the taxable amount and the tax amount of a breakdown are.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Tax {
    /// For each rate, what is in the category at that rate and the tax on it; less than 1 off.
    OfRate,
    /// All that is in the category, exactly, and no tax.
    Zero,
}

/// Rule -10: the reason of an exemption.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Exemption {
    Forbidden,
    Required,
}

macro_rules! codes {
    ($family:literal) => {
        [
            concat!("BR-", $family, "-01"),
            concat!("BR-", $family, "-02"),
            concat!("BR-", $family, "-03"),
            concat!("BR-", $family, "-04"),
            concat!("BR-", $family, "-05"),
            concat!("BR-", $family, "-06"),
            concat!("BR-", $family, "-07"),
            concat!("BR-", $family, "-08"),
            concat!("BR-", $family, "-09"),
            concat!("BR-", $family, "-10"),
        ]
    };
}

const fn taxed(code: &'static str, name: &'static str, codes: [&'static str; 10], rate: Rate) -> Category {
    Category {
        code,
        name,
        codes,
        breakdowns: Breakdowns::ForEachRate,
        identifiers: Identifiers::Seller,
        rate,
        tax: Tax::OfRate,
        exemption: Exemption::Forbidden,
    }
}

const fn untaxed(
    code: &'static str,
    name: &'static str,
    codes: [&'static str; 10],
    identifiers: Identifiers,
) -> Category {
    Category {
        code,
        name,
        codes,
        breakdowns: Breakdowns::One,
        identifiers,
        rate: Rate::Zero,
        tax: Tax::Zero,
        exemption: Exemption::Required,
    }
}

/// All categories but `B`, which has rules of its own kind.
pub(super) const CATEGORIES: [Category; 9] = [
    taxed("S", "standard rated", codes!("S"), Rate::Positive),
    taxed("L", "IGIC", codes!("AF"), Rate::ZeroOrMore),
    taxed("M", "IPSI", codes!("AG"), Rate::ZeroOrMore),
    Category { exemption: Exemption::Forbidden, ..untaxed("Z", "zero rated", codes!("Z"), Identifiers::Seller) },
    untaxed("E", "exempt from VAT", codes!("E"), Identifiers::Seller),
    untaxed("AE", "reverse charge", codes!("AE"), Identifiers::SellerAndBuyer),
    untaxed("K", "intra-community supply", codes!("IC"), Identifiers::SellerVatAndBuyerVat),
    untaxed("G", "export outside the EU", codes!("G"), Identifiers::SellerVat),
    Category { rate: Rate::None, ..untaxed("O", "not subject to VAT", codes!("O"), Identifiers::NoVat) },
];

impl Category {
    /// The place in the table of the category with this code.
    pub(super) fn position(code: &str) -> Option<usize> {
        CATEGORIES.iter().position(|category| category.code == code)
    }
}
