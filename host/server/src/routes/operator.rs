//! What the platform's operator does: tenants and their keys.

use http::StatusCode;
use http::header::LOCATION;
use serde::{Deserialize, Serialize};
use signalsync_core::{TenantId, TenantScope, TenantSlug};
use signalsync_people::glass;
use signalsync_people::invitation::{self, FirstAdministrator, Invite};
use signalsync_people::keys::Removal;
use signalsync_people::organisation::{Organisation, set_organisation};
use signalsync_people::person::Person;
use signalsync_store::{Listing, Transaction};
use signalsync_tenancy::TenantChange;

use crate::answer::{Answer, empty, json, with};
use crate::door::Operator;
use crate::input::Input;
use crate::problem::Problem;
use crate::routes::keys::make;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewTenant {
    slug: TenantSlug,
    tier: String,
    /// What it says of itself.
    #[serde(default)]
    organisation: Organisation,
    /// Who administrates it; gets an invitation by mail.
    #[serde(default)]
    administrator: Option<FirstAdministrator>,
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
    let (place, now) = (app.place_called(&new.slug, new.organisation.name.clone()), app.doorman.now());
    let furnish = |tx: &mut Transaction, scope: &TenantScope| {
        if new.organisation != Organisation::default() {
            set_organisation(tx, scope.caller(), now, &new.organisation)?;
        }
        let Some(first) = &new.administrator else { return Ok(()) };
        let (_, mail) = invitation::invite(tx, scope, now, place.lent(), first.into())?;
        app.doorman.post(tx, scope, now, [mail])
    };
    let tenant = app.directory.create(new.slug, new.tier, Some(&furnish), request).await?;
    tracing::info!(tenant = %tenant.id, by = %operator.key(), "a tenant was created");
    Ok(with(json(StatusCode::CREATED, &tenant)?, LOCATION, &format!("/v1/tenants/{}", tenant.slug)))
}

pub(super) async fn get(_: Operator, input: Input) -> Result<Answer, Problem> {
    json(StatusCode::OK, &*input.app.directory.get(&input.head.name("slug")?).await?)
}

pub(super) async fn change(operator: Operator, input: Input) -> Result<Answer, Problem> {
    let (app, slug) = (input.app.clone(), input.head.name("slug")?);
    let (_, asked, _) = input.document::<TenantChange>().await?;
    json(StatusCode::OK, &app.directory.change(&slug, &asked, Some(operator.key())).await?)
}

pub(super) async fn delete(operator: Operator, input: Input) -> Result<Answer, Problem> {
    let query = input.head.query(&["reason"])?;
    let slug = input.head.name("slug")?;
    json(StatusCode::OK, &input.app.directory.delete(&slug, query.text("reason"), Some(operator.key())).await?)
}

pub(super) async fn restore(operator: Operator, input: Input) -> Result<Answer, Problem> {
    json(StatusCode::OK, &input.app.directory.restore(&input.head.name("slug")?, Some(operator.key())).await?)
}

pub(super) async fn receipts(_: Operator, input: Input) -> Result<Answer, Problem> {
    let query = input.head.query(&["after", "limit"])?;
    json(StatusCode::OK, &input.app.directory.receipts(query.parsed("after")?, query.limit()?).await?)
}

pub(super) async fn keys(operator: Operator, input: Input) -> Result<Answer, Problem> {
    let tenant = input.app.directory.visit(&input.head.name("slug")?, operator.key()).await?;
    json(StatusCode::OK, &input.app.keys.list(&tenant).await?)
}

pub(super) async fn issue_key(operator: Operator, input: Input) -> Result<Answer, Problem> {
    let tenant = input.app.directory.visit(&input.head.name("slug")?, operator.key()).await?;
    make(&tenant, input).await
}

pub(super) async fn revoke_key(operator: Operator, input: Input) -> Result<Answer, Problem> {
    let tenant = input.app.directory.visit(&input.head.name("slug")?, operator.key()).await?;
    input.app.directory.revoke_key(&tenant, input.head.name("key")?, Removal::AtAnyPrice).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// Whoever has the link comes in as an administrator: it is for the person alone, if the mail does not reach them.
#[derive(Serialize)]
struct Opened {
    person: Person,
    link: String,
}

pub(super) async fn break_glass(operator: Operator, input: Input) -> Result<Answer, Problem> {
    let (app, slug) = (input.app.clone(), input.head.name::<TenantSlug>("slug")?);
    let tenant = app.directory.visit(&slug, operator.key()).await?;
    let (_, who, _) = input.document::<Invite>().await?;
    let (place, now) = (app.place(&tenant, &slug).await?, app.doorman.now());
    let opened = app.doorman.edit(&tenant, |tx| {
        let (person, mails) = glass::break_glass(tx, &tenant, now, place.lent(), who.clone())?;
        let link = mails.first().and_then(|mail| mail.data["link"].as_str()).unwrap_or_default().to_owned();
        app.doorman.post(tx, &tenant, now, mails)?;
        Ok(Opened { person, link })
    });
    let opened = opened.await?;
    tracing::warn!(tenant = %tenant.tenant(), by = %operator.key(), person = %opened.person.row.id, "glass was broken");
    json(StatusCode::CREATED, &opened)
}
