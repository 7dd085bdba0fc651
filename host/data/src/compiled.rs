//! A definition that was understood: ready to check records, to compute fields and to say what is indexed.

mod fields;

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, Validator};
use serde_json::Value;
use signalsync_core::CollectionName;
use signalsync_core::contract::{Severity, Violation};

use crate::definition::Definition;
use crate::encode::Order;
use crate::formula::{Formula, Names};
use crate::index::Index;
use crate::kind::Kind;
use crate::reference::ReferenceField;
use crate::safety::{Fault, escaped};

/// Violations in one answer.
pub const VIOLATIONS_MAX: usize = 100;

/// Bytes of a violation's text.
const MESSAGE_BYTES_MAX: usize = 1_000;

/// Bytes that a compiled regular expression may take, and its cache of states. They run in time that is linear in the text.
const PATTERN_BYTES_MAX: usize = 64 << 10;

/// A field, as far as the host looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field {
    /// None for a field without `x-kind`.
    pub(crate) kind: Option<Kind>,
    /// How its values are put in order.
    pub(crate) order: Option<Order>,
}

/// A calculated field.
#[derive(Debug)]
pub(crate) struct Calculation {
    /// The table that it is a column of.
    pub(crate) table: Option<String>,
    pub(crate) field: String,
    pub(crate) result: Kind,
    pub(crate) formula: Formula,
}

/// A definition at work.
#[derive(Debug, Default)]
pub struct Compiled {
    pub(crate) fields: BTreeMap<String, Field>,
    /// None for a collection that takes any document.
    pub(crate) validator: Option<Validator>,
    /// In the order in which they are worked out.
    pub(crate) calculations: Vec<Calculation>,
    pub(crate) indexes: Vec<Index>,
    pub(crate) search: Option<Index>,
    pub(crate) references: Vec<ReferenceField>,
    /// About how much memory it takes.
    pub(crate) weight: usize,
}

impl Compiled {
    /// Understands a definition.
    ///
    /// # Errors
    /// All that is wrong with it; pointers lead into the definition.
    pub fn of(definition: &Definition) -> Result<Self, Vec<Violation>> {
        let faults = fields::size_faults(definition);
        if !faults.is_empty() {
            return Err(violations(faults));
        }
        let mut faults = Vec::new();
        let mut compiled = fields::read(definition, &mut faults);
        match validator(&fields::expanded(&definition.schema)) {
            Ok(validator) => compiled.validator = Some(validator),
            Err(fault) => faults.push(fault),
        }
        if let Some(layout) = &definition.layout {
            faults.extend(crate::layout::faults(layout, &|name| compiled.fields.contains_key(name)));
        }
        if faults.is_empty() { Ok(compiled) } else { Err(violations(faults)) }
    }

    /// Whether records have to fit a schema.
    pub fn is_defined(&self) -> bool {
        self.validator.is_some()
    }

    /// All that is wrong with a record, at most [`VIOLATIONS_MAX`].
    pub fn check(&self, body: &Value) -> Vec<Violation> {
        let Some(validator) = &self.validator else { return Vec::new() };
        validator.iter_errors(body).take(VIOLATIONS_MAX).map(|error| violation(&error)).collect()
    }

    /// Works out the calculated fields; what a caller put there is replaced.
    ///
    /// # Errors
    /// The formulas that do not fit the record.
    pub fn calculate(&self, body: &mut Value) -> Result<(), Vec<Violation>> {
        let mut wrong = Vec::new();
        for calculation in &self.calculations {
            match &calculation.table {
                None => calculation.apply(body, "", &mut wrong),
                Some(table) => {
                    let rows = body.get_mut(table).and_then(Value::as_array_mut).into_iter().flatten();
                    for (number, row) in rows.enumerate() {
                        calculation.apply(row, &format!("/{table}/{number}"), &mut wrong);
                    }
                }
            }
        }
        wrong.truncate(VIOLATIONS_MAX);
        if wrong.is_empty() { Ok(()) } else { Err(violations(wrong)) }
    }

    /// The collections that its records refer to.
    pub fn refers_to(&self) -> BTreeSet<CollectionName> {
        self.references.iter().map(|reference| reference.collection.clone()).collect()
    }

    /// How a field's values are put in order; for a collection without definition, by what the value is.
    pub(crate) fn order(&self, field: &str, value: &Value) -> Option<Order> {
        match self.fields.get(field) {
            Some(Field { kind: Some(_), order }) => *order,
            Some(_) | None => Order::of(value),
        }
    }
}

impl Calculation {
    fn apply(&self, row: &mut Value, at: &str, wrong: &mut Vec<Fault>) {
        let result = self.formula.eval(&Names { fields: row });
        let Some(row) = row.as_object_mut() else { return };
        match result.map(|value| typed(self.result, value)) {
            Ok(Value::Null) => {
                row.remove(&self.field);
            }
            Ok(value) => {
                row.insert(self.field.clone(), value);
            }
            Err(what) => wrong.push((format!("{at}/{}", self.field), what)),
        }
    }
}

/// Formulas make numbers as text, with exact digits; a field of kind number wants a JSON number.
fn typed(result: Kind, value: Value) -> Value {
    match (result, &value) {
        (Kind::Number, Value::String(text)) => serde_json::from_str(text).unwrap_or(value),
        _ => value,
    }
}

/// Nothing is fetched: no retriever is compiled in, and references lead within the schema.
fn validator(schema: &Value) -> Result<Validator, Fault> {
    let patterns = PatternOptions::regex().size_limit(PATTERN_BYTES_MAX).dfa_size_limit(PATTERN_BYTES_MAX);
    let options = jsonschema::draft202012::options().should_validate_formats(true).with_pattern_options(patterns);
    options.build(schema).map_err(|error| {
        let path = error.instance_path().to_string();
        let path = path.strip_prefix("/allOf/0").unwrap_or(&path);
        (format!("/schema{path}"), error.to_string())
    })
}

pub(crate) fn violations(faults: Vec<Fault>) -> Vec<Violation> {
    let violation = |(path, message)| fault("definition", path, message);
    faults.into_iter().take(VIOLATIONS_MAX).map(violation).collect()
}

/// A reason against a document.
pub(crate) fn fault(code: &str, path: String, message: String) -> Violation {
    let message = crate::text::cut(&message, MESSAGE_BYTES_MAX).to_owned();
    Violation { path, code: code.to_owned(), severity: Severity::Error, message }
}

/// What is wrong, at the place that has to change, and without the values: they may not be the caller's to see.
fn violation(error: &jsonschema::ValidationError<'_>) -> Violation {
    let kind = error.kind();
    let at = error.instance_path().to_string();
    let below = |name: &str| format!("{at}/{}", escaped(name));
    let path = match kind {
        ValidationErrorKind::Required { property } => property.as_str().map_or_else(|| at.clone(), below),
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            unexpected.first().map_or_else(|| at.clone(), |name| below(name))
        }
        _ => at.clone(),
    };
    let message = match kind {
        ValidationErrorKind::Required { .. } => "this is required".to_owned(),
        _ => error.masked_with("the value").to_string(),
    };
    fault(kind.keyword(), path, message)
}
