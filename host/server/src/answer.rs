//! Answers: their bodies, and the headers that all of them have.

use std::convert::Infallible;

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use http::{Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use serde::Serialize;

use crate::input::Head;
use crate::problem::Problem;

/// A body that may be streamed. An error cuts the connection off, so that the client sees it.
pub(crate) type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// What goes back to the client.
pub(crate) type Answer = Response<Body>;

/// A body that is there already.
pub(crate) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never: Infallible| match never {}).boxed_unsync()
}

/// A JSON document.
///
/// # Errors
/// It cannot be written as JSON, which is a mistake of ours.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Result<Answer, Problem> {
    let text = serde_json::to_vec(body).map_err(|error| Problem::internal(&error))?;
    Ok(typed(status, "application/json", text))
}

/// A body of this media type.
pub(crate) fn typed(status: StatusCode, media_type: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(full(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    answer
}

/// No body.
pub(crate) fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(full(Bytes::new()));
    *answer.status_mut() = status;
    answer
}

/// Sets a header whose value is made of names and numbers. One that does not fit a header is left out.
#[must_use]
pub(crate) fn with(mut answer: Answer, name: HeaderName, value: &str) -> Answer {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
    answer
}

/// Sets the entity tag of a version.
#[must_use]
pub(crate) fn tagged(answer: Answer, version: u64) -> Answer {
    with(answer, ETAG, &format!("\"{version}\""))
}

/// What is at an address, with its entity tag; nothing but the tag when the client has it already.
///
/// # Errors
/// A malformed header; or it cannot be written as JSON, which is a mistake of ours.
pub(crate) fn current(head: &Head, version: u64, body: &impl Serialize) -> Result<Answer, Problem> {
    let is_known = head.has(&format!("\"{version}\""))?;
    let answer = if is_known { empty(StatusCode::NOT_MODIFIED) } else { json(StatusCode::OK, body)? };
    Ok(tagged(answer, version))
}

/// What every answer says to browsers: nothing here is a page, and nothing here is to be kept.
pub(crate) fn protect(headers: &mut HeaderMap, is_secure: bool) {
    let policy = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox");
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let resource_policy = HeaderName::from_static("cross-origin-resource-policy");
    headers.insert(resource_policy, HeaderValue::from_static("same-origin"));
    if is_secure {
        // RFC 6797: two years, and all tenants with it.
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000; includeSubDomains"));
    }
}
