//! Sends a GET request to the URL in the body, and replies with the status and the size of the answer.

use serde_json::json;
use signalsync_sdk::http::{self, Request};
use signalsync_sdk::{Error, Message, Outcome, mapping};

mapping! {
    fn transform(message: Message) -> Result<Outcome, Error> {
        let response = http::send(&Request::get(message.text()?))?;
        Outcome::new().reply(&json!({ "status": response.status, "size": response.body.len() }))
    }
}
