//! Records on their way out.

use bytes::Bytes;
use futures_util::stream;
use http::Response;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use signalsync_core::CollectionName;
use signalsync_data::DataError;
use signalsync_records::{Export, Format, RecordError};

use crate::answer::{Answer, Body, full, with};
use crate::door::Permitted;
use crate::input::{Input, bad};
use crate::problem::{Code, Problem};

/// A workbook (ECMA-376).
pub(super) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let query = input.head.query(&["format"])?;
    let format = format(query.text("format"))?;
    let collection: CollectionName = input.head.name("collection")?;
    let export = input.app.exports.begin(permitted.shared(), collection.clone(), format).await;
    let export = export.map_err(no_table)?;
    let body = match format {
        Format::JsonLines | Format::Csv => content(export),
        // A workbook is whole only with its end: that it has too many rows can still be said.
        Format::Xlsx => full(export.whole().await?),
    };
    Ok(download(format, &collection.to_string(), body))
}

/// A format by its name in a query.
pub(super) fn format(name: Option<&str>) -> Result<Format, Problem> {
    match name {
        Some("jsonl") | None => Ok(Format::JsonLines),
        Some("csv") => Ok(Format::Csv),
        Some("xlsx") => Ok(Format::Xlsx),
        Some(_) => Err(bad("the query parameter `format` is `jsonl`, `csv` or `xlsx`")),
    }
}

/// A table needs fields to have columns for.
pub(super) fn no_table(error: RecordError) -> Problem {
    match error {
        RecordError::Data(DataError::NoDefinition) => Problem::plain(Code::NoTable),
        other => other.into(),
    }
}

/// A file of records, to be kept under this name.
pub(super) fn download(format: Format, name: &str, body: Body) -> Answer {
    let (media_type, ending) = match format {
        Format::JsonLines => ("application/jsonl", "jsonl"),
        Format::Csv => ("text/csv; charset=utf-8; header=present", "csv"),
        Format::Xlsx => (XLSX, "xlsx"),
    };
    let answer = with(Response::new(body), CONTENT_TYPE, media_type);
    with(answer, CONTENT_DISPOSITION, &format!("attachment; filename={name}.{ending}"))
}

/// The connection breaks off when the export cannot go on: half of it never looks like all of it.
fn content(export: Export) -> Body {
    let pieces = stream::try_unfold(export, |mut export| async move {
        let piece = export.next().await.map_err(|error| {
            tracing::warn!(%error, "an export broke off");
            std::io::Error::other(error)
        })?;
        Ok::<_, std::io::Error>(piece.map(|piece| (Frame::data(Bytes::from(piece)), export)))
    });
    StreamBody::new(pieces).boxed_unsync()
}
