//! The rule as a validation of the host.

use bench_rule::{Invoice, check};
use signalsync_sdk::{Violation, validation};

validation!(validate);

fn validate(invoice: Invoice) -> Vec<Violation> {
    check(&invoice).into_iter().map(|found| Violation::error(found.path, found.code, found.message)).collect()
}
