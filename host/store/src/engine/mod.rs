//! What a storage engine has to be able to do. Whatever can be shared is in [`apply`]; engines differ
//! in their primitives only, and one suite of tests holds for all of them.

pub(crate) mod apply;
mod history;
mod memory;
mod redb;
mod rows;
mod sled;

use std::fs::File;

use crate::commit::Commit;
use crate::error::StoreError;
use crate::key::Versioned;

pub use memory::MemoryEngine;
pub use redb::RedbEngine;
pub use sled::SledEngine;

/// Something that a commit read has changed; nothing of the commit was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conflict;

/// One database. Blocking: callers keep it away from threads that must not wait.
pub trait Engine: Send + Sync + 'static {
    /// A view that later commits do not change.
    ///
    /// # Errors
    /// The database cannot be read.
    fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError>;

    /// Checks and applies each commit in order and makes all of them durable at once.
    /// The inner result is the commit's number.
    ///
    /// # Errors
    /// Nothing of the group is known to be durable; the engine must be opened again before its next write.
    fn apply(&self, group: &[Commit]) -> Result<Vec<Result<u64, Conflict>>, StoreError>;

    /// Lets go of the files at once, so that they can be opened again. Snapshots that are still held answer as
    /// before or `Stopped`, everybody else gets `Stopped`. The memory engine has nothing to let go of.
    fn close(&self);
}

/// Reading. Keys are compared as bytes.
pub trait Read {
    /// One row.
    ///
    /// # Errors
    /// The database cannot be read.
    fn get(&self, key: &[u8]) -> Result<Option<Versioned>, StoreError>;

    /// Shows the rows from `start` up to but not including `end`, in this order, until `show` answers false.
    ///
    /// # Errors
    /// The database cannot be read.
    fn range(&self, start: &[u8], end: Option<&[u8]>, to: Direction, show: Show<'_>) -> Result<(), StoreError>;
}

/// The order of the rows of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// By key.
    Forth,
    /// From the last key to the first.
    Back,
}

/// What looks at the rows of a range: key and row; false when it has seen enough.
pub type Show<'a> = &'a mut dyn FnMut(&[u8], Versioned) -> bool;

/// A view of the database at one commit.
pub trait Snapshot: Read + Send + 'static {}

impl<T: Read + Send + 'static> Snapshot for T {}

/// Writing, inside of an engine's own write transaction.
pub trait Write: Read {
    /// Creates or replaces a row.
    ///
    /// # Errors
    /// The database cannot be written.
    fn put(&mut self, key: &[u8], version: u64, body: &[u8]) -> Result<(), StoreError>;

    /// Removes a row, if it is there.
    ///
    /// # Errors
    /// The database cannot be written.
    fn remove(&mut self, key: &[u8]) -> Result<(), StoreError>;
}

/// Drops what the operating system has cached of a file whose writing failed, so that the next one who opens it
/// reads what is on disk and not what was meant to be.
pub(crate) fn drop_cached(file: &File) {
    if let Err(error) = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed) {
        tracing::warn!(%error, "what is cached of a database could not be dropped");
    }
}

/// Bytes before a row's body: its version and its checksum.
const HEAD_BYTES: usize = 16;

/// How redb keeps a row: the version, a checksum over key, version and body, and the body. redb looks at its own
/// checksums only after a crash, and a bit that flipped later must not become somebody's invoice.
pub(crate) fn encode(key: &[u8], version: u64, body: &[u8]) -> Vec<u8> {
    let mut row = Vec::with_capacity(HEAD_BYTES + body.len());
    row.extend_from_slice(&version.to_be_bytes());
    row.extend_from_slice(&checksum(key, version, body));
    row.extend_from_slice(body);
    row
}

/// The reverse of [`encode`].
pub(crate) fn decode(key: &[u8], row: &[u8]) -> Result<Versioned, StoreError> {
    let damaged = || StoreError::Corrupt("a row is not what was written".to_owned());
    let (head, body) = row.split_first_chunk::<HEAD_BYTES>().ok_or_else(damaged)?;
    let (version, sum) = head.split_first_chunk().ok_or_else(damaged)?;
    let version = u64::from_be_bytes(*version);
    if sum != checksum(key, version, body) {
        return Err(damaged());
    }
    Ok(Versioned { version, body: bytes::Bytes::copy_from_slice(body) })
}

fn checksum(key: &[u8], version: u64, body: &[u8]) -> [u8; 8] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(key.len() as u64).to_be_bytes()).update(key).update(&version.to_be_bytes()).update(body);
    let mut sum = [0; 8];
    hasher.finalize_xof().fill(&mut sum);
    sum
}
