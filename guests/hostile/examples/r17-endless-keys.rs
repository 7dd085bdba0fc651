//! R17: writes new records into the collection `data` for ever, and takes no refusal.

use serde_json::Value;
use signalsync_sdk::storage::Collection;
use signalsync_sdk::{Denied, Violation, validation};

validation! {
    fn check(_: Value) -> Result<Vec<Violation>, Denied> {
        let data = Collection::open("data")?;
        let mut number = 0_u64;
        loop {
            data.put(&format!("key-{number}"), &number).unwrap_or_default();
            number += 1;
        }
    }
}
