//! Uploaded components.

use std::time::Duration;

use http::StatusCode;
use http::header::{HeaderName, LOCATION};
use signalsync_components::{Component, Described, State};
use signalsync_core::Digest;
use signalsync_store::Listing;

use crate::answer::{Answer, empty, json, with};
use crate::door::Permitted;
use crate::input::{Head, Input, read};
use crate::openapi::Wasm;
use crate::problem::{Code, Problem};

const PREFER: HeaderName = HeaderName::from_static("prefer");

pub(super) async fn upload(permitted: Permitted, input: Input<Wasm>) -> Result<Answer<Component>, Problem> {
    let Input { app, head, body, .. } = input;
    head.require_media_type("application/wasm")?;
    let wait = wait(&head, Duration::from_millis(app.limits.upload_wait_ms))?;
    let wasm = read(body, permitted.scope().tier().component_bytes_max).await?;
    let component = app.components.upload(permitted.shared(), wasm, wait).await?;
    uploaded(&component)
}

fn uploaded(component: &Component) -> Result<Answer<Component>, Problem> {
    let location = format!("/v1/components/{}", component.digest);
    let answer = match &component.state {
        State::Refused { code, detail, violations } => {
            let refused = refused(component, code, detail);
            let refused = if violations.is_empty() { refused } else { refused.with("violations", violations) };
            Answer::of(refused.into_reply())
        }
        State::Ready { .. } => json(StatusCode::CREATED, component)?,
        State::Uploaded | State::Checking => json(StatusCode::ACCEPTED, component)?,
    };
    Ok(with(answer, LOCATION, &location))
}

fn refused(component: &Component, code: &str, detail: &str) -> Problem {
    let known = Code::parse(code).unwrap_or(Code::ComponentRefused);
    Problem::new(known, detail).with("component", component.digest)
}

/// How long the client wants to wait (RFC 7240), at most `max`. What is not understood is not preferred.
fn wait(head: &Head, max: Duration) -> Result<Duration, Problem> {
    let preferences = head.header(&PREFER)?.unwrap_or("").split(',').map(str::trim);
    let wishes = preferences.filter_map(|preference| match preference.split_once('=') {
        None if preference.eq_ignore_ascii_case("respond-async") => Some(Duration::ZERO),
        Some((name, seconds)) if name.eq_ignore_ascii_case("wait") => seconds.parse().ok().map(Duration::from_secs),
        _ => None,
    });
    Ok(wishes.min().unwrap_or(max).min(max))
}

pub(super) async fn list(permitted: Permitted, input: Input) -> Result<Answer<Listing<Component>>, Problem> {
    let query = input.head.query()?;
    json(StatusCode::OK, &input.app.components.list(permitted.scope(), query.text("after"), query.limit()?).await?)
}

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer<Described>, Problem> {
    let digest: Digest = input.head.name("digest")?;
    json(StatusCode::OK, &input.app.components.get(permitted.scope(), digest).await?)
}

pub(super) async fn delete(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    input.app.components.delete(permitted.scope(), input.head.name("digest")?).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}
