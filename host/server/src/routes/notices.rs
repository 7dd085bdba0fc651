//! What people are told, how they want to be told, and in which words.

use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use signalsync_core::{NoticeId, TemplateName};
use signalsync_store::Listing;
use signalsync_workflow::{NamedTemplate, Notice, NoticeSettings, Template, Wording};

use crate::answer::{Answer, empty, json};
use crate::door::Permitted;
use crate::input::Input;
use crate::problem::Problem;

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "NoticesSeen")]
#[serde(deny_unknown_fields)]
pub(super) struct Seen {
    ids: Vec<NoticeId>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "TemplateTrial")]
#[serde(deny_unknown_fields)]
pub(super) struct Try {
    #[serde(default)]
    data: Value,
    /// The caller's own, when it is left out.
    #[serde(default)]
    language: Option<String>,
}

pub(super) async fn list(permitted: Permitted, input: Input) -> Result<Answer<Listing<Notice>>, Problem> {
    let query = input.head.query()?;
    json(StatusCode::OK, &input.app.notices.list(permitted.scope(), query.text("before"), query.limit()?).await?)
}

pub(super) async fn mark_read(permitted: Permitted, input: Input<Seen>) -> Result<Answer, Problem> {
    let app = input.app.clone();
    let (_, Seen { ids }, _) = input.document().await?;
    app.notices.mark_read(permitted.scope(), &ids).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

pub(super) async fn settings(permitted: Permitted, input: Input) -> Result<Answer<NoticeSettings>, Problem> {
    json(StatusCode::OK, &input.app.deliveries.settings(permitted.scope()).await?)
}

pub(super) async fn set(permitted: Permitted, input: Input<NoticeSettings>) -> Result<Answer<NoticeSettings>, Problem> {
    let app = input.app.clone();
    let (_, wanted, _) = input.document().await?;
    app.deliveries.set(permitted.scope(), &wanted).await?;
    json(StatusCode::OK, &wanted)
}

pub(super) async fn templates(permitted: Permitted, input: Input) -> Result<Answer<Listing<NamedTemplate>>, Problem> {
    json(StatusCode::OK, &input.app.wordings.list(permitted.scope()).await?)
}

pub(super) async fn template(permitted: Permitted, input: Input) -> Result<Answer<Template>, Problem> {
    let name: TemplateName = input.head.name("template")?;
    json(StatusCode::OK, &input.app.wordings.get(permitted.scope(), &name).await?)
}

pub(super) async fn put(permitted: Permitted, input: Input<Template>) -> Result<Answer<Template>, Problem> {
    let (app, name) = (input.app.clone(), input.head.name::<TemplateName>("template")?);
    let (_, template, _) = input.document().await?;
    let created = app.wordings.put(permitted.scope(), &name, &template).await?;
    json(if created { StatusCode::CREATED } else { StatusCode::OK }, &template)
}

pub(super) async fn delete(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let name: TemplateName = input.head.name("template")?;
    input.app.wordings.delete(permitted.scope(), &name).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// Mails the caller what the template says.
pub(super) async fn test(permitted: Permitted, input: Input<Try>) -> Result<Answer<Wording>, Problem> {
    let (app, name) = (input.app.clone(), input.head.name::<TemplateName>("template")?);
    let (_, Try { data, language }, _) = input.document().await?;
    json(StatusCode::OK, &app.deliveries.test(permitted.scope(), &name, &data, language.as_deref()).await?)
}
