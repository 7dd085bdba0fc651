//! Teams.

use http::StatusCode;
use http::header::LOCATION;
use signalsync_core::TeamId;
use signalsync_people::team::{Team, TeamDraft};
use signalsync_store::Listing;

use crate::answer::{Answer, current, empty, json, tagged, with};
use crate::door::Permitted;
use crate::input::Input;
use crate::problem::Problem;

pub(super) async fn list(permitted: Permitted, input: Input) -> Result<Answer<Listing<Team>>, Problem> {
    let query = input.head.query()?;
    json(StatusCode::OK, &input.app.teams.list(permitted.scope(), query.text("after"), query.limit()?).await?)
}

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer<Team>, Problem> {
    let (team, version) = input.app.teams.get(permitted.scope(), input.head.name("team")?).await?;
    current(&input.head, version, &team)
}

pub(super) async fn create(permitted: Permitted, input: Input<TeamDraft>) -> Result<Answer<Team>, Problem> {
    let app = input.app.clone();
    let (_, draft, request) = input.document().await?;
    let made = app.teams.create(permitted.scope(), &draft, request.as_ref()).await;
    let made = made.map_err(|error| Problem::of_structure(error, ""))?;
    let answer = tagged(json(StatusCode::CREATED, &made.value)?, made.version);
    Ok(with(answer, LOCATION, &format!("/v1/teams/{}", made.value.id)))
}

pub(super) async fn put(permitted: Permitted, input: Input<TeamDraft>) -> Result<Answer<Team>, Problem> {
    let (app, id) = (input.app.clone(), input.head.name::<TeamId>("team")?);
    let (head, draft, request) = input.document().await?;
    let changed = app.teams.change(permitted.scope(), id, &draft, head.terms(request.as_ref())?).await;
    let changed = changed.map_err(|error| Problem::of_structure(error, id))?;
    Ok(tagged(json(StatusCode::OK, &changed.value)?, changed.version))
}

pub(super) async fn delete(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    input.app.teams.delete(permitted.scope(), input.head.name("team")?, input.head.terms(None)?).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}
