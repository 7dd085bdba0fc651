//! Comma-separated values (RFC 4180), in UTF-8.

use serde_json::Value;

use super::{Columns, Rows, SheetError, cell, inert};

/// The mark that some spreadsheets begin a text with.
const MARK: &[u8] = b"\xef\xbb\xbf";

pub(super) fn read(bytes: &[u8], columns: &Columns) -> Result<Rows, SheetError> {
    let bytes = bytes.strip_prefix(MARK).unwrap_or(bytes);
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter(bytes)).from_reader(bytes);
    let (mut rows, mut record, mut number) = (Rows::default(), csv::StringRecord::new(), 0);
    loop {
        number += 1;
        match reader.read_record(&mut record) {
            Ok(false) if rows.columns.is_empty() => return columns.read([]).map(|_| rows),
            Ok(false) => return Ok(rows),
            Ok(true) if rows.columns.is_empty() => rows.columns = columns.read(record.iter().map(str::to_owned))?,
            Ok(true) => {
                let cells = record.iter().enumerate().filter(|(_, text)| !text.is_empty());
                rows.push_cells(number, cells.map(|(place, text)| (place, Value::from(cell::active(text)))))?;
            }
            Err(error) => return Err(SheetError::at(number, wrong(&error))),
        }
    }
}

/// Spreadsheets of some languages write semicolons, because their decimals have commas.
fn delimiter(bytes: &[u8]) -> u8 {
    let head = bytes.split(|byte| *byte == b'\n').next().unwrap_or(bytes);
    let count = |wanted: u8| head.iter().filter(|byte| **byte == wanted).count();
    let more = [b';', b'\t'].into_iter().max_by_key(|sign| count(*sign)).filter(|sign| count(*sign) > count(b','));
    more.unwrap_or(b',')
}

fn wrong(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "the text is not UTF-8; save it as UTF-8".to_owned(),
        _ => error.to_string(),
    }
}

pub(super) fn write(text: &mut Vec<u8>, cells: &[Value]) -> Result<(), SheetError> {
    let mut writer = csv::Writer::from_writer(text);
    let unwritable = |error: csv::Error| SheetError::of(error.to_string());
    writer.write_record(cells.iter().map(|value| inert(&cell::text(value)))).map_err(unwritable)?;
    writer.flush().map_err(|error| SheetError::of(error.to_string()))
}
