//! Indexes of records that were there before: built in bounded steps, so that a million records need no long transaction.
//!
//! From the moment a definition is published, every write keeps its indexes. What remains is to look at the records from
//! before, in the order of their ids; where that stands is in a row for each index. Until it is done, nobody relies on
//! the index.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_core::{CollectionName, RecordId};
use signalsync_store::{Key, StoreError, Table, Transaction, row};

use crate::collection;
use crate::compiled::Compiled;
use crate::error::DataError;
use crate::gate::Gate;
use crate::index::{self, Index};
use crate::reference;
use crate::row::Stored;
use crate::schemas::Schemas;

/// Records that one step looks at.
pub const STEP_RECORDS: usize = 500;

/// Bytes of records that one step looks at.
const STEP_BYTES: usize = 4 << 20;

/// Rows of an index that nobody needs any more that one step removes.
const STEP_DROPPED: usize = 5_000;

/// Index states of a collection that are looked at: more than publishing again and again makes, as each time drops one.
const STATES_MAX: usize = 1_000;

/// Stands for the rows of references.
const REFERENCES: &str = "r";

/// How far an index is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum IndexState {
    /// Records up to this id are in it.
    Building {
        #[serde(default)]
        after: Option<RecordId>,
    },
    /// It is complete.
    Ready,
    /// It is unique, and two records have the same values. It is not relied on; mend one, and publish again.
    Refused { one: RecordId, field: String },
    /// It belongs to an earlier definition and is being removed.
    Dropping {
        /// Whether it is built anew then, because it is needed again.
        #[serde(default)]
        again: bool,
    },
}

/// What a collection's indexes are like, by their fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Progress {
    /// Whether there is nothing more to do.
    pub done: bool,
    /// Each index by its fields.
    pub indexes: BTreeMap<String, IndexState>,
}

/// States by the names of the indexes.
pub type States = BTreeMap<String, IndexState>;

/// Notes what has to be done when one definition follows another.
pub(crate) fn plan(
    tx: &mut Transaction,
    name: &CollectionName,
    before: &Compiled,
    after: &Compiled,
) -> Result<(), StoreError> {
    let states = states(tx, name)?;
    let (old, new) = (names(before), names(after));
    for index in old.difference(&new) {
        write(tx, name, index, &IndexState::Dropping { again: false })?;
    }
    for index in &new {
        let state = match states.get(index) {
            Some(IndexState::Ready | IndexState::Building { .. }) if old.contains(index) => continue,
            // What is left of it was not kept up to date.
            Some(IndexState::Dropping { .. }) => IndexState::Dropping { again: true },
            _ => IndexState::Building { after: None },
        };
        write(tx, name, index, &state)?;
    }
    Ok(())
}

/// Does a bounded part of what is to be done. Call it, and commit, until it is done; it can be interrupted anywhere.
///
/// # Errors
/// `NoCollection`, or the store failed.
pub fn step(gate: &Gate, tx: &mut Transaction, name: &CollectionName) -> Result<Progress, DataError> {
    advance(gate.schemas(), tx, name)
}

pub(crate) fn advance(schemas: &Schemas, tx: &mut Transaction, name: &CollectionName) -> Result<Progress, DataError> {
    let collection = collection::find(tx, name)?.ok_or(DataError::NoCollection)?;
    let compiled = schemas.of(tx, &collection)?;
    drop_one(tx, name)?;
    build(tx, name, &compiled)?;
    progress(tx, name, &compiled)
}

/// What a collection's indexes are like now, if the caller may know of it.
///
/// # Errors
/// `NoCollection`, or the store failed.
pub fn indexes(gate: &Gate, tx: &mut Transaction, name: &CollectionName) -> Result<Progress, DataError> {
    let open = gate.open(tx, name)?;
    progress(tx, name, &open.compiled)
}

/// What a collection's indexes are like now.
///
/// # Errors
/// The store failed.
pub(crate) fn progress(
    tx: &mut Transaction,
    name: &CollectionName,
    compiled: &Compiled,
) -> Result<Progress, DataError> {
    let states = states(tx, name)?;
    let done = states.values().all(|state| matches!(state, IndexState::Ready | IndexState::Refused { .. }));
    let title = |name: &str| match all(compiled).find(|index| index.name == name) {
        Some(index) if index.words => format!("the words of {}", index.title()),
        Some(index) => index.title(),
        None if name.starts_with(REFERENCES) => "the references".to_owned(),
        None => format!("an earlier index ({name})"),
    };
    let indexes = states.into_iter().map(|(name, state)| (title(&name), state)).collect();
    Ok(Progress { done, indexes })
}

/// Whether an index can be relied on.
pub(crate) fn is_ready(tx: &mut Transaction, name: &CollectionName, index: &str) -> Result<bool, StoreError> {
    let state = tx.get(&key(name, index))?.map(|found| row::read(&found.body)).transpose()?;
    Ok(state == Some(IndexState::Ready))
}

/// Whether the rows of a collection's references can be relied on.
pub(crate) fn references_ready(
    tx: &mut Transaction,
    name: &CollectionName,
    compiled: &Compiled,
) -> Result<bool, StoreError> {
    match references_name(compiled) {
        Some(index) => is_ready(tx, name, &index),
        None => Ok(true),
    }
}

fn all(compiled: &Compiled) -> impl Iterator<Item = &Index> {
    compiled.indexes.iter().chain(&compiled.search)
}

fn names(compiled: &Compiled) -> BTreeSet<String> {
    all(compiled).map(|index| index.name.clone()).chain(references_name(compiled)).collect()
}

/// Another set of references is built anew, like another index.
fn references_name(compiled: &Compiled) -> Option<String> {
    let what: Vec<_> = compiled
        .references
        .iter()
        .map(|reference| format!("{:?} {} {}", reference.table, reference.field, reference.collection))
        .collect();
    let hash = signalsync_core::Digest::of(what.join("\n").as_bytes()).to_string();
    (!what.is_empty()).then(|| format!("{REFERENCES}{}", &hash[..16]))
}

fn states(tx: &mut Transaction, name: &CollectionName) -> Result<States, StoreError> {
    let page = tx.scan(Table::CollectionVersions, &[name.as_str()], "index:", None, STATES_MAX, usize::MAX)?;
    page.entries
        .into_iter()
        .map(|(part, found)| Ok((part["index:".len()..].to_owned(), row::read(&found.body)?)))
        .collect()
}

fn write(tx: &mut Transaction, name: &CollectionName, index: &str, state: &IndexState) -> Result<(), StoreError> {
    tx.put(key(name, index), row::write(state)?);
    Ok(())
}

fn key(name: &CollectionName, index: &str) -> Key {
    Key::new(Table::CollectionVersions, &[name.as_str(), &format!("index:{index}")])
}

/// Removes a part of an index that nobody needs any more.
fn drop_one(tx: &mut Transaction, name: &CollectionName) -> Result<(), StoreError> {
    let states = states(tx, name)?;
    let dropping = states.iter().find_map(|(index, state)| match state {
        IndexState::Dropping { again } => Some((index, *again)),
        _ => None,
    });
    let Some((index, again)) = dropping else { return Ok(()) };
    // References that are made no more are passed over where they are found.
    let gone =
        index.starts_with(REFERENCES) || tx.clear(Table::Index, &[name.as_str(), index], STEP_DROPPED)? < STEP_DROPPED;
    match (gone, again) {
        (true, true) => write(tx, name, index, &IndexState::Building { after: None })?,
        (true, false) => tx.erase(key(name, index)),
        (false, _) => {}
    }
    Ok(())
}

/// Takes some more records into the indexes that are farthest behind.
fn build(tx: &mut Transaction, name: &CollectionName, compiled: &Compiled) -> Result<(), DataError> {
    let states = states(tx, name)?;
    let building = states.into_iter().filter_map(|(index, state)| match state {
        IndexState::Building { after } => Some((after, index)),
        _ => None,
    });
    let building: BTreeSet<_> = building.collect();
    let Some(after) = building.first().map(|(after, _)| after.clone()) else { return Ok(()) };
    let group: BTreeSet<_> = building.into_iter().filter(|(at, _)| *at == after).map(|(_, index)| index).collect();
    let last = after.as_ref().map(RecordId::as_str);
    let page = tx.scan(Table::Records, &[name.as_str()], "", last, STEP_RECORDS, STEP_BYTES)?;
    let mut refused = BTreeMap::new();
    for (id, found) in &page.entries {
        let id: RecordId = id.parse().map_err(|error| StoreError::Corrupt(format!("{error}")))?;
        take_in(tx, name, compiled, &group, (&id, &Stored::read(found)?), &mut refused)?;
    }
    let after =
        page.next.map(RecordId::try_from).transpose().map_err(|error| StoreError::Corrupt(error.to_string()))?;
    for index in &group {
        let state = match (refused.remove(index), &after) {
            (Some(refusal), _) => refusal,
            (None, Some(after)) => IndexState::Building { after: Some(after.clone()) },
            (None, None) => IndexState::Ready,
        };
        write(tx, name, index, &state)?;
    }
    Ok(())
}

fn take_in(
    tx: &mut Transaction,
    name: &CollectionName,
    compiled: &Compiled,
    group: &BTreeSet<String>,
    (id, stored): (&RecordId, &Stored),
    refused: &mut States,
) -> Result<(), StoreError> {
    for index in all(compiled).filter(|index| group.contains(&index.name)) {
        for head in index.values(&stored.value) {
            let is_double = index.unique && index::broken(tx, index, name, id, &stored.value, &head)?;
            if is_double {
                refused.insert(index.name.clone(), IndexState::Refused { one: id.clone(), field: index.title() });
            }
            tx.put(index::key(name, &index.name, &head, id.as_str()), "");
        }
    }
    if references_name(compiled).is_some_and(|name| group.contains(&name)) {
        for made in compiled.references.iter().flat_map(|reference| reference.made(&stored.value)) {
            tx.put(reference::key((made.collection, made.id), (name, id)), "");
        }
    }
    Ok(())
}
