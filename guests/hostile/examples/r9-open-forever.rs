//! R9: opens the collection `data` again and again, closes none, and takes no refusal.

use serde_json::Value;
use signalsync_sdk::storage::Collection;
use signalsync_sdk::{Violation, validation};

validation! {
    fn check(_: Value) -> Vec<Violation> {
        loop {
            std::mem::forget(Collection::open("data"));
        }
    }
}
