//! Runs of workflows, and what is said about them.

use http::StatusCode;
use http::header::LOCATION;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_core::RunId;
use signalsync_core::contract::workflow::Definition;
use signalsync_store::Listing;
use signalsync_work::desk::NamedJob;
use signalsync_workflow::{Bounds, Bulk, Comment, Detail, Draft, Entry, Filter, Preview, Replay, RunAct, Shown, Trial};

use crate::answer::{Answer, json, with};
use crate::door::Permitted;
use crate::input::{Head, Input, Query, bad};
use crate::openapi::Maybe;
use crate::problem::Problem;

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "CancelReason")]
#[serde(deny_unknown_fields)]
pub(super) struct Why {
    reason: String,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "MigrationTarget")]
#[serde(deny_unknown_fields)]
pub(super) struct Onto {
    version: u32,
}

/// On which version a run is played.
#[derive(Default, Deserialize, JsonSchema)]
#[schemars(rename = "ReplayOrder")]
#[serde(deny_unknown_fields)]
pub(super) struct Against {
    /// Each step on its own, when it is left out.
    #[serde(default)]
    version: Option<u32>,
}

/// What changing the version of a run came to.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "MigrationAnswer")]
pub(super) enum Migrated {
    Would(Box<Trial>),
    Is(Box<Detail>),
}

/// What acting on many runs came to.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "BulkAnswer")]
pub(super) enum Acted {
    Would(Preview),
    Does(NamedJob),
}

/// Bytes of a reason, as the contract says.
const REASON_BYTES_MAX: usize = 4 << 10;

fn run(head: &Head) -> Result<RunId, Problem> {
    head.name("run")
}

fn filter(query: &Query<'_>) -> Result<Filter, Problem> {
    Ok(Filter {
        workflow: query.parsed("workflow")?,
        state: query.word("state")?,
        status: query.text("status").map(str::to_owned),
        key: query.text("key").map(str::to_owned),
        mine: query.parsed("mine")?.unwrap_or(false),
        incident: query.text("incident").map(str::to_owned),
        since: query.parsed("since")?,
        until: query.parsed("until")?,
    })
}

pub(super) async fn list(permitted: Permitted, input: Input) -> Result<Answer<Listing<Detail>>, Problem> {
    let query = input.head.query()?;
    let (filter, before, limit) = (filter(&query)?, query.text("before"), query.limit()?);
    json(StatusCode::OK, &input.app.runs.list(permitted.scope(), &filter, before, limit).await?)
}

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer<Detail>, Problem> {
    json(StatusCode::OK, &input.app.runs.get(permitted.scope(), run(&input.head)?).await?)
}

pub(super) async fn definition(permitted: Permitted, input: Input) -> Result<Answer<Definition>, Problem> {
    json(StatusCode::OK, &input.app.runs.definition(permitted.scope(), run(&input.head)?).await?)
}

/// Plays what the run has heard, and says where the decisions differ.
pub(super) async fn replay(permitted: Permitted, input: Input<Maybe<Against>>) -> Result<Answer<Replay>, Problem> {
    let (app, id) = (input.app.clone(), run(&input.head)?);
    let (_, Against { version }, _) = input.document_or_default().await?;
    json(StatusCode::OK, &app.runs.replay(permitted.scope(), id, version, Bounds::REQUEST).await?)
}

pub(super) async fn history(permitted: Permitted, input: Input) -> Result<Answer<Listing<Entry>>, Problem> {
    let query = input.head.query()?;
    let (id, after, limit) = (run(&input.head)?, query.text("after"), query.limit()?);
    json(StatusCode::OK, &input.app.runs.history(permitted.scope(), id, after, limit).await?)
}

pub(super) async fn tasks(permitted: Permitted, input: Input) -> Result<Answer<Listing<Shown>>, Problem> {
    let query = input.head.query()?;
    let (id, after, limit) = (run(&input.head)?, query.text("after"), query.limit()?);
    json(StatusCode::OK, &input.app.tasks.of_run(permitted.scope(), id, after, limit).await?)
}

pub(super) async fn suspend(permitted: Permitted, input: Input) -> Result<Answer<Detail>, Problem> {
    act(permitted, &input, RunAct::Suspend).await
}

pub(super) async fn resume(permitted: Permitted, input: Input) -> Result<Answer<Detail>, Problem> {
    act(permitted, &input, RunAct::Resume).await
}

pub(super) async fn retry(permitted: Permitted, input: Input) -> Result<Answer<Detail>, Problem> {
    act(permitted, &input, RunAct::Retry).await
}

pub(super) async fn cancel(permitted: Permitted, input: Input<Why>) -> Result<Answer<Detail>, Problem> {
    let (app, id) = (input.app.clone(), run(&input.head)?);
    let (_, Why { reason }, _) = input.document().await?;
    if reason.len() > REASON_BYTES_MAX {
        return Err(bad(format!("a reason has at most {REASON_BYTES_MAX} bytes")));
    }
    json(StatusCode::OK, &app.runs.act(permitted.scope(), id, &RunAct::Cancel(reason)).await?)
}

/// With `dry-run=true` it only plays what the run has heard on that version.
pub(super) async fn migrate(permitted: Permitted, input: Input<Onto>) -> Result<Answer<Migrated>, Problem> {
    let (app, id, scope) = (input.app.clone(), run(&input.head)?, permitted.scope());
    let dry: bool = input.head.query()?.parsed("dry-run")?.unwrap_or(false);
    let (_, Onto { version }, _) = input.document().await?;
    let migrated = match dry {
        true => Migrated::Would(Box::new(app.runs.try_migration(scope, id, version).await?)),
        false => Migrated::Is(Box::new(app.runs.act(scope, id, &RunAct::Migrate(version)).await?)),
    };
    json(StatusCode::OK, &migrated)
}

async fn act(permitted: Permitted, input: &Input, act: RunAct) -> Result<Answer<Detail>, Problem> {
    json(StatusCode::OK, &input.app.runs.act(permitted.scope(), run(&input.head)?, &act).await?)
}

/// With `dry-run=true` it only says on which runs it would act.
pub(super) async fn bulk(permitted: Permitted, input: Input<Bulk>) -> Result<Answer<Acted>, Problem> {
    let (app, scope) = (input.app.clone(), permitted.scope());
    let dry: bool = input.head.query()?.parsed("dry-run")?.unwrap_or(false);
    let (_, bulk, request) = input.document().await?;
    if dry {
        return json(StatusCode::OK, &Acted::Would(app.runs.preview(scope, &bulk).await?));
    }
    let id = app.runs.bulk(scope, &bulk, request.as_ref()).await?;
    let job = Acted::Does(app.desk.job(scope, id).await?);
    Ok(with(json(StatusCode::ACCEPTED, &job)?, LOCATION, &format!("/v1/jobs/{id}")))
}

pub(super) async fn comments(permitted: Permitted, input: Input) -> Result<Answer<Listing<Comment>>, Problem> {
    let query = input.head.query()?;
    let (id, after, limit) = (run(&input.head)?, query.text("after"), query.limit()?);
    json(StatusCode::OK, &input.app.tasks.comments(permitted.scope(), id, after, limit).await?)
}

pub(super) async fn comment(permitted: Permitted, input: Input<Draft>) -> Result<Answer<Comment>, Problem> {
    let (app, id) = (input.app.clone(), run(&input.head)?);
    let (_, draft, request) = input.document().await?;
    json(StatusCode::CREATED, &app.tasks.comment(permitted.scope(), id, &draft, request.as_ref()).await?)
}
