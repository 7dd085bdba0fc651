//! Workbooks (ECMA-376): the first sheet of one.

use std::io::{Cursor, Read as _};

use calamine::{DataRef, ExcelDateTime, Reader as _, Xlsx};
use rust_xlsxwriter::{Workbook, Worksheet};
use serde_json::Value;

use super::{Columns, ROW_BYTES_MAX, ROWS_MAX, Rows, SheetError, cell};

/// Bytes that a workbook may have when it is unpacked: a small one can hold very much of the same.
const UNPACKED_BYTES_MAX: u64 = 128 << 20;

/// Cells of a workbook that is written, which is in memory until it is whole.
const CELLS_MAX: usize = 2_000_000;

/// Parts of a workbook's archive.
const PARTS_MAX: usize = 1_000;

pub(super) fn read(bytes: &[u8], columns: &Columns) -> Result<Rows, SheetError> {
    check_unpacked(bytes)?;
    let broken = |error: calamine::XlsxError| SheetError::of(format!("this is no workbook that can be read: {error}"));
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(broken)?;
    let name = workbook.sheet_names().first().cloned().ok_or_else(|| SheetError::of("the workbook has no sheet"))?;
    let mut reader = workbook.worksheet_cells_reader(&name).map_err(broken)?;
    let (mut rows, mut head, mut cells) = (Rows::default(), Vec::new(), Vec::new());
    let (mut current, mut bytes) = (0, 0);
    while let Some(found) = reader.next_cell().map_err(broken)? {
        let (row, column) = found.get_position();
        if row != current {
            finish(&mut rows, (u64::from(current) + 1, &mut head, &mut cells), columns)?;
            (current, bytes) = (row, 0);
        }
        if let Some(value) = value(found.get_value()).map_err(|reason| SheetError::at(u64::from(row) + 1, reason))? {
            // Many cells of a small workbook can share one long text.
            bytes += cell::text(&value).len() + size_of::<(usize, Value)>();
            if bytes > ROW_BYTES_MAX {
                let reason = format!("the row has more than {ROW_BYTES_MAX} bytes");
                return Err(SheetError::at(u64::from(row) + 1, reason));
            }
            cells.push((column as usize, value));
        }
    }
    finish(&mut rows, (u64::from(current) + 1, &mut head, &mut cells), columns)?;
    if rows.columns.is_empty() { columns.read([]).map(|_| rows) } else { Ok(rows) }
}

/// A row is over. The first one that is not empty is the head.
fn finish(
    rows: &mut Rows,
    (number, places, cells): (u64, &mut Vec<usize>, &mut Vec<(usize, Value)>),
    columns: &Columns,
) -> Result<(), SheetError> {
    let cells = std::mem::take(cells);
    if rows.columns.is_empty() {
        places.extend(cells.iter().map(|(place, _)| *place));
        if !cells.is_empty() {
            rows.columns = columns.read(cells.iter().map(|(_, value)| cell::text(value)))?;
        }
        return Ok(());
    }
    let place = |at: usize| places.iter().position(|place| *place == at).unwrap_or(usize::MAX);
    rows.push_cells(number, cells.into_iter().map(|(at, value)| (place(at), value)))
}

/// Unpacks everything once and counts, because what an archive says about its sizes need not be true.
fn check_unpacked(bytes: &[u8]) -> Result<(), SheetError> {
    let broken = |error: String| SheetError::of(format!("this is no workbook that can be read: {error}"));
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(error.to_string()))?;
    if archive.len() > PARTS_MAX {
        return Err(SheetError::of(format!("the workbook has more than {PARTS_MAX} parts")));
    }
    let mut left = UNPACKED_BYTES_MAX;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|error| broken(error.to_string()))?;
        let unpacked =
            std::io::copy(&mut part.take(left + 1), &mut std::io::sink()).map_err(|error| broken(error.to_string()))?;
        left = left.checked_sub(unpacked).ok_or_else(|| {
            SheetError::of(format!(
                "the workbook has more than {UNPACKED_BYTES_MAX} bytes when it is unpacked; send it in parts"
            ))
        })?;
    }
    Ok(())
}

/// What stands in a cell; none when it is empty.
fn value(found: &DataRef<'_>) -> Result<Option<Value>, String> {
    Ok(match found {
        DataRef::Empty => None,
        DataRef::Int(number) => Some(Value::from(*number)),
        DataRef::Float(number) => Some(whole(*number).map_or_else(|| Value::from(*number), Value::from)),
        DataRef::Bool(value) => Some(Value::from(*value)),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => some(text),
        DataRef::SharedString(text) => some(text),
        DataRef::DateTime(at) => Some(Value::from(moment(at))),
        DataRef::Error(error) => return Err(format!("a cell holds an error, {error}; correct its formula")),
    })
}

fn some(text: &str) -> Option<Value> {
    (!text.is_empty()).then(|| Value::from(cell::active(text)))
}

/// Spreadsheets have no whole numbers of their own.
fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and within what a double holds exactly")]
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

/// A day, a time of day, or both; none of them has a zone.
fn moment(at: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
    let (date, time) = (format!("{year:04}-{month:02}-{day:02}"), format!("{hour:02}:{minute:02}:{second:02}"));
    match at.as_f64() {
        number if number < 1.0 => time,
        number if number.fract() == 0.0 => date,
        _ => format!("{date}T{time}"),
    }
}

/// A sheet that is being filled.
pub(crate) struct Sheet {
    workbook: Workbook,
    rows: u32,
    cells: usize,
}

impl Default for Sheet {
    fn default() -> Self {
        let mut workbook = Workbook::new();
        workbook.add_worksheet();
        Self { workbook, rows: 0, cells: 0 }
    }
}

impl Sheet {
    pub(super) fn row(&mut self, cells: &[Value]) -> Result<(), SheetError> {
        self.cells += cells.len();
        if self.rows as usize > ROWS_MAX || self.cells > CELLS_MAX {
            let reason =
                format!("a workbook takes at most {ROWS_MAX} rows and {CELLS_MAX} cells; take them out as `csv`");
            return Err(SheetError::of(reason));
        }
        let sheet = self.workbook.worksheet_from_index(0).map_err(|error| SheetError::of(error.to_string()))?;
        for (column, value) in (0..).zip(cells) {
            put(sheet, (self.rows, column), value).map_err(|error| SheetError::of(error.to_string()))?;
        }
        self.rows += 1;
        Ok(())
    }

    pub(super) fn end(mut self) -> Result<Vec<u8>, SheetError> {
        self.workbook.save_to_buffer().map_err(|error| SheetError::of(error.to_string()))
    }
}

/// A text is written as a text, which no spreadsheet takes for a formula; but it may be saved as something that does.
fn put(sheet: &mut Worksheet, (row, column): (u32, u16), value: &Value) -> Result<(), rust_xlsxwriter::XlsxError> {
    match value {
        Value::Null => {}
        Value::Bool(value) => _ = sheet.write_boolean(row, column, *value)?,
        Value::Number(number) => match number.as_f64().filter(|_| number.to_string().len() <= 15) {
            Some(number) => _ = sheet.write_number(row, column, number)?,
            None => _ = sheet.write_string(row, column, number.to_string())?,
        },
        other => _ = sheet.write_string(row, column, super::inert(&cell::text(other)))?,
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::sheet::{self, Format, Writer};

    fn refused(bytes: &[u8]) -> String {
        sheet::read(Format::Xlsx, bytes, &Columns::of(None)).unwrap_err().reason
    }

    #[test]
    fn a_small_archive_that_unpacks_into_very_much_is_refused() {
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        archive.start_file("xl/workbook.xml", zip::write::SimpleFileOptions::default()).unwrap();
        let zeros = vec![0; 1 << 20];
        (0..=UNPACKED_BYTES_MAX >> 20).for_each(|_| archive.write_all(&zeros).unwrap());
        let bytes = archive.finish().unwrap().into_inner();
        assert!(bytes.len() < 1 << 20, "{}", bytes.len());
        assert!(refused(&bytes).contains("when it is unpacked"));
    }

    #[test]
    fn a_cell_far_away_takes_no_room() {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        sheet.write_string(0, 0, "name").unwrap();
        sheet.write_string(1_048_575, 0, "last").unwrap();
        let bytes = workbook.save_to_buffer().unwrap();
        let rows = sheet::read(Format::Xlsx, &bytes, &Columns::of(None)).unwrap();
        assert_eq!(String::from_utf8_lossy(&rows.lines), "{\"row\":1048576,\"cells\":{\"name\":\"last\"}}\n");
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        sheet.write_string(0, 0, "name").unwrap();
        sheet.write_string(1, 16_383, "beyond").unwrap();
        assert!(refused(&workbook.save_to_buffer().unwrap()).contains("more cells than the head has columns"));
    }

    #[test]
    fn a_text_that_many_cells_share_does_not_fill_the_memory() {
        let workbook = |columns: u16| {
            let mut workbook = Workbook::new();
            let sheet = workbook.add_worksheet();
            for column in 0..columns {
                sheet.write_string(0, column, format!("c{column}")).unwrap();
                sheet.write_string(1, column, "x".repeat(32_000)).unwrap();
            }
            workbook.save_to_buffer().unwrap()
        };
        assert_eq!(sheet::read(Format::Xlsx, &workbook(130), &Columns::of(None)).unwrap().count, 1);
        let wide = workbook(132);
        assert!(wide.len() < 100_000, "{}", wide.len());
        assert!(refused(&wide).contains("bytes"), "{}", refused(&wide));
    }

    #[test]
    fn rows_with_the_names_of_their_fields_have_a_limit() {
        let name = "n".repeat(60);
        let columns: Vec<_> = (0..100).map(|n| format!("{name}{n}")).collect();
        let file =
            |rows: usize| format!("{}\n{}", columns.join(","), format!("{}\n", ["1"; 100].join(",")).repeat(rows));
        let read = |rows| sheet::read(Format::Csv, file(rows).as_bytes(), &Columns::of(None));
        let each = read(2).unwrap().lines.len() / 2;
        assert!(read(super::super::ROWS_BYTES_MAX / (each + 6)).is_ok());
        assert!(read(super::super::ROWS_BYTES_MAX / each + 1).unwrap_err().reason.contains("bytes"));
    }

    #[test]
    fn a_table_has_so_many_rows_and_no_more() {
        let row = |writer: &mut Writer, text: &mut Vec<u8>| writer.row(text, &[Value::from("x")]);
        let (mut writer, mut text) = (Writer::new(Format::Csv), Vec::new());
        (0..=ROWS_MAX).for_each(|_| row(&mut writer, &mut text).unwrap());
        assert_eq!(sheet::read(Format::Csv, &text, &Columns::of(None)).unwrap().count, ROWS_MAX);
        row(&mut writer, &mut text).unwrap();
        assert!(
            sheet::read(Format::Csv, &text, &Columns::of(None)).unwrap_err().reason.contains("at most 100000 rows")
        );
        let mut writer = Writer::new(Format::Xlsx);
        (0..=ROWS_MAX).for_each(|_| row(&mut writer, &mut Vec::new()).unwrap());
        assert!(row(&mut writer, &mut Vec::new()).is_err());
    }
}
