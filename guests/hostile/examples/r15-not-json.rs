//! R15: a mapping that returns a record that is not JSON.

use signalsync_sdk::mapping::{Action, Change};
use signalsync_sdk::{Message, Outcome, mapping};

mapping! {
    fn transform(_: Message) -> Result<Outcome, String> {
        let change = Change { collection: "data".to_owned(), id: Some("torn".to_owned()), body: r#"{"a":"#.to_owned() };
        Ok(Outcome { actions: vec![Action::Upsert(change)], reply: None })
    }
}
