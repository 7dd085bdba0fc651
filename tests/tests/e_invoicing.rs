//! The e-invoicing example through the whole host: real invoices, and the test cases of EN 16931.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use e_invoicing_model::cases::{self, Expect};
use serde_json::{Value, json};
use signalsync_tests::{Platform, Tenant, component};

fn data(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/e-invoicing/data").join(folder);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

/// A tenant that takes invoices.
fn invoicing() -> (Platform, Tenant) {
    let platform = Platform::start();
    let tenant = platform.tenant("acme");
    tenant.collection("invoices");
    let built = |name: &str| {
        let path = Path::new(signalsync_tests::guests::ACCEPT_ALL).with_file_name(format!("{name}.wasm"));
        tenant.upload(&component(path)).expect(201).json()["digest"].clone()
    };
    let draft = json!({
        "component": built("e-invoicing-mapping"),
        "grants": { "files": { "documents": "read-write" } },
        "settings": { "documents": "documents" },
    });
    tenant.deploy("guest", &draft).expect(201);
    let validation = built("e-invoicing-validation");
    let draft = json!({ "component": validation, "validates": ["invoices"], "on-failure": "closed" });
    tenant.deploy("en16931", &draft).expect(201);
    (platform, tenant)
}

/// An invoice's seller and number are its record's id, and some of the examples share theirs.
#[test]
fn real_invoices_become_records() {
    let (mut platform, tenant) = invoicing();
    let mut ids = BTreeSet::new();
    for file in data("invoices") {
        let answer = tenant.message("application/xml", &std::fs::read(file).unwrap()).expect(200).json();
        ids.insert(answer["changes"][0]["id"].as_str().unwrap().to_owned());
    }
    let first = std::fs::read(data("invoices").remove(0)).unwrap();
    let once = [("content-type", "application/xml"), ("idempotency-key", "once")];
    let send = || tenant.client.send("POST", "/v1/mappings/guest", &once, &first).expect(200).json();
    assert_eq!(send(), send(), "a message that is sent twice under one name is delivered once");
    let records = tenant.client.get("/v1/collections/invoices/records").expect(200).json();
    let found = records["items"].as_array().unwrap().iter().map(|record| record["id"].as_str().unwrap().to_owned());
    assert_eq!(found.collect::<BTreeSet<_>>(), ids);
    assert!(ids.contains("NL8200.98.395.B.01:12115118"), "{ids:?}");
    let attached = "/v1/folders/documents/files/NO123456789MVA:TOSL108/02-test.pdf";
    assert_eq!(tenant.client.get(attached).expect(200).text(), "Testing Base64 encoding");
    platform.assert_unharmed();
}

#[test]
fn every_given_case_comes_out_as_it_says() {
    let (_platform, tenant) = invoicing();
    let mut expectations = 0;
    for file in data("cases") {
        for case in cases::read(&std::fs::read(&file).unwrap()).unwrap() {
            let path = "/v1/mappings/guest?dry-run=true";
            let answer = tenant.client.send("POST", path, &[("content-type", "application/xml")], &case.document);
            let problem = answer.problem(422, "not-valid");
            let codes: Vec<&str> = violations(&problem).iter().filter_map(|found| found["code"].as_str()).collect();
            for (rule, expect) in &case.expects {
                let fires = codes.contains(&rule.as_str());
                assert_eq!(
                    fires,
                    matches!(expect, Expect::Fires),
                    "{rule} in {}: {}",
                    file.display(),
                    case.description
                );
                expectations += 1;
            }
        }
    }
    assert!(expectations >= 215, "{expectations}");
}

fn violations(problem: &Value) -> &Vec<Value> {
    problem["violations"].as_array().unwrap_or_else(|| panic!("{problem}"))
}

#[test]
fn what_is_no_invoice_is_refused_with_its_place() {
    let (_platform, tenant) = invoicing();
    for (body, code) in [("<Invoice", "guest-error"), ("hello", "guest-error"), ("", "guest-error")] {
        tenant.message("application/xml", body.as_bytes()).problem(422, code);
    }
}
