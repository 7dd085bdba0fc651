//! A whole tenant as one file.

use http::StatusCode;
use http::header::LOCATION;
use signalsync_archive::Extent;
use signalsync_work::desk::NamedJob;

use super::files::{download, wanted};
use crate::answer::{Answer, json, with};
use crate::door::Permitted;
use crate::input::Input;
use crate::openapi::ArchiveFile;
use crate::problem::Problem;

/// Starts to pack the tenant; the answer is the job that does it.
pub(super) async fn start(permitted: Permitted, input: Input) -> Result<Answer<NamedJob>, Problem> {
    let Input { app, head, .. } = input;
    let extent: Extent = head.query()?.word("extent")?.unwrap_or_default();
    let request = head.request_key(&[])?;
    let id = app.archives.start(permitted.scope(), extent, request.as_ref()).await?;
    let job = app.desk.job(permitted.scope(), id).await?;
    Ok(with(json(StatusCode::ACCEPTED, &job)?, LOCATION, &format!("/v1/jobs/{id}")))
}

/// The file, whole or in ranges.
pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer<ArchiveFile>, Problem> {
    let (info, reader) = input.app.archives.open(permitted.scope(), input.head.name("job")?).await?;
    let range = wanted(&input.head, &format!("\"{}\"", info.version), info.size)?;
    Ok(download(&info, range, reader))
}
