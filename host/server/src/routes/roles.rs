//! Roles.

use http::StatusCode;
use http::header::LOCATION;
use signalsync_core::RoleName;
use signalsync_people::role::RoleDraft;

use crate::answer::{Answer, empty, json, with};
use crate::door::Permitted;
use crate::input::Input;
use crate::problem::Problem;

pub(super) async fn list(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    json(StatusCode::OK, &input.app.roles.list(permitted.scope()).await?)
}

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    json(StatusCode::OK, &input.app.roles.get(permitted.scope(), &input.head.name("role")?).await?)
}

pub(super) async fn put(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (app, name) = (input.app.clone(), input.head.name::<RoleName>("role")?);
    let (_, draft, _) = input.document::<RoleDraft>().await?;
    let (role, created) = app.roles.put(permitted.scope(), &name, draft).await?;
    if !created {
        return json(StatusCode::OK, &role);
    }
    Ok(with(json(StatusCode::CREATED, &role)?, LOCATION, &format!("/v1/roles/{name}")))
}

pub(super) async fn delete(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    input.app.roles.delete(permitted.scope(), &input.head.name("role")?).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}
