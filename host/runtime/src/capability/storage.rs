//! `storage`: the tenant's records behind their gate, narrowed to the collections that were granted.

use signalsync_core::{CollectionGrant, CollectionName, RecordId, Touched};
use signalsync_data::{Change, DataError, Gate, Record};
use signalsync_store::Precondition;
use wasmtime::component::{HasData, Resource};

use super::{Host, answer, enter, spend, unavailable};
use crate::generated::storage::{self, Entry, Page};
use crate::generated::types::Denied;
use crate::meter::STORE_CALL_FUEL;
use crate::state::{CallState, StoreBudget};
use crate::transcript::Question;

/// Entries in one page.
const PAGE_ENTRIES_MAX: u32 = 1_000;
/// Bytes of bodies in one page.
const PAGE_BYTES_MAX: usize = 1 << 20;
/// Bytes of a cursor: an id, or one that the gate sealed.
const CURSOR_BYTES_MAX: usize = 1_024;
/// Bytes of one record.
const RECORD_BYTES_MAX: usize = 1 << 20;
/// Collections that a call can have open.
const OPEN_MAX: usize = 64;

/// A collection that was granted; there is no other way to have one.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct OpenCollection {
    name: CollectionName,
    grant: CollectionGrant,
}

pub(crate) struct Storage;

impl HasData for Storage {
    type Data<'a> = &'a mut CallState;
}

impl storage::Host for &mut CallState {}
impl storage::HostCollection for &mut CallState {}

type Answer<T> = wasmtime::Result<Result<T, Denied>>;

impl storage::HostCollectionWithStore<CallState> for Storage {
    fn open(mut host: Host<'_, Self>, name: String) -> Answer<Resource<OpenCollection>> {
        enter(&mut host, STORE_CALL_FUEL, name.len())?;
        let state = host.get();
        let collection = match granted(state, name) {
            Ok(collection) => collection,
            Err(denied) => return Ok(Err(denied)),
        };
        if state.handles.iter_mut().count() >= OPEN_MAX {
            return Ok(Err(Denied::OverLimit(format!("{OPEN_MAX} collections are open; close one first"))));
        }
        Ok(Ok(state.handles.push(collection)?))
    }

    fn get(mut host: Host<'_, Self>, this: Resource<OpenCollection>, id: String) -> Answer<Option<Entry>> {
        enter(&mut host, STORE_CALL_FUEL, id.len())?;
        let entry = host.get().read_record(&this, id)?;
        if let Ok(Some(entry)) = &entry {
            answer(&mut host, entry.body.len())?;
        }
        Ok(entry)
    }

    fn list(
        mut host: Host<'_, Self>,
        this: Resource<OpenCollection>,
        prefix: String,
        after: Option<String>,
        limit: u32,
    ) -> Answer<Page> {
        enter(&mut host, STORE_CALL_FUEL, prefix.len() + after.as_ref().map_or(0, String::len))?;
        let page = host.get().list_records(&this, &prefix, after.as_deref(), limit)?;
        if let Ok(page) = &page {
            // Each entry costs the store about as much as a tenth of a read of its own.
            let bytes: usize = page.entries.iter().map(|entry| entry.id.len() + entry.body.len()).sum();
            answer(&mut host, bytes + page.entries.len() * 1_000)?;
        }
        Ok(page)
    }

    fn put(mut host: Host<'_, Self>, this: Resource<OpenCollection>, id: String, body: String) -> Answer<()> {
        enter(&mut host, STORE_CALL_FUEL, id.len() + body.len())?;
        host.get().write_record(&this, id, body)
    }

    fn delete(mut host: Host<'_, Self>, this: Resource<OpenCollection>, id: String) -> Answer<bool> {
        enter(&mut host, STORE_CALL_FUEL, id.len())?;
        host.get().delete_record(&this, id)
    }

    fn drop(mut host: Host<'_, Self>, this: Resource<OpenCollection>) -> wasmtime::Result<()> {
        host.get().handles.delete(this)?;
        Ok(())
    }
}

fn granted(state: &CallState, name: String) -> Result<OpenCollection, Denied> {
    let name = CollectionName::try_from(name).map_err(|error| Denied::Invalid(error.to_string()))?;
    let grant = state.context.deployed.grants.storage.as_ref().and_then(|grants| grants.get(&name)).copied();
    grant.map(|grant| OpenCollection { name, grant }).ok_or(Denied::NotGranted)
}

fn record_id(id: String) -> Result<RecordId, Denied> {
    RecordId::try_from(id).map_err(|error| Denied::Invalid(error.to_string()))
}

/// Propagates a refusal as the component's answer.
macro_rules! ask {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(denied) => return Ok(Err(denied)),
        }
    };
}
pub(super) use ask;

impl CallState {
    fn read_record(&mut self, this: &Resource<OpenCollection>, id: String) -> Answer<Option<Entry>> {
        let (collection, gate) = self.gate_of(this)?;
        ask!(spend(&mut self.budget.reads, 1, "10,000 reads in a call"));
        let id = ask!(record_id(id));
        let question = Question::new("storage.get", &[collection.as_str().as_bytes(), id.as_str().as_bytes()]);
        let found = self.observe(question, |state| match gate.get(&mut state.tx, &collection, &id) {
            Ok(record) => Ok(Some(flat(record))),
            Err(DataError::NotFound | DataError::NoCollection) => Ok(None),
            Err(error) => Err(denied(error)),
        })?;
        Ok(found.map(|found| found.map(entry)))
    }

    fn list_records(
        &mut self,
        this: &Resource<OpenCollection>,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Answer<Page> {
        let (collection, gate) = self.gate_of(this)?;
        ask!(spend(&mut self.budget.reads, 1, "10,000 reads in a call"));
        if !(1..=PAGE_ENTRIES_MAX).contains(&limit) {
            return Ok(Err(Denied::Invalid(format!("limit must be 1 to {PAGE_ENTRIES_MAX}"))));
        }
        if prefix.len() > 256 || after.is_some_and(|after| after.len() > CURSOR_BYTES_MAX) {
            return Ok(Err(Denied::Invalid("prefix is at most 256 bytes, and after a page's `next`".to_owned())));
        }
        let bounds = (limit as usize, PAGE_BYTES_MAX);
        let given = [collection.as_str(), prefix, after.unwrap_or_default()].map(str::as_bytes);
        let limits = limit.to_le_bytes();
        let question = Question::new("storage.list", &[given[0], given[1], given[2], &limits]);
        let found = self.observe(question, |state| {
            let found = gate.list(&mut state.tx, &collection, prefix, after, bounds).map_err(denied)?;
            Ok((found.items.into_iter().map(flat).collect::<Vec<_>>(), found.next))
        })?;
        Ok(found.map(|(entries, next)| Page { entries: entries.into_iter().map(entry).collect(), next }))
    }

    fn write_record(&mut self, this: &Resource<OpenCollection>, id: String, body: String) -> Answer<()> {
        let (collection, id, gate) = ask!(self.writable(this, id)?);
        if body.len() > RECORD_BYTES_MAX {
            return Ok(Err(Denied::OverLimit("1 MiB for a record".to_owned())));
        }
        ask!(spend(&mut self.budget.write_bytes, body.len(), "8 MiB of writes in a call"));
        let given = [collection.as_str(), id.as_str(), &body].map(str::as_bytes);
        let question = Question::new("storage.put", &given);
        self.observe(question, |state| {
            let change = Change { collection, id, body, precondition: Precondition::None };
            let staged = gate.put(&mut state.tx, &change).map_err(denied)?;
            let Change { collection, id, .. } = change;
            let known = state.touched.iter().any(|touched| touched.collection == collection && touched.id == id);
            if !known && staged.before.as_ref() != Some(&staged.after) {
                state.touched.push(Touched { collection, id, before: staged.before });
            }
            Ok(())
        })
    }

    fn delete_record(&mut self, this: &Resource<OpenCollection>, id: String) -> Answer<bool> {
        let (collection, id, gate) = ask!(self.writable(this, id)?);
        let question = Question::new("storage.delete", &[collection.as_str().as_bytes(), id.as_str().as_bytes()]);
        self.observe(question, |state| match gate.delete(&mut state.tx, &collection, &id, Precondition::None) {
            Ok(()) => Ok(true),
            Err(DataError::NotFound | DataError::NoCollection) => Ok(false),
            Err(error) => Err(denied(error)),
        })
    }

    fn gate_of(&self, this: &Resource<OpenCollection>) -> wasmtime::Result<(CollectionName, Gate)> {
        let OpenCollection { name, grant } = self.handles.get(this)?;
        Ok((name.clone(), self.gate.acting(grant.acting)))
    }

    fn writable(&mut self, this: &Resource<OpenCollection>, id: String) -> Answer<(CollectionName, RecordId, Gate)> {
        if !self.handles.get(this)?.grant.access.may_write() {
            return Ok(Err(Denied::NotGranted));
        }
        let (collection, gate) = self.gate_of(this)?;
        let id = ask!(record_id(id));
        ask!(spend(&mut self.budget.writes, 1, "1,000 writes in a call"));
        Ok(Ok((collection, id, gate)))
    }
}

/// A record as the transcript keeps it: its id, version and body.
type Flat = (String, u64, String);

fn flat(record: Record) -> Flat {
    (record.id.into(), record.version, record.body)
}

fn entry((id, version, body): Flat) -> Entry {
    Entry { id, version, body }
}

/// What the gate says, as a component may know it.
fn denied(error: DataError) -> Denied {
    match error {
        DataError::Store(error) => unavailable(&error),
        DataError::Conflict | DataError::IndexNotReady(_) | DataError::Clearing => {
            Denied::Unavailable(error.to_string())
        }
        DataError::TooLarge { .. } | DataError::TooManyEffects { .. } | DataError::TooManyCollections { .. } => {
            Denied::OverLimit(error.to_string())
        }
        DataError::NoCollection
        | DataError::NotFound
        | DataError::Forbidden(_)
        | DataError::BadJson(_)
        | DataError::Precondition(_)
        | DataError::NotValid { .. }
        | DataError::NotUnique { .. }
        | DataError::TooManyFiles { .. }
        | DataError::Referenced { .. }
        | DataError::Exists
        | DataError::BadQuery(_)
        | DataError::BadDefinition { .. }
        | DataError::NoDefinition
        | DataError::NotEmpty(_)
        | DataError::ReferredTo(_) => Denied::Invalid(error.to_string()),
    }
}

const _: () =
    assert!(StoreBudget::READS == 10_000 && StoreBudget::WRITES == 1_000 && StoreBudget::WRITE_BYTES == 8 << 20);
