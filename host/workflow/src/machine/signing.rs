//! When enough people have chosen, and what they decided together.

use std::collections::BTreeMap;

use signalsync_core::contract::{Choice, Leaning, Signing};

/// What is decided, if all is, once these choices were made and so many people can still choose.
pub fn tally<'a>(signing: Signing, choices: &[Choice], made: &[&'a str], left: usize) -> Option<&'a str> {
    let last = *made.last()?;
    let negative = |name: &str| choices.iter().any(|choice| choice.id == name && choice.leaning == Leaning::Negative);
    match signing {
        Signing::Any => Some(last),
        Signing::All if negative(last) => Some(last),
        Signing::All if left == 0 => most(made, |_| true),
        Signing::All => None,
        Signing::Votes(needed) => {
            let needed = needed.max(1) as usize;
            let (first, count) = counted(made, |_| true)?;
            if count >= needed {
                return Some(first);
            }
            // Each choice of the step may still get all that is left.
            if count + left >= needed {
                return None;
            }
            most(made, negative).or(Some(first))
        }
    }
}

/// The choice that most made; of several, the one that was made last.
fn most<'a>(made: &[&'a str], counts: impl Fn(&str) -> bool) -> Option<&'a str> {
    counted(made, counts).map(|(choice, _)| choice)
}

fn counted<'a>(made: &[&'a str], counts: impl Fn(&str) -> bool) -> Option<(&'a str, usize)> {
    let mut found: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (place, choice) in made.iter().enumerate().filter(|(_, choice)| counts(choice)) {
        let (count, last) = found.entry(choice).or_default();
        (*count, *last) = (*count + 1, place);
    }
    found.into_iter().max_by_key(|(_, rank)| *rank).map(|(choice, (count, _))| (choice, count))
}
