//! Who did what: a tenant's own audit, and the platform's.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use signalsync_audit::{Filter, Numbered, Whole};
use signalsync_store::{CommitError, Listing};

use crate::answer::{Answer, json, with};
use crate::door::{Operator, Permitted};
use crate::input::{Head, Input};
use crate::openapi::AuditLines;
use crate::problem::{Code, Problem};

struct Asked {
    filter: Filter,
    before: Option<u64>,
    limit: usize,
}

fn asked(head: &Head) -> Result<Asked, Problem> {
    let query = head.query()?;
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

pub(super) async fn list(permitted: Permitted, input: Input) -> Result<Answer<Listing<Numbered>>, Problem> {
    let Asked { filter, before, limit } = asked(&input.head)?;
    json(StatusCode::OK, &input.app.audits.list(permitted.scope(), &filter, before, limit).await?)
}

/// Entries on one look while they are taken out.
const PAGE: usize = 1_000;

/// All entries that fit, newest first, an object on each line.
pub(super) async fn export(permitted: Permitted, input: Input) -> Result<Answer<AuditLines>, Problem> {
    let (app, Asked { filter, before, .. }) = (input.app.clone(), asked(&input.head)?);
    let noted = app.audits.note_export(permitted.scope(), &filter, app.doorman.now()).await;
    noted.map_err(|error| match error {
        CommitError::Conflict => Problem::plain(Code::Conflict),
        CommitError::Store(error) => error.into(),
    })?;
    let scope = permitted.shared();
    let pages = stream::try_unfold(Some(before), move |place| {
        let (app, scope, filter) = (Arc::clone(&app), Arc::clone(&scope), filter.clone());
        async move {
            let Some(before) = place else { return Ok(None) };
            let page = app.audits.list(&scope, &filter, before, PAGE).await.map_err(std::io::Error::other)?;
            let mut text = Vec::new();
            for entry in &page.items {
                serde_json::to_writer(&mut text, entry)?;
                text.push(b'\n');
            }
            let next = page.next.and_then(|number| number.parse().ok()).map(Some);
            Ok::<_, std::io::Error>(Some((Frame::data(Bytes::from(text)), next)))
        }
    });
    let answer = Answer::of(Response::new(StreamBody::new(pages).boxed_unsync()));
    let answer = with(answer, CONTENT_TYPE, "application/jsonl");
    Ok(with(answer, CONTENT_DISPOSITION, "attachment; filename=audit.jsonl"))
}

/// The end of an audit that is whole.
pub(super) async fn verify(permitted: Permitted, input: Input) -> Result<Answer<Whole>, Problem> {
    let whole: Whole = input.app.audits.verify(permitted.scope()).await?.map_err(|broken| {
        tracing::error!(tenant = %permitted.scope().tenant(), %broken, "an audit was tampered with");
        Problem::new(Code::AuditBroken, broken.to_string())
    })?;
    json(StatusCode::OK, &whole)
}

pub(super) async fn of_platform(_: Operator, input: Input) -> Result<Answer<Listing<Numbered>>, Problem> {
    let Asked { filter, before, limit } = asked(&input.head)?;
    json(StatusCode::OK, &input.app.directory.audit(&filter, before, limit).await?)
}
