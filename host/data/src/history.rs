//! The history of a record: who changed what when, as differences (RFC 6902).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use signalsync_core::{CollectionName, DeploymentName, RecordId, Timestamp};
use signalsync_store::{Key, StoreError, Table, Transaction, id_part, row};

use crate::attached;
use crate::row::About;

/// Entries that are kept for each record; the oldest go first.
pub const VERSIONS_KEPT: u32 = 100;

/// Bytes of a difference that is kept. Of a longer one only that there was a change is known.
const CHANGES_BYTES_MAX: usize = 64 << 10;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "RecordAct")]
pub enum Act {
    Created,
    Changed,
    Deleted,
    Restored,
    HandedOver,
}

/// An entry of a record's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "RecordVersion")]
#[serde(rename_all = "kebab-case")]
pub struct Version {
    /// Counted from 1, without gaps.
    pub number: u32,
    pub act: Act,
    pub at: Timestamp,
    /// A person's or a key's id; none for the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The component that did it on their behalf.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<DeploymentName>,
    /// From the state before to this one (RFC 6902), as far as its reader may see it. None when it was too long to be
    /// kept, and for what is no change of the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<Vec<Value>>,
}

/// An entry as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Kept {
    #[serde(flatten)]
    pub(crate) version: Version,
    /// Of a deleted record: all of it, so that it can come back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) remains: Option<Remains>,
}

/// A deleted record.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Remains {
    pub(crate) about: About,
    pub(crate) body: String,
}

/// The difference between two documents; none when it is too long to be kept.
pub(crate) fn changes(before: &Value, after: &Value) -> Option<Vec<Value>> {
    let patch = json_patch::diff(before, after);
    let text = serde_json::to_string(&patch).ok().filter(|text| text.len() <= CHANGES_BYTES_MAX)?;
    serde_json::from_str(&text).ok()
}

/// Adds an entry and lets go of the one that is too old.
pub(crate) fn add(
    tx: &mut Transaction,
    collection: &CollectionName,
    id: &RecordId,
    kept: &Kept,
) -> Result<(), StoreError> {
    let number = kept.version.number;
    tx.put(key(collection, id, number), row::write(kept)?);
    if let Some(old) = number.checked_sub(VERSIONS_KEPT).filter(|old| *old > 0) {
        tx.erase(key(collection, id, old));
    }
    Ok(())
}

/// The newest entry; none for an id that was never used.
pub(crate) fn newest(
    tx: &mut Transaction,
    collection: &CollectionName,
    id: &RecordId,
) -> Result<Option<Kept>, StoreError> {
    Ok(page(tx, collection, id, None, 1)?.0.pop())
}

/// Entries before the number `before`, newest first, and whether there are more.
pub(crate) fn page(
    tx: &mut Transaction,
    collection: &CollectionName,
    id: &RecordId,
    before: Option<u32>,
    limit: usize,
) -> Result<(Vec<Kept>, bool), StoreError> {
    let before = before.map(part);
    let parents = [collection.as_str(), &id_part(id.as_str())];
    let page = tx.scan_back(Table::RecordVersions, &parents, "", before.as_deref(), limit, usize::MAX)?;
    let kept = page.entries.iter().map(|(_, found)| row::read(&found.body)).collect::<Result<_, _>>()?;
    Ok((kept, page.next.is_some()))
}

/// Forgets all entries of a record that is gone for good, and its files.
pub(crate) fn forget(tx: &mut Transaction, collection: &CollectionName, id: &RecordId) -> Result<(), StoreError> {
    attached::forget(tx, collection, id)?;
    let kept = VERSIONS_KEPT as usize + 1;
    tx.clear(Table::RecordVersions, &[collection.as_str(), &id_part(id.as_str())], kept).map(drop)
}

fn key(collection: &CollectionName, id: &RecordId, number: u32) -> Key {
    key_of(collection, &id_part(id.as_str()), number)
}

/// By what stands for the record's id.
pub(crate) fn key_of(collection: &CollectionName, record: &str, number: u32) -> Key {
    Key::new(Table::RecordVersions, &[collection.as_str(), record, &part(number)])
}

/// Numbers have one length, so that entries are in order.
fn part(number: u32) -> String {
    format!("{number:010}")
}
