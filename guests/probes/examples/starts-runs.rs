//! A mapping that starts a run of the workflow `everything`: its message has the run's `key` and `input`.

use serde::Deserialize;
use serde_json::Value;
use signalsync_sdk::{Error, Message, Outcome, mapping};

#[derive(Deserialize)]
struct Start {
    key: String,
    input: Value,
}

mapping! {
    fn transform(message: Message) -> Result<Outcome, Error> {
        let Start { key, input } = message.json()?;
        Outcome::new().start("everything", Some(&key), &input)?.reply(&key)
    }
}
