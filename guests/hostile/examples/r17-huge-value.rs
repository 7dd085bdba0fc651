//! R17: a mapping that writes records of 1 MiB and more into the collection `data`. Its reply lists what was wrongly
//! taken or refused: nothing, when those over 1 MiB were refused and, of the others, no more than 8 MiB taken.

use signalsync_sdk::storage::Collection;
use signalsync_sdk::{Denied, Error, Message, Outcome, mapping};

const MIB: usize = 1 << 20;

mapping! {
    fn transform(_: Message) -> Result<Outcome, Error> {
        let data = Collection::open("data")?;
        let mut wrong = Vec::new();
        for (size, is_allowed) in [(MIB + 1, false), (2 * MIB, false), (MIB, true)] {
            if put(&data, "one", size)? != is_allowed {
                wrong.push(format!("{size} bytes"));
            }
        }
        let taken = (0..10).map(|number| put(&data, &format!("{number}"), MIB)).collect::<Result<Vec<_>, _>>()?;
        if taken.iter().filter(|is_taken| **is_taken).count() > 8 {
            wrong.push("more than 8 MiB".to_owned());
        }
        Outcome::new().reply(&wrong)
    }
}

/// Whether a document of `size` bytes was taken.
fn put(data: &Collection, id: &str, size: usize) -> Result<bool, Error> {
    match data.put(id, &"x".repeat(size - 2)) {
        Ok(()) => Ok(true),
        Err(Error::Denied(Denied::OverLimit(_))) => Ok(false),
        Err(error) => Err(error),
    }
}
