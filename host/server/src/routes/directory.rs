//! What everybody of a tenant may know of its people and groups.

use http::StatusCode;
use signalsync_people::directory::Named;
use signalsync_store::Listing;

use crate::answer::{Answer, json};
use crate::door::Permitted;
use crate::input::{Input, bad};
use crate::problem::Problem;

/// With `ids`, those; else people by name.
pub(super) async fn list(permitted: Permitted, input: Input) -> Result<Answer<Listing<Named>>, Problem> {
    let query = input.head.query()?;
    let (names, scope) = (&input.app.names, permitted.scope());
    let (ids, search, after) = (query.text("ids"), query.text("search"), query.text("after"));
    let found = match ids {
        Some(_) if search.is_some() || after.is_some() => {
            return Err(bad("ask for `ids`, or for a page with `search` and `after`, and not for both"));
        }
        Some(ids) => names.names(scope, &ids.split(',').collect::<Vec<_>>()).await?,
        None => names.search(scope, search, after, query.limit()?).await?,
    };
    json(StatusCode::OK, &found)
}
