//! What people are told, how they want to be told, and in which words.

use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use signalsync_core::{NoticeId, TemplateName};
use signalsync_workflow::{NoticeSettings, Template};

use crate::answer::{Answer, empty, json};
use crate::door::Permitted;
use crate::input::Input;
use crate::problem::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seen {
    ids: Vec<NoticeId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Try {
    #[serde(default)]
    data: Value,
    /// The caller's own, when it is left out.
    #[serde(default)]
    language: Option<String>,
}

pub(super) async fn list(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let query = input.head.query(&["before", "limit"])?;
    json(StatusCode::OK, &input.app.notices.list(permitted.scope(), query.text("before"), query.limit()?).await?)
}

pub(super) async fn mark_read(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let app = input.app.clone();
    let (_, Seen { ids }, _) = input.document().await?;
    app.notices.mark_read(permitted.scope(), &ids).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

pub(super) async fn settings(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    json(StatusCode::OK, &input.app.deliveries.settings(permitted.scope()).await?)
}

pub(super) async fn set(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let app = input.app.clone();
    let (_, wanted, _) = input.document::<NoticeSettings>().await?;
    app.deliveries.set(permitted.scope(), &wanted).await?;
    json(StatusCode::OK, &wanted)
}

pub(super) async fn templates(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    json(StatusCode::OK, &input.app.wordings.list(permitted.scope()).await?)
}

pub(super) async fn template(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let name: TemplateName = input.head.name("template")?;
    json(StatusCode::OK, &input.app.wordings.get(permitted.scope(), &name).await?)
}

pub(super) async fn put(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (app, name) = (input.app.clone(), input.head.name::<TemplateName>("template")?);
    let (_, template, _) = input.document::<Template>().await?;
    let created = app.wordings.put(permitted.scope(), &name, &template).await?;
    json(if created { StatusCode::CREATED } else { StatusCode::OK }, &template)
}

pub(super) async fn delete(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let name: TemplateName = input.head.name("template")?;
    input.app.wordings.delete(permitted.scope(), &name).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// Mails the caller what the template says.
pub(super) async fn test(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (app, name) = (input.app.clone(), input.head.name::<TemplateName>("template")?);
    let (_, Try { data, language }, _) = input.document().await?;
    json(StatusCode::OK, &app.deliveries.test(permitted.scope(), &name, &data, language.as_deref()).await?)
}
