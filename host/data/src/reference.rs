//! References between records: who refers to whom, in rows of their own, so that a deletion can be ruled.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use signalsync_core::{CollectionName, RecordId};
use signalsync_store::{Key, StoreError, Table, Transaction, id_part};

/// What happens to a record when the one that it refers to is deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnDelete {
    /// The deletion is refused.
    #[default]
    Refuse,
    /// The reference becomes empty.
    Clear,
    /// It is deleted, too.
    Cascade,
}

/// A field that refers to records of a collection.
#[derive(Debug, Clone)]
pub(crate) struct ReferenceField {
    /// The table that it is a column of.
    pub(crate) table: Option<String>,
    pub(crate) field: String,
    pub(crate) collection: CollectionName,
    pub(crate) on_delete: OnDelete,
}

/// A reference that a record makes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Made<'a> {
    pub(crate) collection: &'a CollectionName,
    pub(crate) id: &'a str,
    /// JSON Pointer.
    pub(crate) path: String,
}

impl ReferenceField {
    /// The references that a record makes by this field.
    pub(crate) fn made<'a>(&'a self, body: &'a Value) -> Vec<Made<'a>> {
        let collection = &self.collection;
        match &self.table {
            None => {
                let id = body.get(&self.field).and_then(Value::as_str);
                id.map(|id| Made { collection, id, path: format!("/{}", self.field) }).into_iter().collect()
            }
            Some(table) => {
                let rows = body.get(table).and_then(Value::as_array).into_iter().flatten().enumerate();
                let made = rows.filter_map(|(number, row)| {
                    let id = row.get(&self.field)?.as_str()?;
                    Some(Made { collection, id, path: format!("/{table}/{number}/{}", self.field) })
                });
                made.collect()
            }
        }
    }

    /// Whether a record refers to that one by this field.
    pub(crate) fn leads(&self, body: &Value, collection: &CollectionName, id: &RecordId) -> bool {
        self.collection == *collection && self.made(body).iter().any(|made| made.id == id.as_str())
    }

    /// Empties the field where it refers to that id.
    pub(crate) fn clear(&self, body: &mut Value, id: &RecordId) {
        let clear = |row: &mut Value| {
            if let Some(row) = row.as_object_mut()
                && row.get(&self.field).and_then(Value::as_str) == Some(id.as_str())
            {
                row.remove(&self.field);
            }
        };
        match &self.table {
            None => clear(body),
            Some(table) => {
                body.get_mut(table).and_then(Value::as_array_mut).into_iter().flatten().for_each(clear);
            }
        }
    }
}

/// The row that says that a record refers to another one.
pub(crate) fn key(to: (&CollectionName, &str), from: (&CollectionName, &RecordId)) -> Key {
    let last = format!("{}\0{}", from.0, from.1);
    Key::new(Table::References, &[to.0.as_str(), &id_part(to.1), &last])
}

/// Records that refer to this one, at most `limit`; some may not do so any more.
pub(crate) fn referring(
    tx: &mut Transaction,
    collection: &CollectionName,
    id: &RecordId,
    limit: usize,
) -> Result<Vec<(CollectionName, RecordId)>, StoreError> {
    let parents = [collection.as_str(), &id_part(id.as_str())];
    let page = tx.scan(Table::References, &parents, "", None, limit, usize::MAX)?;
    let parsed = page.entries.iter().map(|(last, _)| {
        let (collection, id) = last.split_once('\0')?;
        Some((collection.parse().ok()?, id.parse().ok()?))
    });
    parsed.collect::<Option<_>>().ok_or_else(|| StoreError::Corrupt("a reference is not what was written".to_owned()))
}
