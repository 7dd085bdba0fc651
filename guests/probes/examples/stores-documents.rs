//! Stores every document of the JSON object in the body under its key, in the collection named by the
//! message's source, and replies with their number.

use std::collections::BTreeMap;

use serde_json::Value;
use signalsync_sdk::{Error, Message, Outcome, mapping};

mapping! {
    fn transform(message: Message) -> Result<Outcome, Error> {
        let documents: BTreeMap<String, Value> = message.json()?;
        let mut outcome = Outcome::new().reply(&documents.len())?;
        for (id, document) in documents {
            outcome = outcome.upsert(message.source.as_str(), id, &document)?;
        }
        Ok(outcome)
    }
}
