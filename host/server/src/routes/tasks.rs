//! What people are asked to do, and their doing it.

use http::StatusCode;
use serde::Deserialize;
use signalsync_core::contract::workflow::Priority;
use signalsync_core::{TaskId, Timestamp, UserId};
use signalsync_workflow::machine::Holder;
use signalsync_workflow::{Answer as Chosen, TaskAct, TaskFilter};

use crate::answer::{Answer, json};
use crate::door::Permitted;
use crate::input::{Head, Input, Query, bad};
use crate::problem::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Somebody {
    person: UserId,
}

fn task(head: &Head) -> Result<TaskId, Problem> {
    head.name("task")
}

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
    let priority = query.text("priority").map(|text| serde_json::from_value::<Priority>(text.into())).transpose();
    let before = query.text("due-before").map(|text| serde_json::from_value::<Timestamp>(text.into())).transpose();
    Ok(TaskFilter {
        holder: query.text("holder").map(holder).transpose()?,
        workflow: query.parsed("workflow")?,
        run: query.parsed("run")?,
        priority: priority.map_err(|_| bad("the query parameter `priority` is `low`, `normal`, `high` or `urgent`"))?,
        due_before: before.map_err(|error| bad(format!("the query parameter `due-before`: {error}")))?,
    })
}

pub(super) async fn list(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let query = input.head.query(&["holder", "workflow", "run", "priority", "due-before", "after", "limit"])?;
    let (filter, after, limit) = (filter(&query)?, query.text("after"), query.limit()?);
    json(StatusCode::OK, &input.app.tasks.inbox(permitted.scope(), &filter, after, limit).await?)
}

pub(super) async fn counts(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    json(StatusCode::OK, &input.app.tasks.counts(permitted.scope()).await?)
}

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    json(StatusCode::OK, &input.app.tasks.get(permitted.scope(), task(&input.head)?).await?)
}

pub(super) async fn complete(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (app, id) = (input.app.clone(), task(&input.head)?);
    let (_, chosen, request) = input.document::<Chosen>().await?;
    json(StatusCode::OK, &app.tasks.complete(permitted.scope(), id, &chosen, request.as_ref()).await?)
}

pub(super) async fn claim(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    json(StatusCode::OK, &input.app.tasks.act(permitted.scope(), task(&input.head)?, TaskAct::Claim).await?)
}

pub(super) async fn release(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    json(StatusCode::OK, &input.app.tasks.act(permitted.scope(), task(&input.head)?, TaskAct::Release).await?)
}

pub(super) async fn delegate(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    with_somebody(permitted, input, TaskAct::Delegate).await
}

pub(super) async fn add_signer(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    with_somebody(permitted, input, TaskAct::AddSigner).await
}

async fn with_somebody(permitted: Permitted, input: Input, act: fn(UserId) -> TaskAct) -> Result<Answer, Problem> {
    let (app, id) = (input.app.clone(), task(&input.head)?);
    let (_, Somebody { person }, _) = input.document().await?;
    json(StatusCode::OK, &app.tasks.act(permitted.scope(), id, act(person)).await?)
}
