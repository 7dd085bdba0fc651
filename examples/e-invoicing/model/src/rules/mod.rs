//! The business rules of EN 16931 on a record.
//!
//! A rule is a row of a table: its code, where it points, what must hold, and what to do when it does not.
//! The ten rules that each VAT category has are one implementation, and a row for each category. What the
//! standard's text leaves open is decided as its reference rules for UBL decide it: see the README.

mod allowances;
mod decimals;
mod document;
mod lines;
mod note_codes;
mod parties;
mod payment;
mod report;
mod rule;
mod totals;
mod vat;

pub use report::{ERRORS_MAX, Severity, Violation, WARNINGS_MAX};

use crate::Invoice;
use report::Report;
use rule::Path;

/// Rules that say that a code and a text mean the same, which only a person can judge. They are known, and
/// no document violates them.
pub const UNDECIDABLE: [&str; 4] = ["BR-CO-05", "BR-CO-06", "BR-CO-07", "BR-CO-08"];

/// Judges an invoice: its violations, errors first, at most [`ERRORS_MAX`] errors and [`WARNINGS_MAX`] warnings.
///
/// ```
/// use e_invoicing_model::{Invoice, check};
///
/// let violations = check(&Invoice::default());
/// assert_eq!((violations[0].code, &*violations[0].path), ("BR-01", "/specification-identifier"));
/// ```
pub fn check(invoice: &Invoice) -> Vec<Violation> {
    let mut report = Report::default();
    let root = Path::root();
    document::check(invoice, &root, &mut report);
    parties::check(invoice, &root, &mut report);
    payment::check(invoice, &root, &mut report);
    lines::check(invoice, &root, &mut report);
    allowances::check(invoice, &root, &mut report);
    totals::check(invoice, &root, &mut report);
    decimals::check(invoice, &root, &mut report);
    vat::check(invoice, &root, &mut report);
    report.finish()
}

/// All rules: code and severity.
pub fn all() -> impl Iterator<Item = (&'static str, Severity)> {
    document::codes()
        .chain(parties::codes())
        .chain(payment::codes())
        .chain(lines::codes())
        .chain(allowances::codes())
        .chain(totals::codes())
        .chain(decimals::codes())
        .chain(vat::codes())
        .chain(UNDECIDABLE)
        .map(|code| (code, report::severity(code)))
}
