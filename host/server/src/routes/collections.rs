//! Collections.

use http::StatusCode;
use http::header::LOCATION;
use serde::Deserialize;
use signalsync_core::CollectionName;

use crate::answer::{Answer, empty, json, with};
use crate::door::Permitted;
use crate::input::Input;
use crate::problem::{Code, Problem};

const TITLE_BYTES_MAX: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CollectionDraft {
    /// The name, when it is left out.
    #[serde(default)]
    title: Option<String>,
}

impl CollectionDraft {
    fn title(self, name: &CollectionName) -> Result<String, Problem> {
        let title = self.title.unwrap_or_else(|| name.to_string());
        let fits = (1..=TITLE_BYTES_MAX).contains(&title.len()) && !title.chars().any(char::is_control);
        let rule = || Problem::new(Code::InvalidBody, "`title` is 1 to 200 bytes without control characters");
        fits.then_some(title).ok_or_else(rule)
    }
}

pub(super) async fn list(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let query = input.head.query(&["after", "limit"])?;
    json(StatusCode::OK, &input.app.collections.list(permitted.scope(), query.text("after"), query.limit()?).await?)
}

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    json(StatusCode::OK, &input.app.collections.get(permitted.scope(), &input.head.name("collection")?).await?)
}

pub(super) async fn put(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (app, name) = (input.app.clone(), input.head.name::<CollectionName>("collection")?);
    let (_, draft, _) = input.document::<CollectionDraft>().await?;
    let title = draft.title(&name)?;
    let (collection, created) = app.collections.put(permitted.scope(), &name, &title).await?;
    if !created {
        return json(StatusCode::OK, &collection);
    }
    Ok(with(json(StatusCode::CREATED, &collection)?, LOCATION, &format!("/v1/collections/{name}")))
}

pub(super) async fn delete(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    input.app.collections.delete(permitted.scope(), &input.head.name("collection")?).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}
