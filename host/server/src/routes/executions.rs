//! The receipts of calls.

use http::StatusCode;
use signalsync_core::Execution;
use signalsync_store::Listing;

use crate::answer::{Answer, json};
use crate::door::Permitted;
use crate::input::Input;
use crate::problem::Problem;

pub(super) async fn list(permitted: Permitted, input: Input) -> Result<Answer<Listing<Execution>>, Problem> {
    let query = input.head.query()?;
    let (deployment, after) = (query.parsed("deployment")?, query.parsed("after")?);
    let page = input.app.executions.list(permitted.scope(), deployment.as_ref(), after, query.limit()?).await?;
    json(StatusCode::OK, &page)
}

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer<Execution>, Problem> {
    json(StatusCode::OK, &input.app.executions.get(permitted.scope(), input.head.name("execution")?).await?)
}
