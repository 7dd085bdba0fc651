//! Why somebody may do something with records.

use http::StatusCode;
use serde_json::Value;
use signalsync_core::rights::{RecordAction, RecordFacts};
use signalsync_core::{CollectionName, RecordId, UserId};
use signalsync_people::rights::Why;

use crate::answer::{Answer, json};
use crate::door::Permitted;
use crate::input::{Input, bad};
use crate::problem::Problem;

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer<Why>, Problem> {
    let query = input.head.query()?;
    let person: UserId = query.parsed("person")?.ok_or_else(|| bad("the query needs `person`"))?;
    let collection: CollectionName = query.parsed("collection")?.ok_or_else(|| bad("the query needs `collection`"))?;
    let (record, action) = (query.parsed::<RecordId>("record")?, query.word("action")?.unwrap_or(RecordAction::See));
    let (app, scope) = (&input.app, permitted.scope());
    app.collections.get(scope, &collection).await?;
    let Some(record) = record else {
        return json(StatusCode::OK, &app.reasons.of(scope, person, &collection, action, None).await?);
    };
    // The answer tells what is in the record.
    let found = app.records.get(scope, &collection, &record).await?;
    let body: Value = serde_json::from_str(&found.body).map_err(|error| Problem::internal(&error))?;
    let facts = RecordFacts { owner: found.about.owner, department: found.about.department, body: &body };
    json(StatusCode::OK, &app.reasons.of(scope, person, &collection, action, Some(&facts)).await?)
}
