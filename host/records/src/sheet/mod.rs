//! Records as rows of a text or a spreadsheet, in and out.
//!
//! What comes in is read once, with a limit on everything, and kept in one form for all formats: a line of JSON for each
//! row. So what is done later with the rows knows no format, and a spreadsheet is unpacked once.

mod cell;
mod csv;
mod lines;
mod xlsx;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use signalsync_data::Definition;

pub(crate) use cell::{inert, is_calculated, shown, typed};

/// Rows of one file.
pub const ROWS_MAX: usize = 100_000;

/// Bytes of all rows of one file in the form in which they are kept: there, each cell has its field's name with it.
pub(crate) const ROWS_BYTES_MAX: usize = 128 << 20;

/// Bytes of one row's texts: what a record may have, and more.
const ROW_BYTES_MAX: usize = 4 << 20;

/// The column of the records' ids.
pub(crate) const ID: &str = "id";

/// Behind a file of rows that are to be mended: what is wrong with each.
pub(crate) const PROBLEM: &str = "problem";

/// How records are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// A JSON object on each line: id, version and body.
    JsonLines,
    /// RFC 4180 in UTF-8, with a column for the id and for each field of the definition that holds. What is not a text, a
    /// number or a truth value stands there as JSON, but for money (`12.50 EUR`) and several choices (`a; b`).
    Csv,
    /// The same in the first sheet of a workbook (ECMA-376).
    Xlsx,
}

/// A file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SheetError {
    /// Counted from 1; the first one of a table is its head.
    pub row: Option<u64>,
    /// As it is named there.
    pub column: Option<String>,
    /// What is wrong, and what to do.
    pub reason: String,
}

impl fmt::Display for SheetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(row) = self.row {
            write!(f, "row {row}: ")?;
        }
        if let Some(column) = &self.column {
            write!(f, "column `{column}`: ")?;
        }
        f.write_str(&self.reason)
    }
}

impl SheetError {
    fn of(reason: impl Into<String>) -> Self {
        Self { row: None, column: None, reason: reason.into() }
    }

    fn at(row: u64, reason: impl Into<String>) -> Self {
        Self { row: Some(row), ..Self::of(reason) }
    }
}

/// One row, as it is kept.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    /// Of the file, counted from 1.
    pub(crate) row: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    /// Of a table: what is not empty, by field. Texts, numbers and truth values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cells: Option<Map<String, Value>>,
    /// Of JSON Lines: the whole document as it is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<Box<RawValue>>,
}

/// Rows that were read.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    /// A line of JSON for each row.
    pub(crate) lines: Vec<u8>,
    pub(crate) count: usize,
    /// Fields that the file has a column for, in its order; none for JSON Lines.
    pub(crate) columns: Vec<String>,
}

impl Rows {
    fn push(&mut self, row: &Row) -> Result<(), SheetError> {
        if self.count == ROWS_MAX {
            return Err(SheetError::at(
                row.row,
                format!("a file has at most {ROWS_MAX} rows; send the rest in another one"),
            ));
        }
        self.count += 1;
        serde_json::to_writer(&mut self.lines, row).map_err(|error| SheetError::at(row.row, error.to_string()))?;
        self.lines.push(b'\n');
        if self.lines.len() > ROWS_BYTES_MAX {
            let reason = format!(
                "the rows up to here have more than {ROWS_BYTES_MAX} bytes with the names of their fields; send the rest in another file"
            );
            return Err(SheetError::at(row.row, reason));
        }
        Ok(())
    }

    /// Adds a row of a table; one that is empty is passed over.
    fn push_cells(&mut self, row: u64, cells: impl IntoIterator<Item = (usize, Value)>) -> Result<(), SheetError> {
        let (mut id, mut kept) = (None, Map::new());
        for (place, value) in cells {
            match self.columns.get(place).map(String::as_str) {
                Some(ID) => id = Some(cell::text(&value)),
                Some(PROBLEM) => {}
                Some(column) => _ = kept.insert(column.to_owned(), value),
                None => {
                    return Err(SheetError::at(
                        row,
                        "the row has more cells than the head has columns; name each column",
                    ));
                }
            }
        }
        if id.is_none() && kept.is_empty() {
            return Ok(());
        }
        self.push(&Row { row, id, cells: Some(kept), body: None })
    }
}

/// The columns that a collection's table has: id and fields.
pub(crate) struct Columns {
    /// Field and title; none for a collection that takes any document.
    fields: Option<Vec<(String, String)>>,
}

impl Columns {
    pub(crate) fn of(definition: Option<&Definition>) -> Self {
        let title = |name: &String, schema: &Value| {
            let title = schema.get("title").and_then(Value::as_str);
            (name.clone(), title.unwrap_or(name).to_owned())
        };
        let fields = |definition: &Definition| definition.fields().map(|(name, schema)| title(name, schema)).collect();
        Self { fields: definition.map(fields) }
    }

    /// The columns of a head. A column is named by its field or by the field's title.
    fn read(&self, head: impl IntoIterator<Item = String>) -> Result<Vec<String>, SheetError> {
        let mut columns: Vec<String> = Vec::new();
        for name in head {
            let wrong = |reason: String| SheetError { row: Some(1), column: Some(name.clone()), reason };
            let column = self.find(name.trim()).ok_or_else(|| wrong(self.known()))?;
            if columns.contains(&column) {
                return Err(wrong("there are two columns of this name".to_owned()));
            }
            columns.push(column);
        }
        if columns.is_empty() {
            Err(SheetError::of("the file is empty; its first row names the columns"))
        } else {
            Ok(columns)
        }
    }

    fn find(&self, name: &str) -> Option<String> {
        if name == ID || name == PROBLEM {
            return Some(name.to_owned());
        }
        let Some(fields) = &self.fields else { return Some(name.to_owned()).filter(|name| !name.is_empty()) };
        let by_name = fields.iter().find(|(field, _)| field == name);
        let found = by_name.or_else(|| fields.iter().find(|(_, title)| title.eq_ignore_ascii_case(name)));
        found.map(|(field, _)| field.clone())
    }

    fn known(&self) -> String {
        let names = self.fields.iter().flatten().map(|(field, _)| field.as_str());
        format!("there is no such field; columns are {}", [ID].into_iter().chain(names).collect::<Vec<_>>().join(", "))
    }
}

/// Reads a file.
///
/// # Errors
/// The file is no such file, has columns that are no fields, or too many rows.
pub(crate) fn read(format: Format, bytes: &[u8], columns: &Columns) -> Result<Rows, SheetError> {
    match format {
        Format::JsonLines => lines::read(bytes),
        Format::Csv => csv::read(bytes, columns),
        Format::Xlsx => xlsx::read(bytes, columns),
    }
}

/// Writes a table, or JSON Lines of it, piece by piece. A workbook comes out with its end.
pub(crate) enum Writer {
    JsonLines,
    Csv,
    Xlsx(Box<xlsx::Sheet>),
}

impl Writer {
    pub(crate) fn new(format: Format) -> Self {
        match format {
            Format::JsonLines => Self::JsonLines,
            Format::Csv => Self::Csv,
            Format::Xlsx => Self::Xlsx(Box::default()),
        }
    }

    /// The text of a table's row; none for a workbook. For JSON Lines use [`lines::line`].
    ///
    /// # Errors
    /// The workbook is full.
    pub(crate) fn row(&mut self, text: &mut Vec<u8>, cells: &[Value]) -> Result<(), SheetError> {
        match self {
            Self::JsonLines => Ok(()),
            Self::Csv => csv::write(text, cells),
            Self::Xlsx(sheet) => sheet.row(cells),
        }
    }

    /// What comes last.
    ///
    /// # Errors
    /// The workbook cannot be written.
    pub(crate) fn end(self) -> Result<Vec<u8>, SheetError> {
        match self {
            Self::JsonLines | Self::Csv => Ok(Vec::new()),
            Self::Xlsx(sheet) => sheet.end(),
        }
    }
}

pub(crate) use lines::line;
