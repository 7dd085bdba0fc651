//! What the standard gives: its test cases, its example invoices, its list of rules.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use e_invoicing_model::cases::{self, Expect};
use e_invoicing_model::{Invoice, Severity, check, rules, ubl};

const RULES: &str = include_str!("../../data/rules.tsv");

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data").join(folder);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// What the host sees: the record goes through JSON on its way from the mapping to the validation.
fn through_json(invoice: &Invoice) -> Invoice {
    serde_json::from_str(&serde_json::to_string(invoice).unwrap()).unwrap()
}

#[test]
fn every_case_comes_out_as_it_says() {
    let (mut tried, mut wrong) = (0, Vec::new());
    for file in files("cases") {
        for (index, case) in cases::read(&fs::read(&file).unwrap()).unwrap().iter().enumerate() {
            let violations = check(&through_json(&ubl::read(&case.document).unwrap()));
            for (code, expect) in &case.expects {
                tried += 1;
                let fires = violations.iter().any(|violation| violation.code == code);
                if fires != (*expect == Expect::Fires) {
                    wrong.push(format!("{code}, test {}: {expect:?}. {}", index + 1, case.description));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(tried, 215, "expectations in the given files");
}

#[test]
fn the_given_invoices_have_no_errors() {
    let files = files("invoices");
    assert_eq!(files.len(), 6);
    for file in files {
        let invoice = ubl::read(&fs::read(&file).unwrap()).unwrap();
        assert_eq!(through_json(&invoice), invoice, "{}", file.display());
        let errors: Vec<_> = check(&invoice).into_iter().filter(|found| found.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", file.display());
    }
}

#[test]
fn the_rules_are_those_of_the_standard_with_their_severities() {
    let given: BTreeSet<_> = RULES
        .lines()
        .skip(1)
        .map(|line| {
            let mut columns = line.split('\t');
            let code = columns.next().unwrap();
            (code, if columns.next() == Some("warning") { "Warning" } else { "Error" })
        })
        .collect();
    let ours: Vec<_> = rules::all().collect();
    assert_eq!(ours.len(), given.len(), "a rule is listed twice");
    let ours: BTreeSet<_> = ours
        .into_iter()
        .map(|(code, severity)| (code, if severity == Severity::Warning { "Warning" } else { "Error" }))
        .collect();
    assert_eq!(ours, given);
}
