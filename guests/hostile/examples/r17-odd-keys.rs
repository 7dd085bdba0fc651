//! R17: reads, writes, lists and deletes under ids that are not ids. Accepts when each is called `invalid`;
//! otherwise its violations name what was answered instead.

use serde_json::Value;
use signalsync_sdk::storage::Collection;
use signalsync_sdk::{Denied, Error, Violation, validation};

validation! {
    fn check(_: Value) -> Result<Vec<Violation>, Error> {
        let data = Collection::open("data")?;
        let (long, longer) = ("k".repeat(257), "k".repeat(64 << 10));
        let mut wrong = Vec::new();
        for id in ["", ".", "..", "a\0b", "a\nb", "\u{85}", long.as_str(), longer.as_str()] {
            expect_invalid(&mut wrong, "get", id, data.get(id).map_err(Error::from));
            expect_invalid(&mut wrong, "put", id, data.put(id, &1));
            expect_invalid(&mut wrong, "delete", id, data.delete(id).map_err(Error::from));
        }
        Ok(wrong)
    }
}

fn expect_invalid<T>(wrong: &mut Vec<Violation>, function: &str, id: &str, answer: Result<T, Error>) {
    let answer = match answer {
        Err(Error::Denied(Denied::Invalid(_))) => return,
        Err(error) => error.to_string(),
        Ok(_) => "it was taken".to_owned(),
    };
    let start: String = id.chars().take(8).collect();
    wrong.push(Violation::error("", "KEY", format!("{function} of {start:?}, {} bytes: {answer}", id.len())));
}
