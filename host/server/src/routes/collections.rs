//! Collections.

use http::StatusCode;
use http::header::LOCATION;
use schemars::JsonSchema;
use serde::Deserialize;
use signalsync_core::CollectionName;
use signalsync_data::Collection;
use signalsync_store::Listing;

use crate::answer::{Answer, current, empty, json, tagged, with};
use crate::door::Permitted;
use crate::input::Input;
use crate::problem::{Code, Problem};

const TITLE_BYTES_MAX: usize = 200;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CollectionDraft {
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

pub(super) async fn list(permitted: Permitted, input: Input) -> Result<Answer<Listing<Collection>>, Problem> {
    let query = input.head.query()?;
    json(StatusCode::OK, &input.app.collections.list(permitted.scope(), query.text("after"), query.limit()?).await?)
}

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer<Collection>, Problem> {
    let name = input.head.name("collection")?;
    let (collection, version) = input.app.collections.get(permitted.scope(), &name).await?;
    current(&input.head, version, &collection)
}

pub(super) async fn put(permitted: Permitted, input: Input<CollectionDraft>) -> Result<Answer<Collection>, Problem> {
    let (app, name) = (input.app.clone(), input.head.name::<CollectionName>("collection")?);
    let (head, draft, request) = input.document().await?;
    let (title, terms) = (draft.title(&name)?, head.terms(request.as_ref())?);
    let done = app.collections.put(permitted.scope(), &name, &title, terms).await?;
    let (collection, created) = done.value;
    if !created {
        return Ok(tagged(json(StatusCode::OK, &collection)?, done.version));
    }
    let answer = tagged(json(StatusCode::CREATED, &collection)?, done.version);
    Ok(with(answer, LOCATION, &format!("/v1/collections/{name}")))
}

pub(super) async fn delete(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (name, terms) = (input.head.name("collection")?, input.head.terms(None)?);
    input.app.collections.delete(permitted.scope(), &name, terms).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}
