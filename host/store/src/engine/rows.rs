//! Rows in a sled tree, long ones in pieces.
//!
//! A row's value is the number of its further pieces in two bytes, its version in eight, and its beginning. The
//! pieces lie behind all rows, below byte 255, the length of the row's key and the key.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};

use super::Direction;
use super::history::{Changes, Overlay, Row};
use crate::error::StoreError;
use crate::key::Versioned;

/// Bytes of a piece. Twenty rows of this size with the longest keys stay below the 128 KiB of [`super::sled`].
const PIECE_BYTES: usize = 4 << 10;

const HEAD_BYTES: usize = 10;

/// The rows of a store. Clones are the same rows.
#[derive(Clone)]
pub(crate) struct Rows(::sled::Db);

impl Rows {
    /// Behind all rows.
    pub(crate) const END: &'static [u8] = &[u8::MAX];

    pub(crate) fn new(database: ::sled::Db) -> Self {
        Self(database)
    }

    pub(crate) fn get(&self, key: &[u8], overlay: &impl Overlay) -> Result<Row, StoreError> {
        match overlay.get(key) {
            Some(row) => Ok(row),
            None => self.0.get(key)?.map(|value| self.whole(key, &value)).transpose(),
        }
    }

    /// The first rows of a range, or the last ones.
    pub(crate) fn between(
        &self,
        start: &[u8],
        end: &[u8],
        direction: Direction,
        limit: usize,
    ) -> Result<BTreeMap<Vec<u8>, Versioned>, StoreError> {
        let rows = self.0.range(start..end.min(Self::END));
        let whole = |entry: ::sled::Result<(::sled::IVec, ::sled::IVec)>| {
            let (key, value) = entry?;
            Ok((key.to_vec(), self.whole(&key, &value)?))
        };
        match direction {
            Direction::Forth => rows.take(limit).map(whole).collect(),
            Direction::Back => rows.rev().take(limit).map(whole).collect(),
        }
    }

    /// What the rows are now that these changes change.
    pub(crate) fn before(&self, changes: &Changes) -> Result<Vec<(Vec<u8>, Row)>, StoreError> {
        let nothing = Changes::default();
        changes.0.keys().map(|key| Ok((key.clone(), self.get(key, &nothing)?))).collect()
    }

    /// The changes in sled's words.
    pub(crate) fn batch(&self, changes: &Changes) -> Result<::sled::Batch, StoreError> {
        let mut batch = ::sled::Batch::default();
        for (key, row) in &changes.0 {
            let old = self.0.get(key)?.map(|value| head(&value).map(|(pieces, ..)| pieces)).transpose()?.unwrap_or(0);
            let new = match row {
                Some(row) => put(&mut batch, key, row)?,
                None => {
                    batch.remove(key.as_slice());
                    0
                }
            };
            (new..old).for_each(|piece| batch.remove(piece_key(key, piece)));
        }
        Ok(batch)
    }

    pub(crate) fn apply(&self, batch: ::sled::Batch) -> Result<(), StoreError> {
        Ok(self.0.apply_batch(batch)?)
    }

    /// Hands everything to the operating system.
    pub(crate) fn flush(&self) -> Result<(), StoreError> {
        self.0.flush()?;
        Ok(())
    }

    fn whole(&self, key: &[u8], value: &[u8]) -> Result<Versioned, StoreError> {
        let (pieces, version, beginning) = head(value)?;
        if pieces == 0 {
            return Ok(Versioned { version, body: Bytes::copy_from_slice(beginning) });
        }
        let mut body = BytesMut::with_capacity(beginning.len() + usize::from(pieces) * PIECE_BYTES);
        body.extend_from_slice(beginning);
        for piece in 0..pieces {
            let piece = self.0.get(piece_key(key, piece))?;
            body.extend_from_slice(&piece.ok_or_else(|| damaged("a piece of a row is gone"))?);
        }
        Ok(Versioned { version, body: body.freeze() })
    }
}

/// Writes a row; answers how many pieces it has besides its beginning.
fn put(batch: &mut ::sled::Batch, key: &[u8], row: &Versioned) -> Result<u16, StoreError> {
    let (beginning, rest) = row.body.split_at(row.body.len().min(PIECE_BYTES));
    let pieces = rest.chunks(PIECE_BYTES);
    let count = u16::try_from(pieces.len()).map_err(|_| StoreError::Engine("a row is too long".to_owned()))?;
    let value = [count.to_be_bytes().as_slice(), &row.version.to_be_bytes(), beginning].concat();
    batch.insert(key, value);
    for (number, piece) in (0..).zip(pieces) {
        batch.insert(piece_key(key, number), piece);
    }
    Ok(count)
}

fn head(value: &[u8]) -> Result<(u16, u64, &[u8]), StoreError> {
    let (head, beginning) = value.split_first_chunk::<HEAD_BYTES>().ok_or_else(|| damaged("a row is too short"))?;
    let [a, b, version @ ..] = *head;
    Ok((u16::from_be_bytes([a, b]), u64::from_be_bytes(version), beginning))
}

fn piece_key(key: &[u8], piece: u16) -> Vec<u8> {
    [Rows::END, &(key.len() as u32).to_be_bytes(), key, &piece.to_be_bytes()].concat()
}

fn damaged(what: &str) -> StoreError {
    StoreError::Corrupt(what.to_owned())
}
