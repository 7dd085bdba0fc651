//! Every rule, broken by one change to an invoice that breaks none.
//!
//! The invoice is `base.xml`; its holes are filled for one VAT category, so that the ten families of VAT rules are
//! tried by the same changes.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use e_invoicing_model::{check, rules, ubl};

const BASE: &str = include_str!("base.xml");

/// How an invoice of one VAT category looks.
struct Category {
    /// As in the names of its rules.
    family: &'static str,
    code: &'static str,
    rate: &'static str,
    /// 110.00 at the rate.
    tax: &'static str,
    total: &'static str,
    due: &'static str,
    /// Element that says why no VAT is due.
    why: &'static str,
}

const NO_TAX: Category =
    Category { family: "", code: "", rate: ZERO, tax: "0.00", total: "110.00", due: "80.40", why: REASON };
const ZERO: &str = "<cbc:Percent>0</cbc:Percent>";
const REASON: &str = "<cbc:TaxExemptionReason>Because</cbc:TaxExemptionReason>";

const STANDARD: Category = Category {
    family: "S",
    code: "S",
    rate: "<cbc:Percent>25</cbc:Percent>",
    tax: "27.50",
    total: "137.50",
    due: "107.90",
    why: "",
};

const CATEGORIES: &[Category] = &[
    STANDARD,
    Category { family: "AF", code: "L", ..STANDARD },
    Category { family: "AG", code: "M", ..STANDARD },
    Category { family: "Z", code: "Z", why: "", ..NO_TAX },
    Category { family: "E", code: "E", ..NO_TAX },
    Category { family: "AE", code: "AE", ..NO_TAX },
    Category { family: "IC", code: "K", ..NO_TAX },
    Category { family: "G", code: "G", ..NO_TAX },
    Category { family: "O", code: "O", rate: "", ..NO_TAX },
];

fn base(category: &Category) -> String {
    let filled = [
        ("{CODE}", category.code),
        ("{RATE}", category.rate),
        ("{TAX}", category.tax),
        ("{TOTAL}", category.total),
        ("{DUE}", category.due),
        ("{WHY}", category.why),
    ]
    .iter()
    .fold(BASE.to_owned(), |text, (hole, filling)| text.replace(hole, filling));
    match category.code {
        "O" => without_vat_identifiers(&filled),
        _ => filled,
    }
}

fn without_vat_identifiers(xml: &str) -> String {
    ["seller vat", "buyer vat", "representative"].iter().fold(xml.to_owned(), |text, mark| cut(&text, mark))
}

/// Without what stands between a mark and the next `<!--/-->`.
fn cut(xml: &str, mark: &str) -> String {
    let mark = format!("<!--{mark}-->");
    let (before, rest) = xml.split_once(&mark).unwrap();
    let (_, after) = rest.split_once("<!--/-->").unwrap();
    format!("{before}{after}")
}

/// The same as a credit note.
fn credit_note(xml: &str) -> String {
    [
        ("<Invoice ", "<CreditNote "),
        ("</Invoice>", "</CreditNote>"),
        (":Invoice-2", ":CreditNote-2"),
        ("InvoiceTypeCode", "CreditNoteTypeCode"),
        ("InvoiceLine", "CreditNoteLine"),
        ("InvoicedQuantity", "CreditedQuantity"),
    ]
    .iter()
    .fold(xml.to_owned(), |text, (invoice, credit_note)| text.replace(invoice, credit_note))
}

fn codes(xml: &str) -> BTreeSet<&'static str> {
    check(&ubl::read(xml.as_bytes()).unwrap()).into_iter().map(|violation| violation.code).collect()
}

/// Rule, text of the base, and what stands there instead.
const CHANGES: &[(&str, &str, &str)] = &[
    ("BR-01", "urn:cen.eu:en16931:2017", " "),
    ("BR-02", "<cbc:ID>F-1</cbc:ID>", ""),
    ("BR-03", "2026-03-01", ""),
    ("BR-04", "<cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>", ""),
    ("BR-05", "<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>", ""),
    ("BR-06", "Seller SpA", ""),
    ("BR-07", "Buyer GmbH", ""),
    (
        "BR-08",
        "<cac:PostalAddress><cac:Country><cbc:IdentificationCode>IT</cbc:IdentificationCode></cac:Country></cac:PostalAddress>",
        "",
    ),
    ("BR-09", "<cbc:IdentificationCode>IT</cbc:IdentificationCode>", ""),
    (
        "BR-10",
        "<cac:PostalAddress><cac:Country><cbc:IdentificationCode>AT</cbc:IdentificationCode></cac:Country></cac:PostalAddress>",
        "",
    ),
    ("BR-11", "<cac:Country><cbc:IdentificationCode>AT</cbc:IdentificationCode></cac:Country>", ""),
    ("BR-12", "<cbc:LineExtensionAmount>100.00</cbc:LineExtensionAmount>", ""),
    ("BR-13", "<cbc:TaxExclusiveAmount>110.00</cbc:TaxExclusiveAmount>", ""),
    ("BR-14", "<cbc:TaxInclusiveAmount>137.50</cbc:TaxInclusiveAmount>", ""),
    ("BR-15", "<cbc:PayableAmount>107.90</cbc:PayableAmount>", ""),
    ("BR-16", "cac:InvoiceLine>", "cac:OtherLine>"),
    ("BR-17", "<cbc:Name>Payee</cbc:Name>", "<cbc:Name>Seller</cbc:Name>"),
    ("BR-17", "<cac:PartyName><cbc:Name>Payee</cbc:Name></cac:PartyName>", ""),
    (
        "BR-17",
        "<cac:PayeeParty>",
        "<cac:PayeeParty><cac:PartyIdentification><cbc:ID>seller-1</cbc:ID></cac:PartyIdentification>",
    ),
    ("BR-18", "<cbc:Name>Agent</cbc:Name>", "<cbc:Name> </cbc:Name>"),
    (
        "BR-19",
        "<cac:PostalAddress><cac:Country><cbc:IdentificationCode>FR</cbc:IdentificationCode></cac:Country></cac:PostalAddress>",
        "",
    ),
    ("BR-20", ">FR<", "><"),
    ("BR-21", "line-1", " "),
    ("BR-22", "<cbc:InvoicedQuantity unitCode=\"C62\">1</cbc:InvoicedQuantity>", ""),
    ("BR-23", " unitCode=\"C62\"", ""),
    ("BR-24", "<cbc:LineExtensionAmount currencyID=\"EUR\">100.00</cbc:LineExtensionAmount>", ""),
    ("BR-25", "Chair", ""),
    ("BR-26", "<cbc:PriceAmount>99.50</cbc:PriceAmount>", ""),
    ("BR-27", "99.50", "-99.50"),
    ("BR-28", "120.00", "-0.01"),
    ("BR-29", "2026-01-31", "2025-12-31"),
    ("BR-29", "2026-01-31", "2026-01-32"),
    ("BR-30", "2026-01-30", "2026-01-01"),
    ("BR-31", "<cbc:Amount>10.00</cbc:Amount>", ""),
    ("BR-32", "50.00</cbc:BaseAmount><cac:TaxCategory><cbc:ID>S</cbc:ID>", "50.00</cbc:BaseAmount><cac:TaxCategory>"),
    ("BR-33", "<cbc:AllowanceChargeReason>Loyal</cbc:AllowanceChargeReason>", ""),
    ("BR-36", "<cbc:Amount>20.00</cbc:Amount>", ""),
    ("BR-37", "60.00</cbc:BaseAmount><cac:TaxCategory><cbc:ID>S</cbc:ID>", "60.00</cbc:BaseAmount><cac:TaxCategory>"),
    ("BR-38", "<cbc:AllowanceChargeReason>Post</cbc:AllowanceChargeReason>", ""),
    ("BR-41", "<cbc:Amount>3.00</cbc:Amount>", ""),
    ("BR-42", "<cbc:AllowanceChargeReason>Scratch</cbc:AllowanceChargeReason>", ""),
    ("BR-43", "<cbc:Amount>3.50</cbc:Amount>", ""),
    ("BR-44", "<cbc:AllowanceChargeReason>Wrap</cbc:AllowanceChargeReason>", ""),
    ("BR-45", "<cbc:TaxableAmount>110.00</cbc:TaxableAmount>", ""),
    ("BR-46", "<cbc:TaxAmount>27.50</cbc:TaxAmount>", ""),
    ("BR-47", "27.50</cbc:TaxAmount><cac:TaxCategory><cbc:ID>S</cbc:ID>", "27.50</cbc:TaxAmount><cac:TaxCategory>"),
    (
        "BR-48",
        "27.50</cbc:TaxAmount><cac:TaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>25</cbc:Percent>",
        "27.50</cbc:TaxAmount><cac:TaxCategory><cbc:ID>S</cbc:ID>",
    ),
    ("BR-49", "<cbc:PaymentMeansCode>30</cbc:PaymentMeansCode>", ""),
    ("BR-50", ">AT61<", "> <"),
    ("BR-51", "1234567890", "12345678901"),
    ("BR-52", "sheet", ""),
    ("BR-53", "\"SEK\"", "\"DKK\""),
    ("BR-54", "<cbc:Value>Red</cbc:Value>", ""),
    ("BR-54", "<cbc:Name>Colour</cbc:Name>", ""),
    ("BR-55", "<cbc:ID>F-0</cbc:ID>", ""),
    ("BR-56", "<cbc:CompanyID>FR3</cbc:CompanyID>", ""),
    ("BR-57", "<cac:Country><cbc:IdentificationCode>DE</cbc:IdentificationCode></cac:Country>", ""),
    ("BR-61", "<cbc:ID>AT61</cbc:ID>", ""),
    ("BR-62", "<cbc:EndpointID schemeID=\"0088\">1<", "<cbc:EndpointID>1<"),
    ("BR-63", "<cbc:EndpointID schemeID=\"0088\">2<", "<cbc:EndpointID>2<"),
    ("BR-64", " schemeID=\"0160\"", ""),
    ("BR-65", " listID=\"STI\"", ""),
    ("BR-B-01", "<cbc:ID>S</cbc:ID>", "<cbc:ID>B</cbc:ID>"),
    (
        "BR-B-02",
        "27.50</cbc:TaxAmount><cac:TaxCategory><cbc:ID>S</cbc:ID>",
        "27.50</cbc:TaxAmount><cac:TaxCategory><cbc:ID>B</cbc:ID>",
    ),
    ("BR-CL-08", "#AAI#", "#ABY#"),
    (
        "BR-CO-03",
        "<cac:InvoicePeriod><cbc:StartDate>2026-01-01<",
        "<cbc:TaxPointDate>2026-01-01</cbc:TaxPointDate><cac:InvoicePeriod><cbc:DescriptionCode>3</cbc:DescriptionCode><cbc:StartDate>2026-01-01<",
    ),
    ("BR-CO-04", "<cac:ClassifiedTaxCategory><cbc:ID>S</cbc:ID>", "<cac:ClassifiedTaxCategory>"),
    (
        "BR-CO-04",
        "25</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:ClassifiedTaxCategory>",
        "25</cbc:Percent><cac:TaxScheme><cbc:ID>GST</cbc:ID></cac:TaxScheme></cac:ClassifiedTaxCategory>",
    ),
    ("BR-CO-09", ">IT1<", ">QQ1<"),
    ("BR-CO-09", ">ATU2<", ">atu2<"),
    ("BR-CO-09", ">FR3<", ">3<"),
    ("BR-CO-10", "<cbc:LineExtensionAmount>100.00<", "<cbc:LineExtensionAmount>100.01<"),
    ("BR-CO-11", "<cbc:AllowanceTotalAmount>10.00</cbc:AllowanceTotalAmount>", ""),
    ("BR-CO-11", "<cbc:AllowanceTotalAmount>10.00<", "<cbc:AllowanceTotalAmount>9.99<"),
    ("BR-CO-12", "<cbc:ChargeTotalAmount>20.00</cbc:ChargeTotalAmount>", ""),
    ("BR-CO-12", "<cbc:ChargeTotalAmount>20.00<", "<cbc:ChargeTotalAmount>20.01<"),
    ("BR-CO-13", "<cbc:TaxExclusiveAmount>110.00<", "<cbc:TaxExclusiveAmount>110.01<"),
    ("BR-CO-14", "\"EUR\">27.50<", "\"EUR\">27.51<"),
    ("BR-CO-15", "137.50", "137.51"),
    ("BR-CO-15", "\"EUR\">27.50<", "\"USD\">27.50<"),
    ("BR-CO-16", "107.90", "107.91"),
    ("BR-CO-17", ">27.50<", ">28.50<"),
    ("BR-CO-17", "<cbc:ID>S</cbc:ID><cbc:Percent>25<", "<cbc:ID>S</cbc:ID><cbc:Percent>0.4<"),
    ("BR-CO-18", "cac:TaxSubtotal>", "cac:OtherSubtotal>"),
    ("BR-CO-19", "<cbc:StartDate>2026-01-01</cbc:StartDate><cbc:EndDate>2026-01-31</cbc:EndDate>", ""),
    ("BR-CO-20", "<cbc:StartDate>2026-01-02</cbc:StartDate><cbc:EndDate>2026-01-30</cbc:EndDate>", ""),
    ("BR-CO-21", "<cbc:AllowanceChargeReason>Loyal</cbc:AllowanceChargeReason>", ""),
    ("BR-CO-22", "<cbc:AllowanceChargeReason>Post</cbc:AllowanceChargeReason>", ""),
    ("BR-CO-23", "<cbc:AllowanceChargeReason>Scratch</cbc:AllowanceChargeReason>", ""),
    ("BR-CO-24", "<cbc:AllowanceChargeReason>Wrap</cbc:AllowanceChargeReason>", ""),
    ("BR-DEC-01", "<cbc:Amount>10.00<", "<cbc:Amount>10.000<"),
    ("BR-DEC-02", "50.00", "50.000"),
    ("BR-DEC-05", "<cbc:Amount>20.00<", "<cbc:Amount>20.000<"),
    ("BR-DEC-06", "60.00", "60.000"),
    ("BR-DEC-09", "<cbc:LineExtensionAmount>100.00<", "<cbc:LineExtensionAmount>100.000<"),
    ("BR-DEC-10", "<cbc:AllowanceTotalAmount>10.00<", "<cbc:AllowanceTotalAmount>10.000<"),
    ("BR-DEC-11", "<cbc:ChargeTotalAmount>20.00<", "<cbc:ChargeTotalAmount>20.000<"),
    ("BR-DEC-12", "<cbc:TaxExclusiveAmount>110.00<", "<cbc:TaxExclusiveAmount>110.000<"),
    ("BR-DEC-13", "\"EUR\">27.50<", "\"EUR\">27.500<"),
    ("BR-DEC-14", "137.50", "137.500"),
    ("BR-DEC-15", "300.00", "300.001"),
    ("BR-DEC-16", "<cbc:PrepaidAmount>30.00<", "<cbc:PrepaidAmount>30.000<"),
    ("BR-DEC-17", "0.40", "0.400"),
    ("BR-DEC-18", "107.90", "107.900"),
    ("BR-DEC-19", "<cbc:TaxableAmount>110.00<", "<cbc:TaxableAmount>110.000<"),
    ("BR-DEC-20", "<cbc:TaxAmount>27.50<", "<cbc:TaxAmount>27.500<"),
    ("BR-DEC-23", "\"EUR\">100.00<", "\"EUR\">100.000<"),
    ("BR-DEC-24", "<cbc:Amount>3.00<", "<cbc:Amount>3.000<"),
    ("BR-DEC-25", "<cbc:BaseAmount>30.00<", "<cbc:BaseAmount>30.000<"),
    ("BR-DEC-27", "<cbc:Amount>3.50<", "<cbc:Amount>3.500<"),
    ("BR-DEC-28", "<cbc:BaseAmount>35.00<", "<cbc:BaseAmount>35.000<"),
];

fn changed(xml: &str, from: &str, to: &str) -> String {
    assert!(xml.contains(from), "the base has no {from}");
    xml.replace(from, to)
}

#[test]
fn the_base_breaks_no_rule_in_any_category() {
    for category in CATEGORIES {
        let base = base(category);
        assert_eq!(codes(&base), BTreeSet::new(), "{}", category.family);
        assert_eq!(codes(&credit_note(&base)), BTreeSet::new(), "{}", category.family);
    }
}

#[test]
fn every_change_breaks_its_rule() {
    let base = base(&STANDARD);
    for (code, from, to) in CHANGES {
        let broken = changed(&base, from, to);
        assert!(codes(&broken).contains(code), "{code}: {from} -> {to}");
        assert_eq!(codes(&broken), codes(&credit_note(&broken)), "{code} in a credit note");
    }
}

/// What only holds together with something else.
#[test]
fn some_rules_need_two_changes() {
    let unnamed = changed(&cut(&base(&STANDARD), "seller vat"), "<cbc:ID>seller-1</cbc:ID>", "");
    assert!(codes(&unnamed).contains("BR-CO-26"));
    let bank_only =
        changed(&unnamed, "<cac:PartyIdentification>", "<cac:PartyIdentification><cbc:ID schemeID=\"SEPA\">1</cbc:ID>");
    assert!(codes(&bank_only).contains("BR-CO-26"));

    let community = base(&CATEGORIES[6]);
    let undated = changed(&community, "<cbc:ActualDeliveryDate>2026-02-01</cbc:ActualDeliveryDate>", "");
    let timeless =
        changed(&undated, "<cbc:StartDate>2026-01-01</cbc:StartDate><cbc:EndDate>2026-01-31</cbc:EndDate>", "");
    assert!(!codes(&undated).contains("BR-IC-11"));
    assert!(codes(&timeless).contains("BR-IC-11"));
    assert!(codes(&changed(&community, ">DE<", "><")).contains("BR-IC-12"));
}

/// The change that breaks each of the rules that all categories have, and its number.
fn family_changes(category: &Category) -> Vec<(u8, String)> {
    let base = base(category);
    let (code, rate) = (category.code, category.rate);
    let of = |start: &str| format!("{start}<cbc:ID>{code}</cbc:ID>{rate}");
    let other_rate = |start: &str| {
        let wrong = match category.family {
            "O" => "<cbc:Percent>0</cbc:Percent>",
            "Z" | "E" | "AE" | "IC" | "G" => "<cbc:Percent>1</cbc:Percent>",
            _ => "<cbc:Percent>-1</cbc:Percent>",
        };
        changed(&base, &of(start), &format!("{start}<cbc:ID>{code}</cbc:ID>{wrong}"))
    };
    let breakdown = format!("{}</cbc:TaxAmount><cac:TaxCategory>", category.tax);
    let identified = match category.family {
        "O" => changed(
            &base,
            "<cac:PartyLegalEntity>",
            "<cac:PartyTaxScheme><cbc:CompanyID>IT1</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme><cac:PartyLegalEntity>",
        ),
        _ => without_vat_identifiers(&base),
    };
    let explained = match category.why {
        "" => changed(&base, &of(&breakdown), &format!("{}{REASON}", of(&breakdown))),
        why => changed(&base, why, ""),
    };
    vec![
        (1, changed(&base, &format!("{breakdown}<cbc:ID>{code}<"), &format!("{breakdown}<cbc:ID>Q<"))),
        (2, identified.clone()),
        (3, identified.clone()),
        (4, identified),
        (5, other_rate("<cac:ClassifiedTaxCategory>")),
        (6, other_rate("50.00</cbc:BaseAmount><cac:TaxCategory>")),
        (7, other_rate("60.00</cbc:BaseAmount><cac:TaxCategory>")),
        (8, changed(&base, "<cbc:TaxableAmount>110.00<", "<cbc:TaxableAmount>111.00<")),
        (9, changed(&base, &format!("<cbc:TaxAmount>{}<", category.tax), "<cbc:TaxAmount>1.00<")),
        (10, explained),
    ]
}

#[test]
fn every_category_has_its_ten_rules() {
    for category in CATEGORIES {
        for (number, xml) in family_changes(category) {
            let code = format!("BR-{}-{number:02}", category.family);
            assert!(codes(&xml).contains(&*code), "{code}");
            assert_eq!(codes(&xml), codes(&credit_note(&xml)), "{code} in a credit note");
        }
    }
}

/// Category `O` stands alone.
#[test]
fn what_is_not_subject_to_vat_is_not_mixed_with_what_is() {
    let base = base(&CATEGORIES[8]);
    let other = "<cbc:ID>Z</cbc:ID>";
    let subtotal = "<cac:TaxSubtotal><cac:TaxCategory><cbc:ID>Z</cbc:ID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:TaxCategory></cac:TaxSubtotal>";
    for (code, from, to) in [
        ("BR-O-11", "<cac:TaxSubtotal>", format!("{subtotal}<cac:TaxSubtotal>")),
        ("BR-O-12", "<cac:ClassifiedTaxCategory><cbc:ID>O</cbc:ID>", format!("<cac:ClassifiedTaxCategory>{other}")),
        (
            "BR-O-13",
            "50.00</cbc:BaseAmount><cac:TaxCategory><cbc:ID>O</cbc:ID>",
            format!("50.00</cbc:BaseAmount><cac:TaxCategory>{other}"),
        ),
        (
            "BR-O-14",
            "60.00</cbc:BaseAmount><cac:TaxCategory><cbc:ID>O</cbc:ID>",
            format!("60.00</cbc:BaseAmount><cac:TaxCategory>{other}"),
        ),
    ] {
        assert!(codes(&changed(&base, from, &to)).contains(code), "{code}");
    }
}

/// A rule is in a table above, or nothing can break it.
#[test]
fn every_rule_is_broken_here() {
    let mut tried: BTreeSet<String> = CHANGES.iter().map(|(code, _, _)| (*code).to_owned()).collect();
    tried.extend(["BR-CO-26", "BR-IC-11", "BR-IC-12"].map(str::to_owned));
    tried.extend((11..=14).map(|number| format!("BR-O-{number}")));
    tried.extend(rules::UNDECIDABLE.map(str::to_owned));
    for category in CATEGORIES {
        tried.extend((1..=10).map(|number| format!("BR-{}-{number:02}", category.family)));
    }
    let rules: BTreeSet<String> = rules::all().map(|(code, _)| code.to_owned()).collect();
    assert_eq!(tried, rules);
}
