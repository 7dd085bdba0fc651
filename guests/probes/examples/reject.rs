//! Refuses every document, with one error and one warning.

use serde_json::Value;
use signalsync_sdk::{Violation, validation};

validation! {
    fn check(_: Value) -> Vec<Violation> {
        vec![
            Violation::error("/total", "TOTAL", "The total is never right."),
            Violation::warning("", "MOOD", "Try again tomorrow."),
        ]
    }
}
