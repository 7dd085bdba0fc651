//! What the platform's operator does: tenants and their keys.

use http::StatusCode;
use http::header::LOCATION;
use http_body_util::BodyExt as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_core::{FolderName, TenantId, TenantScope, TenantSlug};
use signalsync_people::glass;
use signalsync_people::invitation::{self, FirstAdministrator, Invite};
use signalsync_people::key::KeyDraft;
use signalsync_people::keys::{KeyInfo, Removal};
use signalsync_people::organisation::{Organisation, set_organisation};
use signalsync_people::person::Person;
use signalsync_store::{Done, Listing, Precondition, Transaction};
use signalsync_tenancy::{Receipt, Tenant, TenantChange, TenantDraft};
use signalsync_work::desk::NamedJob;

use crate::answer::{Answer, current, empty, json, tagged, with};
use crate::app::Health;
use crate::door::Operator;
use crate::input::{Input, broken, too_large};
use crate::openapi::ArchiveFile;
use crate::problem::Problem;
use crate::routes::keys::{Shown as MadeKey, make};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTenant {
    slug: TenantSlug,
    tier: String,
    /// What it says of itself.
    #[serde(default)]
    organisation: Organisation,
    /// Who administrates it; gets an invitation by mail.
    #[serde(default)]
    administrator: Option<FirstAdministrator>,
    /// What it begins with; it is there when the job of its filling has ended.
    #[serde(default)]
    template: Option<FolderName>,
}

/// What a copy is called.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "TenantCopy")]
#[serde(deny_unknown_fields)]
pub(super) struct Copy {
    slug: TenantSlug,
    /// The original's, when it is left out.
    #[serde(default)]
    tier: Option<String>,
}

pub(super) async fn health(_: Operator, input: Input) -> Result<Answer<Health>, Problem> {
    json(StatusCode::OK, &input.app.health())
}

pub(super) async fn list(_: Operator, input: Input) -> Result<Answer<Listing<Tenant>>, Problem> {
    let query = input.head.query()?;
    let page = input.app.directory.list(query.parsed::<TenantId>("after")?, query.limit()?).await?;
    json(StatusCode::OK, &Listing { items: page.tenants, next: page.next.map(|id| id.to_string()) })
}

pub(super) async fn create(operator: Operator, input: Input<NewTenant>) -> Result<Answer<Tenant>, Problem> {
    let app = input.app.clone();
    let (_, new, request) = input.document().await?;
    let template = match &new.template {
        Some(name) => Some(app.templates.read(name).await?),
        None => None,
    };
    let (place, now) = (app.place_called(&new.slug, new.organisation.name.clone()), app.doorman.now());
    let furnish = |tx: &mut Transaction, scope: &TenantScope| {
        if let Some(template) = &template {
            signalsync_archive::furnish(tx, scope, template.clone(), now)?;
        }
        if new.organisation != Organisation::default() {
            set_organisation(tx, scope.caller(), now, &new.organisation, Precondition::None)?;
        }
        let Some(first) = &new.administrator else { return Ok(()) };
        let (_, mail) = invitation::invite(tx, scope, now, place.lent(), first.into())?;
        app.doorman.post(tx, scope, now, [mail])
    };
    let wanted = TenantDraft::new(new.slug, new.tier);
    let tenant = app.directory.create(wanted, Some(&furnish), request).await?;
    tracing::info!(tenant = %tenant.id, by = %operator.key(), "a tenant was created");
    created(&tenant)
}

fn created(tenant: &Tenant) -> Result<Answer<Tenant>, Problem> {
    Ok(with(json(StatusCode::CREATED, tenant)?, LOCATION, &format!("/v1/tenants/{}", tenant.slug)))
}

/// A neutral copy of a tenant, in which one can try everything: nothing leaves it.
pub(super) async fn copy(operator: Operator, input: Input<Copy>) -> Result<Answer<Tenant>, Problem> {
    let (app, slug) = (input.app.clone(), input.head.name("slug")?);
    let original = app.directory.get(&slug).await?;
    let (_, new, request) = input.document().await?;
    let tier = new.tier.unwrap_or_else(|| original.tier.clone());
    let wanted = TenantDraft { neutral: true, ..TenantDraft::new(new.slug, tier) };
    let now = app.doorman.now();
    let furnish = |tx: &mut Transaction, scope: &TenantScope| {
        Ok(signalsync_archive::copy(tx, scope, original.id, now).map(drop)?)
    };
    let tenant = app.directory.create(wanted, Some(&furnish), request).await?;
    tracing::info!(tenant = %tenant.id, of = %original.id, by = %operator.key(), "a tenant was copied");
    created(&tenant)
}

/// Fills a tenant that has nothing with an archive.
pub(super) async fn fill(operator: Operator, input: Input<ArchiveFile>) -> Result<Answer<NamedJob>, Problem> {
    let Input { app, head, mut body, .. } = input;
    head.require_media_type(signalsync_archive::MEDIA_TYPE)?;
    let slug: TenantSlug = head.name("slug")?;
    let tenant = app.directory.visit(&slug, operator.key()).await?;
    let (mut arriving, limit) = (app.archives.receive(&tenant).await?, tenant.tier().disk_bytes_max);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken(error.as_ref()))?;
        if let Ok(piece) = frame.into_data() {
            if arriving.size() + piece.len() as u64 > limit {
                return Err(too_large(limit));
            }
            arriving.write(piece).await?;
        }
    }
    let id = app.archives.fill(&tenant, arriving).await?;
    let job = app.desk.job(&tenant, id).await?;
    Ok(with(json(StatusCode::ACCEPTED, &job)?, LOCATION, &format!("/v1/tenants/{slug}/jobs/{id}")))
}

pub(super) async fn jobs(operator: Operator, input: Input) -> Result<Answer<Listing<NamedJob>>, Problem> {
    let query = input.head.query()?;
    let tenant = input.app.directory.visit(&input.head.name("slug")?, operator.key()).await?;
    json(StatusCode::OK, &input.app.desk.jobs(&tenant, query.parsed("before")?, query.limit()?).await?)
}

pub(super) async fn job(operator: Operator, input: Input) -> Result<Answer<NamedJob>, Problem> {
    let tenant = input.app.directory.visit(&input.head.name("slug")?, operator.key()).await?;
    json(StatusCode::OK, &input.app.desk.job(&tenant, input.head.name("job")?).await?)
}

pub(super) async fn templates(_: Operator, input: Input) -> Result<Answer<Listing<FolderName>>, Problem> {
    json(StatusCode::OK, &Listing { items: input.app.templates.names().await?, next: None })
}

pub(super) async fn get(_: Operator, input: Input) -> Result<Answer<Tenant>, Problem> {
    let (tenant, version) = input.app.directory.look(&input.head.name("slug")?).await?;
    current(&input.head, version, &tenant)
}

pub(super) async fn change(operator: Operator, input: Input<TenantChange>) -> Result<Answer<Tenant>, Problem> {
    let (app, slug) = (input.app.clone(), input.head.name("slug")?);
    let (head, asked, request) = input.document().await?;
    let terms = head.terms(request.as_ref())?;
    changed(app.directory.change(&slug, &asked, Some(operator.key()), terms).await?)
}

pub(super) async fn delete(operator: Operator, input: Input) -> Result<Answer<Tenant>, Problem> {
    let query = input.head.query()?;
    let (slug, terms) = (input.head.name("slug")?, input.head.terms(None)?);
    changed(input.app.directory.delete(&slug, query.text("reason"), Some(operator.key()), terms).await?)
}

pub(super) async fn restore(operator: Operator, input: Input) -> Result<Answer<Tenant>, Problem> {
    let (slug, request) = (input.head.name("slug")?, input.head.request_key(&[])?);
    let terms = input.head.terms(request.as_ref())?;
    changed(input.app.directory.restore(&slug, Some(operator.key()), terms).await?)
}

fn changed(done: Done<Tenant>) -> Result<Answer<Tenant>, Problem> {
    Ok(tagged(json(StatusCode::OK, &done.value)?, done.version))
}

pub(super) async fn receipts(_: Operator, input: Input) -> Result<Answer<Listing<Receipt>>, Problem> {
    let query = input.head.query()?;
    json(StatusCode::OK, &input.app.directory.receipts(query.parsed("after")?, query.limit()?).await?)
}

pub(super) async fn keys(operator: Operator, input: Input) -> Result<Answer<Listing<KeyInfo>>, Problem> {
    let tenant = input.app.directory.visit(&input.head.name("slug")?, operator.key()).await?;
    json(StatusCode::OK, &input.app.keys.list(&tenant).await?)
}

pub(super) async fn issue_key(operator: Operator, input: Input<KeyDraft>) -> Result<Answer<MadeKey>, Problem> {
    let tenant = input.app.directory.visit(&input.head.name("slug")?, operator.key()).await?;
    make(&tenant, input).await
}

pub(super) async fn revoke_key(operator: Operator, input: Input) -> Result<Answer, Problem> {
    let tenant = input.app.directory.visit(&input.head.name("slug")?, operator.key()).await?;
    let (key, terms) = (input.head.name("key")?, input.head.terms(None)?);
    input.app.directory.revoke_key(&tenant, key, Removal::AtAnyPrice, terms).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// Who can come in now, as it is remembered.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(super) struct Opened {
    person: Person,
    #[serde(skip)]
    link: Option<String>,
}

/// Who can come in now, as it is answered.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BrokenGlass")]
pub(super) struct Shown {
    person: Person,
    /// Whoever has it comes in as an administrator: it is for the person alone, if the mail does not reach them. None when
    /// the request was repeated: secrets are not remembered.
    link: Option<String>,
}

pub(super) async fn break_glass(operator: Operator, input: Input<Invite>) -> Result<Answer<Shown>, Problem> {
    let (app, slug) = (input.app.clone(), input.head.name::<TenantSlug>("slug")?);
    let tenant = app.directory.visit(&slug, operator.key()).await?;
    let (_, who, request) = input.document().await?;
    let (place, now) = (app.place(&tenant, &slug).await?, app.doorman.now());
    let opened = app.doorman.once(&tenant, request.as_ref(), |tx| {
        let (person, mails) = glass::break_glass(tx, &tenant, now, place.lent(), who.clone())?;
        let link = mails.first().and_then(|mail| mail.data["link"].as_str()).map(str::to_owned);
        app.doorman.post(tx, &tenant, now, mails)?;
        Ok(Opened { person, link })
    });
    let Opened { person, link } = opened.await?.value;
    tracing::warn!(tenant = %tenant.tenant(), by = %operator.key(), person = %person.row.id, "glass was broken");
    json(StatusCode::CREATED, &Shown { person, link })
}
