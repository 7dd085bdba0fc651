//! R15: a mapping that returns as many changes as the message says (a number).

use signalsync_sdk::{Error, Message, Outcome, mapping};

mapping! {
    fn transform(message: Message) -> Result<Outcome, Error> {
        let count: u32 = message.json()?;
        (0..count).try_fold(Outcome::new(), |outcome, number| outcome.upsert("data", format!("{number}"), &number))
    }
}
