//! sled 0.34.7: one folder for each store. Selectable, not the default.
//!
//! What this engine adds, because sled lacks it:
//!
//! * **fsync.** On Linux sled's `flush` ends with `sync_file_range`, which neither empties the drive's cache nor
//!   makes the length of the file durable. Each group is followed by a `fdatasync` of the log.
//! * **Small nodes.** A node of the tree (up to about twenty rows) that serialises to more than 128 KiB goes to a
//!   file of its own that sled never syncs. Rows are cut into pieces of 4 KiB so that this does not happen, and
//!   should long keys make it happen, such files are synced too.
//! * **Start after a crash.** A torn `snap.*.generating` would be taken for the newest snapshot and refused as
//!   damage. It is removed before sled sees it.
//! * **Snapshots.** See [`History`](super::history::History).
//!
//! What it cannot add: sled reuses parts of its log on the word of `sync_file_range`, so on a drive that keeps a
//! volatile cache a power cut between two commits can hurt more than the last commit. And its batches take a lock
//! that all stores of the process share, so tenants wait for each other's disk.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};

use super::history::{Changes, History, Overlay, Past};
use super::rows::Rows;
use super::{Conflict, Direction, Engine, Read, Show, Snapshot, Write, apply, drop_cached};
use crate::commit::Commit;
use crate::error::StoreError;
use crate::home::sync;
use crate::key::Versioned;

/// Cache of one open store.
const CACHE_BYTES: u64 = 4 << 20;

/// A database in one folder.
pub struct SledEngine {
    shared: Arc<Shared>,
    /// The log once more, to sync it.
    log: File,
    /// Where sled puts what is too long for the log.
    outsized: PathBuf,
    /// Held by the one who writes.
    writing: Mutex<()>,
}

/// What the writer and the snapshots use. Rows and history change together, under its lock.
struct Shared(RwLock<State>);

struct State {
    /// None once the store is closed.
    rows: Option<Rows>,
    history: History,
}

impl State {
    fn rows(&self) -> Result<&Rows, StoreError> {
        self.rows.as_ref().ok_or(StoreError::Stopped)
    }
}

impl SledEngine {
    /// Opens the folder, and makes it when it is not there.
    ///
    /// # Errors
    /// The folder cannot be opened, is in use or is damaged.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let is_new = !folder.join("db").exists();
        fs::create_dir_all(folder)?;
        refuse_if_open(&folder.join("db"))?;
        remove_torn_snapshots(folder)?;
        let config = ::sled::Config::new().path(folder).cache_capacity(CACHE_BYTES).flush_every_ms(None);
        let rows = Rows::new(config.open()?);
        let log = File::options().read(true).write(true).open(folder.join("db"))?;
        if is_new {
            File::open(folder.join("conf"))?.sync_all()?;
            log.sync_all()?;
            sync(folder)?;
        }
        let state = State { rows: Some(rows), history: History::default() };
        let shared = Arc::new(Shared(RwLock::new(state)));
        Ok(Self { shared, log, outsized: folder.join("blobs"), writing: Mutex::new(()) })
    }

    /// Makes everything that sled has written durable.
    fn sync(&self, rows: &Rows) -> Result<(), StoreError> {
        rows.flush()?;
        let mut any = false;
        for file in fs::read_dir(&self.outsized)? {
            File::open(file?.path())?.sync_all()?;
            any = true;
        }
        if any {
            sync(&self.outsized)?;
        }
        Ok(self.log.sync_data()?)
    }
}

impl Engine for SledEngine {
    fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        let mut state = self.shared.0.write();
        state.rows()?;
        Ok(Box::new(SledSnapshot { at: state.history.enter(), shared: Arc::clone(&self.shared) }))
    }

    fn apply(&self, group: &[Commit]) -> Result<Vec<Result<u64, Conflict>>, StoreError> {
        let _one_at_a_time = self.writing.lock();
        let rows = self.shared.0.read().rows()?.clone();
        let mut view = View { rows: &rows, changes: Changes::default() };
        let results = apply::apply(&mut view, group)?;
        if !apply::wrote(&results) {
            return Ok(results);
        }
        let changes = view.changes;
        let before = rows.before(&changes)?;
        let batch = rows.batch(&changes)?;
        // Snapshots see rows and history change at once, and new ones begin before the group until it is durable.
        let mut state = self.shared.0.write();
        state.history.record(before);
        rows.apply(batch)?;
        drop(state);
        self.sync(&rows)?;
        self.shared.0.write().history.publish();
        Ok(results)
    }

    fn close(&self) {
        let _nobody_writes = self.writing.lock();
        self.shared.0.write().rows.take();
        drop_cached(&self.log);
    }
}

struct SledSnapshot {
    shared: Arc<Shared>,
    at: u64,
}

impl Drop for SledSnapshot {
    fn drop(&mut self) {
        self.shared.0.write().history.leave(self.at);
    }
}

impl Read for SledSnapshot {
    fn get(&self, key: &[u8]) -> Result<Option<Versioned>, StoreError> {
        let state = self.shared.0.read();
        state.rows()?.get(key, &Past { history: &state.history, at: self.at })
    }

    fn range(&self, start: &[u8], end: Option<&[u8]>, to: Direction, show: Show<'_>) -> Result<(), StoreError> {
        in_pages(start, end, to, show, |page| self.page(page))
    }
}

impl SledSnapshot {
    fn page(&self, page: &Page) -> Result<Found, StoreError> {
        let state = self.shared.0.read();
        page.read(state.rows()?, &Past { history: &state.history, at: self.at })
    }
}

/// The rows with the changes of a group laid over them.
struct View<'a> {
    rows: &'a Rows,
    changes: Changes,
}

impl Read for View<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Versioned>, StoreError> {
        self.rows.get(key, &self.changes)
    }

    fn range(&self, start: &[u8], end: Option<&[u8]>, to: Direction, show: Show<'_>) -> Result<(), StoreError> {
        in_pages(start, end, to, show, |page| page.read(self.rows, &self.changes))
    }
}

impl Write for View<'_> {
    fn put(&mut self, key: &[u8], version: u64, body: &[u8]) -> Result<(), StoreError> {
        self.changes.put(key, version, body);
        Ok(())
    }

    fn remove(&mut self, key: &[u8]) -> Result<(), StoreError> {
        self.changes.remove(key);
        Ok(())
    }
}

/// A part of a range that is read under one lock.
struct Page {
    start: Vec<u8>,
    end: Vec<u8>,
    direction: Direction,
    /// Rows of the tree.
    size: usize,
}

struct Found {
    rows: BTreeMap<Vec<u8>, Versioned>,
    /// What is left of the range.
    rest: Option<(Vec<u8>, Vec<u8>)>,
}

impl Page {
    fn read(&self, rows: &Rows, overlay: &impl Overlay) -> Result<Found, StoreError> {
        let mut found = rows.between(&self.start, &self.end, self.direction, self.size)?;
        let is_full = found.len() == self.size;
        let (mut start, mut end, mut rest) = (self.start.clone(), self.end.clone(), None);
        match self.direction {
            Direction::Forth => {
                if let Some((last, _)) = found.last_key_value().filter(|_| is_full) {
                    end = [last.as_slice(), &[0]].concat();
                    rest = Some((end.clone(), self.end.clone()));
                }
            }
            Direction::Back => {
                if let Some((first, _)) = found.first_key_value().filter(|_| is_full) {
                    start.clone_from(first);
                    rest = Some((self.start.clone(), start.clone()));
                }
            }
        }
        for (key, row) in overlay.between(&start, &end) {
            match row {
                Some(row) => found.insert(key, row),
                None => found.remove(&key),
            };
        }
        Ok(Found { rows: found, rest })
    }
}

/// Rows of the first page; the following ones are larger.
const PAGE_MIN: usize = 4;
const PAGE_MAX: usize = 256;

/// Shows a range page by page, so that no lock is held while rows are shown.
fn in_pages(
    start: &[u8],
    end: Option<&[u8]>,
    direction: Direction,
    show: Show<'_>,
    read: impl Fn(&Page) -> Result<Found, StoreError>,
) -> Result<(), StoreError> {
    let end = end.map_or_else(|| Rows::END.to_vec(), <[u8]>::to_vec);
    let mut page = Page { start: start.to_vec(), end, direction, size: PAGE_MIN };
    while page.start < page.end {
        let Found { rows, rest } = read(&page)?;
        let goes_on = match direction {
            Direction::Forth => rows.into_iter().all(|(key, row)| show(&key, row)),
            Direction::Back => rows.into_iter().rev().all(|(key, row)| show(&key, row)),
        };
        let Some((start, end)) = rest.filter(|_| goes_on) else { break };
        page = Page { start, end, direction, size: (page.size * 2).min(PAGE_MAX) };
    }
    Ok(())
}

/// sled reports a lock that somebody else holds like any other failure, so it is tried before.
fn refuse_if_open(log: &Path) -> Result<(), StoreError> {
    let Ok(log) = File::open(log) else { return Ok(()) };
    match rustix::fs::flock(&log, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
        Err(error) if error == rustix::io::Errno::WOULDBLOCK => Err(StoreError::InUse),
        Err(error) => Err(std::io::Error::from(error).into()),
        Ok(()) => Ok(()),
    }
}

fn remove_torn_snapshots(folder: &Path) -> Result<(), StoreError> {
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        if path.extension().is_some_and(|extension| extension == "generating") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

impl From<::sled::Error> for StoreError {
    fn from(error: ::sled::Error) -> Self {
        match error {
            ::sled::Error::Io(error) => error.into(),
            ::sled::Error::Corruption { .. } => Self::Corrupt(error.to_string()),
            other => Self::Engine(other.to_string()),
        }
    }
}
