//! The test cases of EN 16931, tried against a running demo.
//!
//! A case file holds tests; each says of a document which rules it passes or fails. A document is posted to the
//! e-invoicing mapping without being stored, and its violations are compared with what the test says.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use e_invoicing_model::cases::{self, Case, Expect};
use serde_json::Value;
use ureq::http::Method;

use crate::api::{Answer, Api};
use crate::demo::{MAPPING, State};
use crate::workspace::{files, root};

/// Which cases, and where.
#[derive(Args)]
pub(crate) struct Options {
    /// The folder with the case files (`*.xml`).
    cases: PathBuf,
    /// The demo's folder.
    #[arg(long, default_value = "demo-data")]
    data: PathBuf,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let api = State::load(&root().join(&options.data))?.api("acme");
    let files = files(&options.cases, "xml")?;
    if files.is_empty() {
        bail!("{} has no case files (*.xml)", options.cases.display());
    }
    let (mut passed, mut failed) = (0, 0);
    for file in &files {
        let wrong = try_file(&api, file)?;
        passed += wrong.tests - wrong.texts.len();
        failed += wrong.texts.len();
        report(file, &wrong);
    }
    println!("{passed} passed, {failed} failed");
    if failed > 0 {
        bail!("{failed} of {} tests failed", passed + failed);
    }
    Ok(())
}

/// The tests of a file that did not come out as they say.
struct Wrong {
    tests: usize,
    texts: Vec<String>,
}

fn report(file: &Path, wrong: &Wrong) {
    let name = file.file_name().unwrap_or_default().display();
    match wrong.texts.is_empty() {
        true => println!("ok      {name} ({} tests)", wrong.tests),
        false => println!("FAILED  {name} ({} of {} tests)", wrong.texts.len(), wrong.tests),
    }
    for text in &wrong.texts {
        println!("          {text}");
    }
}

fn try_file(api: &Api, file: &Path) -> Result<Wrong> {
    let text = fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let cases = cases::read(&text).with_context(|| format!("{} is not a case file", file.display()))?;
    let mut wrong = Wrong { tests: cases.len(), texts: Vec::new() };
    for (index, case) in cases.iter().enumerate() {
        let reasons = try_case(api, case)?;
        if !reasons.is_empty() {
            wrong.texts.push(format!("test {} ({}): {}", index + 1, case.description, reasons.join("; ")));
        }
    }
    Ok(wrong)
}

/// Why the case did not come out as it says; nothing when it did.
fn try_case(api: &Api, case: &Case) -> Result<Vec<String>> {
    let path = format!("/v1/mappings/{MAPPING}?dry-run=true");
    let answer = api.send(Method::POST, &path, "application/xml", &case.document)?;
    Ok(match codes(&answer) {
        Some(codes) => case.expects.iter().filter_map(|(rule, expect)| differs(rule, *expect, &codes)).collect(),
        None => vec![format!("status {}: {}", answer.status, answer.reason())],
    })
}

/// The codes of the violations, of an answer that judges the document: a refusal lists all of them, an
/// acceptance the warnings of each record.
fn codes(answer: &Answer) -> Option<Vec<&str>> {
    let lists: Vec<&Value> = match answer.status {
        422 => vec![answer.body.get("violations")?],
        200 => answer.body.get("changes")?.as_array()?.iter().filter_map(|change| change.get("warnings")).collect(),
        _ => return None,
    };
    let violations = lists.into_iter().filter_map(Value::as_array).flatten();
    Some(violations.filter_map(|violation| violation.get("code")?.as_str()).collect())
}

fn differs(rule: &str, expect: Expect, codes: &[&str]) -> Option<String> {
    match (expect, codes.contains(&rule)) {
        (Expect::DoesNot, true) => Some(format!("{rule} fails and should pass")),
        (Expect::Fires, false) => Some(format!("{rule} passes and should fail")),
        (Expect::Fires, true) | (Expect::DoesNot, false) => None,
    }
}
