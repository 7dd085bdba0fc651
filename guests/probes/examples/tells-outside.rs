//! A mapping that tells a server outside: it sends its message to the `url` in it, under the message's own idempotency key, and
//! then counts in the collection `data`, in a record `told-KEY` named after the message's `key`, how often it was done. It fails
//! when the server says no.

use serde::{Deserialize, Serialize};
use serde_json::json;
use signalsync_sdk::http::{self, Request};
use signalsync_sdk::storage::Collection;
use signalsync_sdk::{Denied, Error, Message, Outcome, mapping};

#[derive(Deserialize)]
struct Tell {
    url: String,
    key: String,
}

#[derive(Default, Serialize, Deserialize)]
struct Count {
    times: u64,
}

mapping! {
    fn transform(message: Message) -> Result<Outcome, Error> {
        let Tell { url, key } = message.json()?;
        let under = message.header("idempotency-key").unwrap_or_default();
        let request = Request::post(url.as_str()).header("idempotency-key", under).json(&json!({ "key": key }))?;
        if !http::send(&request)?.is_success() {
            return Err(Denied::Unavailable("the server outside said no".to_owned()).into());
        }
        let (data, id) = (Collection::open("data")?, format!("told-{key}"));
        let Count { times } = data.get_as(&id)?.unwrap_or_default();
        data.put(&id, &Count { times: times + 1 })?;
        Outcome::new().reply(&under)
    }
}
