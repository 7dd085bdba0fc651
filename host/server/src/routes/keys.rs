//! A tenant's API keys.

use http::StatusCode;
use http::header::LOCATION;
use serde::Serialize;
use signalsync_core::{KeyId, TenantScope};
use signalsync_people::key::{ApiKey, KeyChange, KeyDraft};
use signalsync_people::keys::Removal;

use crate::answer::{Answer, empty, json, with};
use crate::door::Permitted;
use crate::input::Input;
use crate::problem::Problem;

/// The only answer that has a secret in it.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    key: ApiKey,
    secret: String,
}

pub(super) async fn list(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    json(StatusCode::OK, &input.app.keys.list(permitted.scope()).await?)
}

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    json(StatusCode::OK, &input.app.keys.get(permitted.scope(), input.head.name("key")?).await?)
}

pub(super) async fn issue(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    make(permitted.scope(), input).await
}

/// Makes a key of the tenant, whoever asks for it.
pub(super) async fn make(scope: &TenantScope, input: Input) -> Result<Answer, Problem> {
    let app = input.app.clone();
    let (_, draft, _) = input.document::<KeyDraft>().await?;
    let issued = app.directory.issue_key(scope, &draft).await.map_err(|error| Problem::of_structure(error, ""))?;
    let location = format!("/v1/keys/{}", issued.info.id);
    Ok(with(json(StatusCode::CREATED, &Shown { key: issued.info, secret: issued.token })?, LOCATION, &location))
}

pub(super) async fn change(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (app, id) = (input.app.clone(), input.head.name::<KeyId>("key")?);
    let (_, asked, _) = input.document::<KeyChange>().await?;
    json(StatusCode::OK, &app.keys.change(permitted.scope(), id, &asked).await?)
}

pub(super) async fn revoke(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let id: KeyId = input.head.name("key")?;
    input.app.directory.revoke_key(permitted.scope(), id, Removal::Guarded).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}
