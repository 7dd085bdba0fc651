//! Replies with all that it is told about the call, and with two numbers of the random stream.

use serde_json::{Value, json};
use signalsync_sdk::{Error, Message, Outcome, context, mapping};

mapping! {
    fn transform(_: Message) -> Result<Outcome, Error> {
        let caller = context::caller();
        Outcome::new().reply(&json!({
            "now": context::now(),
            "random": [context::random(), context::random()],
            "user": caller.user,
            "roles": caller.roles,
            "language": caller.language,
            "settings": context::settings::<Value>()?,
        }))
    }
}
