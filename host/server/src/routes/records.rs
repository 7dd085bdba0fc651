//! Records of a collection. Who sees and changes which of them is decided at their gate.

use http::StatusCode;
use http::header::LOCATION;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use signalsync_core::{CollectionName, DepartmentId, RecordId, Timestamp, UserId};
use signalsync_data::{About, Bin, Change, Count, Filter, Query, Record, Sort, Version};
use signalsync_records::{Act, Written, new_record_id};
use signalsync_store::{Listing, Precondition};

use crate::answer::{Answer, empty, json, not_modified, tagged, typed, with};
use crate::door::Permitted;
use crate::input::{Input, LIMIT_DEFAULT};
use crate::openapi::{Fields, MergePatch};
use crate::problem::Problem;

/// RFC 7396.
const MERGE_PATCH: &str = "application/merge-patch+json";

/// A record in a list: its body stands there as it was written.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ListedRecord")]
pub(super) struct Listed {
    id: RecordId,
    version: u64,
    about: About,
    body: Box<RawValue>,
}

impl TryFrom<Record> for Listed {
    type Error = Problem;

    fn try_from(record: Record) -> Result<Self, Problem> {
        let Record { id, version, about, body } = record;
        Ok(Self { id, version, about, body: raw(body)? })
    }
}

/// A deleted record in a list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DeletedRecord")]
#[serde(rename_all = "kebab-case")]
pub(super) struct Deleted {
    id: RecordId,
    deleted_at: Timestamp,
    about: About,
    body: Box<RawValue>,
}

impl TryFrom<Bin> for Deleted {
    type Error = Problem;

    fn try_from(bin: Bin) -> Result<Self, Problem> {
        let Bin { id, deleted_at, about, body } = bin;
        Ok(Self { id, deleted_at, about, body: raw(body)? })
    }
}

/// What is looked for.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "RecordQuery")]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    #[serde(default)]
    filter: Option<Filter>,
    #[serde(default)]
    sort: Option<Sort>,
    #[serde(default)]
    search: Option<String>,
    #[serde(default)]
    after: Option<String>,
    #[serde(default = "limit_default")]
    limit: usize,
    /// Whether it is wanted how many there are.
    #[serde(default)]
    count: bool,
}

fn limit_default() -> usize {
    LIMIT_DEFAULT
}

/// What was found.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RecordPage")]
pub(super) struct Page {
    #[serde(flatten)]
    found: Listing<Listed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<Count>,
}

/// To whom a record goes.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "RecordHandOver")]
#[serde(deny_unknown_fields)]
pub(super) struct HandOver {
    owner: Option<UserId>,
    department: Option<DepartmentId>,
}

fn raw(body: String) -> Result<Box<RawValue>, Problem> {
    RawValue::from_string(body).map_err(|error| Problem::internal(&error))
}

fn listing<T, L: TryFrom<T, Error = Problem>>(page: Listing<T>) -> Result<Listing<L>, Problem> {
    let items = page.items.into_iter().map(L::try_from).collect::<Result<_, _>>()?;
    Ok(Listing { items, next: page.next })
}

pub(super) async fn list(permitted: Permitted, input: Input) -> Result<Answer<Listing<Listed>>, Problem> {
    let query = input.head.query()?;
    let collection: CollectionName = input.head.name("collection")?;
    let (prefix, after) = (query.text("prefix").unwrap_or(""), query.text("after"));
    let page = input.app.records.list(permitted.scope(), &collection, prefix, after, query.limit()?).await?;
    json(StatusCode::OK, &listing::<_, Listed>(page)?)
}

pub(super) async fn query(permitted: Permitted, input: Input<Asked>) -> Result<Answer<Page>, Problem> {
    let (app, collection) = (input.app.clone(), input.head.name("collection")?);
    let (_, asked, _) = input.document().await?;
    let Asked { filter, sort, search, after, limit, count } = asked;
    let query = Query { filter, sort, search, after, limit };
    let (found, count) = app.records.query(permitted.scope(), &collection, &query, count).await?;
    json(StatusCode::OK, &Page { found: listing(found)?, count })
}

pub(super) async fn bin(permitted: Permitted, input: Input) -> Result<Answer<Listing<Deleted>>, Problem> {
    let query = input.head.query()?;
    let collection = input.head.name("collection")?;
    let page = input.app.records.bin(permitted.scope(), &collection, query.text("after"), query.limit()?).await?;
    json(StatusCode::OK, &listing::<_, Deleted>(page)?)
}

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer<Fields>, Problem> {
    let (collection, id) = (input.head.name("collection")?, input.head.name("record")?);
    let record = input.app.records.get(permitted.scope(), &collection, &id).await?;
    if input.head.has(&format!("\"{}\"", record.version))? {
        return Ok(not_modified(record.version));
    }
    Ok(tagged(typed(StatusCode::OK, "application/json", record.body), record.version))
}

pub(super) async fn versions(permitted: Permitted, input: Input) -> Result<Answer<Listing<Version>>, Problem> {
    let query = input.head.query()?;
    let (collection, id) = (input.head.name("collection")?, input.head.name("record")?);
    let (before, limit) = (query.parsed("before")?, query.limit()?);
    json(StatusCode::OK, &input.app.records.versions(permitted.scope(), (&collection, &id), before, limit).await?)
}

pub(super) async fn create(permitted: Permitted, input: Input<Fields>) -> Result<Answer<Written>, Problem> {
    write(permitted, input, new_record_id(), ("application/json", Act::Add)).await
}

pub(super) async fn put(permitted: Permitted, input: Input<Fields>) -> Result<Answer<Written>, Problem> {
    let id = input.head.name("record")?;
    write(permitted, input, id, ("application/json", Act::Put)).await
}

pub(super) async fn patch(permitted: Permitted, input: Input<MergePatch>) -> Result<Answer<Written>, Problem> {
    let id = input.head.name("record")?;
    write(permitted, input, id, (MERGE_PATCH, Act::Patch)).await
}

async fn write<B>(
    permitted: Permitted,
    input: Input<B>,
    id: RecordId,
    (media_type, act): (&str, fn(Change) -> Act),
) -> Result<Answer<Written>, Problem> {
    let app = input.app.clone();
    let collection: CollectionName = input.head.name("collection")?;
    let (head, body) = input.text_of(media_type, permitted.scope().tier().record_bytes_max).await?;
    let request = head.request_key(body.as_bytes())?;
    let act = act(Change { collection, id, precondition: head.precondition()?, body });
    written(&app.records.write(permitted.scope(), &act, request.as_ref()).await?)
}

pub(super) async fn restore(permitted: Permitted, input: Input) -> Result<Answer<Written>, Problem> {
    let act = Act::Restore { collection: input.head.name("collection")?, id: input.head.name("record")? };
    let request = input.head.request_key(&[])?;
    written(&input.app.records.write(permitted.scope(), &act, request.as_ref()).await?)
}

fn written(written: &Written) -> Result<Answer<Written>, Problem> {
    let status = if written.created { StatusCode::CREATED } else { StatusCode::OK };
    let answer = tagged(json(status, written)?, written.version);
    let id = utf8_percent_encode(written.id.as_str(), NON_ALPHANUMERIC);
    Ok(with(answer, LOCATION, &format!("/v1/collections/{}/records/{id}", written.collection)))
}

pub(super) async fn hand_over(permitted: Permitted, input: Input<HandOver>) -> Result<Answer, Problem> {
    let (app, collection, id) =
        (input.app.clone(), input.head.name("collection")?, input.head.name::<RecordId>("record")?);
    let (head, HandOver { owner, department }, request) = input.document().await?;
    let terms = head.terms(request.as_ref())?;
    let done = app.records.hand_over(permitted.scope(), (&collection, &id), (owner, department), terms).await?;
    Ok(tagged(empty(StatusCode::NO_CONTENT), done.version))
}

pub(super) async fn delete(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let (collection, id) = (input.head.name("collection")?, input.head.name("record")?);
    let precondition: Precondition = input.head.precondition()?;
    input.app.records.delete(permitted.scope(), &collection, &id, precondition).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}
