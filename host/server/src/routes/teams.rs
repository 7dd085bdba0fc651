//! Teams.

use http::StatusCode;
use http::header::LOCATION;
use signalsync_core::TeamId;
use signalsync_people::team::TeamDraft;

use crate::answer::{Answer, empty, json, with};
use crate::door::Permitted;
use crate::input::Input;
use crate::problem::Problem;

pub(super) async fn list(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let query = input.head.query(&["after", "limit"])?;
    json(StatusCode::OK, &input.app.teams.list(permitted.scope(), query.text("after"), query.limit()?).await?)
}

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    json(StatusCode::OK, &input.app.teams.get(permitted.scope(), input.head.name("team")?).await?)
}

pub(super) async fn create(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let app = input.app.clone();
    let (_, draft, _) = input.document::<TeamDraft>().await?;
    let made = app.teams.create(permitted.scope(), &draft).await;
    let made = made.map_err(|error| Problem::of_structure(error, ""))?;
    Ok(with(json(StatusCode::CREATED, &made)?, LOCATION, &format!("/v1/teams/{}", made.id)))
}

pub(super) async fn put(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (app, id) = (input.app.clone(), input.head.name::<TeamId>("team")?);
    let (_, draft, _) = input.document::<TeamDraft>().await?;
    let changed = app.teams.change(permitted.scope(), id, &draft).await;
    json(StatusCode::OK, &changed.map_err(|error| Problem::of_structure(error, id))?)
}

pub(super) async fn delete(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    input.app.teams.delete(permitted.scope(), input.head.name("team")?).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}
