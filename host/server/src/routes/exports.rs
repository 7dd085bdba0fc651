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

use crate::answer::{Answer, Body, with};
use crate::door::Permitted;
use crate::input::{Input, bad};
use crate::problem::{Code, Problem};

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let query = input.head.query(&["format"])?;
    let (format, media_type, ending) = match query.text("format") {
        Some("jsonl") | None => (Format::JsonLines, "application/jsonl", "jsonl"),
        Some("csv") => (Format::Csv, "text/csv; charset=utf-8; header=present", "csv"),
        Some(_) => return Err(bad("the query parameter `format` is `jsonl` or `csv`")),
    };
    let collection: CollectionName = input.head.name("collection")?;
    let export = input.app.exports.begin(permitted.shared(), collection.clone(), format).await;
    let export = export.map_err(|error| match error {
        RecordError::Data(DataError::NoDefinition) => Problem::plain(Code::NoTable),
        other => other.into(),
    })?;
    let answer = with(Response::new(content(export)), CONTENT_TYPE, media_type);
    Ok(with(answer, CONTENT_DISPOSITION, &format!("attachment; filename={collection}.{ending}")))
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
