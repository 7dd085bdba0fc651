//! Runs of workflows, and what is said about them.

use http::StatusCode;
use http::header::LOCATION;
use serde::Deserialize;
use signalsync_core::RunId;
use signalsync_workflow::{Bulk, Draft, Filter, RunAct};

use crate::answer::{Answer, json, with};
use crate::door::Permitted;
use crate::input::{Head, Input, Query, bad};
use crate::problem::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Why {
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Onto {
    version: u32,
}

/// Bytes of a reason, as the contract says.
const REASON_BYTES_MAX: usize = 4 << 10;

fn run(head: &Head) -> Result<RunId, Problem> {
    head.name("run")
}

fn word<T: serde::de::DeserializeOwned>(query: &Query<'_>, name: &str) -> Result<Option<T>, Problem> {
    let word = query.text(name).map(|text| serde_json::from_value(text.into()));
    word.transpose().map_err(|error| bad(format!("the query parameter `{name}`: {error}")))
}

fn filter(query: &Query<'_>) -> Result<Filter, Problem> {
    Ok(Filter {
        workflow: query.parsed("workflow")?,
        state: word(query, "state")?,
        status: query.text("status").map(str::to_owned),
        key: query.text("key").map(str::to_owned),
        mine: query.parsed("mine")?.unwrap_or(false),
        incident: query.text("incident").map(str::to_owned),
        since: word(query, "since")?,
        until: word(query, "until")?,
    })
}

pub(super) async fn list(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let known = ["workflow", "state", "status", "key", "mine", "incident", "since", "until", "before", "limit"];
    let query = input.head.query(&known)?;
    let (filter, before, limit) = (filter(&query)?, query.text("before"), query.limit()?);
    json(StatusCode::OK, &input.app.runs.list(permitted.scope(), &filter, before, limit).await?)
}

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    json(StatusCode::OK, &input.app.runs.get(permitted.scope(), run(&input.head)?).await?)
}

pub(super) async fn history(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let query = input.head.query(&["after", "limit"])?;
    let (id, after, limit) = (run(&input.head)?, query.text("after"), query.limit()?);
    json(StatusCode::OK, &input.app.runs.history(permitted.scope(), id, after, limit).await?)
}

pub(super) async fn tasks(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let query = input.head.query(&["after", "limit"])?;
    let (id, after, limit) = (run(&input.head)?, query.text("after"), query.limit()?);
    json(StatusCode::OK, &input.app.tasks.of_run(permitted.scope(), id, after, limit).await?)
}

pub(super) async fn suspend(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    act(permitted, &input, RunAct::Suspend).await
}

pub(super) async fn resume(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    act(permitted, &input, RunAct::Resume).await
}

pub(super) async fn retry(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    act(permitted, &input, RunAct::Retry).await
}

pub(super) async fn cancel(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (app, id) = (input.app.clone(), run(&input.head)?);
    let (_, Why { reason }, _) = input.document().await?;
    if reason.len() > REASON_BYTES_MAX {
        return Err(bad(format!("a reason has at most {REASON_BYTES_MAX} bytes")));
    }
    json(StatusCode::OK, &app.runs.act(permitted.scope(), id, &RunAct::Cancel(reason)).await?)
}

pub(super) async fn migrate(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (app, id) = (input.app.clone(), run(&input.head)?);
    let (_, Onto { version }, _) = input.document().await?;
    json(StatusCode::OK, &app.runs.act(permitted.scope(), id, &RunAct::Migrate(version)).await?)
}

async fn act(permitted: Permitted, input: &Input, act: RunAct) -> Result<Answer, Problem> {
    json(StatusCode::OK, &input.app.runs.act(permitted.scope(), run(&input.head)?, &act).await?)
}

/// With `dry-run=true` it only says on which runs it would act.
pub(super) async fn bulk(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (app, scope) = (input.app.clone(), permitted.scope());
    let dry: bool = input.head.query(&["dry-run"])?.parsed("dry-run")?.unwrap_or(false);
    let (_, bulk, request) = input.document::<Bulk>().await?;
    if dry {
        return json(StatusCode::OK, &app.runs.preview(scope, &bulk).await?);
    }
    let id = app.runs.bulk(scope, &bulk, request.as_ref()).await?;
    let job = app.desk.job(scope, id).await?;
    Ok(with(json(StatusCode::ACCEPTED, &job)?, LOCATION, &format!("/v1/jobs/{id}")))
}

pub(super) async fn comments(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let query = input.head.query(&["after", "limit"])?;
    let (id, after, limit) = (run(&input.head)?, query.text("after"), query.limit()?);
    json(StatusCode::OK, &input.app.tasks.comments(permitted.scope(), id, after, limit).await?)
}

pub(super) async fn comment(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (app, id) = (input.app.clone(), run(&input.head)?);
    let (_, draft, request) = input.document::<Draft>().await?;
    json(StatusCode::CREATED, &app.tasks.comment(permitted.scope(), id, &draft, request.as_ref()).await?)
}
