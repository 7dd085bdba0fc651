//! What every refusal and failure looks like: RFC 9457, with a stable code from one registry.

mod code;
mod from;

use http::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value};
use signalsync_core::Permission;

pub use code::Code;

use crate::answer::{Reply, full};

/// An answer that says what went wrong and what to do.
#[derive(Debug, Clone)]
pub struct Problem {
    code: Code,
    detail: String,
    more: Map<String, Value>,
    retry_after_s: Option<u64>,
    allow: Option<HeaderValue>,
}

impl Problem {
    /// A problem with a sentence about this occurrence.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), more: Map::new(), retry_after_s: None, allow: None }
    }

    /// A problem about which the registry says all that there is.
    pub fn plain(code: Code) -> Self {
        Self::new(code, code.explanation())
    }

    /// The one answer for what is not there and for what is somebody else's, so that nobody can tell which.
    pub fn not_found() -> Self {
        Self::plain(Code::NotFound)
    }

    /// The caller lacks a permission.
    pub fn not_allowed(permission: Permission) -> Self {
        let name = permission.as_str();
        let detail = format!(
            "This needs the permission `{name}`, which none of your roles has. An administrator, or whoever has \
             `roles:manage` and `{name}`, can give you a role that has it."
        );
        Self::new(Code::NotAllowed, detail).with("permission", permission)
    }

    /// The host failed. Logs the cause; the caller learns nothing of it.
    pub fn internal(cause: &(impl std::fmt::Display + ?Sized)) -> Self {
        tracing::error!(%cause, "a request failed");
        Self::plain(Code::Internal)
    }

    /// Adds a member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        if let Ok(value) = serde_json::to_value(value) {
            self.more.insert(name.to_owned(), value);
        }
        self
    }

    /// Says when trying again can help; at least after one second.
    #[must_use]
    pub fn retry_after_ms(mut self, ms: u64) -> Self {
        self.retry_after_s = Some(ms.div_ceil(1_000).max(1));
        self
    }

    /// Says which methods the address knows.
    #[must_use]
    pub fn allow(mut self, methods: &str) -> Self {
        self.allow = HeaderValue::from_str(methods).ok();
        self
    }

    /// Which problem.
    pub fn code(&self) -> Code {
        self.code
    }

    /// What is said about this occurrence.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.code.status()
    }

    fn body(&self) -> Value {
        let mut body = Map::new();
        body.insert("type".to_owned(), format!("/problems/{}", self.code.as_str()).into());
        body.insert("title".to_owned(), self.code.title().into());
        body.insert("status".to_owned(), self.status().as_u16().into());
        body.insert("detail".to_owned(), self.detail.clone().into());
        body.insert("code".to_owned(), self.code.as_str().into());
        body.extend(self.more.clone());
        if let Some(seconds) = self.retry_after_s {
            body.insert("retry-after".to_owned(), seconds.into());
        }
        Value::Object(body)
    }

    /// The answer itself.
    pub(crate) fn into_reply(self) -> Reply {
        let mut reply = Response::new(full(self.body().to_string()));
        *reply.status_mut() = self.status();
        let headers = reply.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        let busy = matches!(self.status(), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        if let Some(seconds) = self.retry_after_s.or(busy.then_some(1)) {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if self.status() == StatusCode::UNAUTHORIZED {
            headers.insert(http::header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(methods) = self.allow {
            headers.insert(ALLOW, methods);
        }
        reply
    }
}
