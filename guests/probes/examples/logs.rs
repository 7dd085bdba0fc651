//! Logs one line of each level.

use serde_json::Value;
use signalsync_sdk::{Violation, log, validation};

validation! {
    fn check(document: Value) -> Vec<Violation> {
        log::debug!("the document is {document}");
        log::info!("all is well");
        log::warn!("but the sky is cloudy");
        log::error!("and the tea is cold");
        vec![]
    }
}
