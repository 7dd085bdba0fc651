//! Records on their way out.

use bytes::Bytes;
use futures_util::stream;
use http::Response;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use schemars::JsonSchema;
use serde::Deserialize;
use signalsync_core::CollectionName;
use signalsync_data::DataError;
use signalsync_records::{Export, Format, RecordError};

use crate::answer::{Answer, Body, full, with};
use crate::door::Permitted;
use crate::input::{Input, Query};
use crate::openapi::SheetFile;
use crate::problem::{Code, Problem};

/// A workbook (ECMA-376).
pub(crate) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer<SheetFile>, Problem> {
    let query = input.head.query()?;
    let format = format(&query)?;
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
#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "FileFormat")]
pub(super) enum Named {
    #[default]
    Jsonl,
    Csv,
    Xlsx,
}

impl From<Named> for Format {
    fn from(named: Named) -> Self {
        match named {
            Named::Jsonl => Self::JsonLines,
            Named::Csv => Self::Csv,
            Named::Xlsx => Self::Xlsx,
        }
    }
}

/// The format that a query asks for.
pub(super) fn format(query: &Query<'_>) -> Result<Format, Problem> {
    Ok(query.word::<Named>("format")?.unwrap_or_default().into())
}

/// A table needs fields to have columns for.
pub(super) fn no_table(error: RecordError) -> Problem {
    match error {
        RecordError::Data(DataError::NoDefinition) => Problem::plain(Code::NoTable),
        other => other.into(),
    }
}

/// A file of records, to be kept under this name.
pub(super) fn download(format: Format, name: &str, body: Body) -> Answer<SheetFile> {
    let (media_type, ending) = match format {
        Format::JsonLines => ("application/jsonl", "jsonl"),
        Format::Csv => ("text/csv; charset=utf-8; header=present", "csv"),
        Format::Xlsx => (XLSX, "xlsx"),
    };
    let answer = with(Answer::of(Response::new(body)), CONTENT_TYPE, media_type);
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
