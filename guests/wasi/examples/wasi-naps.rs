//! Sleeps for no time, for ever.

use std::time::Duration;

use serde_json::Value;
use signalsync_sdk::{Violation, validation};

validation! {
    fn check(_: Value) -> Vec<Violation> {
        loop {
            std::thread::sleep(Duration::from_nanos(1));
        }
    }
}
