//! Departments and who is in them.

use http::StatusCode;
use http::header::LOCATION;
use signalsync_core::{DepartmentId, UserId};
use signalsync_people::department::{Department, DepartmentDraft};
use signalsync_store::Listing;

use crate::answer::{Answer, current, empty, json, tagged, with};
use crate::door::Permitted;
use crate::input::Input;
use crate::problem::Problem;

pub(super) async fn list(permitted: Permitted, input: Input) -> Result<Answer<Listing<Department>>, Problem> {
    json(StatusCode::OK, &input.app.departments.list(permitted.scope()).await?)
}

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer<Department>, Problem> {
    let (department, version) = input.app.departments.get(permitted.scope(), input.head.name("department")?).await?;
    current(&input.head, version, &department)
}

pub(super) async fn people(permitted: Permitted, input: Input) -> Result<Answer<Listing<UserId>>, Problem> {
    let query = input.head.query()?;
    let (id, after, limit) = (input.head.name("department")?, query.text("after"), query.limit()?);
    json(StatusCode::OK, &input.app.departments.people(permitted.scope(), id, after, limit).await?)
}

pub(super) async fn create(permitted: Permitted, input: Input<DepartmentDraft>) -> Result<Answer<Department>, Problem> {
    let app = input.app.clone();
    let (_, draft, request) = input.document().await?;
    let made = app.departments.create(permitted.scope(), &draft, request.as_ref()).await;
    let made = made.map_err(|error| Problem::of_structure(error, ""))?;
    let answer = tagged(json(StatusCode::CREATED, &made.value)?, made.version);
    Ok(with(answer, LOCATION, &format!("/v1/departments/{}", made.value.id)))
}

pub(super) async fn put(permitted: Permitted, input: Input<DepartmentDraft>) -> Result<Answer<Department>, Problem> {
    let (app, id) = (input.app.clone(), input.head.name::<DepartmentId>("department")?);
    let (head, draft, request) = input.document().await?;
    let changed = app.departments.change(permitted.scope(), id, &draft, head.terms(request.as_ref())?).await;
    let changed = changed.map_err(|error| Problem::of_structure(error, id))?;
    Ok(tagged(json(StatusCode::OK, &changed.value)?, changed.version))
}

pub(super) async fn delete(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let id: DepartmentId = input.head.name("department")?;
    let into = input.head.query()?.parsed("move-to")?;
    let deleted = input.app.departments.delete(permitted.scope(), id, into, input.head.terms(None)?).await;
    deleted.map_err(|error| Problem::of_structure(error, id))?;
    Ok(empty(StatusCode::NO_CONTENT))
}
