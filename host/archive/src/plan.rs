//! In which order a bag is taken in: pure, from the paths of its payload.

use signalsync_core::{CollectionName, Digest};

use crate::file::CONTENTS;
use crate::pack::WASM;
use crate::part::Part;

/// One thing to do, in the order in which they are done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Take the lines of a file.
    Lines(Part, String),
    /// Take the records of a collection into its indexes.
    Index(CollectionName),
    /// Admit a component, whose line was taken.
    Component(Digest, String),
}

impl Step {
    /// Behind which part it is done, and where among what is done there.
    fn order(&self) -> (Part, u8, &str) {
        match self {
            Self::Lines(part, path) => (part.clone(), 0, path),
            // The last part that belongs to records.
            Self::Index(collection) => (Part::Bin(collection.clone()), 1, ""),
            Self::Component(_, path) => (Part::Components, 1, path),
        }
    }
}

/// What is to be done for a bag with these files.
///
/// # Errors
/// A file that is not known here, by its path.
pub(crate) fn plan(payload: Vec<String>) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    for path in payload.into_iter().filter(|path| !path.starts_with(&format!("{CONTENTS}/"))) {
        let step = step(&path).ok_or(path)?;
        if let Step::Lines(Part::Records(collection), _) = &step {
            let index = Step::Index(collection.clone());
            if !steps.contains(&index) {
                steps.push(index);
            }
        }
        steps.push(step);
    }
    steps.sort_by(|one, other| one.order().cmp(&other.order()));
    Ok(steps)
}

fn step(path: &str) -> Option<Step> {
    let (folder, file) = path.rsplit_once('/')?;
    if folder == WASM {
        return Some(Step::Component(file.strip_suffix(".wasm")?.parse().ok()?, path.to_owned()));
    }
    file.ends_with(".jsonl").then_some(())?;
    Some(Step::Lines(Part::at(folder)?, path.to_owned()))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn what_is_referred_to_comes_first_and_what_asks_people_behind_them() {
        let wasm = format!("wasm/{}.wasm", Digest::of(b"x"));
        let payload = [
            "waits/00000001.jsonl",
            "people/00000001.jsonl",
            "runs/00000001.jsonl",
            "contents/folders/00000001",
            "records/orders/00000002.jsonl",
            "records/orders/00000001.jsonl",
            "versions/00000001.jsonl",
            &wasm,
            "components/00000001.jsonl",
            "collections/00000001.jsonl",
            "definitions/00000001.jsonl",
            "history/orders/00000001.jsonl",
        ];
        let steps = plan(payload.map(str::to_owned).to_vec()).unwrap();
        let names = steps.iter().map(|step| match step {
            Step::Lines(_, path) => path.as_str(),
            Step::Index(_) => "index",
            Step::Component(..) => "component",
        });
        let names: Vec<_> = names.collect();
        assert_eq!(
            names,
            [
                "definitions/00000001.jsonl",
                "collections/00000001.jsonl",
                "records/orders/00000001.jsonl",
                "records/orders/00000002.jsonl",
                "history/orders/00000001.jsonl",
                "index",
                "components/00000001.jsonl",
                "component",
                "versions/00000001.jsonl",
                "runs/00000001.jsonl",
                "people/00000001.jsonl",
                "waits/00000001.jsonl",
            ]
        );
    }

    #[test]
    fn what_is_not_known_is_named() {
        for path in ["dreams/1.jsonl", "people/1.csv", "people", "wasm/x.wasm", "records/A/1.jsonl"] {
            assert_eq!(plan(vec!["people/1.jsonl".to_owned(), path.to_owned()]), Err(path.to_owned()));
        }
    }
}
