//! Deleting: into the bin, with what that does to records that refer to the deleted one; and back.

use std::collections::BTreeSet;

use signalsync_core::rights::RecordAction;
use signalsync_core::{CollectionName, RecordId, Timestamp};
use signalsync_store::{Listing, Precondition, StoreError, Table, Transaction};

use crate::collection;
use crate::error::DataError;
use crate::gate::{Gate, Open, Staged};
use crate::history::{self, Act, Remains};
use crate::index::{self, BIN};
use crate::reference::{self, OnDelete};
use crate::row::{About, Stored};
use crate::{access, upkeep};

/// Other records that one deletion changes or deletes.
pub const EFFECTS_MAX: usize = 1_000;

/// Referring records that a refusal names.
const NAMED_MAX: usize = 10;

/// How long a deleted record can come back.
const BIN_KEPT_MS: u64 = 30 * 24 * 60 * 60 * 1_000;

/// Records that are too old for the bin that each deletion removes for good.
const SWEPT_PER_DELETION: usize = 4;

/// Deleted records that one look into the bin passes over, seen or not.
const LOOKS_MAX: usize = 1_000;

/// A deleted record that can come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bin {
    pub id: RecordId,
    pub deleted_at: Timestamp,
    pub about: About,
    /// As far as its reader may see it.
    pub body: String,
}

impl Gate {
    /// Moves a record into the bin. References to it are ruled as the collections that make them say.
    ///
    /// # Errors
    /// Why it may not be deleted; the transaction is as it was before.
    pub fn delete(
        &self,
        tx: &mut Transaction,
        collection: &CollectionName,
        id: &RecordId,
        precondition: Precondition,
    ) -> Result<(), DataError> {
        let open = self.open(tx, collection)?;
        let (before, _) = self.seen(tx, collection, id)?.ok_or(DataError::NotFound)?;
        precondition.check(Some(before.version))?;
        self.veil(&open, RecordAction::Delete, &before)?;
        let savepoint = tx.savepoint();
        let mut deletion = Deletion { gate: self, host: self.as_host(), effects: 0, gone: BTreeSet::new() };
        let done = deletion.remove(tx, &open, id, &before).and_then(|()| sweep(tx, &open, self.now()));
        if done.is_err() {
            tx.rollback(savepoint);
        }
        done
    }

    /// Brings a deleted record back, if it fits the definition that holds now.
    ///
    /// # Errors
    /// `NoCollection`, `NotFound`, `Exists`, `Forbidden`, what is wrong with it now, or the store failed.
    pub fn restore(
        &self,
        tx: &mut Transaction,
        collection: &CollectionName,
        id: &RecordId,
    ) -> Result<Staged, DataError> {
        let open = self.open(tx, collection)?;
        if self.seen(tx, collection, id)?.is_some() {
            return Err(DataError::Exists);
        }
        let newest = history::newest(tx, collection, id)?;
        let newest = newest.filter(|_| Self::stored(tx, collection, id).is_ok_and(|found| found.is_none()));
        let (number, remains) = newest.map(|kept| (kept.version.number, kept.remains)).ok_or(DataError::NotFound)?;
        let stored = remains.ok_or(DataError::NotFound)?.stored()?;
        let veil = access::seen(&self.rights().on(collection), &stored).ok_or(DataError::NotFound)?;
        self.veil(&open, RecordAction::Delete, &stored)?;
        let about = About { number: number + 1, ..self.changed(&stored.about) };
        let state = (stored.value.clone(), stored.text.as_str());
        // As for a new record: what it referred to may be gone.
        let accepted = self.accept(tx, &open, id, None, about, state, &veil.hidden)?;
        self.leave_bin(tx, &open, id)?;
        self.store(tx, &open, id, (None, accepted), Act::Restored)
    }

    /// Deleted records that the caller may bring back, those deleted first first.
    ///
    /// # Errors
    /// `NoCollection`, `BadQuery`, or the store failed.
    pub fn bin(
        &self,
        tx: &mut Transaction,
        collection: &CollectionName,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listing<Bin>, DataError> {
        let open = self.open(tx, collection)?;
        let after = after.map(|cursor| open.unsealed(BIN, cursor)).transpose()?;
        let parents = [collection.as_str(), BIN];
        let page = tx.scan(Table::Index, &parents, "", after.as_deref(), LOOKS_MAX, usize::MAX)?;
        let (mut items, mut last) = (Vec::new(), None);
        let total = page.entries.len();
        for (looked, (place, _)) in page.entries.into_iter().enumerate() {
            let (at, id) = split(&place)?;
            if let Some(found) = self.in_bin(tx, &open, &id, at)? {
                items.push(found);
            }
            last = Some(place).filter(|_| looked + 1 < total || page.next.is_some());
            if items.len() == limit {
                break;
            }
        }
        Ok(Listing { items, next: last.map(|place| open.sealed(BIN, &place)) })
    }

    fn in_bin(
        &self,
        tx: &mut Transaction,
        open: &Open,
        id: &RecordId,
        deleted_at: Timestamp,
    ) -> Result<Option<Bin>, DataError> {
        let Some(remains) = history::newest(tx, open.name(), id)?.and_then(|kept| kept.remains) else {
            return Ok(None);
        };
        let stored = remains.stored()?;
        let rights = self.rights().on(open.name());
        let Some(veil) = rights.veil(RecordAction::Delete, &stored.facts()) else { return Ok(None) };
        let Remains { about, body } = remains;
        let body = access::shown(body, &stored.value, &veil.hidden);
        Ok(Some(Bin { id: id.clone(), deleted_at, about, body }))
    }

    /// Takes an id out of the bin because there is a record again.
    pub(crate) fn leave_bin(&self, tx: &mut Transaction, open: &Open, id: &RecordId) -> Result<(), StoreError> {
        let newest = history::newest(tx, open.name(), id)?;
        if let Some(kept) = newest.filter(|kept| kept.remains.is_some()) {
            tx.erase(index::key(open.name(), BIN, &head(kept.version.at), id.as_str()));
        }
        Ok(())
    }
}

/// A deletion with all that it does to other records.
struct Deletion<'a> {
    gate: &'a Gate,
    /// What a reference's rule does is nobody's choice: it happens whatever the caller may change elsewhere.
    host: Gate,
    effects: usize,
    gone: BTreeSet<(CollectionName, RecordId)>,
}

impl Deletion<'_> {
    /// Removes a record and all that is deleted with it. Records that refer in circles are met once.
    fn remove(&mut self, tx: &mut Transaction, open: &Open, id: &RecordId, before: &Stored) -> Result<(), DataError> {
        let mut waiting = vec![(open.name().clone(), id.clone())];
        self.gone.insert((open.name().clone(), id.clone()));
        self.take(tx, open, id, before)?;
        while let Some((collection, id)) = waiting.pop() {
            self.ready(tx, &collection)?;
            let referring = reference::referring(tx, &collection, &id, EFFECTS_MAX)?;
            if referring.len() >= EFFECTS_MAX {
                return Err(DataError::TooManyEffects { limit: EFFECTS_MAX });
            }
            for from in referring {
                if self.rule(tx, (&collection, &id), &from)? {
                    waiting.push(from);
                }
            }
        }
        Ok(())
    }

    fn take(&self, tx: &mut Transaction, open: &Open, id: &RecordId, before: &Stored) -> Result<(), DataError> {
        self.gate.remove(tx, open, id, before)?;
        tx.put(index::key(open.name(), BIN, &head(self.gate.now()), id.as_str()), "");
        Ok(())
    }

    /// Refuses as long as it is not known who refers to the collection's records.
    fn ready(&self, tx: &mut Transaction, collection: &CollectionName) -> Result<(), DataError> {
        let Some(kept) = collection::kept(tx, collection)? else { return Ok(()) };
        for other in &kept.referred_by {
            let open = self.host.open(tx, other)?;
            if !upkeep::references_ready(tx, other, &open.compiled)? {
                return Err(DataError::IndexNotReady(format!("the references of `{other}`")));
            }
        }
        Ok(())
    }

    /// What happens to a record that refers to a deleted one; true when it is deleted with it.
    fn rule(
        &mut self,
        tx: &mut Transaction,
        to: (&CollectionName, &RecordId),
        from: &(CollectionName, RecordId),
    ) -> Result<bool, DataError> {
        if self.gone.contains(from) {
            return Ok(false);
        }
        let Some(stored) = Gate::stored(tx, &from.0, &from.1)? else { return Ok(false) };
        let open = self.host.open(tx, &from.0)?;
        let fields: Vec<_> =
            open.compiled.references.iter().filter(|field| field.leads(&stored.value, to.0, to.1)).collect();
        let rule = fields.iter().map(|field| field.on_delete).collect::<Vec<_>>();
        if rule.is_empty() {
            return Ok(false);
        }
        if rule.contains(&OnDelete::Refuse) {
            return Err(self.referenced(tx, to)?);
        }
        self.effects += 1;
        if self.effects > EFFECTS_MAX {
            return Err(DataError::TooManyEffects { limit: EFFECTS_MAX });
        }
        if rule.contains(&OnDelete::Cascade) {
            self.gone.insert(from.clone());
            self.take(tx, &open, &from.1, &stored)?;
            return Ok(true);
        }
        let mut value = stored.value.clone();
        fields.iter().for_each(|field| field.clear(&mut value, to.1));
        let about = self.gate.changed(&stored.about);
        let text = value.to_string();
        let none = BTreeSet::new();
        let accepted = self.host.accept(tx, &open, &from.1, Some(&stored), about, (value, &text), &none);
        // A reference that must not be empty refuses, whatever its rule says.
        let Ok(accepted) = accepted else { return Err(self.referenced(tx, to)?) };
        self.host.store(tx, &open, &from.1, (Some(&stored), accepted), Act::Changed)?;
        Ok(false)
    }

    /// The refusal, which names only what the caller sees.
    fn referenced(
        &self,
        tx: &mut Transaction,
        (collection, id): (&CollectionName, &RecordId),
    ) -> Result<DataError, DataError> {
        let mut by = Vec::new();
        for (other, from) in reference::referring(tx, collection, id, NAMED_MAX)? {
            if self.gate.seen(tx, &other, &from)?.is_some() {
                by.push((other, from));
            }
        }
        Ok(DataError::Referenced { by })
    }
}

/// Removes for good what is too old for the bin.
fn sweep(tx: &mut Transaction, open: &Open, now: Timestamp) -> Result<(), DataError> {
    let Some(oldest) = now.0.checked_sub(BIN_KEPT_MS) else { return Ok(()) };
    let parents = [open.name().as_str(), BIN];
    let page = tx.scan(Table::Index, &parents, "", None, SWEPT_PER_DELETION, usize::MAX)?;
    for (place, _) in page.entries {
        let (at, id) = split(&place)?;
        if at.0 >= oldest {
            break;
        }
        tx.erase(index::key(open.name(), BIN, &head(at), id.as_str()));
        history::forget(tx, open.name(), &id)?;
    }
    Ok(())
}

/// Times have one length, so that the bin is in their order.
pub(crate) fn head(at: Timestamp) -> String {
    format!("{:020}\0", at.0)
}

pub(crate) fn split(place: &str) -> Result<(Timestamp, RecordId), StoreError> {
    let parts = place.split_once('\0').and_then(|(at, id)| Some((Timestamp(at.parse().ok()?), id.parse().ok()?)));
    parts.ok_or_else(|| StoreError::Corrupt("a place in the bin is not what was written".to_owned()))
}
