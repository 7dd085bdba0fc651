//! What was found.

use std::borrow::Cow;

/// Most errors that are reported; the host takes 1,000 violations at most. The first ones are kept.
pub const ERRORS_MAX: usize = 900;

/// Most warnings that are reported. They have room of their own, so that no error is lost to a warning.
pub const WARNINGS_MAX: usize = 100;

/// Whether a violation makes the invoice invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// It does.
    Error,
    /// It does not; a person should know.
    Warning,
}

/// A rule that an invoice does not keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// JSON Pointer to the value in the record, or to where a missing one belongs.
    pub path: String,
    /// Code of the rule, e.g. `BR-CO-10`.
    pub code: &'static str,
    /// Whether it makes the invoice invalid.
    pub severity: Severity,
    /// What to do, in a sentence.
    pub message: Cow<'static, str>,
}

/// The rules that only warn.
const WARNINGS: [&str; 1] = ["BR-51"];

/// How much a rule weighs.
pub(super) fn severity(code: &str) -> Severity {
    if WARNINGS.contains(&code) { Severity::Warning } else { Severity::Error }
}

/// Gathers violations, within bounds.
#[derive(Default)]
pub(super) struct Report {
    errors: Vec<Violation>,
    warnings: Vec<Violation>,
}

impl Report {
    /// Adds a violation; the path and the message are only made when there is room.
    pub(super) fn add(
        &mut self,
        code: &'static str,
        path: impl FnOnce() -> String,
        message: impl Into<Cow<'static, str>>,
    ) {
        let severity = severity(code);
        let (found, limit) = match severity {
            Severity::Error => (&mut self.errors, ERRORS_MAX),
            Severity::Warning => (&mut self.warnings, WARNINGS_MAX),
        };
        if found.len() < limit {
            found.push(Violation { path: path(), code, severity, message: message.into() });
        }
    }

    pub(super) fn finish(mut self) -> Vec<Violation> {
        self.errors.append(&mut self.warnings);
        self.errors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_bounded_and_keep_an_error_behind_many_warnings() {
        let mut report = Report::default();
        for _ in 0..=WARNINGS_MAX {
            report.add("BR-51", String::new, "");
        }
        for _ in 0..=ERRORS_MAX {
            report.add("BR-01", String::new, "");
        }
        let found = report.finish();
        assert_eq!(found.len(), ERRORS_MAX + WARNINGS_MAX);
        assert_eq!(found.iter().filter(|violation| violation.severity == Severity::Error).count(), ERRORS_MAX);
    }
}
