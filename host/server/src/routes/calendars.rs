//! Calendars: when a tenant works, and when something is due by that.

use http::StatusCode;
use http::header::LOCATION;
use signalsync_calendar::Preview;
use signalsync_calendar::ics::ICS_BYTES_MAX;
use signalsync_calendar::stored::{CalendarDraft, Imported, Kept, Listed};
use signalsync_core::{CalendarName, Timestamp};
use signalsync_store::Listing;

use crate::answer::{Answer, current, empty, json, tagged, with};
use crate::door::Permitted;
use crate::input::{Input, bad, read};
use crate::openapi::HolidayFile;
use crate::problem::Problem;

/// What a file of holidays is.
const CALENDAR: &str = "text/calendar";

pub(super) async fn list(permitted: Permitted, input: Input) -> Result<Answer<Listing<Listed>>, Problem> {
    json(StatusCode::OK, &input.app.calendars.list(permitted.scope()).await?)
}

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer<Kept>, Problem> {
    let (kept, version) = input.app.calendars.get(permitted.scope(), &input.head.name("calendar")?).await?;
    current(&input.head, version, &kept)
}

pub(super) async fn put(permitted: Permitted, input: Input<CalendarDraft>) -> Result<Answer<Kept>, Problem> {
    let (app, name): (_, CalendarName) = (input.app.clone(), input.head.name("calendar")?);
    let (head, draft, _) = input.document().await?;
    let (kept, version, created) = app.calendars.put(permitted.scope(), &name, draft, head.precondition()?).await?;
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    Ok(with(tagged(json(status, &kept)?, version), LOCATION, &format!("/v1/calendars/{name}")))
}

pub(super) async fn delete(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (name, precondition) = (input.head.name("calendar")?, input.head.precondition()?);
    input.app.calendars.delete(permitted.scope(), &name, precondition).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// A file that is repeated adds nothing, so a request that is repeated needs no name.
pub(super) async fn import(permitted: Permitted, input: Input<HolidayFile>) -> Result<Answer<Imported>, Problem> {
    let Input { app, head, body, .. } = input;
    let name = head.name("calendar")?;
    let dry_run = head.query()?.parsed("dry-run")?.unwrap_or(false);
    head.require_media_type(CALENDAR)?;
    let precondition = head.precondition()?;
    let file = read(body, ICS_BYTES_MAX as u64).await?;
    json(StatusCode::OK, &app.calendars.import(permitted.scope(), &name, &file, (precondition, dry_run)).await?)
}

pub(super) async fn preview(permitted: Permitted, input: Input) -> Result<Answer<Preview>, Problem> {
    let query = input.head.query()?;
    let from = query.parsed::<Timestamp>("from")?;
    let minutes = query.parsed("minutes")?.ok_or_else(|| bad("say with `minutes` how much working time passes"))?;
    let name = input.head.name("calendar")?;
    json(StatusCode::OK, &input.app.calendars.preview(permitted.scope(), &name, from, minutes).await?)
}
