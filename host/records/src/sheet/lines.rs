//! JSON Lines: an object on each line, with the record's body and perhaps its id, as an export writes them.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use signalsync_core::json;
use signalsync_data::Record;

use super::{Row, Rows, SheetError};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    #[serde(default)]
    id: Option<String>,
    body: Box<RawValue>,
    /// What an export says besides.
    #[serde(default, rename = "version")]
    _version: IgnoredAny,
    #[serde(default, rename = "about")]
    _about: IgnoredAny,
    /// What a file of rows to mend says besides.
    #[serde(default, rename = "problem")]
    _problem: IgnoredAny,
}

pub(super) fn read(bytes: &[u8]) -> Result<Rows, SheetError> {
    let text = std::str::from_utf8(bytes).map_err(|_| SheetError::of("the text is not UTF-8"))?;
    let mut rows = Rows::default();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        json::check(line).map_err(|error| SheetError::at(number, error.to_string()))?;
        let wrong = |error: serde_json::Error| {
            SheetError::at(
                number,
                format!("a line is `{{\"body\": {{..}}}}`, with an `id` if it is to have one: {error}"),
            )
        };
        let Line { id, body, .. } = serde_json::from_str(line).map_err(wrong)?;
        rows.push(&Row { row: number, id, cells: None, body: Some(body) })?;
    }
    if rows.count == 0 { Err(SheetError::of("the file is empty")) } else { Ok(rows) }
}

/// A record on a line. Its body stands there as it was written.
///
/// # Errors
/// The body is no JSON.
pub(crate) fn line(text: &mut Vec<u8>, record: &Record) -> Result<(), serde_json::Error> {
    let body: &RawValue = serde_json::from_str(&record.body)?;
    let line = serde_json::json!({"id": record.id, "version": record.version, "about": record.about}).to_string();
    let head = line.strip_suffix('}').unwrap_or(&line);
    text.extend_from_slice(format!("{head},\"body\":{}}}\n", body.get().replace(['\n', '\r'], " ")).as_bytes());
    Ok(())
}
