//! Records of a collection.

use http::StatusCode;
use http::header::LOCATION;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use signalsync_core::rights::{RecordAction, RecordFacts};
use signalsync_core::{CollectionName, RecordId};
use signalsync_records::{Change, Record, Written, new_record_id};
use signalsync_store::{Listing, Precondition};

use crate::answer::{Answer, empty, json, tagged, typed, with};
use crate::door::Permitted;
use crate::input::Input;
use crate::problem::{Code, Problem};

/// Whether a caller reaches every record of a collection, with every field. As long as records are read and written
/// without a look at each one's owner, nobody else gets at them.
pub(super) trait Reaching {
    /// # Errors
    /// `not-found` for whoever does not see them, as for what is not there; else `not-allowed`.
    fn reaches(&self, collection: &CollectionName, action: RecordAction) -> Result<(), Problem>;
}

impl Reaching for Permitted {
    fn reaches(&self, collection: &CollectionName, action: RecordAction) -> Result<(), Problem> {
        let on = self.rights().on(collection);
        let any = RecordFacts { owner: None, department: None, body: &Value::Null };
        if !on.sees_all() {
            return Err(Problem::not_found());
        }
        let plain = on.veil(action, &any).is_some_and(|veil| veil.fixed.is_empty());
        if plain { Ok(()) } else { Err(not_allowed(collection)) }
    }
}

fn not_allowed(collection: &CollectionName) -> Problem {
    let detail = format!("None of your roles lets you do this with records of `{collection}`. Ask an administrator.");
    Problem::new(Code::NotAllowed, detail)
}

/// A record in a list: its body stands there as it was written.
#[derive(Serialize)]
struct Listed {
    id: RecordId,
    version: u64,
    body: Box<RawValue>,
}

impl TryFrom<Record> for Listed {
    type Error = Problem;

    fn try_from(record: Record) -> Result<Self, Problem> {
        let body = RawValue::from_string(record.body).map_err(|error| Problem::internal(&error))?;
        Ok(Self { id: record.id, version: record.version, body })
    }
}

pub(super) async fn list(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let query = input.head.query(&["prefix", "after", "limit"])?;
    let collection: CollectionName = input.head.name("collection")?;
    permitted.reaches(&collection, RecordAction::See)?;
    let (prefix, after) = (query.text("prefix").unwrap_or(""), query.text("after"));
    let page = input.app.records.list(permitted.scope(), &collection, prefix, after, query.limit()?).await?;
    let items = page.items.into_iter().map(Listed::try_from).collect::<Result<Vec<_>, _>>()?;
    json(StatusCode::OK, &Listing { items, next: page.next })
}

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (collection, id) = (input.head.name("collection")?, input.head.name("record")?);
    permitted.reaches(&collection, RecordAction::See)?;
    let record = input.app.records.get(permitted.scope(), &collection, &id).await?;
    if input.head.has(&format!("\"{}\"", record.version))? {
        return Ok(tagged(empty(StatusCode::NOT_MODIFIED), record.version));
    }
    Ok(tagged(typed(StatusCode::OK, "application/json", record.body), record.version))
}

pub(super) async fn create(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    write(permitted, input, new_record_id()).await
}

pub(super) async fn put(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let id = input.head.name("record")?;
    write(permitted, input, id).await
}

async fn write(permitted: Permitted, input: Input, id: RecordId) -> Result<Answer, Problem> {
    let app = input.app.clone();
    let collection: CollectionName = input.head.name("collection")?;
    permitted.reaches(&collection, RecordAction::Change)?;
    if !permitted.rights().on(&collection).creates() {
        return Err(not_allowed(&collection));
    }
    let (head, body) = input.json_text(permitted.scope().tier().record_bytes_max).await?;
    let request = head.request_key(body.as_bytes())?;
    let change = Change { collection, id, precondition: head.precondition()?, body };
    written(&app.records.put(permitted.scope(), &change, request.as_ref()).await?)
}

fn written(written: &Written) -> Result<Answer, Problem> {
    let status = if written.created { StatusCode::CREATED } else { StatusCode::OK };
    let answer = tagged(json(status, written)?, written.version);
    let id = utf8_percent_encode(written.id.as_str(), NON_ALPHANUMERIC);
    Ok(with(answer, LOCATION, &format!("/v1/collections/{}/records/{id}", written.collection)))
}

pub(super) async fn delete(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (collection, id) = (input.head.name("collection")?, input.head.name("record")?);
    permitted.reaches(&collection, RecordAction::Delete)?;
    let precondition: Precondition = input.head.precondition()?;
    input.app.records.delete(permitted.scope(), &collection, &id, precondition).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}
