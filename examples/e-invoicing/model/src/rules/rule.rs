//! Rules as rows of tables, and the way to the value they judge.

use std::fmt::Write;

use super::report::Report;
use crate::record::Text;

/// Something that must hold of every `T` of an invoice.
pub(super) struct Rule<T> {
    pub(super) code: &'static str,
    /// JSON Pointer from the `T` to the value.
    at: &'static str,
    holds: fn(&T) -> bool,
    message: &'static str,
}

/// A row of a table of rules.
pub(super) const fn rule<T>(
    code: &'static str,
    at: &'static str,
    holds: fn(&T) -> bool,
    message: &'static str,
) -> Rule<T> {
    Rule { code, at, holds, message }
}

/// The codes of a table.
pub(super) fn codes_of<T>(rules: &'static [Rule<T>]) -> impl Iterator<Item = &'static str> {
    rules.iter().map(|rule| rule.code)
}

/// Judges one thing by a table.
pub(super) fn apply<T>(rules: &[Rule<T>], thing: &T, path: &Path, report: &mut Report) {
    for rule in rules {
        if !(rule.holds)(thing) {
            report.add(rule.code, || path.pointer(rule.at), rule.message);
        }
    }
}

/// Judges every element of a list by a table.
pub(super) fn apply_each<T>(rules: &[Rule<T>], things: &[T], list: &Path, report: &mut Report) {
    for (index, thing) in things.iter().enumerate() {
        apply(rules, thing, &list.index(index), report);
    }
}

/// The way from the record to a value. It becomes text only when a rule is violated.
#[derive(Clone, Copy)]
pub(super) struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step,
}

#[derive(Clone, Copy)]
enum Step {
    Field(&'static str),
    Index(usize),
}

impl<'a> Path<'a> {
    /// The record itself.
    pub(super) fn root() -> Path<'static> {
        Path { parent: None, step: Step::Field("") }
    }

    /// A field, or several: `/price/net`.
    pub(super) fn at(&'a self, pointer: &'static str) -> Path<'a> {
        Path { parent: Some(self), step: Step::Field(pointer) }
    }

    /// An element of a list.
    pub(super) fn index(&'a self, index: usize) -> Path<'a> {
        Path { parent: Some(self), step: Step::Index(index) }
    }

    /// As JSON Pointer, with some more fields behind.
    pub(super) fn pointer(&self, tail: &str) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text + tail
    }

    fn write(&self, text: &mut String) {
        if let Some(parent) = self.parent {
            parent.write(text);
        }
        // Writing to a `String` cannot fail.
        let _ = match self.step {
            Step::Field(pointer) => text.write_str(pointer),
            Step::Index(index) => write!(text, "/{index}"),
        };
    }
}

/// Whether a text is there and not blank.
pub(super) fn is_filled(text: &Text) -> bool {
    text.as_deref().is_some_and(|text| !text.trim().is_empty())
}

/// The text without the blanks around it; empty when it is absent.
pub(super) fn trimmed(text: &Text) -> &str {
    text.as_deref().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_json_pointer() {
        let root = Path::root();
        assert_eq!(root.pointer(""), "");
        assert_eq!(root.at("/lines").index(3).at("/item").pointer("/name"), "/lines/3/item/name");
    }
}
