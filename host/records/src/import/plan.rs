//! From a row to what is done with it: pure.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde_json::{Map, Value};
use signalsync_core::RecordId;
use signalsync_core::contract::{Severity, Violation};
use signalsync_data::{DataError, Definition};
use signalsync_work::jobs::Problem;

use super::{Input, Row};
use crate::error::RecordError;
use crate::sheet::{ID, PROBLEM, is_calculated, typed};

/// Problems of one row that are listed.
const PROBLEMS_PER_ROW_MAX: usize = 10;

/// What a row says.
pub(super) struct Wanted {
    pub(super) id: Option<RecordId>,
    pub(super) content: Content,
}

pub(super) enum Content {
    /// A whole document, as it was written, and what it says.
    Whole(String, Value),
    /// The fields of a table's columns; null for an empty cell.
    Fields(Map<String, Value>),
}

impl Content {
    /// A field's value.
    pub(super) fn field(&self, name: &str) -> Option<&Value> {
        let value = match self {
            Self::Whole(_, value) => value.get(name),
            Self::Fields(fields) => fields.get(name),
        };
        value.filter(|value| !value.is_null())
    }
}

/// What a row says, by the fields of the collection.
///
/// # Errors
/// All that is wrong with it.
pub(super) fn wanted(row: &Row, input: &Input, definition: Option<&Definition>) -> Result<Wanted, Vec<Problem>> {
    let mut problems = Vec::new();
    let id = row.id.as_deref().filter(|id| !id.is_empty()).map(str::parse::<RecordId>).transpose();
    let id = id.unwrap_or_else(|rule| {
        problems.push(problem(row.row, Some(ID), rule.to_string()));
        None
    });
    let content = match &row.body {
        Some(body) => Content::Whole(body.get().to_owned(), serde_json::from_str(body.get()).unwrap_or(Value::Null)),
        None => Content::Fields(fields(row, input, definition, &mut problems)),
    };
    if problems.is_empty() { Ok(Wanted { id, content }) } else { Err(problems) }
}

fn fields(
    row: &Row,
    input: &Input,
    definition: Option<&Definition>,
    problems: &mut Vec<Problem>,
) -> Map<String, Value> {
    let schemas: BTreeMap<_, _> = definition.into_iter().flat_map(Definition::fields).collect();
    let mut fields = Map::new();
    for column in input.columns.iter().filter(|column| *column != ID && *column != PROBLEM) {
        let schema = schemas.get(column).copied().unwrap_or(&Value::Null);
        if is_calculated(schema) {
            continue;
        }
        let cell = row.cells.as_ref().and_then(|cells| cells.get(column)).unwrap_or(&Value::Null);
        match typed(schema, cell) {
            Ok(value) => _ = fields.insert(column.clone(), value.unwrap_or(Value::Null)),
            Err(reason) => problems.push(problem(row.row, Some(column), reason)),
        }
    }
    fields
}

/// What rows of a file must not have in common: ids, and what unique fields hold.
#[derive(Default)]
pub(super) struct Unlike {
    seen: BTreeMap<(Vec<String>, Vec<String>), u64>,
}

impl Unlike {
    /// Adds a row; what it has in common with an earlier one.
    pub(super) fn add(&mut self, row: u64, wanted: &Wanted, definition: Option<&Definition>) -> Vec<Problem> {
        let mut parts = Vec::new();
        if let Some(id) = &wanted.id {
            parts.push((vec![ID.to_owned()], vec![id.to_string()]));
        }
        let indexes = definition.into_iter().flat_map(|definition| &definition.indexes).filter(|index| index.unique);
        for index in indexes {
            let values: Option<Vec<_>> =
                index.fields.iter().map(|field| wanted.content.field(field).map(folded)).collect();
            parts.extend(values.map(|values| (index.fields.clone(), values)));
        }
        let mut problems = Vec::new();
        for (names, values) in parts {
            let column = names.first().cloned();
            match self.seen.entry((names, values)) {
                Entry::Vacant(free) => _ = free.insert(row),
                Entry::Occupied(first) => {
                    let reason = format!("row {} has the same value, and no two records may", first.get());
                    problems.push(problem(row, column.as_deref(), reason));
                }
            }
        }
        problems
    }
}

fn folded(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), signalsync_data::folded)
}

/// What somebody has against a row; an error is not the row's fault.
///
/// # Errors
/// It may work another time.
pub(super) fn problems(row: u64, error: RecordError) -> Result<Vec<Problem>, RecordError> {
    let of = |violations: Vec<Violation>| {
        let wrong = violations.into_iter().filter(|violation| violation.severity == Severity::Error);
        wrong.take(PROBLEMS_PER_ROW_MAX).map(|violation| of_violation(row, violation)).collect::<Vec<_>>()
    };
    match error {
        RecordError::NotValid { violations, .. } => Ok(of(violations)),
        RecordError::Data(DataError::NotUnique { fields }) => {
            let column = fields.first().map(|field| field.trim_start_matches('/').to_owned());
            Ok(vec![problem(row, column.as_deref(), "another record has the same value, and no two may".to_owned())])
        }
        transient @ (RecordError::Data(DataError::IndexNotReady(_) | DataError::Clearing | DataError::NoCollection)
        | RecordError::Conflict
        | RecordError::Store(_)
        | RecordError::NotJudged {
            failure: signalsync_core::Failure::Denied { .. } | signalsync_core::Failure::HostFault,
            ..
        }) => Err(transient),
        other => Ok(vec![problem(row, None, other.to_string())]),
    }
}

fn of_violation(row: u64, violation: Violation) -> Problem {
    let column = violation.path.trim_start_matches('/').split('/').next().filter(|column| !column.is_empty());
    problem(row, column, violation.message.clone())
}

pub(super) fn problem(row: u64, column: Option<&str>, reason: String) -> Problem {
    Problem { row: Some(row), column: column.map(str::to_owned), reason }
}
