//! Counts its own calls in the record `count` of the collection `counters`.

use serde_json::Value;
use signalsync_sdk::storage::Collection;
use signalsync_sdk::{Error, Violation, validation};

validation! {
    fn check(_: Value) -> Result<Vec<Violation>, Error> {
        let counters = Collection::open("counters")?;
        let count: u64 = counters.get_as("count")?.unwrap_or(0);
        counters.put("count", &(count + 1))?;
        Ok(vec![])
    }
}
