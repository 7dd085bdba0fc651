//! What anyone may ask, on any host.

use http::StatusCode;
use http::header::ETAG;

use crate::answer::{Answer, typed, unchanged, with};
use crate::input::Input;
use crate::openapi::{self, Document, Text};
use crate::problem::{Code, Problem};

const TEXT: &str = "text/plain; charset=utf-8";

/// The process runs.
pub(super) async fn alive(_: Input) -> Result<Answer<Text>, Problem> {
    Ok(typed(StatusCode::OK, TEXT, "alive\n"))
}

/// The process takes work.
pub(super) async fn ready(input: Input) -> Result<Answer<Text>, Problem> {
    if input.app.is_draining() {
        return Err(Problem::plain(Code::Draining));
    }
    input.app.directory.check().await?;
    Ok(typed(StatusCode::OK, TEXT, "ready\n"))
}

/// What a problem's code means.
pub(super) async fn problem(input: Input) -> Result<Answer<Text>, Problem> {
    let code = Code::parse(&input.head.name::<String>("code")?).ok_or_else(Problem::not_found)?;
    let page = format!("{} ({})\n\n{}.\n{}\n", code.as_str(), code.status(), code.title(), code.explanation());
    Ok(typed(StatusCode::OK, TEXT, page))
}

/// All of this as OpenAPI 3.1.
pub(super) async fn openapi(input: Input) -> Result<Answer<Document>, Problem> {
    let (text, tag) = openapi::served();
    if input.head.has(tag)? {
        return Ok(unchanged(tag));
    }
    Ok(with(typed(StatusCode::OK, "application/openapi+json", text), ETAG, tag))
}
