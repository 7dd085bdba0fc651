//! Deployments and their versions.

use http::StatusCode;
use http::header::LOCATION;
use schemars::JsonSchema;
use serde::Deserialize;
use signalsync_components::{Deployment, Draft, Tried, Version};
use signalsync_core::{DeploymentName, Input as Asked};
use signalsync_store::{Done, Listing};

use crate::answer::{Answer, current, empty, json, tagged, with};
use crate::door::Permitted;
use crate::input::{Head, Input};
use crate::problem::Problem;

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "VersionChoice")]
#[serde(deny_unknown_fields)]
pub(super) struct Activation {
    version: u32,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "TrialOrder")]
#[serde(deny_unknown_fields)]
pub(super) struct Trial {
    #[serde(default)]
    version: Option<u32>,
    input: Asked,
}

/// What a deployment answers: the version, and where the deployment stands now.
#[derive(serde::Serialize, JsonSchema)]
#[schemars(rename = "DeployedVersion")]
pub(super) struct Deployed {
    #[serde(flatten)]
    version: Version,
    active: bool,
}

fn name(head: &Head) -> Result<DeploymentName, Problem> {
    head.name("deployment")
}

pub(super) async fn list(permitted: Permitted, input: Input) -> Result<Answer<Listing<Deployment>>, Problem> {
    let query = input.head.query()?;
    json(StatusCode::OK, &input.app.deployments.list(permitted.scope(), query.text("after"), query.limit()?).await?)
}

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer<Deployment>, Problem> {
    let (deployment, version) = input.app.deployments.get(permitted.scope(), &name(&input.head)?).await?;
    current(&input.head, version, &deployment)
}

pub(super) async fn versions(permitted: Permitted, input: Input) -> Result<Answer<Listing<Version>>, Problem> {
    let query = input.head.query()?;
    let (name, limit) = (name(&input.head)?, query.limit()?);
    json(StatusCode::OK, &input.app.deployments.versions(permitted.scope(), &name, query.text("after"), limit).await?)
}

pub(super) async fn deploy(permitted: Permitted, input: Input<Draft>) -> Result<Answer<Deployed>, Problem> {
    let (app, name) = (input.app.clone(), name(&input.head)?);
    let (head, draft, request) = input.document().await?;
    let done = app.deployments.deploy(permitted.scope(), &name, &draft, head.terms(request.as_ref())?).await?;
    let (deployment, version) = done.value;
    let active = deployment.active == Some(version.deployed.version);
    let answer = tagged(json(StatusCode::CREATED, &Deployed { version, active })?, done.version);
    Ok(with(answer, LOCATION, &format!("/v1/deployments/{name}/versions")))
}

pub(super) async fn activate(permitted: Permitted, input: Input<Activation>) -> Result<Answer<Deployment>, Problem> {
    let (app, name) = (input.app.clone(), name(&input.head)?);
    let (head, Activation { version }, request) = input.document().await?;
    let terms = head.terms(request.as_ref())?;
    changed(app.deployments.activate(permitted.scope(), &name, version, terms).await?)
}

pub(super) async fn roll_back(permitted: Permitted, input: Input) -> Result<Answer<Deployment>, Problem> {
    let request = input.head.request_key(b"")?;
    let terms = input.head.terms(request.as_ref())?;
    changed(input.app.deployments.roll_back(permitted.scope(), &name(&input.head)?, terms).await?)
}

fn changed(done: Done<Deployment>) -> Result<Answer<Deployment>, Problem> {
    Ok(tagged(json(StatusCode::OK, &done.value)?, done.version))
}

pub(super) async fn trial(permitted: Permitted, input: Input<Trial>) -> Result<Answer<Tried>, Problem> {
    let (app, name) = (input.app.clone(), name(&input.head)?);
    let (_, Trial { version, input }, _) = input.document().await?;
    json(StatusCode::OK, &app.deployments.trial(permitted.scope(), &name, version, input).await?)
}

pub(super) async fn delete(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    input.app.deployments.delete(permitted.scope(), &name(&input.head)?, input.head.terms(None)?).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}
