//! What a transaction asks of an engine.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::key::{Key, Table};

/// All that one transaction read and wants to write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Commit {
    /// Number of the newest commit that the snapshot held. While that is the newest of all, what was read
    /// cannot have changed and is not looked at again. None: it is always looked at.
    pub base: Option<u64>,
    /// What must still be as it was read.
    pub expect: Vec<Expect>,
    /// What is written.
    pub writes: BTreeMap<Key, Write>,
    /// What is added to bounded logs.
    pub appends: Vec<Append>,
    /// What is added to chains.
    pub chained: Vec<Chained>,
}

/// Something that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// A row with this version, or no row.
    Row { key: Key, version: Option<u64> },
    /// The rows of a range, by the fingerprint of their keys and versions.
    Range { start: Vec<u8>, end: Option<Vec<u8>>, fingerprint: Fingerprint },
}

/// What happens to a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    Put(Bytes),
    Delete,
}

/// An entry for a log that keeps its newest entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    pub table: Table,
    /// Ordered by time, like the ids of `core`.
    pub id: String,
    pub body: Bytes,
    /// Entries that the log keeps; the smallest ids go first.
    pub keep: u32,
}

/// An entry for a chain, which keeps all of its entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chained {
    pub table: Table,
    pub body: Bytes,
}

/// Stands for the keys and versions of a range of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

/// Takes in the rows of a range, in their order.
#[derive(Debug, Default)]
pub struct Fingerprinter(blake3::Hasher);

impl Fingerprinter {
    /// Takes in one row.
    pub fn row(&mut self, key: &[u8], version: u64) {
        self.0.update(&(key.len() as u64).to_le_bytes()).update(key).update(&version.to_le_bytes());
    }

    /// Stands for all rows taken in.
    pub fn finish(&self) -> Fingerprint {
        Fingerprint(*self.0.finalize().as_bytes())
    }
}
