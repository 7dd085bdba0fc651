//! Deployments and their versions.

use http::StatusCode;
use http::header::LOCATION;
use serde::Deserialize;
use signalsync_components::{Deployment, Draft, Version};
use signalsync_core::{DeploymentName, Input as Asked};

use crate::answer::{Answer, empty, json, with};
use crate::door::Permitted;
use crate::input::{Head, Input};
use crate::problem::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Activation {
    version: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Trial {
    #[serde(default)]
    version: Option<u32>,
    input: Asked,
}

/// What a deployment answers: the version, and where the deployment stands now.
#[derive(serde::Serialize)]
struct Deployed {
    #[serde(flatten)]
    version: Version,
    active: bool,
}

fn name(head: &Head) -> Result<DeploymentName, Problem> {
    head.name("deployment")
}

pub(super) async fn list(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let query = input.head.query(&["after", "limit"])?;
    json(StatusCode::OK, &input.app.deployments.list(permitted.scope(), query.text("after"), query.limit()?).await?)
}

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let deployment = input.app.deployments.get(permitted.scope(), &name(&input.head)?).await?;
    let tag = tag(&deployment);
    if input.head.has(&tag)? {
        return Ok(with(empty(StatusCode::NOT_MODIFIED), http::header::ETAG, &tag));
    }
    Ok(with(json(StatusCode::OK, &deployment)?, http::header::ETAG, &tag))
}

/// What it is now, in short. A deployment changes by nothing but new versions and activations.
fn tag(deployment: &Deployment) -> String {
    let state = serde_json::to_vec(deployment).unwrap_or_default();
    format!("\"{}\"", &blake3::hash(&state).to_hex()[..16])
}

pub(super) async fn versions(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let query = input.head.query(&["after", "limit"])?;
    let (name, limit) = (name(&input.head)?, query.limit()?);
    json(StatusCode::OK, &input.app.deployments.versions(permitted.scope(), &name, query.text("after"), limit).await?)
}

pub(super) async fn deploy(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (app, name) = (input.app.clone(), name(&input.head)?);
    let (_, draft, _) = input.document::<Draft>().await?;
    let (deployment, version) = app.deployments.deploy(permitted.scope(), &name, &draft).await?;
    let active = deployment.active == Some(version.deployed.version);
    let answer = json(StatusCode::CREATED, &Deployed { version, active })?;
    Ok(with(answer, LOCATION, &format!("/v1/deployments/{name}/versions")))
}

pub(super) async fn activate(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (app, name) = (input.app.clone(), name(&input.head)?);
    let (_, Activation { version }, _) = input.document().await?;
    json(StatusCode::OK, &app.deployments.activate(permitted.scope(), &name, version).await?)
}

pub(super) async fn roll_back(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    json(StatusCode::OK, &input.app.deployments.roll_back(permitted.scope(), &name(&input.head)?).await?)
}

pub(super) async fn trial(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (app, name) = (input.app.clone(), name(&input.head)?);
    let (_, Trial { version, input }, _) = input.document().await?;
    json(StatusCode::OK, &app.deployments.trial(permitted.scope(), &name, version, input).await?)
}

pub(super) async fn delete(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    input.app.deployments.delete(permitted.scope(), &name(&input.head)?).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}
