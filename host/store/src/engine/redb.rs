//! redb: one file for each store, snapshots for readers, a fsync for each group of commits.
//!
//! Commits are redb's default, in one phase: one fsync, and checksums tell a torn commit from a whole one. Two phases,
//! or the quick repair that includes them, double the time of a commit (measured: 3.3 against 6.7 ms) to save the walk
//! over the database that opening it after a crash costs (20 ms for 1 MiB, 0.8 s for 512 MiB). A tenant pays that
//! once after a crash and alone, because its store is opened when it is needed.

use std::fs::File;
use std::path::{Path, PathBuf};

use parking_lot::RwLock;
use redb::{AccessGuard, Database, ReadOnlyTable, ReadableDatabase as _, ReadableTable, TableDefinition, TableError};

use super::{Conflict, Direction, Engine, Read, Show, Snapshot, Write, apply, decode, drop_cached, encode};
use crate::commit::Commit;
use crate::error::StoreError;
use crate::key::Versioned;

const ROWS: TableDefinition<&[u8], &[u8]> = TableDefinition::new("rows");

/// Page cache of one open store. Small, because thousands of tenants share the machine, and the
/// operating system caches the file as well.
const CACHE_BYTES: usize = 1 << 20;

/// A database in one file; none once it is closed.
pub struct RedbEngine {
    database: RwLock<Option<Database>>,
    /// None on a backend of the caller's.
    path: Option<PathBuf>,
}

impl RedbEngine {
    /// Opens the file, and makes it when it is not there.
    ///
    /// # Errors
    /// The file cannot be opened, is in use or is damaged.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let engine = Self::with(Database::builder().set_cache_size(CACHE_BYTES).create(path)?)?;
        Ok(Self { path: Some(path.to_owned()), ..engine })
    }

    /// Uses a database on a backend of the caller's, e.g. one that loses power.
    ///
    /// # Errors
    /// The backend cannot be written.
    pub fn with(database: Database) -> Result<Self, StoreError> {
        // A database that has its table is not written to, so that it opens on a full disk.
        if let Err(TableError::TableDoesNotExist(_)) = database.begin_read()?.open_table(ROWS) {
            let first = database.begin_write()?;
            first.open_table(ROWS)?;
            first.commit()?;
        }
        Ok(Self { database: RwLock::new(Some(database)), path: None })
    }
}

impl Engine for RedbEngine {
    fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        let database = self.database.read();
        let database = database.as_ref().ok_or(StoreError::Stopped)?;
        Ok(Box::new(Rows(database.begin_read()?.open_table(ROWS)?)))
    }

    fn apply(&self, group: &[Commit]) -> Result<Vec<Result<u64, Conflict>>, StoreError> {
        let database = self.database.read();
        let transaction = database.as_ref().ok_or(StoreError::Stopped)?.begin_write()?;
        let results = apply::apply(&mut Rows(transaction.open_table(ROWS)?), group)?;
        match apply::wrote(&results) {
            true => transaction.commit()?,
            false => transaction.abort()?,
        }
        Ok(results)
    }

    fn close(&self) {
        self.database.write().take();
        if let Some(file) = self.path.as_ref().and_then(|path| File::open(path).ok()) {
            drop_cached(&file);
        }
    }
}

struct Rows<T>(T);

type Owned = ReadOnlyTable<&'static [u8], &'static [u8]>;
type Open<'a> = redb::Table<'a, &'static [u8], &'static [u8]>;

fn get(table: &impl ReadableTable<&'static [u8], &'static [u8]>, key: &[u8]) -> Result<Option<Versioned>, StoreError> {
    table.get(key)?.map(|row| decode(key, row.value())).transpose()
}

type Found<'a> = Result<(AccessGuard<'a, &'static [u8]>, AccessGuard<'a, &'static [u8]>), redb::StorageError>;

fn between<'a>(
    table: &'a impl ReadableTable<&'static [u8], &'static [u8]>,
    start: &[u8],
    end: Option<&[u8]>,
) -> Result<redb::Range<'a, &'static [u8], &'static [u8]>, StoreError> {
    Ok(match end {
        Some(end) => table.range(start..end.max(start))?,
        None => table.range(start..)?,
    })
}

fn show_all<'a>(rows: impl Iterator<Item = Found<'a>>, show: Show<'_>) -> Result<(), StoreError> {
    for row in rows {
        let (key, row) = row?;
        if !show(key.value(), decode(key.value(), row.value())?) {
            break;
        }
    }
    Ok(())
}

macro_rules! readable {
    ($($table:ty),*) => {$(
        impl Read for Rows<$table> {
            fn get(&self, key: &[u8]) -> Result<Option<Versioned>, StoreError> {
                get(&self.0, key)
            }

            fn range(&self, start: &[u8], end: Option<&[u8]>, to: Direction, show: Show<'_>) -> Result<(), StoreError> {
                let rows = between(&self.0, start, end)?;
                match to {
                    Direction::Forth => show_all(rows, show),
                    Direction::Back => show_all(rows.rev(), show),
                }
            }
        }
    )*};
}

readable!(Owned, Open<'_>);

impl Write for Rows<Open<'_>> {
    fn put(&mut self, key: &[u8], version: u64, body: &[u8]) -> Result<(), StoreError> {
        self.0.insert(key, encode(key, version, body).as_slice())?;
        Ok(())
    }

    fn remove(&mut self, key: &[u8]) -> Result<(), StoreError> {
        self.0.remove(key)?;
        Ok(())
    }
}

impl From<redb::StorageError> for StoreError {
    fn from(error: redb::StorageError) -> Self {
        match error {
            redb::StorageError::Io(error) => error.into(),
            redb::StorageError::Corrupted(what) => Self::Corrupt(what),
            redb::StorageError::PreviousIo | redb::StorageError::DatabaseClosed => Self::Stopped,
            other => Self::Engine(other.to_string()),
        }
    }
}

impl From<redb::DatabaseError> for StoreError {
    fn from(error: redb::DatabaseError) -> Self {
        match error {
            redb::DatabaseError::Storage(error) => error.into(),
            redb::DatabaseError::DatabaseAlreadyOpen => Self::InUse,
            other => Self::Engine(other.to_string()),
        }
    }
}

impl From<redb::TransactionError> for StoreError {
    fn from(error: redb::TransactionError) -> Self {
        match error {
            redb::TransactionError::Storage(error) => error.into(),
            other => Self::Engine(other.to_string()),
        }
    }
}

impl From<TableError> for StoreError {
    fn from(error: TableError) -> Self {
        match error {
            TableError::Storage(error) => error.into(),
            other => Self::Engine(other.to_string()),
        }
    }
}

impl From<redb::CommitError> for StoreError {
    fn from(error: redb::CommitError) -> Self {
        match error {
            redb::CommitError::Storage(error) => error.into(),
            other => Self::Engine(other.to_string()),
        }
    }
}
