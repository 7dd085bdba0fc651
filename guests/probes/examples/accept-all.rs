//! Finds nothing wrong with any document, and asks its host for nothing.

use serde_json::Value;
use signalsync_sdk::{Violation, validation};

validation! {
    fn check(_: Value) -> Vec<Violation> {
        vec![]
    }
}
