//! Records on their way in.

use http::StatusCode;
use http::header::LOCATION;
use http_body_util::BodyExt as _;
use signalsync_core::{CollectionName, JobId};
use signalsync_records::{Format, IMPORT_BYTES_MAX, Order};
use signalsync_work::desk::NamedJob;

use super::exports::{XLSX, download, format, no_table};
use crate::answer::{Answer, full, json, with};
use crate::door::Permitted;
use crate::input::{Head, Input, broken, check_length};
use crate::openapi::SheetFile;
use crate::problem::{Code, Problem};

/// Starts to bring a file in; the answer is the job that does it.
pub(super) async fn start(permitted: Permitted, input: Input<SheetFile>) -> Result<Answer<NamedJob>, Problem> {
    let Input { app, head, mut body, .. } = input;
    let query = head.query()?;
    let dry_run = query.parsed("dry-run")?.unwrap_or(false);
    let collection: CollectionName = head.name("collection")?;
    let order = Order { collection, format: sent(&head)?, dry_run, key: query.text("key").map(str::to_owned) };
    // Whoever does not know of the collection is told so before the file is sent.
    app.collections.get(permitted.scope(), &order.collection).await?;
    check_length(&body, IMPORT_BYTES_MAX)?;
    let mut coming = app.imports.receive(permitted.scope()).await?;
    while let Some(frame) = body.frame().await {
        if let Ok(piece) = frame.map_err(|error| broken(error.as_ref()))?.into_data() {
            coming.write(piece).await?;
        }
    }
    let sheet = coming.finish().await?;
    let request = head.request_key(&sheet.hash)?;
    let id = app.imports.start(permitted.scope(), order, sheet, request.as_ref()).await?;
    let job = app.desk.job(permitted.scope(), id).await?;
    Ok(with(json(StatusCode::ACCEPTED, &job)?, LOCATION, &format!("/v1/jobs/{id}")))
}

fn sent(head: &Head) -> Result<Format, Problem> {
    match head.media_type()?.as_deref() {
        Some("application/jsonl") => Ok(Format::JsonLines),
        Some("text/csv") => Ok(Format::Csv),
        Some(XLSX) => Ok(Format::Xlsx),
        _ => Err(Problem::new(
            Code::UnsupportedMediaType,
            format!("send the file with Content-Type: application/jsonl, text/csv or {XLSX}"),
        )),
    }
}

pub(super) async fn template(permitted: Permitted, input: Input) -> Result<Answer<SheetFile>, Problem> {
    let query = input.head.query()?;
    let format = format(&query)?;
    let collection: CollectionName = input.head.name("collection")?;
    let text = input.app.imports.template(permitted.scope(), &collection, format).await.map_err(no_table)?;
    Ok(download(format, &format!("{collection}-template"), full(text)))
}

/// The rows that were not acceptable, to be mended and sent again.
pub(super) async fn mend(permitted: Permitted, input: Input) -> Result<Answer<SheetFile>, Problem> {
    let job: JobId = input.head.name("job")?;
    let (format, text) = input.app.imports.mend(permitted.scope(), job).await?;
    Ok(download(format, &format!("{job}-mend"), full(text)))
}
