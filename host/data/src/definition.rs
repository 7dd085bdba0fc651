//! A collection's definition as its designer writes it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Bytes of a definition.
pub(crate) const DEFINITION_BYTES_MAX: usize = 256 << 10;

/// Fields of a collection, and columns of a table.
pub(crate) const FIELDS_MAX: usize = 200;

/// Declared indexes. Each one costs a row for every record.
pub(crate) const INDEXES_MAX: usize = 10;

/// Fields of one index.
pub(crate) const INDEX_FIELDS_MAX: usize = 3;

/// Fields whose words are searched.
pub(crate) const SEARCH_FIELDS_MAX: usize = 8;

/// References to other collections.
pub(crate) const REFERENCES_MAX: usize = 20;

/// What a collection's records look like, how a form shows them, and how they are found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CollectionDefinition")]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Definition {
    /// JSON Schema 2020-12 of a record, an object. A field says with `x-kind` what it is for; see [`Kind`](crate::Kind).
    pub schema: Value,
    /// How a form shows it: a UI schema of JSON Forms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<Value>,
    /// By what records are filtered and put in order quickly.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<IndexDraft>,
    /// Fields whose words records are found by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub search: Vec<String>,
}

/// An index over one to three fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct IndexDraft {
    /// The first ones are compared first.
    pub fields: Vec<String>,
    /// Whether no two records may agree in all of them. Texts agree whatever their case; records that leave one of the
    /// fields empty agree with no other.
    #[serde(default)]
    pub unique: bool,
}

impl Definition {
    /// The fields with their schemas.
    pub fn fields(&self) -> impl Iterator<Item = (&String, &Value)> {
        properties(&self.schema).into_iter().flatten()
    }
}

/// The properties that a schema describes.
pub(crate) fn properties(schema: &Value) -> Option<&Map<String, Value>> {
    schema.get("properties").and_then(Value::as_object)
}

/// Whether a text can name a field: 1 to 63 letters, digits, `_` and `-`, starting with a letter.
pub(crate) fn is_field_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    name.len() <= 63
        && bytes.next().is_some_and(|first| first.is_ascii_alphabetic())
        && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}
