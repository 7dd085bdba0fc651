//! Panics with a message, after it has written a record.

use serde_json::Value;
use signalsync_sdk::storage::Collection;
use signalsync_sdk::{Error, Violation, validation};

validation! {
    fn check(document: Value) -> Result<Vec<Violation>, Error> {
        Collection::open("data")?.put("written-before-the-panic", &document)?;
        panic!("the developer did not think of {document}");
    }
}
