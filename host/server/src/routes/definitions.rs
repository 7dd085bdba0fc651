//! Definitions of collections: drafted, looked at, published.

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use signalsync_core::DeploymentName;
use signalsync_core::contract::Violation;
use signalsync_data::{Collection, DataError, Definition, Preview, Progress, Usage};
use signalsync_records::RecordError;

use crate::answer::{Answer, current, empty, json, tagged};
use crate::door::Permitted;
use crate::input::Input;
use crate::problem::{Code, Problem};

/// A published definition.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "NumberedDefinition")]
pub(super) struct Numbered {
    version: u32,
    #[serde(flatten)]
    definition: Definition,
}

/// A draft that was kept.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SavedDraft")]
pub(super) struct Saved {
    /// What stops it from being published; empty when nothing does.
    violations: Vec<Violation>,
}

/// What a change would touch.
#[derive(Serialize, JsonSchema)]
pub(super) struct Usages {
    usages: Vec<Usage>,
    /// Deployments that validate the collection.
    validations: Vec<DeploymentName>,
}

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer<Numbered>, Problem> {
    let version = input.head.query()?.parsed("version")?;
    let name = input.head.name("collection")?;
    let (version, definition) = input.app.collections.definition(permitted.scope(), &name, version).await?;
    json(StatusCode::OK, &Numbered { version, definition })
}

pub(super) async fn draft(permitted: Permitted, input: Input) -> Result<Answer<Definition>, Problem> {
    let name = input.head.name("collection")?;
    let (draft, version) = input.app.collections.draft(permitted.scope(), &name).await?;
    current(&input.head, version, &draft)
}

pub(super) async fn save(permitted: Permitted, input: Input<Definition>) -> Result<Answer<Saved>, Problem> {
    let (app, name) = (input.app.clone(), input.head.name("collection")?);
    let (head, definition, request) = input.document().await?;
    let terms = head.terms(request.as_ref())?;
    let saved = app.collections.save(permitted.scope(), &name, &definition, terms).await?;
    Ok(tagged(json(StatusCode::OK, &Saved { violations: saved.value })?, saved.version))
}

pub(super) async fn discard(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (name, terms) = (input.head.name("collection")?, input.head.terms(None)?);
    input.app.collections.discard(permitted.scope(), &name, terms).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// Of the draft.
pub(super) async fn preview(permitted: Permitted, input: Input) -> Result<Answer<Preview>, Problem> {
    let name = input.head.name("collection")?;
    json(StatusCode::OK, &input.app.collections.preview(permitted.scope(), &name, None).await?)
}

/// Of the definition in the body.
pub(super) async fn preview_of(permitted: Permitted, input: Input<Definition>) -> Result<Answer<Preview>, Problem> {
    let (app, name) = (input.app.clone(), input.head.name("collection")?);
    let (_, definition, _) = input.document().await?;
    json(StatusCode::OK, &app.collections.preview(permitted.scope(), &name, Some(&definition)).await?)
}

pub(super) async fn publish(permitted: Permitted, input: Input) -> Result<Answer<Collection>, Problem> {
    let (name, request) = (input.head.name("collection")?, input.head.request_key(&[])?);
    let terms = input.head.terms(request.as_ref())?;
    let published = input.app.collections.publish(permitted.scope(), &name, terms).await;
    let published = published.map_err(|error| match error {
        RecordError::Data(DataError::NoDefinition) => Problem::plain(Code::NoDraft),
        other => other.into(),
    })?;
    Ok(tagged(json(StatusCode::OK, &published.value)?, published.version))
}

pub(super) async fn usages(permitted: Permitted, input: Input) -> Result<Answer<Usages>, Problem> {
    let query = input.head.query()?;
    let name = input.head.name("collection")?;
    let (usages, validations) = input.app.collections.usages(permitted.scope(), &name, query.text("field")).await?;
    json(StatusCode::OK, &Usages { usages, validations })
}

pub(super) async fn indexes(permitted: Permitted, input: Input) -> Result<Answer<Progress>, Problem> {
    json(StatusCode::OK, &input.app.collections.indexes(permitted.scope(), &input.head.name("collection")?).await?)
}
