//! The one check that a text is a JSON document that the platform accepts.
//!
//! Stricter than RFC 8259 where its freedom is a trap: a key stands once in an object (RFC 7493),
//! nesting is bounded, and a number must fit a double.

use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Deepest nesting of arrays and objects.
pub const DEPTH_MAX: usize = 64;

/// A text is not an acceptable JSON document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} at line {line}, column {column}")]
pub struct InvalidJson {
    /// What is wrong.
    pub what: String,
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in bytes; 0 when the line ended too early.
    pub column: usize,
}

/// Checks a text without building a value.
///
/// # Errors
/// The first thing that is wrong, with its place.
pub fn check(text: &str) -> Result<(), InvalidJson> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let depth = Cell::new(0);
    Document { depth: &depth }
        .deserialize(&mut deserializer)
        .and_then(|()| deserializer.end())
        .map_err(|error| describe(&error))
}

fn describe(error: &serde_json::Error) -> InvalidJson {
    let text = error.to_string();
    let what = text.split_once(" at line ").map_or(text.as_str(), |(what, _)| what).to_owned();
    InvalidJson { what, line: error.line(), column: error.column() }
}

#[derive(Clone, Copy)]
struct Document<'a> {
    depth: &'a Cell<usize>,
}

impl Document<'_> {
    fn enter<E: Error>(self) -> Result<(), E> {
        self.depth.set(self.depth.get() + 1);
        if self.depth.get() > DEPTH_MAX {
            return Err(E::custom(format_args!("nested deeper than {DEPTH_MAX}")));
        }
        Ok(())
    }

    fn leave(self) {
        self.depth.set(self.depth.get() - 1);
    }
}

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON document")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.enter()?;
        while items.next_element_seed(self)?.is_some() {}
        self.leave();
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        self.enter()?;
        let mut keys = HashSet::new();
        while let Some(key) = fields.next_key::<String>()? {
            if keys.contains(&key) {
                return Err(A::Error::custom(format_args!("the key {key:?} stands twice in an object")));
            }
            keys.insert(key);
            fields.next_value_seed(self)?;
        }
        self.leave();
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn documents_are_accepted() {
        for text in ["null", "true", "-0", "1.5e3", "\"\\u00e9\"", "[]", "{\"a\":{\"a\":[1,2]}}", " 1 "] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        assert_eq!(check(&format!("{}{}", "[".repeat(64), "]".repeat(64))), Ok(()));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let refused = |text: &str| check(text).unwrap_err().to_string();
        assert_eq!(refused("{\"a\":1,\"a\":2}"), "the key \"a\" stands twice in an object at line 1, column 10");
        assert!(refused("1e999").contains("number out of range"), "{}", refused("1e999"));
        assert!(refused("\"\\ud800\"").contains("hex escape"));
        assert!(refused("{} x").contains("trailing characters"));
        assert!(refused("").contains("EOF"));
        assert!(refused("\u{feff}{}").contains("expected value"));
        assert!(refused(&"[".repeat(65)).contains("nested deeper than 64"));
        assert!(refused(&"[".repeat(100_000)).contains("nested deeper than 64"));
    }
}
