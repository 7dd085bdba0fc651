//! Schedules: which runs start by the clock.

use http::StatusCode;
use signalsync_calendar::starts::{ScheduleDraft, Scheduled};
use signalsync_core::ScheduleName;
use signalsync_store::Listing;
use signalsync_workflow::Planned;

use crate::answer::{Answer, current, empty, json, tagged};
use crate::door::Permitted;
use crate::input::Input;
use crate::problem::Problem;

pub(super) async fn list(permitted: Permitted, input: Input) -> Result<Answer<Listing<Scheduled<Planned>>>, Problem> {
    json(StatusCode::OK, &input.app.schedules.list(permitted.scope()).await?)
}

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer<Scheduled<Planned>>, Problem> {
    let name: ScheduleName = input.head.name("schedule")?;
    let (schedule, version) = input.app.schedules.get(permitted.scope(), &name).await?;
    current(&input.head, version, &schedule)
}

pub(super) async fn put(
    permitted: Permitted,
    input: Input<ScheduleDraft<Planned>>,
) -> Result<Answer<Scheduled<Planned>>, Problem> {
    let (app, name) = (input.app.clone(), input.head.name::<ScheduleName>("schedule")?);
    let precondition = input.head.precondition()?;
    let (_, draft, _) = input.document().await?;
    let (schedule, version, created) = app.schedules.put(permitted.scope(), &name, draft, precondition).await?;
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    Ok(tagged(json(status, &schedule)?, version))
}

pub(super) async fn delete(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let name: ScheduleName = input.head.name("schedule")?;
    input.app.schedules.delete(permitted.scope(), &name, input.head.precondition()?).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}
