//! A tenant's API keys.

use http::StatusCode;
use http::header::LOCATION;
use schemars::JsonSchema;
use serde::Serialize;
use signalsync_core::{KeyId, TenantScope};
use signalsync_people::key::{ApiKey, KeyChange, KeyDraft};
use signalsync_people::keys::{KeyInfo, Removal};
use signalsync_store::Listing;

use crate::answer::{Answer, current, empty, json, tagged, with};
use crate::door::Permitted;
use crate::input::Input;
use crate::problem::Problem;

/// The only answer that has a secret in it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "IssuedKey")]
pub(super) struct Shown {
    #[serde(flatten)]
    key: ApiKey,
    /// None when the request was repeated: secrets are not remembered.
    secret: Option<String>,
}

pub(super) async fn list(permitted: Permitted, input: Input) -> Result<Answer<Listing<KeyInfo>>, Problem> {
    json(StatusCode::OK, &input.app.keys.list(permitted.scope()).await?)
}

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer<KeyInfo>, Problem> {
    let (key, version) = input.app.keys.get(permitted.scope(), input.head.name("key")?).await?;
    current(&input.head, version, &key)
}

pub(super) async fn issue(permitted: Permitted, input: Input<KeyDraft>) -> Result<Answer<Shown>, Problem> {
    make(permitted.scope(), input).await
}

/// Makes a key of the tenant, whoever asks for it.
pub(super) async fn make(scope: &TenantScope, input: Input<KeyDraft>) -> Result<Answer<Shown>, Problem> {
    let app = input.app.clone();
    let (_, draft, request) = input.document().await?;
    let made = app.directory.issue_key(scope, &draft, request.as_ref()).await;
    let made = made.map_err(|error| Problem::of_structure(error, ""))?;
    let location = format!("/v1/keys/{}", made.key.value.id);
    let shown = Shown { key: made.key.value, secret: made.token };
    Ok(with(tagged(json(StatusCode::CREATED, &shown)?, made.key.version), LOCATION, &location))
}

pub(super) async fn change(permitted: Permitted, input: Input<KeyChange>) -> Result<Answer<KeyInfo>, Problem> {
    let (app, id) = (input.app.clone(), input.head.name::<KeyId>("key")?);
    let (head, asked, request) = input.document().await?;
    let changed = app.keys.change(permitted.scope(), id, &asked, head.terms(request.as_ref())?).await?;
    Ok(tagged(json(StatusCode::OK, &changed.value)?, changed.version))
}

pub(super) async fn revoke(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let id: KeyId = input.head.name("key")?;
    let terms = input.head.terms(None)?;
    input.app.directory.revoke_key(permitted.scope(), id, Removal::Guarded, terms).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}
