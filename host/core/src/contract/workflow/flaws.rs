//! A list of what is wrong with a definition, which grows up to its limit.

use std::collections::BTreeSet;

use super::definition::{ENTRIES_MAX, FLAWS_MAX, LABEL_BYTES_MAX};
use crate::contract::{Severity, Violation};
use crate::name::is_name;

/// Longest part of a component's own text that is repeated, in characters.
const SHOWN_CHARS_MAX: usize = 63;

/// A text out of a component, for a person: escaped and cut.
pub(super) fn shown(text: &str) -> String {
    let cut: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    let dots = if cut.len() < text.len() { "…" } else { "" };
    format!("`{}{dots}`", cut.escape_debug())
}

/// What is wrong so far.
#[derive(Debug, Default)]
pub(super) struct Flaws(pub(super) Vec<Violation>);

impl Flaws {
    pub(super) fn add(&mut self, path: &str, code: &str, message: impl Into<String>) {
        if self.0.len() < FLAWS_MAX {
            let (path, code, message) = (path.to_owned(), code.to_owned(), message.into());
            self.0.push(Violation { path, code, severity: Severity::Error, message });
        }
    }

    pub(super) fn unless(&mut self, good: bool, path: &str, code: &str, message: impl FnOnce() -> String) {
        if !good {
            self.add(path, code, message());
        }
    }

    pub(super) fn name(&mut self, path: &str, name: &str) {
        self.unless(is_name(name), path, "name", || {
            format!("{} is not 1 to 63 of a-z, 0-9 and hyphens, starting with a letter", shown(name))
        });
    }

    pub(super) fn label(&mut self, path: &str, label: &str) {
        let good = (1..=LABEL_BYTES_MAX).contains(&label.len()) && !label.chars().any(char::is_control);
        self.unless(good, path, "label", || {
            format!("{} is not 1 to {LABEL_BYTES_MAX} bytes without control characters", shown(label))
        });
    }

    /// The first entries of a list that may be long; that it is too long is a flaw.
    pub(super) fn list<'a, T>(&mut self, path: &str, items: &'a [T], max: usize) -> &'a [T] {
        self.unless(items.len() <= max, path, "too-many", || {
            format!("{} entries; at most {max} are allowed", items.len())
        });
        &items[..items.len().min(max)]
    }

    /// Names that each stand once in their list.
    pub(super) fn once<'a>(&mut self, names: impl IntoIterator<Item = (String, &'a str)>) {
        let mut seen = BTreeSet::new();
        for (path, name) in names {
            self.unless(seen.insert(name), &path, "twice", || format!("{} stands here a second time", shown(name)));
        }
    }

    /// A list of names.
    pub(super) fn names(&mut self, list: &str, names: &[String]) {
        let path = format!("/{list}");
        let names = self.list(&path, names, ENTRIES_MAX);
        let placed = || names.iter().enumerate().map(|(index, name)| (format!("{path}/{index}"), name.as_str()));
        placed().for_each(|(path, name)| self.name(&path, name));
        self.once(placed());
    }

    /// A name that has to stand in another list.
    pub(super) fn known(&mut self, path: &str, name: &str, list: &BTreeSet<&str>, what: &str) {
        self.unless(list.contains(name), path, &format!("unknown-{what}"), || {
            format!("the definition has no {what} {}", shown(name))
        });
    }
}
