//! A mapping that does one of each thing that a mapping can ask for.

use serde_json::Value;
use signalsync_sdk::http::Request;
use signalsync_sdk::{Error, Message, Outcome, mapping};

mapping! {
    fn transform(message: Message) -> Result<Outcome, Error> {
        let document: Value = message.json()?;
        Outcome::new()
            .upsert("documents", "first", &document)?
            .insert("documents", &document)?
            .start("approval", Some("key"), &document)?
            .signal("run_1", "arrived", &document)?
            .send(Request::post("https://example.com/").json(&document)?)
            .reply(&"done")
    }
}
