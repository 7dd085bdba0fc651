//! Reads of one snapshot, and writes that are buffered over it.

mod overlay;

use std::collections::BTreeMap;
use std::iter::Peekable;

use bytes::Bytes;
use zeroize::Zeroizing;

use crate::blob::Pin;
use crate::commit::{Append, Chained, Commit, Expect, Fingerprinter, Write};
use crate::engine::{Direction, Engine as _, MemoryEngine, Snapshot, apply};
use crate::error::{CommitError, StoreError};
use crate::files::{FileChanges, Outcome};
use crate::key::{Key, Table, Versioned, behind, prefix};
use crate::store::Store;

pub use overlay::Written;

/// Entries of a log that one look passes over at most, wanted or not.
const LOOKS_MAX: usize = 1_000;

/// A unit of work: everything that it reads is from one moment, and everything that it writes happens
/// together or not at all.
///
/// Reads are blocking and short: embedded engines answer from the page cache in microseconds.
pub struct Transaction {
    snapshot: Box<dyn Snapshot>,
    expect: Vec<Expect>,
    writes: BTreeMap<Key, Write>,
    appends: Vec<Append>,
    pub(crate) chained: Vec<Chained>,
    pub(crate) files: FileChanges,
    /// None for a transaction that belongs to no store.
    pub(crate) store: Option<Store>,
    /// Keeps the contents of the files that the snapshot refers to.
    pin: Option<Pin>,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Last part of the key, and the row, in the order of the keys.
    pub entries: Vec<(String, Versioned)>,
    /// Pass it as `after` to go on.
    pub next: Option<String>,
}

/// A transaction that is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// The version of every row that it wrote.
    pub version: u64,
}

/// A point to which a transaction can go back.
#[derive(Debug)]
pub struct Savepoint {
    writes: BTreeMap<Key, Write>,
    appends: usize,
    chained: usize,
    files: FileChanges,
}

impl Transaction {
    /// Begins on the newest state of a store.
    pub(crate) fn of(store: &Store) -> Result<Self, StoreError> {
        let pin = store.blobs().pin();
        let transaction = Self::new(store.snapshot()?, Some(store.clone()));
        Ok(Self { pin: Some(pin), ..transaction })
    }

    fn new(snapshot: Box<dyn Snapshot>, store: Option<Store>) -> Self {
        Self {
            snapshot,
            expect: Vec::new(),
            writes: BTreeMap::new(),
            appends: Vec::new(),
            chained: Vec::new(),
            files: FileChanges::default(),
            store,
            pin: None,
        }
    }

    /// A transaction on nothing, which cannot be committed: for dry runs and replays.
    pub fn detached() -> Self {
        let empty =
            MemoryEngine::default().snapshot().unwrap_or_else(|error| unreachable!("memory does not fail: {error}"));
        Self::new(empty, None)
    }

    pub(crate) fn snapshot(&self) -> &dyn Snapshot {
        self.snapshot.as_ref()
    }

    /// One row.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn get(&mut self, key: &Key) -> Result<Option<Versioned>, StoreError> {
        match self.writes.get(key) {
            Some(Write::Put(body)) => Ok(Some(Versioned { version: 0, body: body.clone() })),
            Some(Write::Delete) => Ok(None),
            None => {
                let row = self.snapshot.get(key.as_bytes())?;
                let version = row.as_ref().map(|row| row.version);
                self.expect.push(Expect::Row { key: key.clone(), version });
                Ok(row)
            }
        }
    }

    /// Rows below `parents` whose last part begins with `prefix` and comes behind `after`: at most
    /// `limit`, and no further row once `bytes_max` bytes of bodies are reached.
    ///
    /// # Errors
    /// The store cannot be read, or a key in it is not text.
    pub fn scan(
        &mut self,
        table: Table,
        parents: &[&str],
        prefix: &str,
        after: Option<&str>,
        limit: usize,
        bytes_max: usize,
    ) -> Result<Page, StoreError> {
        let range = Range::new(table, parents, prefix, after);
        let own = self.writes.range(Key::from_bytes(range.start.clone())..);
        let own = own.take_while(|(key, _)| range.holds(key.as_bytes())).peekable();
        let mut merge = Merge { own, rows: Vec::new(), bytes: 0, limit, bytes_max, seen: Fingerprinter::default() };
        let mut last_read = None;
        self.snapshot.range(&range.start, range.end.as_deref(), Direction::Forth, &mut |key, row| {
            merge.seen.row(key, row.version);
            last_read = Some(key.to_vec());
            merge.base(key, row)
        })?;
        let full = merge.is_full();
        if !full {
            merge.rest();
        }
        // What was read ends behind the last row that was looked at, or with the range.
        let fingerprint = merge.seen.finish();
        let page = merge.page(range.head)?;
        let end = last_read.filter(|_| full).map(|key| [key, vec![0]].concat()).or(range.end);
        self.expect.push(Expect::Range { start: range.start, end, fingerprint });
        Ok(page)
    }

    /// Creates or replaces a row.
    pub fn put(&mut self, key: Key, body: impl Into<Bytes>) {
        self.writes.insert(key, Write::Put(body.into()));
    }

    /// Deletes a row; false when there was none.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn delete(&mut self, key: &Key) -> Result<bool, StoreError> {
        let existed = self.get(key)?.is_some();
        if existed {
            self.writes.insert(key.clone(), Write::Delete);
        }
        Ok(existed)
    }

    /// Adds an entry to a log that keeps its newest `keep` entries. Ids must grow with time. Appends
    /// expect nothing, so they never conflict.
    pub fn append(&mut self, table: Table, id: &str, body: impl Into<Bytes>, keep: u32) {
        self.appends.push(Append { table, id: id.to_owned(), body: body.into(), keep });
    }

    /// Entries of a log, newest first, from before the id `before`. A look at a log expects nothing of it.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn newest(
        &self,
        table: Table,
        before: Option<&str>,
        limit: usize,
        mut wanted: impl FnMut(&Versioned) -> bool,
    ) -> Result<Page, StoreError> {
        let start = prefix(table, &[]);
        let end = before.map(|id| [start.as_slice(), id.as_bytes()].concat()).or_else(|| behind(start.clone()));
        let (mut rows, mut looked_at, mut more) = (Vec::new(), None, false);
        let mut left = LOOKS_MAX;
        self.snapshot.range(&start, end.as_deref(), Direction::Back, &mut |key, row| {
            more = rows.len() == limit || left == 0;
            if !more {
                left -= 1;
                looked_at = Some(key.to_vec());
                if wanted(&row) {
                    rows.push((key.to_vec(), row));
                }
            }
            !more
        })?;
        let id = |key: Vec<u8>| last_part(&key, start.len());
        let entries = rows.into_iter().map(|(key, row)| Ok((id(key)?, row))).collect::<Result<_, StoreError>>()?;
        let next = looked_at.filter(|_| more).map(id).transpose()?;
        Ok(Page { entries, next })
    }

    /// The first rows of a table, as they were before this transaction wrote. A look expects nothing of them: whoever
    /// acts on what it shows must read again with [`get`](Self::get) what the act depends on.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn look(&self, table: Table, limit: usize) -> Result<Vec<(String, Versioned)>, StoreError> {
        let (start, mut rows) = (prefix(table, &[]), Vec::new());
        self.snapshot.range(&start, behind(start.clone()).as_deref(), Direction::Forth, &mut |key, row| {
            if rows.len() < limit {
                rows.push((key.to_vec(), row));
            }
            rows.len() < limit
        })?;
        rows.into_iter().map(|(key, row)| Ok((last_part(&key, start.len())?, row))).collect()
    }

    /// Deletes up to `limit` rows whose first part is below `first`, without expecting anything of them:
    /// for rows that are only ever added and that nobody reads any more.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn sweep_before(&mut self, table: Table, first: &str, limit: usize) -> Result<(), StoreError> {
        let mut old = Vec::new();
        self.snapshot.range(&prefix(table, &[]), Some(&prefix(table, &[first])), Direction::Forth, &mut |key, _| {
            old.push(Key::from_bytes(key.to_vec()));
            old.len() < limit
        })?;
        self.writes.extend(old.into_iter().map(|key| (key, Write::Delete)));
        Ok(())
    }

    /// Encrypts a small secret under the tenant's key, to be kept in the row that `place` names. Elsewhere it does not
    /// open.
    ///
    /// # Errors
    /// The transaction belongs to no store, or there are no random bytes.
    pub fn seal(&self, place: &str, secret: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.owner()?.blobs().row_key().seal(place.as_bytes(), secret)
    }

    /// A secret that was sealed for this place.
    ///
    /// # Errors
    /// `Corrupt` when it was not; or the transaction belongs to no store.
    pub fn unseal(&self, place: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        self.owner()?.blobs().row_key().unseal(place.as_bytes(), sealed)
    }

    fn owner(&self) -> Result<&Store, StoreError> {
        self.store.as_ref().ok_or(StoreError::NoSuchTenant)
    }

    /// A point to come back to.
    pub fn savepoint(&self) -> Savepoint {
        Savepoint {
            writes: self.writes.clone(),
            appends: self.appends.len(),
            chained: self.chained.len(),
            files: self.files.clone(),
        }
    }

    /// Undoes what was written since then. What was read still counts for conflicts.
    pub fn rollback(&mut self, to: Savepoint) {
        self.writes = to.writes;
        self.appends.truncate(to.appends);
        self.chained.truncate(to.chained);
        self.files = to.files;
    }

    /// Bytes of the rows that would be written.
    pub fn written_bytes(&self) -> u64 {
        let rows = self.writes.values().map(|write| match write {
            Write::Put(body) => body.len(),
            Write::Delete => 0,
        });
        let entries = self.appends.iter().map(|entry| entry.body.len());
        rows.chain(entries).chain(self.chained.iter().map(|entry| entry.body.len())).sum::<usize>() as u64
    }

    /// Whether there is nothing to commit.
    pub fn is_read_only(&self) -> bool {
        self.writes.is_empty() && self.appends.is_empty() && self.chained.is_empty()
    }

    /// Makes everything durable, or nothing. A transaction that wrote nothing is at its end already.
    ///
    /// # Errors
    /// `Conflict` when something that was read has changed; `QuotaUsedUp`; or the store failed.
    pub async fn commit(self) -> Result<Committed, CommitError> {
        let base = apply::version(self.snapshot.as_ref())?;
        if self.is_read_only() {
            return Ok(Committed { version: base });
        }
        let Self { snapshot, expect, writes, appends, chained, files, store, pin } = self;
        let Some(store) = store else { return Err(StoreError::NoSuchTenant.into()) };
        let grows = writes.iter().any(|(key, write)| key.is_data() && matches!(write, Write::Put(_)));
        let commit = Commit { base: Some(base), expect, writes, appends, chained };
        drop((snapshot, pin));
        // A task of its own: a caller that goes away in the middle leaves nothing half-done behind.
        let done = tokio::spawn(async move {
            if grows {
                store.check_quota().await?;
            }
            let stored = files.store(store.blobs()).await?;
            let version = store.commit(commit).await;
            stored.settle(Outcome::of(&version)).await;
            version
        });
        let version = done.await.map_err(|error| StoreError::Engine(error.to_string()))??;
        Ok(Committed { version })
    }
}

impl std::fmt::Debug for Transaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transaction")
            .field("reads", &self.expect.len())
            .field("writes", &self.writes.len())
            .field("appends", &self.appends.len())
            .finish_non_exhaustive()
    }
}

/// The keys that a scan asks for.
struct Range {
    /// Length of the part of the keys that all have in common.
    head: usize,
    start: Vec<u8>,
    end: Option<Vec<u8>>,
}

impl Range {
    fn new(table: Table, parents: &[&str], last: &str, after: Option<&str>) -> Self {
        let head = prefix(table, parents);
        let all = [head.as_slice(), last.as_bytes()].concat();
        let start = match after {
            // The first key behind `after` is `after` with a zero byte.
            Some(after) => all.clone().max([head.as_slice(), after.as_bytes(), &[0]].concat()),
            None => all.clone(),
        };
        Self { head: head.len(), start, end: behind(all) }
    }

    fn holds(&self, key: &[u8]) -> bool {
        self.end.as_deref().is_none_or(|end| key < end)
    }
}

/// Rows of the snapshot with the transaction's own writes laid over them, until the page is full.
struct Merge<'a, I: Iterator<Item = (&'a Key, &'a Write)>> {
    own: Peekable<I>,
    rows: Vec<(Vec<u8>, Versioned)>,
    bytes: usize,
    limit: usize,
    bytes_max: usize,
    seen: Fingerprinter,
}

impl<'a, I: Iterator<Item = (&'a Key, &'a Write)>> Merge<'a, I> {
    /// Takes a row of the snapshot in; false when the page is full.
    fn base(&mut self, key: &[u8], row: Versioned) -> bool {
        while let Some((own, write)) = self.own.next_if(|(own, _)| own.as_bytes() <= key) {
            self.write(own, write);
            if own.as_bytes() == key {
                return !self.is_full();
            }
        }
        self.push(key, row);
        !self.is_full()
    }

    /// Takes the transaction's own rows behind the snapshot's last one.
    fn rest(&mut self) {
        while !self.is_full()
            && let Some((key, write)) = self.own.next()
        {
            self.write(key, write);
        }
    }

    fn write(&mut self, key: &Key, write: &Write) {
        if let Write::Put(body) = write {
            self.push(key.as_bytes(), Versioned { version: 0, body: body.clone() });
        }
    }

    fn push(&mut self, key: &[u8], row: Versioned) {
        self.bytes += row.body.len();
        self.rows.push((key.to_vec(), row));
    }

    /// One row more than asked for has been seen, so it is known whether the list goes on.
    fn is_full(&self) -> bool {
        self.rows.len() > self.limit || (self.bytes > self.bytes_max && self.rows.len() > 1)
    }

    fn page(mut self, head: usize) -> Result<Page, StoreError> {
        let mut more = false;
        while self.is_full() {
            if let Some((_, row)) = self.rows.pop() {
                self.bytes -= row.body.len();
            }
            more = true;
        }
        let entries = self.rows.into_iter().map(|(key, row)| Ok((last_part(&key, head)?, row)));
        let entries = entries.collect::<Result<Vec<_>, StoreError>>()?;
        let next = entries.last().filter(|_| more).map(|(id, _)| id.clone());
        Ok(Page { entries, next })
    }
}

fn last_part(key: &[u8], head: usize) -> Result<String, StoreError> {
    let part = key.get(head..).unwrap_or_default();
    String::from_utf8(part.to_vec()).map_err(|_| StoreError::Corrupt("a key is not text".to_owned()))
}
