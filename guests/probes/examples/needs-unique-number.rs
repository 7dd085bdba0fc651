//! Refuses a document whose `number` another record of its collection has: it reads the whole range.

use serde::Deserialize;
use signalsync_sdk::storage::Collection;
use signalsync_sdk::{Error, Subject, Violation, validation};

#[derive(Deserialize)]
struct Numbered {
    number: u64,
}

validation! {
    fn check(subject: Subject<Numbered>) -> Result<Vec<Violation>, Error> {
        let others = Collection::open(&subject.collection)?;
        for entry in others.entries("") {
            let entry = entry?;
            if entry.id != subject.id && entry.json::<Numbered>()?.number == subject.after.number {
                return Ok(vec![Violation::error("/number", "NUMBER-TAKEN", format!("{} has it.", entry.id))]);
            }
        }
        Ok(vec![])
    }
}
