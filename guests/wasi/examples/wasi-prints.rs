//! Prints for ever to where nobody reads.

#![expect(clippy::print_stdout, reason = "this is what the guest is about")]

use serde_json::Value;
use signalsync_sdk::{Violation, validation};

validation! {
    fn check(_: Value) -> Vec<Violation> {
        let line = "x".repeat(64 << 10);
        loop {
            println!("{line}");
        }
    }
}
