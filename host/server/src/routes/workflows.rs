//! Workflows: their versions, and whom their roles stand for.

use http::StatusCode;
use http::header::LOCATION;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::value::RawValue;
use signalsync_core::{DeploymentName, RoleName};
use signalsync_store::Listing;
use signalsync_workflow::{Absence, Binding, DraftOrder, Drafted, Figures, Signal, Start, Version, Workflow};

use crate::answer::{Answer, empty, json, with};
use crate::door::Permitted;
use crate::input::{Head, Input};
use crate::problem::Problem;

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "WorkflowChange")]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    /// Whether no new runs may start.
    stopped: bool,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "RunOrder")]
#[serde(deny_unknown_fields)]
pub(super) struct Begin {
    #[serde(default)]
    key: Option<String>,
    #[serde(default)]
    input: Option<Box<RawValue>>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "SignalOrder")]
#[serde(deny_unknown_fields)]
pub(super) struct Told {
    key: String,
    name: String,
    #[serde(default)]
    data: Option<Box<RawValue>>,
}

/// What was heard of a signal.
#[derive(serde::Serialize, JsonSchema)]
#[schemars(rename = "SignalHeard")]
pub(super) struct Heard {
    /// Whether there is a run; else the signal waits for one.
    delivered: bool,
}

fn name(head: &Head) -> Result<DeploymentName, Problem> {
    head.name("workflow")
}

fn text(document: Option<Box<RawValue>>, otherwise: &str) -> String {
    document.map_or_else(|| otherwise.to_owned(), |document| document.get().to_owned())
}

pub(super) async fn list(permitted: Permitted, input: Input) -> Result<Answer<Listing<Workflow>>, Problem> {
    let query = input.head.query()?;
    json(StatusCode::OK, &input.app.workflows.list(permitted.scope(), query.text("after"), query.limit()?).await?)
}

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer<Workflow>, Problem> {
    json(StatusCode::OK, &input.app.workflows.get(permitted.scope(), &name(&input.head)?).await?)
}

pub(super) async fn change(permitted: Permitted, input: Input<Change>) -> Result<Answer<Workflow>, Problem> {
    let (app, name) = (input.app.clone(), name(&input.head)?);
    let (_, Change { stopped }, _) = input.document().await?;
    json(StatusCode::OK, &app.workflows.stop(permitted.scope(), &name, stopped).await?)
}

pub(super) async fn versions(permitted: Permitted, input: Input) -> Result<Answer<Listing<Version>>, Problem> {
    let query = input.head.query()?;
    let (name, after, limit) = (name(&input.head)?, query.text("after"), query.limit()?);
    json(StatusCode::OK, &input.app.workflows.versions(permitted.scope(), &name, after, limit).await?)
}

pub(super) async fn draft(permitted: Permitted, input: Input) -> Result<Answer<Drafted>, Problem> {
    json(StatusCode::OK, &input.app.workflows.draft(permitted.scope(), &name(&input.head)?).await?)
}

pub(super) async fn save(permitted: Permitted, input: Input<DraftOrder>) -> Result<Answer<Drafted>, Problem> {
    let (app, name) = (input.app.clone(), name(&input.head)?);
    let (_, order, _) = input.document().await?;
    json(StatusCode::OK, &app.workflows.save_draft(permitted.scope(), &name, &order).await?)
}

pub(super) async fn publish(permitted: Permitted, input: Input) -> Result<Answer<Workflow>, Problem> {
    json(StatusCode::OK, &input.app.workflows.publish(permitted.scope(), &name(&input.head)?).await?)
}

pub(super) async fn archive(permitted: Permitted, input: Input) -> Result<Answer<Workflow>, Problem> {
    json(StatusCode::OK, &input.app.workflows.archive(permitted.scope(), &name(&input.head)?).await?)
}

pub(super) async fn binding(permitted: Permitted, input: Input) -> Result<Answer<Binding>, Problem> {
    let (name, role): (_, RoleName) = (name(&input.head)?, input.head.name("role")?);
    json(StatusCode::OK, &input.app.workflows.binding(permitted.scope(), &name, &role).await?)
}

pub(super) async fn bind(permitted: Permitted, input: Input<Binding>) -> Result<Answer<Binding>, Problem> {
    let (app, name, role) = (input.app.clone(), name(&input.head)?, input.head.name::<RoleName>("role")?);
    let (_, wanted, _) = input.document().await?;
    app.workflows.bind(permitted.scope(), &name, &role, &wanted).await?;
    json(StatusCode::OK, &wanted)
}

pub(super) async fn start(permitted: Permitted, input: Input<Begin>) -> Result<Answer<Start>, Problem> {
    let (app, name) = (input.app.clone(), name(&input.head)?);
    let (_, Begin { key, input }, request) = input.document().await?;
    let order = (key, text(input, "{}"));
    let started = app.runs.start(permitted.scope(), &name, order, request.as_ref()).await?;
    let status = if started.created { StatusCode::CREATED } else { StatusCode::OK };
    Ok(with(json(status, &started)?, LOCATION, &format!("/v1/runs/{}", started.run)))
}

pub(super) async fn figures(permitted: Permitted, input: Input) -> Result<Answer<Figures>, Problem> {
    json(StatusCode::OK, &input.app.runs.figures(permitted.scope(), &name(&input.head)?).await?)
}

pub(super) async fn signal(permitted: Permitted, input: Input<Told>) -> Result<Answer<Heard>, Problem> {
    let (app, workflow) = (input.app.clone(), name(&input.head)?);
    let (_, Told { key, name, data }, request) = input.document().await?;
    let signal = Signal { workflow, key, name, data: text(data, "null") };
    let delivered = app.runs.signal(permitted.scope(), &signal, request.as_ref()).await?;
    json(StatusCode::ACCEPTED, &Heard { delivered })
}

pub(super) async fn absence(permitted: Permitted, input: Input) -> Result<Answer<Absence>, Problem> {
    json(StatusCode::OK, &input.app.absences.get(permitted.scope()).await?)
}

pub(super) async fn set_absence(permitted: Permitted, input: Input<Absence>) -> Result<Answer<Absence>, Problem> {
    let app = input.app.clone();
    let (_, absence, _) = input.document().await?;
    app.absences.set(permitted.scope(), Some(&absence)).await?;
    json(StatusCode::OK, &absence)
}

pub(super) async fn end_absence(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    input.app.absences.set(permitted.scope(), None).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}
