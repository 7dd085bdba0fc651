//! What a schema may be made of, so that checking a document against it is bounded.
//!
//! A reference leads to `#/$defs/NAME` and never in a circle, and a schema with all references written out has a bounded
//! size: then the work for a document is at most that size times the document's.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The one dialect.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Values in a schema, counted once.
const NODES_MAX: usize = 5_000;

/// Values in a schema with all references written out.
const EXPANDED_MAX: usize = 20_000;

/// Levels of a schema.
const DEPTH_MAX: usize = 40;

/// Regular expressions. Each one is compiled and kept.
const PATTERNS_MAX: usize = 50;

/// Bytes of a regular expression.
const PATTERN_BYTES_MAX: usize = 500;

/// Keywords that let a schema reach elsewhere, or change what others mean.
const REFUSED: &[&str] =
    &["$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor", "$vocabulary"];

/// Something that is wrong with a schema: where, and what.
pub(crate) type Fault = (String, String);

/// What a walk through a schema has seen.
#[derive(Default)]
struct Walk {
    nodes: usize,
    patterns: usize,
    faults: Vec<Fault>,
}

/// All that is wrong with a schema before anybody compiles it.
pub(crate) fn faults(schema: &Value) -> Vec<Fault> {
    let mut walk = Walk::default();
    if let Some(dialect) = schema.get("$schema").filter(|dialect| *dialect != DIALECT) {
        walk.fault("/$schema", format!("the dialect is {DIALECT}, and not {dialect}"));
    }
    walk.value(schema, "", 0);
    if walk.nodes > NODES_MAX {
        walk.fault("", format!("a schema has at most {NODES_MAX} values"));
    }
    if walk.patterns > PATTERNS_MAX {
        walk.fault("", format!("a schema has at most {PATTERNS_MAX} patterns"));
    }
    if walk.faults.is_empty()
        && let Err(fault) = expanded(schema)
    {
        walk.faults.push(fault);
    }
    walk.faults
}

impl Walk {
    fn fault(&mut self, at: &str, what: String) {
        if self.faults.len() < crate::compiled::VIOLATIONS_MAX {
            self.faults.push((at.to_owned(), what));
        }
    }

    fn value(&mut self, value: &Value, at: &str, depth: usize) {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            return;
        }
        if depth > DEPTH_MAX {
            return self.fault(at, format!("a schema is at most {DEPTH_MAX} levels deep"));
        }
        match value {
            Value::Array(items) => {
                items
                    .iter()
                    .enumerate()
                    .for_each(|(index, item)| self.value(item, &format!("{at}/{index}"), depth + 1));
            }
            Value::Object(fields) => {
                for (name, value) in fields {
                    let at = format!("{at}/{}", escaped(name));
                    self.keyword(name, value, &at);
                    self.value(value, &at, depth + 1);
                }
            }
            _ => {}
        }
    }

    fn keyword(&mut self, name: &str, value: &Value, at: &str) {
        if REFUSED.contains(&name) || (name == "$schema" && at != "/$schema") {
            self.fault(at, format!("`{name}` is not supported; write the schema out, or use `$defs` and `$ref`"));
        }
        match (name, value) {
            ("$ref", Value::String(target)) if definition(target).is_none() => {
                self.fault(at, "a reference leads to `#/$defs/NAME` of the same schema".to_owned());
            }
            ("pattern", Value::String(pattern)) => self.pattern(pattern, at),
            ("patternProperties", Value::Object(patterns)) => {
                patterns.keys().for_each(|pattern| self.pattern(pattern, at));
            }
            _ => {}
        }
    }

    fn pattern(&mut self, pattern: &str, at: &str) {
        self.patterns += 1;
        if pattern.len() > PATTERN_BYTES_MAX {
            self.fault(at, format!("a pattern has at most {PATTERN_BYTES_MAX} bytes"));
        }
    }
}

/// The name that a reference leads to.
fn definition(target: &str) -> Option<&str> {
    target.strip_prefix("#/$defs/").filter(|name| !name.is_empty() && !name.contains(['/', '~', '%']))
}

/// Part of a JSON Pointer.
pub(crate) fn escaped(part: &str) -> String {
    part.replace('~', "~0").replace('/', "~1")
}

/// Values of the schema with all references written out.
fn expanded(schema: &Value) -> Result<usize, Fault> {
    let none = serde_json::Map::new();
    let definitions = schema.get("$defs").and_then(Value::as_object).unwrap_or(&none);
    let mut sizes = Sizes { definitions, known: BTreeMap::new(), open: BTreeSet::new() };
    let size = sizes.of(schema)?;
    if size > EXPANDED_MAX {
        let what = format!("with all references written out a schema has at most {EXPANDED_MAX} values");
        return Err(("/$defs".to_owned(), what));
    }
    Ok(size)
}

struct Sizes<'a> {
    definitions: &'a serde_json::Map<String, Value>,
    known: BTreeMap<&'a str, usize>,
    open: BTreeSet<&'a str>,
}

impl<'a> Sizes<'a> {
    fn of(&mut self, value: &'a Value) -> Result<usize, Fault> {
        let mut size = 1_usize;
        match value {
            Value::Array(items) => {
                for item in items {
                    size = size.saturating_add(self.of(item)?);
                }
            }
            Value::Object(fields) => {
                for (name, value) in fields {
                    size = size.saturating_add(self.of(value)?);
                    if let ("$ref", Some(target)) = (name.as_str(), value.as_str().and_then(definition)) {
                        size = size.saturating_add(self.definition(target)?);
                    }
                }
            }
            _ => {}
        }
        Ok(size)
    }

    fn definition(&mut self, name: &'a str) -> Result<usize, Fault> {
        if let Some(size) = self.known.get(name) {
            return Ok(*size);
        }
        let at = || format!("/$defs/{name}");
        let Some(schema) = self.definitions.get(name) else {
            return Err((at(), "there is a reference to it, and it does not exist".to_owned()));
        };
        if !self.open.insert(name) {
            return Err((at(), "it refers to itself, and schemas are not recursive here".to_owned()));
        }
        let size = self.of(schema)?;
        self.open.remove(name);
        self.known.insert(name, size);
        Ok(size)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::json;

    use super::*;

    fn first(schema: &Value) -> String {
        let (at, what) = faults(schema).into_iter().next().unwrap();
        format!("{at}: {what}")
    }

    #[test]
    fn what_reaches_elsewhere_or_in_circles_is_refused() {
        assert!(first(&json!({"$ref": "https://example.com/x"})).contains("leads to"));
        assert!(first(&json!({"$ref": "#"})).contains("leads to"));
        assert!(first(&json!({"$id": "https://example.com/x"})).contains("not supported"));
        assert!(first(&json!({"$schema": "http://json-schema.org/draft-07/schema#"})).contains("dialect"));
        let circle = json!({"$ref": "#/$defs/a", "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/b"}]}, "b": {"$ref": "#/$defs/a"}}});
        assert!(first(&circle).contains("itself"));
        assert!(first(&json!({"$ref": "#/$defs/a"})).contains("does not exist"));
    }

    #[test]
    fn a_schema_that_grows_when_it_is_written_out_is_refused() {
        let level = |n: usize| json!({"allOf": [{"$ref": format!("#/$defs/d{n}")}, {"$ref": format!("#/$defs/d{n}")}]});
        let grown = |levels: usize| {
            let mut definitions: serde_json::Map<_, _> = (1..levels).map(|n| (format!("d{n}"), level(n - 1))).collect();
            definitions.insert("d0".to_owned(), json!(true));
            json!({"$ref": format!("#/$defs/d{}", levels - 1), "$defs": definitions})
        };
        assert!(faults(&grown(6)).is_empty());
        assert!(first(&grown(20)).contains("written out"));
    }

    #[test]
    fn size_depth_and_patterns_are_bounded() {
        let deep = |levels| (0..levels).fold(json!(true), |inner, _| json!({"not": inner}));
        assert!(faults(&deep(DEPTH_MAX)).is_empty() && first(&deep(DEPTH_MAX + 1)).contains("levels"));
        let wide = |values: usize| json!({"enum": vec![0; values]});
        assert!(faults(&wide(NODES_MAX - 2)).is_empty() && first(&wide(NODES_MAX - 1)).contains("values"));
        let long = |bytes| json!({"pattern": "x".repeat(bytes)});
        assert!(faults(&long(PATTERN_BYTES_MAX)).is_empty() && first(&long(PATTERN_BYTES_MAX + 1)).contains("bytes"));
        let many = |count| json!({"allOf": vec![json!({"pattern": "x"}); count]});
        assert!(faults(&many(PATTERNS_MAX)).is_empty() && first(&many(PATTERNS_MAX + 1)).contains("patterns"));
    }
}
