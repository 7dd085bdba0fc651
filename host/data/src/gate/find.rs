//! Finding records by what they are known by: a unique field, or their owner.

use serde_json::Value;
use signalsync_core::{CollectionName, RecordId, UserId};
use signalsync_store::{Listing, StoreError, Table, Transaction};

use super::Gate;
use crate::error::DataError;
use crate::index::OWNER;
use crate::upkeep;

impl Gate {
    /// The record that has this value in a field with a unique index of its own, if the caller sees both. Values agree here
    /// when no two records may have them: texts do so whatever their case.
    ///
    /// # Errors
    /// `NoCollection`, `BadQuery` when the field has no such index, `IndexNotReady`, or the store failed.
    pub fn with_unique(
        &self,
        tx: &mut Transaction,
        collection: &CollectionName,
        field: &str,
        value: &Value,
    ) -> Result<Option<RecordId>, DataError> {
        let open = self.open(tx, collection)?;
        let own = |index: &&crate::index::Index| index.unique && matches!(&index.fields[..], [f] if f.name == field);
        let index = open.compiled.indexes.iter().find(own);
        let index = index.ok_or_else(|| DataError::BadQuery(format!("`{field}` has no unique index of its own")))?;
        if !upkeep::is_ready(tx, collection, &index.name)? {
            return Err(DataError::IndexNotReady(index.title()));
        }
        let encoded = index.fields.first().and_then(|field| field.encode(value));
        let Some(head) = encoded.map(|text| format!("{text}\0")) else { return Ok(None) };
        let page = tx.scan(Table::Index, &[collection.as_str(), &index.name], &head, None, 1, usize::MAX)?;
        let Some((last, _)) = page.entries.first() else { return Ok(None) };
        let id = id_behind(last, &head)?;
        let seen = self.seen(tx, collection, &id)?;
        Ok(seen.filter(|(_, veil)| !veil.hidden.contains(field)).map(|_| id))
    }

    /// Ids of records that somebody owns, whoever may see them, behind the id `after`: for the host, when it hands them over.
    ///
    /// # Errors
    /// The store failed.
    pub fn owned(
        tx: &mut Transaction,
        collection: &CollectionName,
        owner: UserId,
        after: Option<&RecordId>,
        limit: usize,
    ) -> Result<Listing<RecordId>, StoreError> {
        let head = format!("{owner}\0");
        let after = after.map(|id| format!("{head}{id}"));
        let page = tx.scan(Table::Index, &[collection.as_str(), OWNER], &head, after.as_deref(), limit, usize::MAX)?;
        let items = page.entries.iter().map(|(last, _)| id_behind(last, &head)).collect::<Result<Vec<_>, _>>()?;
        let next = items.last().filter(|_| page.next.is_some()).map(ToString::to_string);
        Ok(Listing { items, next })
    }
}

fn id_behind(last: &str, head: &str) -> Result<RecordId, StoreError> {
    let id = last.strip_prefix(head).and_then(|id| id.parse().ok());
    id.ok_or_else(|| StoreError::Corrupt("an index leads to no record".to_owned()))
}
