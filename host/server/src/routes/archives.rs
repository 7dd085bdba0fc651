//! A whole tenant as one file.

use http::StatusCode;
use http::header::LOCATION;
use signalsync_archive::Extent;

use super::files::{download, wanted};
use crate::answer::{Answer, json, with};
use crate::door::Permitted;
use crate::input::{Input, bad};
use crate::problem::Problem;

/// Starts to pack the tenant; the answer is the job that does it.
pub(super) async fn start(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let Input { app, head, .. } = input;
    let extent = match head.query(&["extent"])?.text("extent") {
        None | Some("whole") => Extent::Whole,
        Some("configuration") => Extent::Configuration,
        Some(_) => return Err(bad("the query parameter `extent` is `whole` or `configuration`")),
    };
    let request = head.request_key(&[])?;
    let id = app.archives.start(permitted.scope(), extent, request.as_ref()).await?;
    let job = app.desk.job(permitted.scope(), id).await?;
    Ok(with(json(StatusCode::ACCEPTED, &job)?, LOCATION, &format!("/v1/jobs/{id}")))
}

/// The file, whole or in ranges.
pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (info, reader) = input.app.archives.open(permitted.scope(), input.head.name("job")?).await?;
    let range = wanted(&input.head, &format!("\"{}\"", info.version), info.size)?;
    Ok(download(&info, range, reader))
}
