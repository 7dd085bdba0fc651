//! Cannot judge any document, and says why.

use serde_json::Value;
use signalsync_sdk::{Violation, validation};

validation! {
    fn check(_: Value) -> Result<Vec<Violation>, String> {
        Err("the rates of today are missing".to_owned())
    }
}
