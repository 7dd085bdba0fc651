//! Jobs that people started, and work that was given up.

use http::StatusCode;
use signalsync_store::Listing;
use signalsync_work::Listed;
use signalsync_work::desk::{Decision, NamedJob};
use signalsync_work::jobs::Problem as JobProblem;

use crate::answer::{Answer, empty, json};
use crate::door::Permitted;
use crate::input::Input;
use crate::problem::Problem;

pub(super) async fn jobs(permitted: Permitted, input: Input) -> Result<Answer<Listing<NamedJob>>, Problem> {
    let query = input.head.query()?;
    json(StatusCode::OK, &input.app.desk.jobs(permitted.scope(), query.parsed("before")?, query.limit()?).await?)
}

pub(super) async fn job(permitted: Permitted, input: Input) -> Result<Answer<NamedJob>, Problem> {
    json(StatusCode::OK, &input.app.desk.job(permitted.scope(), input.head.name("job")?).await?)
}

pub(super) async fn problems(permitted: Permitted, input: Input) -> Result<Answer<Listing<JobProblem>>, Problem> {
    let query = input.head.query()?;
    let (job, after) = (input.head.name("job")?, query.text("after"));
    json(StatusCode::OK, &input.app.desk.problems(permitted.scope(), job, after, query.limit()?).await?)
}

pub(super) async fn pause(permitted: Permitted, input: Input) -> Result<Answer<NamedJob>, Problem> {
    decide(permitted, input, Decision::Pause).await
}

pub(super) async fn resume(permitted: Permitted, input: Input) -> Result<Answer<NamedJob>, Problem> {
    decide(permitted, input, Decision::Resume).await
}

pub(super) async fn cancel(permitted: Permitted, input: Input) -> Result<Answer<NamedJob>, Problem> {
    decide(permitted, input, Decision::Cancel).await
}

pub(super) async fn undo(permitted: Permitted, input: Input) -> Result<Answer<NamedJob>, Problem> {
    decide(permitted, input, Decision::Undo).await
}

async fn decide(permitted: Permitted, input: Input, decision: Decision) -> Result<Answer<NamedJob>, Problem> {
    let (job, request) = (input.head.name("job")?, input.head.request_key(&[])?);
    json(StatusCode::OK, &input.app.desk.decide(permitted.scope(), job, decision, request.as_ref()).await?)
}

pub(super) async fn dead_letters(permitted: Permitted, input: Input) -> Result<Answer<Listing<Listed>>, Problem> {
    let query = input.head.query()?;
    let letters = input.app.desk.dead_letters(permitted.scope(), query.text("after"), query.limit()?).await?;
    json(StatusCode::OK, &letters)
}

pub(super) async fn retry(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let request = input.head.request_key(&[])?;
    input.app.desk.retry(permitted.scope(), input.head.name("work")?, request.as_ref()).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

pub(super) async fn forget(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    input.app.desk.forget(permitted.scope(), input.head.name("work")?).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}
