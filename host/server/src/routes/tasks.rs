//! What people are asked to do, and their doing it.

use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use signalsync_core::{TaskId, UserId};
use signalsync_store::Listing;
use signalsync_workflow::machine::Holder;
use signalsync_workflow::{Answer as Chosen, Counts, Shown, TaskAct, TaskFilter};

use crate::answer::{Answer, json};
use crate::door::Permitted;
use crate::input::{Head, Input, Query, bad};
use crate::problem::Problem;

#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Somebody")]
#[serde(deny_unknown_fields)]
pub(super) struct Somebody {
    person: UserId,
}

fn task(head: &Head) -> Result<TaskId, Problem> {
    head.name("task")
}

/// The holder of a task in a query.
#[derive(JsonSchema)]
#[schemars(transparent, extend("pattern" = "^(user|role|team|department):"))]
pub(super) struct Held(#[expect(dead_code, reason = "it is a shape, and never made")] String);

/// `user:usr_…`, `role:clerk`, `team:tea_…` or `department:dep_…`.
fn holder(text: &str) -> Result<Holder, Problem> {
    let rule = || bad("the query parameter `holder` is `user:`, `role:`, `team:` or `department:` and an id or name");
    let (kind, name) = text.split_once(':').ok_or_else(rule)?;
    let holder = match kind {
        "user" => name.parse().map(Holder::User).ok(),
        "role" => name.parse().map(Holder::Role).ok(),
        "team" => name.parse().map(Holder::Team).ok(),
        "department" => name.parse().map(Holder::Department).ok(),
        _ => None,
    };
    holder.ok_or_else(rule)
}

fn filter(query: &Query<'_>) -> Result<TaskFilter, Problem> {
    Ok(TaskFilter {
        holder: query.text("holder").map(holder).transpose()?,
        workflow: query.parsed("workflow")?,
        run: query.parsed("run")?,
        priority: query.word("priority")?,
        due_before: query.parsed("due-before")?,
    })
}

pub(super) async fn list(permitted: Permitted, input: Input) -> Result<Answer<Listing<Shown>>, Problem> {
    let query = input.head.query()?;
    let (filter, after, limit) = (filter(&query)?, query.text("after"), query.limit()?);
    json(StatusCode::OK, &input.app.tasks.inbox(permitted.scope(), &filter, after, limit).await?)
}

pub(super) async fn counts(permitted: Permitted, input: Input) -> Result<Answer<Counts>, Problem> {
    json(StatusCode::OK, &input.app.tasks.counts(permitted.scope()).await?)
}

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer<Shown>, Problem> {
    json(StatusCode::OK, &input.app.tasks.get(permitted.scope(), task(&input.head)?).await?)
}

pub(super) async fn complete(permitted: Permitted, input: Input<Chosen>) -> Result<Answer<Shown>, Problem> {
    let (app, id) = (input.app.clone(), task(&input.head)?);
    let (_, chosen, request) = input.document().await?;
    json(StatusCode::OK, &app.tasks.complete(permitted.scope(), id, &chosen, request.as_ref()).await?)
}

pub(super) async fn claim(permitted: Permitted, input: Input) -> Result<Answer<Shown>, Problem> {
    json(StatusCode::OK, &input.app.tasks.act(permitted.scope(), task(&input.head)?, TaskAct::Claim).await?)
}

pub(super) async fn release(permitted: Permitted, input: Input) -> Result<Answer<Shown>, Problem> {
    json(StatusCode::OK, &input.app.tasks.act(permitted.scope(), task(&input.head)?, TaskAct::Release).await?)
}

pub(super) async fn delegate(permitted: Permitted, input: Input<Somebody>) -> Result<Answer<Shown>, Problem> {
    with_somebody(permitted, input, TaskAct::Delegate).await
}

pub(super) async fn add_signer(permitted: Permitted, input: Input<Somebody>) -> Result<Answer<Shown>, Problem> {
    with_somebody(permitted, input, TaskAct::AddSigner).await
}

async fn with_somebody(
    permitted: Permitted,
    input: Input<Somebody>,
    act: fn(UserId) -> TaskAct,
) -> Result<Answer<Shown>, Problem> {
    let (app, id) = (input.app.clone(), task(&input.head)?);
    let (_, Somebody { person }, _) = input.document().await?;
    json(StatusCode::OK, &app.tasks.act(permitted.scope(), id, act(person)).await?)
}
