//! From a draft of a definition to the one that holds.

use std::collections::BTreeSet;

use signalsync_audit::{Action, Event};
use signalsync_core::contract::Violation;
use signalsync_core::{CollectionName, Digest};
use signalsync_store::{Key, StoreError, Table, Transaction, row};

use crate::collection::{self, Collection, Kept, Published};
use crate::compiled::{self, Compiled};
use crate::definition::{DEFINITION_BYTES_MAX, Definition};
use crate::error::DataError;
use crate::gate::Gate;
use crate::schemas::version_key;
use crate::upkeep;

/// Beside the numbers of versions.
pub(crate) const DRAFT: &str = "draft";

/// Keeps a draft; answers what would stop it from being published.
///
/// # Errors
/// `NoCollection`, `BadDefinition` when it is too large to be kept, or the store failed.
pub fn save(
    gate: &Gate,
    tx: &mut Transaction,
    name: &CollectionName,
    definition: &Definition,
) -> Result<Vec<Violation>, DataError> {
    collection::kept(tx, name)?.ok_or(DataError::NoCollection)?;
    let text = row::write(definition)?;
    if text.len() > DEFINITION_BYTES_MAX {
        let what = format!("a definition has at most {DEFINITION_BYTES_MAX} bytes");
        return Err(DataError::BadDefinition { violations: compiled::violations(vec![(String::new(), what)]) });
    }
    gate.audit(tx, Event::new(Action::CollectionChanged, format!("collection/{name}/draft")).after(definition)?)?;
    tx.put(draft_key(name), text);
    Ok(Compiled::of(definition).err().unwrap_or_default())
}

/// The version of the draft; none when there is none.
///
/// # Errors
/// The store failed.
pub fn draft_version(tx: &mut Transaction, name: &CollectionName) -> Result<Option<u64>, StoreError> {
    tx.version(&[draft_key(name)])
}

/// The draft.
///
/// # Errors
/// `NoDefinition`, or the store failed.
pub fn draft(tx: &mut Transaction, name: &CollectionName) -> Result<Definition, DataError> {
    let found = tx.get(&draft_key(name))?.ok_or(DataError::NoDefinition)?;
    Ok(row::read(&found.body)?)
}

/// Forgets the draft.
///
/// # Errors
/// `NoDefinition`, or the store failed.
pub fn discard(tx: &mut Transaction, name: &CollectionName) -> Result<(), DataError> {
    if tx.delete(&draft_key(name))? { Ok(()) } else { Err(DataError::NoDefinition) }
}

/// A published definition: the one that holds, or an earlier one.
///
/// # Errors
/// `NoCollection`, `NoDefinition`, or the store failed.
pub fn published(
    gate: &Gate,
    tx: &mut Transaction,
    name: &CollectionName,
    version: Option<u32>,
) -> Result<(u32, Definition), DataError> {
    let collection = collection::require(gate, tx, name)?;
    definition(tx, &collection, version)
}

/// The definition that holds, as a form for whoever is asked to fill it in: no record of the collection is in it, so that
/// rules over records say nothing.
///
/// # Errors
/// `NoCollection`, `NoDefinition`, or the store failed.
pub fn form(tx: &mut Transaction, name: &CollectionName) -> Result<(u32, Definition), DataError> {
    let collection = collection::find(tx, name)?.ok_or(DataError::NoCollection)?;
    definition(tx, &collection, None)
}

fn definition(
    tx: &mut Transaction,
    collection: &Collection,
    version: Option<u32>,
) -> Result<(u32, Definition), DataError> {
    let holding = collection.published.as_ref().map(|published| published.version);
    let version = version.or(holding).ok_or(DataError::NoDefinition)?;
    let found = tx.get(&version_key(&collection.name, version))?.ok_or(DataError::NoDefinition)?;
    Ok((version, row::read(&found.body)?))
}

/// Makes the draft the definition that holds. Records that are there already are not looked at: they have to fit when
/// they are written next. New indexes are built in steps; see [`upkeep`].
///
/// # Errors
/// `NoCollection`, `NoDefinition`, `BadDefinition`, or the store failed.
pub fn publish(gate: &Gate, tx: &mut Transaction, name: &CollectionName) -> Result<Collection, DataError> {
    let mut kept = collection::kept(tx, name)?.ok_or(DataError::NoCollection)?;
    let definition = draft(tx, name)?;
    let compiled = Compiled::of(&definition).map_err(|violations| DataError::BadDefinition { violations })?;
    missing_targets(tx, &compiled)?;
    let before = gate.schemas().of(tx, &kept.collection)?;
    let text = row::write(&definition)?;
    let version = newest(tx, name)? + 1;
    tx.put(version_key(name, version), text.clone());
    tx.delete(&draft_key(name))?;
    let refers_to = compiled.refers_to();
    refer(tx, name, (&kept.refers_to, &refers_to))?;
    // The row may have been changed by that, where a collection refers to itself.
    kept = Kept { refers_to, ..collection::kept(tx, name)?.ok_or(DataError::NoCollection)? };
    kept.collection.published = Some(Published { version, digest: Digest::of(&text), at: gate.now() });
    collection::put(tx, &kept)?;
    upkeep::plan(tx, name, &before, &compiled)?;
    gate.audit(tx, Event::new(Action::CollectionPublished, format!("collection/{name}")).after(&kept.collection)?)?;
    upkeep::step(gate, tx, name)?;
    Ok(kept.collection)
}

fn missing_targets(tx: &mut Transaction, compiled: &Compiled) -> Result<(), DataError> {
    for reference in &compiled.references {
        if collection::kept(tx, &reference.collection)?.is_none() {
            let at = match &reference.table {
                Some(table) => format!("/schema/properties/{table}/items/properties/{}/x-collection", reference.field),
                None => format!("/schema/properties/{}/x-collection", reference.field),
            };
            let what = format!("there is no collection `{}`; create it first", reference.collection);
            return Err(DataError::BadDefinition { violations: compiled::violations(vec![(at, what)]) });
        }
    }
    Ok(())
}

/// Tells other collections that this one's records refer to theirs now, or no more.
pub(crate) fn refer(
    tx: &mut Transaction,
    name: &CollectionName,
    (before, after): (&BTreeSet<CollectionName>, &BTreeSet<CollectionName>),
) -> Result<(), StoreError> {
    for other in before.symmetric_difference(after) {
        let Some(mut kept) = collection::kept(tx, other)? else { continue };
        if after.contains(other) {
            kept.referred_by.insert(name.clone());
        } else {
            kept.referred_by.remove(name);
        }
        collection::put(tx, &kept)?;
    }
    Ok(())
}

/// The number of the newest version; 0 when there is none.
fn newest(tx: &mut Transaction, name: &CollectionName) -> Result<u32, StoreError> {
    // Numbers come before words.
    let page = tx.scan_back(Table::CollectionVersions, &[name.as_str()], "", Some(":"), 1, usize::MAX)?;
    let number = page.entries.first().map(|(number, _)| number.parse());
    number
        .transpose()
        .map(Option::unwrap_or_default)
        .map_err(|_| StoreError::Corrupt("no number of a version".to_owned()))
}

pub(crate) fn draft_key(name: &CollectionName) -> Key {
    Key::new(Table::CollectionVersions, &[name.as_str(), DRAFT])
}
