//! What anyone may ask, on any host.

use http::StatusCode;

use crate::answer::{Answer, typed};
use crate::input::Input;
use crate::problem::{Code, Problem};

const TEXT: &str = "text/plain; charset=utf-8";

/// The process runs.
pub(super) async fn alive(_: Input) -> Result<Answer, Problem> {
    Ok(typed(StatusCode::OK, TEXT, "alive\n"))
}

/// The process takes work.
pub(super) async fn ready(input: Input) -> Result<Answer, Problem> {
    if input.app.is_draining() {
        return Err(Problem::plain(Code::Draining));
    }
    input.app.directory.check().await?;
    Ok(typed(StatusCode::OK, TEXT, "ready\n"))
}

/// What a problem's code means.
pub(super) async fn problem(input: Input) -> Result<Answer, Problem> {
    let code = Code::parse(&input.head.name::<String>("code")?).ok_or_else(Problem::not_found)?;
    let page = format!("{} ({})\n\n{}.\n{}\n", code.as_str(), code.status(), code.title(), code.explanation());
    Ok(typed(StatusCode::OK, TEXT, page))
}
