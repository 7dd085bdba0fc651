//! Which records are wanted: conditions on top-level fields.

use std::cmp::Ordering;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::compiled::Compiled;
use crate::error::DataError;
use crate::text::folded;

/// Conditions of one filter.
const CONDITIONS_MAX: usize = 20;

/// Levels of `all` and `any`.
const DEPTH_MAX: usize = 3;

/// Values of one `in`.
const VALUES_MAX: usize = 50;

/// Which records are wanted.
///
/// As JSON: `{"field": "status", "op": "eq", "value": "open"}`, `{"all": [..]}` or `{"any": [..]}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "RecordFilter")]
#[serde(untagged, expecting = r#"a filter is {"field": .., "op": .., "value": ..}, {"all": [..]} or {"any": [..]}"#)]
pub enum Filter {
    /// A condition on one field.
    Is(Condition),
    /// All of these hold.
    All { all: Vec<Filter> },
    /// One of these holds.
    Any { any: Vec<Filter> },
}

/// What is asked of a field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "FilterCondition")]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// A top-level field.
    pub field: String,
    pub op: Op,
    /// What it is compared with.
    #[serde(default)]
    pub value: Value,
}

/// How a field is compared. A field that is empty fulfils nothing but `empty` and `ne`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "FilterOperator")]
#[serde(rename_all = "kebab-case")]
pub enum Op {
    /// The same value; a multi-select has it among its values.
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    /// One of a list of values.
    In,
    /// A text that begins so, whatever the case.
    Starts,
    /// `true`: it is empty; `false`: it is not.
    Empty,
}

impl Filter {
    /// Refuses what is too much, and fields by which nothing may be found.
    ///
    /// # Errors
    /// `BadQuery`.
    pub(super) fn check(&self, is_known: &dyn Fn(&str) -> bool) -> Result<(), DataError> {
        let mut left = CONDITIONS_MAX;
        self.count(0, &mut left)?;
        self.each(&mut |condition| condition.check(is_known))
    }

    fn count(&self, depth: usize, left: &mut usize) -> Result<(), DataError> {
        let too_much =
            || DataError::BadQuery(format!("a filter has at most {CONDITIONS_MAX} conditions on {DEPTH_MAX} levels"));
        *left = left.checked_sub(1).filter(|_| depth <= DEPTH_MAX).ok_or_else(too_much)?;
        match self {
            Self::Is(_) => Ok(()),
            Self::All { all: parts } | Self::Any { any: parts } => {
                parts.iter().try_for_each(|part| part.count(depth + 1, left))
            }
        }
    }

    fn each(&self, look: &mut dyn FnMut(&Condition) -> Result<(), DataError>) -> Result<(), DataError> {
        match self {
            Self::Is(condition) => look(condition),
            Self::All { all: parts } | Self::Any { any: parts } => parts.iter().try_for_each(|part| part.each(look)),
        }
    }

    /// Conditions that hold for every record that fits.
    pub(super) fn certain(&self) -> Vec<&Condition> {
        match self {
            Self::Is(condition) => vec![condition],
            Self::All { all } => all.iter().flat_map(Self::certain).collect(),
            Self::Any { .. } => Vec::new(),
        }
    }

    /// Whether a record fits.
    pub(super) fn holds(&self, compiled: &Compiled, body: &Value) -> bool {
        match self {
            Self::Is(condition) => condition.holds(compiled, body),
            Self::All { all } => all.iter().all(|part| part.holds(compiled, body)),
            Self::Any { any } => any.iter().any(|part| part.holds(compiled, body)),
        }
    }
}

impl Condition {
    fn check(&self, is_known: &dyn Fn(&str) -> bool) -> Result<(), DataError> {
        let wrong = |what: String| Err(DataError::BadQuery(what));
        if !is_known(&self.field) {
            return wrong(format!("there is no field `{}` to filter by", self.field));
        }
        match (self.op, &self.value) {
            (Op::In, Value::Array(values)) if (1..=VALUES_MAX).contains(&values.len()) => Ok(()),
            (Op::In, _) => wrong(format!("`in` takes a list of 1 to {VALUES_MAX} values")),
            (Op::Empty, Value::Bool(_)) | (Op::Starts, Value::String(_)) => Ok(()),
            (Op::Empty, _) => wrong("`empty` takes true or false".to_owned()),
            (Op::Starts, _) => wrong("`starts` takes a text".to_owned()),
            (_, Value::Null) => wrong("a condition has a value; for empty fields there is `empty`".to_owned()),
            _ => Ok(()),
        }
    }

    fn holds(&self, compiled: &Compiled, body: &Value) -> bool {
        let found = body.get(&self.field).filter(|found| !found.is_null());
        match self.op {
            Op::Empty => found.is_none() == (self.value == true),
            Op::Ne => found.is_none_or(|found| !self.is_same(compiled, found, &self.value)),
            _ => found.is_some_and(|found| self.fits(compiled, found)),
        }
    }

    fn fits(&self, compiled: &Compiled, found: &Value) -> bool {
        let order = |fits: fn(Ordering) -> bool| self.compare(compiled, found).is_some_and(fits);
        match self.op {
            Op::Eq => self.is_same(compiled, found, &self.value),
            Op::In => {
                let mut values = self.value.as_array().into_iter().flatten();
                values.any(|value| self.is_same(compiled, found, value))
            }
            Op::Lt => order(Ordering::is_lt),
            Op::Le => order(Ordering::is_le),
            Op::Gt => order(Ordering::is_gt),
            Op::Ge => order(Ordering::is_ge),
            Op::Starts => {
                let texts = found.as_str().zip(self.value.as_str());
                texts.is_some_and(|(found, start)| folded(found).starts_with(&folded(start)))
            }
            Op::Ne | Op::Empty => false,
        }
    }

    fn is_same(&self, compiled: &Compiled, found: &Value, value: &Value) -> bool {
        match (found, value) {
            (Value::Array(items), value) if !value.is_array() => items
                .iter()
                .any(|item| compiled.order(&self.field, value).map_or(item == value, |order| order.same(item, value))),
            _ => compiled.order(&self.field, value).map_or(found == value, |order| order.same(found, value)),
        }
    }

    fn compare(&self, compiled: &Compiled, found: &Value) -> Option<Ordering> {
        let order = compiled.order(&self.field, &self.value)?;
        Some(order.encode(found)?.cmp(&order.encode(&self.value)?))
    }
}
