//! Taking records out, as far as the caller sees them: page by page, so that a large collection needs little memory.

use std::sync::Arc;

use serde_json::Value;
use signalsync_audit::{Action, Event};
use signalsync_core::{Clock, CollectionName, TenantScope};
use signalsync_data::{DataError, Record};
use signalsync_store::{StoreError, Stores, Transaction};

use crate::error::RecordError;
use crate::judge::Judge;

/// Records, and bytes of their bodies, that one transaction reads.
const PAGE: (usize, usize) = (500, 4 << 20);

/// How records are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A JSON object on each line: id, version and body.
    JsonLines,
    /// RFC 4180, with a column for the id and for each field of the definition that holds. What is not a text, a number
    /// or a truth value stands there as JSON.
    Csv,
}

/// Takes records of all tenants out, each tenant's behind its scope.
#[derive(Clone)]
pub struct Exports {
    stores: Arc<Stores>,
    judge: Judge,
    clock: Arc<dyn Clock>,
}

/// Records on their way out. Each page is of the moment in which it is read: a record that is changed meanwhile is in it
/// once, before or after the change.
pub struct Export {
    exports: Exports,
    scope: Arc<TenantScope>,
    collection: CollectionName,
    format: Format,
    columns: Vec<String>,
    place: Place,
}

/// Where an export stands.
enum Place {
    Beginning,
    Behind(String),
    End,
}

impl Exports {
    /// Behind this judge's gate.
    pub fn new(stores: Arc<Stores>, judge: Judge, clock: Arc<dyn Clock>) -> Self {
        Self { stores, judge, clock }
    }

    /// Begins to take records out; that is in the audit, whatever becomes of it.
    ///
    /// # Errors
    /// `NoCollection`; `NoDefinition` for a table of a collection that has none; or the store failed.
    pub async fn begin(
        &self,
        scope: Arc<TenantScope>,
        collection: CollectionName,
        format: Format,
    ) -> Result<Export, RecordError> {
        let now = self.clock.now();
        let gate = self.judge.gate(&scope, now);
        let begin = |tx: &mut Transaction| {
            gate.collection(tx, &collection)?;
            let columns = match format {
                Format::JsonLines => Vec::new(),
                Format::Csv => columns(&signalsync_data::published(&gate, tx, &collection, None)?.1.schema),
            };
            let event = Event::new(Action::ExportRun, format!("collection/{collection}"));
            signalsync_audit::record(tx, scope.caller(), now, event)?;
            Ok::<_, RecordError>(columns)
        };
        let columns = self.stores.tenant(&scope).await?.transact(begin).await?;
        Ok(Export { exports: self.clone(), scope, collection, format, columns, place: Place::Beginning })
    }
}

impl Export {
    /// The next piece of the text; none at the end.
    ///
    /// # Errors
    /// `NoCollection` when it was deleted meanwhile, or the caller lost its rights; or the store failed.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, RecordError> {
        let after = match &self.place {
            Place::End => return Ok(None),
            Place::Beginning => None,
            Place::Behind(after) => Some(after.as_str()),
        };
        let gate = self.exports.judge.gate(&self.scope, self.exports.clock.now());
        let mut tx = self.exports.stores.tenant(&self.scope).await?.begin().await?;
        let page = gate.list(&mut tx, &self.collection, "", after, PAGE)?;
        drop(tx);
        let mut text = Vec::new();
        match self.format {
            Format::JsonLines => page.items.iter().try_for_each(|record| line(&mut text, record))?,
            Format::Csv => self.rows(&mut text, &page.items)?,
        }
        self.place = page.next.map_or(Place::End, Place::Behind);
        Ok(Some(text))
    }

    fn rows(&self, text: &mut Vec<u8>, records: &[Record]) -> Result<(), RecordError> {
        let mut writer = csv::Writer::from_writer(text);
        let unwritable = |error: csv::Error| StoreError::Engine(error.to_string());
        if matches!(self.place, Place::Beginning) {
            let head = ["id"].into_iter().chain(self.columns.iter().map(String::as_str));
            writer.write_record(head).map_err(unwritable)?;
        }
        for record in records {
            let body: Value = serde_json::from_str(&record.body).map_err(|_| damaged())?;
            let cells = self.columns.iter().map(|column| cell(body.get(column).unwrap_or(&Value::Null)));
            writer.write_record([inert(record.id.as_str())].into_iter().chain(cells)).map_err(unwritable)?;
        }
        writer.flush().map_err(StoreError::from)?;
        Ok(())
    }
}

fn columns(schema: &Value) -> Vec<String> {
    let fields = schema.get("properties").and_then(Value::as_object);
    fields.into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

fn line(text: &mut Vec<u8>, record: &Record) -> Result<(), RecordError> {
    let body: &serde_json::value::RawValue = serde_json::from_str(&record.body).map_err(|_| damaged())?;
    let line = serde_json::json!({"id": record.id, "version": record.version, "about": record.about}).to_string();
    // The body stands there as it was written, which a value of JSON would not keep.
    let head = line.strip_suffix('}').unwrap_or(&line);
    text.extend_from_slice(format!("{head},\"body\":{}}}\n", body.get().replace(['\n', '\r'], " ")).as_bytes());
    Ok(())
}

fn damaged() -> RecordError {
    RecordError::from(DataError::Store(StoreError::Corrupt("a record is not what was written".to_owned())))
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => inert(text),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// A text that no spreadsheet takes for a formula: one that begins like a formula, and is no number, gets an apostrophe.
fn inert(text: &str) -> String {
    let looks_like_one = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let is_number = || {
        let digits = text.strip_prefix('-').unwrap_or(text);
        digits.starts_with(|sign: char| sign.is_ascii_digit())
            && digits.bytes().all(|sign| sign.is_ascii_digit() || sign == b'.')
    };
    if looks_like_one && !is_number() { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_numbers_stay_numbers() {
        for formula in ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "-", "=cmd|' /C calc'!A0"] {
            assert_eq!(inert(formula), format!("'{formula}"));
        }
        for plain in ["-12.50", "12", "a=b", "", "'=1", "{\"a\":1}"] {
            assert_eq!(inert(plain), plain);
        }
    }
}
