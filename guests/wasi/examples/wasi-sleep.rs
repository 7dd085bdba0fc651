//! Sleeps for as long as there is time.

use std::time::Duration;

use serde_json::Value;
use signalsync_sdk::{Violation, validation};

validation! {
    fn check(_: Value) -> Vec<Violation> {
        std::thread::sleep(Duration::from_nanos(u64::MAX));
        vec![]
    }
}
