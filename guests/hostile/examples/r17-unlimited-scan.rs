//! R17: lists the collection `data` with limits that are none. Accepts when each is called `invalid`.

use serde_json::Value;
use signalsync_sdk::storage::Collection;
use signalsync_sdk::{Denied, Violation, validation};

validation! {
    fn check(_: Value) -> Result<Vec<Violation>, Denied> {
        let data = Collection::open("data")?;
        let limits = [0, 1_001, u32::MAX].into_iter();
        let taken = limits.filter(|limit| !matches!(data.list("", None, *limit), Err(Denied::Invalid(_))));
        Ok(taken.map(|limit| Violation::error("", "LIMIT", limit.to_string())).collect())
    }
}
