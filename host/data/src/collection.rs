//! Collections: named sets of records, with the definition that holds for them.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_audit::{Action, Event};
use signalsync_core::{CollectionName, Digest, Permission, Timestamp};
use signalsync_store::{Key, Listing, Shelf, StoreError, Table, Transaction, row};

use crate::error::DataError;
use crate::gate::Gate;
use crate::index::BIN;
use crate::publish;

/// Collections of a tenant.
pub const COLLECTIONS_MAX: usize = 500;

/// Remains of deleted records that one transaction removes with their collection.
const CLEARED_MAX: usize = 5_000;

/// A named set of records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Collection {
    pub name: CollectionName,
    /// For people; at most 200 bytes.
    pub title: String,
    pub created_at: Timestamp,
    /// The definition that holds; none for a collection that takes any document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Published>,
}

/// Which definition holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Published {
    /// Counted from 1.
    pub version: u32,
    /// Of the definition.
    pub digest: Digest,
    pub at: Timestamp,
}

/// A collection as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Kept {
    #[serde(flatten)]
    pub(crate) collection: Collection,
    /// Collections that its records refer to.
    #[serde(default)]
    pub(crate) refers_to: BTreeSet<CollectionName>,
    /// Collections whose records refer to its.
    #[serde(default)]
    pub(crate) referred_by: BTreeSet<CollectionName>,
    /// What cursors of its lists are sealed with. Not secret from the tenant's operator, but from its callers.
    pub(crate) seal: Digest,
}

/// Something that a change of a collection would touch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "CollectionUsage")]
#[serde(rename_all = "kebab-case", tag = "what")]
pub enum Usage {
    /// Records of that collection refer to this one's.
    Reference { collection: CollectionName },
    /// An index looks at the field.
    Index { field: String },
    /// The field's words are searched.
    Search { field: String },
    /// A formula looks at the field.
    Formula { field: String, calculated: String },
}

/// A collection, if there is one.
///
/// # Errors
/// The store failed.
pub fn find(tx: &mut Transaction, name: &CollectionName) -> Result<Option<Collection>, StoreError> {
    Ok(kept(tx, name)?.map(|kept| kept.collection))
}

/// The version of a collection, whoever may know of it; none when it is not there.
///
/// # Errors
/// The store failed.
pub fn version(tx: &mut Transaction, name: &CollectionName) -> Result<Option<u64>, StoreError> {
    tx.version(&[key(name)])
}

/// A collection that the caller may know of.
///
/// # Errors
/// `NoCollection`, or the store failed.
pub fn require(gate: &Gate, tx: &mut Transaction, name: &CollectionName) -> Result<Collection, DataError> {
    find(tx, name)?.filter(|_| visible(gate, name)).ok_or(DataError::NoCollection)
}

/// Whether the caller may know that there is such a collection: who designs collections knows all of them, others
/// those in which they can see or create something.
pub fn visible(gate: &Gate, name: &CollectionName) -> bool {
    let rights = gate.rights().on(name);
    gate.rights().allows(Permission::CollectionsDesign) || rights.sees_any() || rights.creates()
}

/// The collections that the caller may know of, in the order of their names.
///
/// # Errors
/// The store failed.
pub fn list(
    gate: &Gate,
    tx: &mut Transaction,
    after: Option<&str>,
    limit: usize,
) -> Result<Listing<Collection>, DataError> {
    let page = tx.scan(Table::Collections, &[], "", after, COLLECTIONS_MAX, usize::MAX)?;
    let all = page.entries.iter().map(|(_, found)| row::read::<Collection>(&found.body));
    let mut items = Vec::new();
    for collection in all {
        let collection = collection?;
        if visible(gate, &collection.name) {
            items.push(collection);
        }
        if items.len() > limit {
            break;
        }
    }
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|last| last.name.to_string());
    Ok(Listing { items, next })
}

/// Creates a collection, or changes its title; true when it is new.
///
/// # Errors
/// `TooManyCollections`, or the store failed.
pub fn create(
    gate: &Gate,
    tx: &mut Transaction,
    name: &CollectionName,
    title: &str,
) -> Result<(Collection, bool), DataError> {
    let before = kept(tx, name)?;
    let created = before.is_none();
    if created
        && tx.scan(Table::Collections, &[], "", None, COLLECTIONS_MAX, usize::MAX)?.entries.len() >= COLLECTIONS_MAX
    {
        return Err(DataError::TooManyCollections { limit: COLLECTIONS_MAX });
    }
    let event = Event::new(Action::CollectionChanged, format!("collection/{name}"));
    let event = match &before {
        Some(before) => event.before(&before.collection.title)?,
        None => event,
    };
    let mut after = before.unwrap_or_else(|| fresh(gate, name));
    title.clone_into(&mut after.collection.title);
    put(tx, &after)?;
    gate.audit(tx, event.after(&title)?)?;
    Ok((after.collection, created))
}

/// Deletes a collection that has no records, with all that is left of deleted ones. False when there is more of that
/// than one transaction removes: commit it and ask again.
///
/// # Errors
/// `NoCollection`, `NotEmpty`, `ReferredTo`, or the store failed.
pub fn delete(gate: &Gate, tx: &mut Transaction, name: &CollectionName) -> Result<bool, DataError> {
    let before = kept(tx, name)?.ok_or(DataError::NoCollection)?;
    if !tx.scan(Table::Records, &[name.as_str()], "", None, 1, usize::MAX)?.entries.is_empty() {
        return Err(DataError::NotEmpty(name.clone()));
    }
    if let Some(other) = before.referred_by.iter().find(|other| *other != name) {
        return Err(DataError::ReferredTo(other.clone()));
    }
    // A record that is created and deleted meanwhile would leave something in the bin: that makes this a conflict.
    tx.scan(Table::Index, &[name.as_str(), BIN], "", None, 1, usize::MAX)?;
    for table in [Table::Index, Table::RecordVersions, Table::References] {
        if tx.clear(table, &[name.as_str()], CLEARED_MAX)? == CLEARED_MAX {
            return Ok(false);
        }
    }
    if !tx.clear_shelves(&Shelf::records(name), CLEARED_MAX)? {
        return Ok(false);
    }
    tx.clear(Table::CollectionVersions, &[name.as_str()], usize::MAX)?;
    publish::refer(tx, name, (&before.refers_to, &BTreeSet::new()))?;
    tx.delete(&key(name))?;
    gate.audit(tx, Event::new(Action::CollectionDeleted, format!("collection/{name}")).before(&before.collection)?)?;
    Ok(true)
}

/// What a change of a collection, or of one of its fields, would touch inside of the data itself.
///
/// # Errors
/// `NoCollection`, or the store failed.
pub fn usages(
    gate: &Gate,
    tx: &mut Transaction,
    name: &CollectionName,
    field: Option<&str>,
) -> Result<Vec<Usage>, DataError> {
    let kept = kept(tx, name)?.ok_or(DataError::NoCollection)?;
    let compiled = gate.schemas().of(tx, &kept.collection)?;
    let wanted = |found: &str| field.is_none_or(|field| field == found);
    let mut usages = Vec::new();
    if field.is_none() {
        usages.extend(kept.referred_by.into_iter().map(|collection| Usage::Reference { collection }));
    }
    let indexed = compiled.indexes.iter().flat_map(|index| &index.fields).filter(|found| wanted(&found.name));
    usages.extend(indexed.map(|found| Usage::Index { field: found.name.clone() }));
    let searched = compiled.search.iter().flat_map(|index| &index.fields).filter(|found| wanted(&found.name));
    usages.extend(searched.map(|found| Usage::Search { field: found.name.clone() }));
    for calculation in &compiled.calculations {
        let looked_at = calculation.formula.names();
        let fields: BTreeSet<_> = looked_at
            .iter()
            .filter_map(|name| calculation.table.as_deref().or_else(|| name.split('.').next()))
            .filter(|field| wanted(field))
            .collect();
        usages.extend(
            fields
                .into_iter()
                .map(|field| Usage::Formula { field: field.to_owned(), calculated: calculation.field.clone() }),
        );
    }
    Ok(usages)
}

pub(crate) fn kept(tx: &mut Transaction, name: &CollectionName) -> Result<Option<Kept>, StoreError> {
    tx.get(&key(name))?.map(|found| row::read(&found.body)).transpose()
}

pub(crate) fn put(tx: &mut Transaction, kept: &Kept) -> Result<(), StoreError> {
    tx.put(key(&kept.collection.name), row::write(kept)?);
    Ok(())
}

fn fresh(gate: &Gate, name: &CollectionName) -> Kept {
    let (title, created_at) = (String::new(), gate.now());
    // Two random ids: nobody guesses them, and nothing else is known of them.
    let seed = [signalsync_core::RequestId::new(), signalsync_core::RequestId::new()];
    let seal = Digest::of(&seed.map(|id| *id.as_bytes()).concat());
    let collection = Collection { name: name.clone(), title, created_at, published: None };
    Kept { collection, refers_to: BTreeSet::new(), referred_by: BTreeSet::new(), seal }
}

fn key(name: &CollectionName) -> Key {
    Key::new(Table::Collections, &[name.as_str()])
}
