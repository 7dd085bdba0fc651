//! Roles.

use http::StatusCode;
use http::header::LOCATION;
use signalsync_core::RoleName;
use signalsync_people::role::{Role, RoleDraft};
use signalsync_store::Listing;

use crate::answer::{Answer, current, empty, json, tagged, with};
use crate::door::Permitted;
use crate::input::Input;
use crate::problem::Problem;

pub(super) async fn list(permitted: Permitted, input: Input) -> Result<Answer<Listing<Role>>, Problem> {
    json(StatusCode::OK, &input.app.roles.list(permitted.scope()).await?)
}

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer<Role>, Problem> {
    let (role, version) = input.app.roles.get(permitted.scope(), &input.head.name("role")?).await?;
    current(&input.head, version, &role)
}

pub(super) async fn put(permitted: Permitted, input: Input<RoleDraft>) -> Result<Answer<Role>, Problem> {
    let (app, name) = (input.app.clone(), input.head.name::<RoleName>("role")?);
    let (head, draft, request) = input.document().await?;
    let done = app.roles.put(permitted.scope(), &name, draft, head.terms(request.as_ref())?).await?;
    let (role, created) = done.value;
    if !created {
        return Ok(tagged(json(StatusCode::OK, &role)?, done.version));
    }
    let answer = tagged(json(StatusCode::CREATED, &role)?, done.version);
    Ok(with(answer, LOCATION, &format!("/v1/roles/{name}")))
}

pub(super) async fn delete(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    input.app.roles.delete(permitted.scope(), &input.head.name("role")?, input.head.terms(None)?).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}
