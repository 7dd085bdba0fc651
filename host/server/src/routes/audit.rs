//! Who did what: a tenant's own audit, and the platform's.

use http::StatusCode;
use signalsync_audit::{Filter, Whole};

use crate::answer::{Answer, json};
use crate::door::{Operator, Permitted};
use crate::input::{Head, Input};
use crate::problem::{Code, Problem};

const PARAMETERS: &[&str] = &["action", "actor", "subject", "outcome", "since", "until", "before", "limit"];

struct Asked {
    filter: Filter,
    before: Option<u64>,
    limit: usize,
}

fn asked(head: &Head) -> Result<Asked, Problem> {
    let query = head.query(PARAMETERS)?;
    let text = |name| query.text(name).map(str::to_owned);
    let filter = Filter {
        action: text("action"),
        actor: text("actor"),
        subject: text("subject"),
        outcome: query.parsed("outcome")?,
        since: query.parsed("since")?,
        until: query.parsed("until")?,
    };
    Ok(Asked { filter, before: query.parsed("before")?, limit: query.limit()? })
}

pub(super) async fn list(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let Asked { filter, before, limit } = asked(&input.head)?;
    json(StatusCode::OK, &input.app.audits.list(permitted.scope(), &filter, before, limit).await?)
}

/// The end of an audit that is whole.
pub(super) async fn verify(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let whole: Whole = input.app.audits.verify(permitted.scope()).await?.map_err(|broken| {
        tracing::error!(tenant = %permitted.scope().tenant(), %broken, "an audit was tampered with");
        Problem::new(Code::AuditBroken, broken.to_string())
    })?;
    json(StatusCode::OK, &whole)
}

pub(super) async fn of_platform(_: Operator, input: Input) -> Result<Answer, Problem> {
    let Asked { filter, before, limit } = asked(&input.head)?;
    json(StatusCode::OK, &input.app.directory.audit(&filter, before, limit).await?)
}
