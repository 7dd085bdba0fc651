//! Reading records, one by one.

use signalsync_core::contract::Violation;
use signalsync_core::rights::{RecordAction, RecordRule, Veil};
use signalsync_core::{CollectionName, RecordId, RoleName};
use signalsync_store::{Listing, StoreError, Transaction};

use super::{Gate, Open};
use crate::access;
use crate::error::DataError;
use crate::history::{self, Kept, Version};
use crate::row::{Record, Stored, key};

impl Gate {
    /// One record, as far as the caller sees it.
    ///
    /// # Errors
    /// `NoCollection`, `NotFound`, or the store failed.
    pub fn get(&self, tx: &mut Transaction, collection: &CollectionName, id: &RecordId) -> Result<Record, DataError> {
        self.open(tx, collection)?;
        let (stored, veil) = self.seen(tx, collection, id)?.ok_or(DataError::NotFound)?;
        Ok(record(id.clone(), stored, &veil))
    }

    /// A record's history as far as the caller sees the record, newest first, from before the number `before`.
    ///
    /// # Errors
    /// `NoCollection`, `NotFound`, or the store failed.
    pub fn versions(
        &self,
        tx: &mut Transaction,
        collection: &CollectionName,
        id: &RecordId,
        before: Option<u32>,
        limit: usize,
    ) -> Result<Listing<Version>, DataError> {
        let open = self.open(tx, collection)?;
        let veil = match self.seen(tx, collection, id)? {
            Some((_, veil)) => veil,
            None => self.seen_remains(tx, &open, id)?.ok_or(DataError::NotFound)?,
        };
        let (kept, more) = history::page(tx, collection, id, before, limit)?;
        let shown = |Kept { mut version, .. }: Kept| {
            version.changes = version.changes.map(|changes| access::shown_changes(changes, &veil.hidden));
            version
        };
        let items: Vec<_> = kept.into_iter().map(shown).collect();
        let next = items.last().filter(|_| more).map(|last| last.number.to_string());
        Ok(Listing { items, next })
    }

    /// The roles and rules by which the caller may do this with a record that it sees.
    ///
    /// # Errors
    /// `NoCollection`, `NotFound`, or the store failed.
    pub fn why(
        &self,
        tx: &mut Transaction,
        collection: &CollectionName,
        id: &RecordId,
        action: RecordAction,
    ) -> Result<Vec<(RoleName, RecordRule)>, DataError> {
        self.open(tx, collection)?;
        let (stored, _) = self.seen(tx, collection, id)?.ok_or(DataError::NotFound)?;
        let rights = self.rights().on(collection);
        Ok(rights.why(action, &stored.facts()).map(|(role, rule)| (role.clone(), rule.clone())).collect())
    }

    /// What somebody else has against a record that is in the transaction, without naming fields that the caller does
    /// not see.
    ///
    /// # Errors
    /// The store failed.
    pub fn shown(
        &self,
        tx: &mut Transaction,
        (collection, id): (&CollectionName, &RecordId),
        violations: Vec<Violation>,
    ) -> Result<Vec<Violation>, StoreError> {
        let rights = self.rights().on(collection);
        let seen = self.seen(tx, collection, id)?.map(|(_, veil)| veil.hidden);
        // Whoever creates what they do not see has filled those fields.
        match seen.or_else(|| rights.creation()) {
            Some(hidden) => Ok(access::shown_violations(violations, &hidden)),
            None => Ok(Vec::new()),
        }
    }

    /// A record's document, all of it and whoever may see it: for what judges it.
    ///
    /// # Errors
    /// The store failed.
    pub fn text(
        &self,
        tx: &mut Transaction,
        collection: &CollectionName,
        id: &RecordId,
    ) -> Result<Option<String>, StoreError> {
        Ok(Self::stored(tx, collection, id)?.map(|stored| stored.text))
    }

    /// A record that is there, whoever may see it.
    pub(crate) fn stored(
        tx: &mut Transaction,
        collection: &CollectionName,
        id: &RecordId,
    ) -> Result<Option<Stored>, StoreError> {
        tx.get(&key(collection, id))?.map(|found| Stored::read(&found)).transpose()
    }

    /// A record that the caller sees, and what is hidden of it.
    pub(crate) fn seen(
        &self,
        tx: &mut Transaction,
        collection: &CollectionName,
        id: &RecordId,
    ) -> Result<Option<(Stored, Veil)>, StoreError> {
        let Some(stored) = Self::stored(tx, collection, id)? else { return Ok(None) };
        let veil = access::seen(&self.rights().on(collection), &stored);
        Ok(veil.map(|veil| (stored, veil)))
    }

    /// What is hidden of a deleted record that the caller saw; none when it did not, or there is none.
    fn seen_remains(&self, tx: &mut Transaction, open: &Open, id: &RecordId) -> Result<Option<Veil>, StoreError> {
        let newest = history::newest(tx, open.name(), id)?;
        let Some(remains) = newest.and_then(|kept| kept.remains) else { return Ok(None) };
        let stored = remains.stored()?;
        Ok(access::seen(&self.rights().on(open.name()), &stored))
    }
}

/// What a caller gets of a record.
pub(crate) fn record(id: RecordId, stored: Stored, veil: &Veil) -> Record {
    let Stored { version, about, text, value } = stored;
    Record { id, version, about, body: access::shown(text, &value, &veil.hidden) }
}
