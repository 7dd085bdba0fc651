//! What the platform's operator does: tenants and their keys.

use http::StatusCode;
use http::header::LOCATION;
use serde::{Deserialize, Serialize};
use signalsync_core::{KeyId, TenantId, TenantSlug};
use signalsync_store::Listing;
use signalsync_tenancy::{KeyInfo, NewKey};

use crate::answer::{Answer, empty, json, with};
use crate::door::Operator;
use crate::input::Input;
use crate::problem::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewTenant {
    slug: TenantSlug,
    tier: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyDraft {
    name: String,
    #[serde(default)]
    roles: Vec<String>,
}

/// The only answer that has a secret in it.
#[derive(Serialize)]
struct Issued {
    #[serde(flatten)]
    info: KeyInfo,
    secret: String,
}

pub(super) async fn health(_: Operator, input: Input) -> Result<Answer, Problem> {
    json(StatusCode::OK, &input.app.health())
}

pub(super) async fn list(_: Operator, input: Input) -> Result<Answer, Problem> {
    let query = input.head.query(&["after", "limit"])?;
    let page = input.app.directory.list(query.parsed::<TenantId>("after")?, query.limit()?).await?;
    json(StatusCode::OK, &Listing { items: page.tenants, next: page.next.map(|id| id.to_string()) })
}

pub(super) async fn create(operator: Operator, input: Input) -> Result<Answer, Problem> {
    let app = input.app.clone();
    let (_, new, request) = input.document::<NewTenant>().await?;
    let tenant = app.directory.create(new.slug, new.tier, request).await?;
    tracing::info!(tenant = %tenant.id, by = %operator.key(), "a tenant was created");
    Ok(with(json(StatusCode::CREATED, &tenant)?, LOCATION, &format!("/v1/tenants/{}", tenant.slug)))
}

pub(super) async fn get(_: Operator, input: Input) -> Result<Answer, Problem> {
    json(StatusCode::OK, &*input.app.directory.get(&input.head.name("slug")?).await?)
}

pub(super) async fn keys(_: Operator, input: Input) -> Result<Answer, Problem> {
    let owner = input.app.directory.owner(&input.head.name("slug")?).await?;
    json(StatusCode::OK, &Listing { items: input.app.directory.keys(owner).await?, next: None })
}

pub(super) async fn issue_key(operator: Operator, input: Input) -> Result<Answer, Problem> {
    let app = input.app.clone();
    let owner = app.directory.owner(&input.head.name("slug")?).await?;
    let (_, KeyDraft { name, roles }, _) = input.document().await?;
    let key = app.directory.issue_key(owner, NewKey { name, roles }).await?;
    tracing::info!(key = %key.info.id, by = %operator.key(), "a key was made");
    json(StatusCode::CREATED, &Issued { info: key.info, secret: key.token })
}

pub(super) async fn revoke_key(operator: Operator, input: Input) -> Result<Answer, Problem> {
    let owner = input.app.directory.owner(&input.head.name("slug")?).await?;
    let key: KeyId = input.head.name("key")?;
    input.app.directory.revoke_key(owner, key).await?;
    tracing::info!(%key, by = %operator.key(), "a key was revoked");
    Ok(empty(StatusCode::NO_CONTENT))
}
