//! The tenant's mails.

use http::StatusCode;
use signalsync_mail::{Divert, Entry};
use signalsync_store::Listing;

use crate::answer::{Answer, current, empty, json};
use crate::door::Permitted;
use crate::input::Input;
use crate::problem::Problem;

pub(super) async fn list(permitted: Permitted, input: Input) -> Result<Answer<Listing<Entry>>, Problem> {
    let query = input.head.query()?;
    let (status, before, limit) = (query.word("status")?, query.parsed("before")?, query.limit()?);
    json(StatusCode::OK, &input.app.mails.list(permitted.scope(), status, before, limit).await?)
}

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer<Entry>, Problem> {
    json(StatusCode::OK, &input.app.mails.get(permitted.scope(), input.head.name("mail")?).await?)
}

pub(super) async fn divert(permitted: Permitted, input: Input) -> Result<Answer<Divert>, Problem> {
    let (divert, version) = input.app.mails.divert(permitted.scope()).await?;
    current(&input.head, version, &divert)
}

pub(super) async fn set_divert(permitted: Permitted, input: Input<Divert>) -> Result<Answer, Problem> {
    let app = input.app.clone();
    let (head, wanted, _) = input.document().await?;
    app.mails.set_divert(permitted.scope(), &wanted, head.precondition()?).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}
