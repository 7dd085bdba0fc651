//! Collections and their records on their way out of a tenant and into another one.
//!
//! Indexes and references follow from definitions and records: they are not carried along, but built anew by [`upkeep`].
//! Records are not judged again: what was in one tenant may be in the other, also where a definition has changed since.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use signalsync_core::contract::Violation;
use signalsync_core::json::check;
use signalsync_core::{CollectionName, Digest, RecordId, Timestamp};
use signalsync_store::lines::{Lines, Rows, Sink, Unfit, on_one_line, parse, put};
use signalsync_store::{StoreError, Table, Transaction, is_id_part, row};

use crate::collection::{self, Kept};
use crate::compiled::Compiled;
use crate::definition::{DEFINITION_BYTES_MAX, Definition};
use crate::effects;
use crate::error::DataError;
use crate::history;
use crate::index::{self, BIN, Indexed};
use crate::publish;
use crate::row::{self as record, About, Stored};
use crate::schemas::{Schemas, version_key};
use crate::upkeep;

/// Definitions, before the collections that they belong to.
pub fn definitions() -> impl Lines {
    Definitions
}

/// Collections. Take all definitions first.
pub fn collections() -> impl Lines {
    Rows { table: Table::Collections, parents: &[], take: settle }
}

/// Records of a collection that was taken.
pub fn records(collection: CollectionName) -> impl Lines {
    Records(collection)
}

/// Who changed records of a collection when, with those that were deleted.
pub fn versions(collection: CollectionName) -> impl Lines {
    Versions(collection)
}

/// Which records of a collection can come back. Take their versions first.
pub fn bin(collection: CollectionName) -> impl Lines {
    Bin(collection)
}

/// The collections that there are, in the order of their names.
///
/// # Errors
/// The store failed.
pub fn names(tx: &Transaction) -> Result<Vec<CollectionName>, StoreError> {
    let mut names = Vec::new();
    tx.each(Table::Collections, &[], &mut |_, found| {
        names.push(row::read::<Kept>(&found.body)?.collection.name);
        Ok(())
    })?;
    Ok(names)
}

/// Takes some more records of a collection into its indexes; false when there is nothing more to do. Call it, and commit,
/// when all records were taken.
///
/// # Errors
/// The store failed.
pub fn index(schemas: &Schemas, tx: &mut Transaction, name: &CollectionName) -> Result<bool, DataError> {
    Ok(!upkeep::advance(schemas, tx, name)?.done)
}

struct Definitions;

/// A definition, or a draft of one.
#[derive(Serialize, Deserialize)]
struct Defined {
    collection: CollectionName,
    /// None: the draft.
    version: Option<u32>,
    definition: Definition,
}

impl Lines for Definitions {
    fn out(&self, tx: &Transaction, to: Sink<'_>) -> Result<(), StoreError> {
        tx.each(Table::CollectionVersions, &[], &mut |key, found| {
            let parts = key.parts(1).unwrap_or_default();
            let [collection, part] = parts.as_slice() else { return Err(damaged("a definition")) };
            let version = match *part {
                publish::DRAFT => None,
                number if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                    Some(number.parse().map_err(|_| damaged("a definition"))?)
                }
                // How far an index is.
                _ => return Ok(()),
            };
            let collection = collection.parse().map_err(|_| damaged("a definition"))?;
            put(to, &Defined { collection, version, definition: row::read(&found.body)? })
        })
    }

    fn take(&self, tx: &mut Transaction, line: &[u8]) -> Result<(), Unfit> {
        let Defined { collection, version, definition } = parse(line)?;
        let text = row::write(&definition)?;
        if text.len() > DEFINITION_BYTES_MAX {
            return Err(Unfit::because(format!("a definition has at most {DEFINITION_BYTES_MAX} bytes")));
        }
        let key = match version {
            Some(number) => version_key(&collection, number),
            None => publish::draft_key(&collection),
        };
        tx.put(key, text);
        Ok(())
    }
}

fn settle(tx: &mut Transaction, kept: Kept) -> Result<(), Unfit> {
    let name = kept.collection.name.clone();
    if collection::kept(tx, &name)?.is_some() {
        return Err(Unfit::because("there are two collections with this name"));
    }
    let compiled = match &kept.collection.published {
        Some(published) => {
            let missing = || Unfit::because("its published definition is not among the definitions");
            let text = tx.get(&version_key(&name, published.version))?.ok_or_else(missing)?.body;
            if Digest::of(&text) != published.digest {
                return Err(Unfit::because("its published definition is another one than it says"));
            }
            let why = |broken: Vec<_>| broken.first().map_or(String::new(), |found: &Violation| found.message.clone());
            Compiled::of(&row::read(&text)?).map_err(|broken| Unfit::because(why(broken)))?
        }
        None => Compiled::default(),
    };
    let refers_to = compiled.refers_to();
    let mut referred_by = BTreeSet::new();
    for other in names_so_far(tx)? {
        let refers = collection::kept(tx, &other)?.is_some_and(|other| other.refers_to.contains(&name));
        referred_by.extend(refers.then_some(other));
    }
    collection::put(tx, &Kept { refers_to: refers_to.clone(), referred_by, ..kept })?;
    publish::refer(tx, &name, (&BTreeSet::new(), &refers_to))?;
    Ok(upkeep::plan(tx, &name, &Compiled::default(), &compiled)?)
}

fn names_so_far(tx: &mut Transaction) -> Result<Vec<CollectionName>, Unfit> {
    let page = tx.scan(Table::Collections, &[], "", None, collection::COLLECTIONS_MAX, usize::MAX)?;
    if page.next.is_some() {
        return Err(Unfit::because(format!("there are at most {} collections", collection::COLLECTIONS_MAX)));
    }
    page.entries.into_iter().map(|(name, _)| name.parse().map_err(|_| damaged("a collection").into())).collect()
}

struct Records(CollectionName);

/// A record.
#[derive(Serialize, Deserialize)]
struct Line<'a> {
    id: RecordId,
    about: About,
    /// As it was written, on one line.
    #[serde(borrow)]
    document: &'a RawValue,
}

impl Lines for Records {
    fn out(&self, tx: &Transaction, to: Sink<'_>) -> Result<(), StoreError> {
        tx.each(Table::Records, &[self.0.as_str()], &mut |key, found| {
            let id = key.parts(1).and_then(|parts| parts.last()?.parse().ok()).ok_or_else(|| damaged("a record"))?;
            let Stored { about, text, .. } = Stored::read(found)?;
            let document = RawValue::from_string(on_one_line(&text)).map_err(|_| damaged("a record"))?;
            put(to, &Line { id, about, document: &document })
        })
    }

    fn take(&self, tx: &mut Transaction, line: &[u8]) -> Result<(), Unfit> {
        let Line { id, about, document } = parse(line)?;
        check(document.get()).map_err(Unfit::because)?;
        let value = parse(document.get().as_bytes())?;
        // What the definition says is indexed afterwards, as after a publication.
        let indexed = Indexed { about: &about, body: &value };
        index::maintain(tx, &Compiled::default(), &self.0, &id, (None, Some(indexed)));
        tx.put(record::key(&self.0, &id), Stored::write(&about, document.get())?);
        Ok(())
    }
}

struct Versions(CollectionName);

/// An entry of a record's history.
#[derive(Serialize, Deserialize)]
struct Entry {
    /// The record's id, or what stands for a long one.
    record: String,
    entry: history::Kept,
}

impl Lines for Versions {
    fn out(&self, tx: &Transaction, to: Sink<'_>) -> Result<(), StoreError> {
        tx.each(Table::RecordVersions, &[self.0.as_str()], &mut |key, found| {
            let record = key.parts(2).and_then(|parts| Some((*parts.get(1)?).to_owned()));
            let record = record.ok_or_else(|| damaged("an entry of a history"))?;
            put(to, &Entry { record, entry: row::read(&found.body)? })
        })
    }

    fn take(&self, tx: &mut Transaction, line: &[u8]) -> Result<(), Unfit> {
        let Entry { record, entry } = parse(line)?;
        if !is_id_part(&record) {
            return Err(Unfit::because("it belongs to no record"));
        }
        tx.put(history::key_of(&self.0, &record, entry.version.number), row::write(&entry)?);
        Ok(())
    }
}

struct Bin(CollectionName);

/// A record that can come back.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Deleted {
    record: RecordId,
    deleted_at: Timestamp,
}

impl Lines for Bin {
    fn out(&self, tx: &Transaction, to: Sink<'_>) -> Result<(), StoreError> {
        tx.each(Table::Index, &[self.0.as_str(), BIN], &mut |key, _| {
            let parts = key.parts(2).unwrap_or_default();
            let (deleted_at, record) = effects::split(parts.last().copied().unwrap_or_default())?;
            put(to, &Deleted { record, deleted_at })
        })
    }

    fn take(&self, tx: &mut Transaction, line: &[u8]) -> Result<(), Unfit> {
        let Deleted { record, deleted_at } = parse(line)?;
        tx.put(index::key(&self.0, BIN, &effects::head(deleted_at), record.as_str()), "");
        Ok(())
    }
}

fn damaged(what: &str) -> StoreError {
    StoreError::Corrupt(format!("{what} is not what was written"))
}
