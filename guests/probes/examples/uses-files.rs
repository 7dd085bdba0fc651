//! Writes the message into the folder `inbox`, and replies with what the folder then holds.

use serde_json::json;
use signalsync_sdk::files::Folder;
use signalsync_sdk::{Error, Message, Outcome, mapping};

mapping! {
    fn transform(message: Message) -> Result<Outcome, Error> {
        let inbox = Folder::open("inbox")?;
        inbox.write(&message.source, &message.media_type, &message.body)?;
        let mut held = Vec::new();
        for info in inbox.list(None, 1_000)? {
            let body = inbox.read_all(&info.path)?;
            held.push(json!({ "path": info.path, "type": info.media_type, "size": info.size, "sum": sum(&body) }));
        }
        Outcome::new().reply(&held)
    }
}

fn sum(body: &[u8]) -> u64 {
    body.iter().map(|byte| u64::from(*byte)).sum()
}
