//! X5: writes records into the collection `data` under ids that look like other places, and lists at the edges of
//! the range. Accepts when all are there as written, and nothing else; the test runs it on an empty collection.

use std::collections::BTreeSet;

use serde_json::Value;
use signalsync_sdk::storage::Collection;
use signalsync_sdk::{Error, Violation, validation};

const IDS: [&str; 12] =
    ["../other/1", "/", "//", "\u{10ffff}", "\u{10ffff}\u{10ffff}", "a", "a/b", "aa", "data2/1", "t2/1", "~", "\u{e9}"];

validation! {
    fn check(_: Value) -> Result<Vec<Violation>, Error> {
        let data = Collection::open("data")?;
        for id in IDS {
            data.put(id, id)?;
        }
        let expected: BTreeSet<String> = IDS.map(str::to_owned).into();
        let mut wrong = Vec::new();
        compare(&mut wrong, "all", &expected, listed(&data, "", None)?);
        compare(&mut wrong, "prefix a", &starting(&expected, "a"), listed(&data, "a", None)?);
        compare(&mut wrong, "the last prefix", &starting(&expected, "\u{10ffff}"), listed(&data, "\u{10ffff}", None)?);
        compare(&mut wrong, "behind the last", &BTreeSet::new(), listed(&data, "", Some("\u{10ffff}\u{10ffff}"))?);
        compare(&mut wrong, "prefix of a parent", &starting(&expected, ".."), listed(&data, "..", None)?);
        Ok(wrong)
    }
}

fn listed(data: &Collection, prefix: &str, after: Option<&str>) -> Result<BTreeSet<String>, Error> {
    Ok(data.list(prefix, after, 1_000)?.entries.into_iter().map(|entry| entry.id).collect())
}

fn starting(ids: &BTreeSet<String>, prefix: &str) -> BTreeSet<String> {
    ids.iter().filter(|id| id.starts_with(prefix)).cloned().collect()
}

fn compare(wrong: &mut Vec<Violation>, what: &str, expected: &BTreeSet<String>, found: BTreeSet<String>) {
    if *expected != found {
        wrong.push(Violation::error("", "RANGE", format!("{what}: {found:?} instead of {expected:?}")));
    }
}
