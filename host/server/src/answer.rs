//! Answers: their bodies, and the headers that all of them have.

use std::convert::Infallible;
use std::marker::PhantomData;

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
use crate::openapi::Empty;
use crate::problem::Problem;

/// A body that may be streamed. An error cuts the connection off, so that the client sees it.
pub(crate) type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// What goes back to the client, whatever it is.
pub(crate) type Reply = Response<Body>;

/// What goes back to the client when all is well: its body is a `T`, and the document of the interface says so.
pub(crate) struct Answer<T = Empty> {
    reply: Reply,
    body: PhantomData<fn() -> T>,
}

impl<T> Answer<T> {
    /// An answer with such a body, put together elsewhere.
    pub(crate) fn of(reply: Reply) -> Self {
        Self { reply, body: PhantomData }
    }

    /// For the connection.
    pub(crate) fn into_reply(self) -> Reply {
        self.reply
    }

    /// The same answer, otherwise put.
    pub(crate) fn map(self, change: impl FnOnce(Reply) -> Reply) -> Self {
        Self::of(change(self.reply))
    }
}

/// A body that is there already.
pub(crate) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never: Infallible| match never {}).boxed_unsync()
}

/// A JSON document.
///
/// # Errors
/// It cannot be written as JSON, which is a mistake of ours.
pub(crate) fn json<T: Serialize>(status: StatusCode, body: &T) -> Result<Answer<T>, Problem> {
    let text = serde_json::to_vec(body).map_err(|error| Problem::internal(&error))?;
    Ok(typed(status, "application/json", text))
}

/// A body of this media type.
pub(crate) fn typed<T>(status: StatusCode, media_type: &'static str, body: impl Into<Bytes>) -> Answer<T> {
    let mut reply = Response::new(full(body));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    Answer::of(reply)
}

/// No body.
pub(crate) fn empty(status: StatusCode) -> Answer {
    bare(status)
}

fn bare<T>(status: StatusCode) -> Answer<T> {
    let mut reply = Response::new(full(Bytes::new()));
    *reply.status_mut() = status;
    Answer::of(reply)
}

/// The client has this version already.
pub(crate) fn not_modified<T>(version: u64) -> Answer<T> {
    unchanged(&format!("\"{version}\""))
}

/// The client has what has this tag already.
pub(crate) fn unchanged<T>(tag: &str) -> Answer<T> {
    with(bare(StatusCode::NOT_MODIFIED), ETAG, tag)
}

/// Sets a header whose value is made of names and numbers. One that does not fit a header is left out.
#[must_use]
pub(crate) fn with<T>(answer: Answer<T>, name: HeaderName, value: &str) -> Answer<T> {
    answer.map(|mut reply| {
        if let Ok(value) = HeaderValue::from_str(value) {
            reply.headers_mut().insert(name, value);
        }
        reply
    })
}

/// Sets the entity tag of a version.
#[must_use]
pub(crate) fn tagged<T>(answer: Answer<T>, version: u64) -> Answer<T> {
    with(answer, ETAG, &format!("\"{version}\""))
}

/// What is at an address, with its entity tag; nothing but the tag when the client has it already.
///
/// # Errors
/// A malformed header; or it cannot be written as JSON, which is a mistake of ours.
pub(crate) fn current<T: Serialize>(head: &Head, version: u64, body: &T) -> Result<Answer<T>, Problem> {
    if head.has(&format!("\"{version}\""))? {
        return Ok(not_modified(version));
    }
    Ok(tagged(json(StatusCode::OK, body)?, version))
}

/// What every answer says to browsers: what does not say otherwise is no page, and is not to be kept.
pub(crate) fn protect(headers: &mut HeaderMap, is_secure: bool) {
    let policy = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox");
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(policy);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let resource_policy = HeaderName::from_static("cross-origin-resource-policy");
    headers.insert(resource_policy, HeaderValue::from_static("same-origin"));
    if is_secure {
        // RFC 6797: two years, and all tenants with it.
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000; includeSubDomains"));
    }
}
