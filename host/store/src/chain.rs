//! Logs that nobody can change unnoticed: each entry carries the hash of all that came before it.
//!
//! An entry's hash is BLAKE3 over the hash before it (32 zero bytes for the first), its number in eight bytes,
//! big-endian, and its body. The store numbers and links entries when it commits them, so that writers do not wait for
//! each other and never conflict. Whoever keeps the newest hash elsewhere can prove that nothing was taken off the end.

use bytes::Bytes;

use crate::commit::Chained;
use crate::engine::{Direction, Read, Write};
use crate::error::StoreError;
use crate::key::{Key, Table, behind, prefix};
use crate::transaction::Transaction;

/// Entries that one look passes over at most, wanted or not.
const LOOKS_MAX: usize = 1_000;

/// Bytes of a hash.
pub const HASH_BYTES: usize = 32;

/// Stands for an entry and all before it.
pub type ChainHash = [u8; HASH_BYTES];

/// An entry of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Counted from 1.
    pub number: u64,
    /// Of this entry and all before it.
    pub hash: ChainHash,
    /// What was written.
    pub body: Bytes,
}

/// Links, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Links {
    /// Those that were wanted.
    pub links: Vec<Link>,
    /// Pass it as `before` to go on. A page may be short, or empty, and still have it.
    pub next: Option<u64>,
}

/// Where a chain ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainHead {
    /// How many entries there are.
    pub number: u64,
    /// Of the newest entry.
    pub hash: ChainHash,
}

impl ChainHead {
    const EMPTY: Self = Self { number: 0, hash: [0; HASH_BYTES] };

    fn next(self, body: &[u8]) -> Link {
        let number = self.number + 1;
        let hash = blake3::Hasher::new().update(&self.hash).update(&number.to_be_bytes()).update(body).finalize();
        Link { number, hash: *hash.as_bytes(), body: Bytes::copy_from_slice(body) }
    }

    fn at(link: &Link) -> Self {
        Self { number: link.number, hash: link.hash }
    }
}

/// A chain is not what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// An entry is missing.
    #[error("entry {0} is missing")]
    Missing(u64),
    /// An entry, or one before it, was changed.
    #[error("entry {0} does not follow from those before it")]
    Changed(u64),
    /// Entries are missing at the end, or were added behind the store's back.
    #[error("the chain should end with entry {expected}, and ends with {found}")]
    End {
        /// Number that the store keeps.
        expected: u64,
        /// Number of the last entry that follows.
        found: u64,
    },
}

impl Transaction {
    /// Adds an entry to a chain. Its number is given when the transaction commits, and it never conflicts.
    pub fn chain(&mut self, table: Table, body: impl Into<Bytes>) {
        self.chained.push(Chained { table, body: body.into() });
    }

    /// Entries of a chain, newest first, from before the number `before`. A look at a chain expects nothing of it.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn links(
        &self,
        table: Table,
        before: Option<u64>,
        limit: usize,
        mut wanted: impl FnMut(&Link) -> bool,
    ) -> Result<Links, StoreError> {
        let (start, end) = bounds(table, before);
        let (mut links, mut found, mut last, mut more) = (Vec::new(), Ok(()), None, false);
        let mut left = LOOKS_MAX;
        self.snapshot().range(&start, end.as_deref(), Direction::Back, &mut |key, row| {
            more = links.len() == limit || left == 0;
            if more {
                return false;
            }
            left -= 1;
            match read(start.len(), key, &row.body) {
                Ok(link) => {
                    last = Some(link.number);
                    links.extend(Some(link).filter(&mut wanted));
                }
                Err(error) => found = Err(error),
            }
            found.is_ok()
        })?;
        found?;
        Ok(Links { links, next: last.filter(|_| more) })
    }

    /// The entry with this number.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn link(&self, table: Table, number: u64) -> Result<Option<Link>, StoreError> {
        let key = Key::new(table, &[&part(number)]);
        let row = self.snapshot().get(key.as_bytes())?;
        row.map(|row| read(prefix(table, &[]).len(), key.as_bytes(), &row.body)).transpose()
    }

    /// Follows a chain from its first entry to its end: linear in its length, in constant memory.
    ///
    /// # Errors
    /// The store cannot be read. Inside: where the chain is broken.
    pub fn verify_chain(&self, table: Table) -> Result<Result<ChainHead, Broken>, StoreError> {
        self.follow_chain(table, &mut |_| Ok(()))
    }

    /// The same, and shows each entry that follows from those before it.
    ///
    /// # Errors
    /// The store cannot be read, or what `visit` answers. Inside: where the chain is broken.
    pub fn follow_chain(
        &self,
        table: Table,
        visit: &mut dyn FnMut(&Link) -> Result<(), StoreError>,
    ) -> Result<Result<ChainHead, Broken>, StoreError> {
        let (start, end) = bounds(table, None);
        let (mut at, mut broken, mut failed) = (ChainHead::EMPTY, None, None);
        self.snapshot().range(&start, end.as_deref(), Direction::Forth, &mut |key, row| {
            match read(start.len(), key, &row.body) {
                Ok(link) if link.number != at.number + 1 => broken = Some(Broken::Missing(at.number + 1)),
                Ok(link) if link != at.next(&link.body) => broken = Some(Broken::Changed(link.number)),
                Ok(link) => {
                    at = ChainHead::at(&link);
                    failed = visit(&link).err();
                }
                Err(error) => failed = Some(error),
            }
            broken.is_none() && failed.is_none()
        })?;
        if let Some(error) = failed {
            return Err(error);
        }
        let head = head(self.snapshot(), table)?;
        let ends = (head == at).then_some(head).ok_or(Broken::End { expected: head.number, found: at.number });
        Ok(broken.map_or(ends, Err))
    }
}

/// Adds an entry to the end of its chain, inside of an engine's write transaction.
pub(crate) fn add(view: &mut dyn Write, entry: &Chained, version: u64) -> Result<(), StoreError> {
    let link = head(view, entry.table)?.next(&entry.body);
    let key = Key::new(entry.table, &[&part(link.number)]);
    view.put(key.as_bytes(), version, &[link.hash.as_slice(), &link.body].concat())?;
    view.put(&head_key(entry.table), 0, &[link.number.to_be_bytes().as_slice(), &link.hash].concat())
}

fn head(view: &(impl Read + ?Sized), table: Table) -> Result<ChainHead, StoreError> {
    let Some(row) = view.get(&head_key(table))? else { return Ok(ChainHead::EMPTY) };
    let damaged = || StoreError::Corrupt("the end of a chain is damaged".to_owned());
    let (number, hash) = row.body.split_first_chunk().ok_or_else(damaged)?;
    let hash = hash.try_into().map_err(|_| damaged())?;
    Ok(ChainHead { number: u64::from_be_bytes(*number), hash })
}

fn head_key(table: Table) -> Vec<u8> {
    [b"\0chain".as_slice(), &prefix(table, &[])].concat()
}

/// Sixteen digits, so that the order of the texts is that of the numbers.
fn part(number: u64) -> String {
    format!("{number:016x}")
}

fn bounds(table: Table, before: Option<u64>) -> (Vec<u8>, Option<Vec<u8>>) {
    let start = prefix(table, &[]);
    let end = match before {
        Some(number) => Some([start.as_slice(), part(number).as_bytes()].concat()),
        None => behind(start.clone()),
    };
    (start, end)
}

fn read(head: usize, key: &[u8], row: &Bytes) -> Result<Link, StoreError> {
    let damaged = || StoreError::Corrupt("an entry of a chain is damaged".to_owned());
    let digits = key.get(head..).and_then(|part| std::str::from_utf8(part).ok()).ok_or_else(damaged)?;
    let number = u64::from_str_radix(digits, 16).map_err(|_| damaged())?;
    let hash = *row.first_chunk().ok_or_else(damaged)?;
    Ok(Link { number, hash, body: row.slice(HASH_BYTES..) })
}
