//! R15: a mapping that returns a record and a reply with 100,000 open brackets, all of them closed.

use signalsync_sdk::mapping::{Action, Change};
use signalsync_sdk::{Message, Outcome, mapping};

mapping! {
    fn transform(_: Message) -> Result<Outcome, String> {
        let body = "[".repeat(100_000) + &"]".repeat(100_000);
        let change = Change { collection: "data".to_owned(), id: Some("deep".to_owned()), body: body.clone() };
        Ok(Outcome { actions: vec![Action::Upsert(change)], reply: Some(body) })
    }
}
