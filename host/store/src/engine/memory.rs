//! An engine that keeps nothing when the process ends: for tests, and for measuring what a disk costs.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;

use super::{Conflict, Direction, Engine, Read, Show, Snapshot, Write, apply};
use crate::commit::Commit;
use crate::error::StoreError;
use crate::key::Versioned;

type Rows = BTreeMap<Vec<u8>, Versioned>;

/// Rows in memory. A snapshot shares them; the next commit copies what is shared.
#[derive(Debug, Default)]
pub struct MemoryEngine(Mutex<Arc<Rows>>);

impl Engine for MemoryEngine {
    fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        Ok(Box::new(Arc::clone(&self.0.lock())))
    }

    fn apply(&self, group: &[Commit]) -> Result<Vec<Result<u64, Conflict>>, StoreError> {
        let mut rows = self.0.lock();
        let rows: &mut Rows = Arc::make_mut(&mut rows);
        apply::apply(rows, group)
    }

    fn close(&self) {}
}

impl Read for Arc<Rows> {
    fn get(&self, key: &[u8]) -> Result<Option<Versioned>, StoreError> {
        Read::get(&**self, key)
    }

    fn range(&self, start: &[u8], end: Option<&[u8]>, to: Direction, show: Show<'_>) -> Result<(), StoreError> {
        Read::range(&**self, start, end, to, show)
    }
}

impl Read for Rows {
    fn get(&self, key: &[u8]) -> Result<Option<Versioned>, StoreError> {
        Ok(BTreeMap::get(self, key).cloned())
    }

    fn range(&self, start: &[u8], end: Option<&[u8]>, to: Direction, show: Show<'_>) -> Result<(), StoreError> {
        // An end before the start is an empty range, not the panic that the map would make of it.
        let end = end.map(|end| end.max(start));
        let bounds = (Bound::Included(start), end.map_or(Bound::Unbounded, Bound::Excluded));
        let mut rows = BTreeMap::range::<[u8], _>(self, bounds);
        match to {
            Direction::Forth => rows.all(|(key, row)| show(key, row.clone())),
            Direction::Back => rows.rev().all(|(key, row)| show(key, row.clone())),
        };
        Ok(())
    }
}

impl Write for Rows {
    fn put(&mut self, key: &[u8], version: u64, body: &[u8]) -> Result<(), StoreError> {
        self.insert(key.to_vec(), Versioned { version, body: Bytes::copy_from_slice(body) });
        Ok(())
    }

    fn remove(&mut self, key: &[u8]) -> Result<(), StoreError> {
        BTreeMap::remove(self, key);
        Ok(())
    }
}
