//! Whatever comes in, nothing panics.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use e_invoicing_model::{Invoice, cases, check, ubl};
use proptest::prelude::*;
use serde_json::Value;

const INVOICE: &[u8] = include_bytes!("../../data/invoices/guide-example1.xml");
const CASES: &[u8] = include_bytes!("../../data/cases/BR-S-09.xml");

/// Texts that hurt where a number, a date or a code is expected.
const NASTY: &[&str] = &[
    "",
    " ",
    "-",
    ".",
    "-.",
    "1e9",
    "NaN",
    "79228162514264337593543950335",
    "-79228162514264337593543950335",
    "79228162514264337593543950336",
    "0.0000000000000000000000000001",
    "9999999999999999999999999.9999",
    "2026-02-30",
    "9999-12-31-14:00",
    "é",
    "\u{0}",
    "VAT",
    "S",
    "O",
    "L",
];

fn nasty() -> impl Strategy<Value = String> {
    prop_oneof![prop::sample::select(NASTY).prop_map(str::to_owned), "[0-9]{1,40}(\\.[0-9]{0,40})?", any::<String>(),]
}

/// Replaces the n-th text of a record, counted over and over.
fn replace(value: &mut Value, at: &mut usize, text: &str) {
    match value {
        Value::String(old) if *at == 0 => {
            text.clone_into(old);
            *at = usize::MAX;
        }
        Value::String(_) => *at -= 1,
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, at, text)),
        Value::Object(fields) => fields.values_mut().for_each(|field| replace(field, at, text)),
        _ => {}
    }
}

fn judged(bytes: &[u8]) {
    if let Ok(invoice) = ubl::read(bytes) {
        for violation in check(&invoice) {
            assert!(violation.path.len() <= 1024 && violation.message.len() <= 4096);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn any_bytes(bytes: Vec<u8>) {
        judged(&bytes);
        let _ = cases::read(&bytes);
    }

    #[test]
    fn text_like_xml(text in "[<>/&;#! a-c='\"x:\\-\\[\\]?]{0,80}") {
        judged(text.as_bytes());
        let _ = cases::read(text.as_bytes());
    }

    #[test]
    fn an_invoice_with_something_cut_out_and_put_in(
        from in 0..INVOICE.len(),
        length in 0..200_usize,
        put in prop_oneof![Just(Vec::new()), any::<Vec<u8>>(), nasty().prop_map(String::into_bytes)],
    ) {
        let end = (from + length).min(INVOICE.len());
        judged(&[&INVOICE[..from], &put, &INVOICE[end..]].concat());
    }

    #[test]
    fn a_file_of_cases_that_is_cut(from in 0..CASES.len(), to in 0..CASES.len()) {
        let _ = cases::read(&CASES[..from]);
        let _ = cases::read(&[&CASES[..from], &CASES[to..]].concat());
    }

    #[test]
    fn a_record_with_other_texts(changes in prop::collection::vec((0..200_usize, nasty()), 1..12)) {
        let mut record = serde_json::to_value(ubl::read(INVOICE).unwrap()).unwrap();
        for (at, text) in changes {
            replace(&mut record, &mut { at }, &text);
        }
        if let Ok(invoice) = serde_json::from_value::<Invoice>(record) {
            check(&invoice);
        }
    }
}
