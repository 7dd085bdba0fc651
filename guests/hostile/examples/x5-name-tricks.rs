//! X5: opens collections under names that lead elsewhere or were not granted. Accepts when each is refused; the
//! test grants `data` only.

use serde_json::Value;
use signalsync_sdk::storage::Collection;
use signalsync_sdk::{Denied, Violation, validation};

validation! {
    fn check(_: Value) -> Vec<Violation> {
        let long = "d".repeat(64);
        let malformed = ["", "Data", "data/", "../data", "data\0", "1data", "d_ta", "\u{ff44}ata", long.as_str()];
        let foreign = ["dat", "data2", "data-", "customers", "deployments", "keys"];
        let malformed = malformed.into_iter().filter(|name| !matches!(Collection::open(name), Err(Denied::Invalid(_))));
        let foreign = foreign.into_iter().filter(|name| !matches!(Collection::open(name), Err(Denied::NotGranted)));
        malformed.chain(foreign).map(|name| Violation::error("", "NAME", format!("{name:?}"))).collect()
    }
}
