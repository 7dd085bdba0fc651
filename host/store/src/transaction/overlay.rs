//! The rarer ways to look at a transaction: from behind, below its own writes, and at those writes themselves.

use bytes::Bytes;

use super::{Page, Transaction, last_part};
use crate::commit::{Expect, Fingerprinter, Write};
use crate::engine::Direction;
use crate::error::StoreError;
use crate::key::{Key, Table, Versioned, behind, prefix};

/// What a transaction writes to a row: a body, or none where it deletes it.
pub type Written = (Key, Option<Bytes>);

impl Transaction {
    /// Like [`scan`](Self::scan), from the last row to the first: rows whose last part begins with `prefix` and comes
    /// before `before`.
    ///
    /// # Errors
    /// The store cannot be read, or a key in it is not text.
    pub fn scan_back(
        &mut self,
        table: Table,
        parents: &[&str],
        prefix: &str,
        before: Option<&str>,
        limit: usize,
        bytes_max: usize,
    ) -> Result<Page, StoreError> {
        let head = super::prefix(table, parents);
        let start = [head.as_slice(), prefix.as_bytes()].concat();
        let before = before.map(|before| [head.as_slice(), before.as_bytes()].concat());
        let end = [behind(start.clone()), before].into_iter().flatten().min();
        if end.as_ref().is_some_and(|end| *end <= start) {
            return Ok(Page { entries: Vec::new(), next: None });
        }
        let mut rows = Newest { rows: Vec::new(), bytes: 0, limit, bytes_max };
        let mut seen = Vec::new();
        let range = (std::ops::Bound::Included(Key::from_bytes(start.clone())), bound(end.as_deref()));
        let mut own = self.writes.range(range).rev().peekable();
        self.snapshot.range(&start, end.as_deref(), Direction::Back, &mut |key, row| {
            seen.push((key.to_vec(), row.version));
            while let Some((own, write)) = own.next_if(|(own, _)| own.as_bytes() >= key) {
                rows.write(own, write);
                if own.as_bytes() == key {
                    return !rows.is_full();
                }
            }
            rows.push(key, row);
            !rows.is_full()
        })?;
        let full = rows.is_full();
        while !rows.is_full()
            && let Some((key, write)) = own.next()
        {
            rows.write(key, write);
        }
        let from = seen.last().filter(|_| full).map(|(key, _)| key.clone());
        let mut fingerprint = Fingerprinter::default();
        seen.iter().rev().for_each(|(key, version)| fingerprint.row(key, *version));
        self.expect.push(Expect::Range { start: from.unwrap_or(start), end, fingerprint: fingerprint.finish() });
        rows.page(head.len())
    }

    /// A row as it was before this transaction.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn before(&mut self, key: &Key) -> Result<Option<Versioned>, StoreError> {
        let row = self.snapshot.get(key.as_bytes())?;
        self.expect.push(Expect::Row { key: key.clone(), version: row.as_ref().map(|row| row.version) });
        Ok(row)
    }

    /// What this transaction writes to a table so far, in the order of the keys.
    pub fn written(&self, table: Table) -> Vec<Written> {
        let own = self.writes.range(Key::from_bytes(prefix(table, &[]))..);
        let own = own.take_while(|(key, _)| key.is_of(table));
        let body = |write: &Write| match write {
            Write::Put(body) => Some(body.clone()),
            Write::Delete => None,
        };
        own.map(|(key, write)| (key.clone(), body(write))).collect()
    }

    /// Deletes a row without expecting anything of it: for rows that follow from others, which are expected.
    pub fn erase(&mut self, key: Key) {
        self.writes.insert(key, Write::Delete);
    }

    /// Deletes up to `limit` rows below these parents without expecting anything of them; answers how many.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn clear(&mut self, table: Table, parents: &[&str], limit: usize) -> Result<usize, StoreError> {
        let start = prefix(table, parents);
        let mut found = Vec::new();
        let gone = |key: &Key| matches!(self.writes.get(key), Some(Write::Delete));
        self.snapshot.range(&start, behind(start.clone()).as_deref(), Direction::Forth, &mut |key, _| {
            let key = Key::from_bytes(key.to_vec());
            if !gone(&key) {
                found.push(key);
            }
            found.len() < limit
        })?;
        let own = self.written_below(&start, limit - found.len().min(limit));
        let count = found.len() + own.len();
        self.writes.extend(found.into_iter().chain(own).map(|key| (key, Write::Delete)));
        Ok(count)
    }

    fn written_below(&self, start: &[u8], limit: usize) -> Vec<Key> {
        let own = self.writes.range(Key::from_bytes(start.to_vec())..);
        let own = own.take_while(|(key, _)| key.as_bytes().starts_with(start));
        own.filter(|(_, write)| matches!(write, Write::Put(_))).map(|(key, _)| key.clone()).take(limit).collect()
    }
}

fn bound(end: Option<&[u8]>) -> std::ops::Bound<Key> {
    end.map_or(std::ops::Bound::Unbounded, |end| std::ops::Bound::Excluded(Key::from_bytes(end.to_vec())))
}

/// Rows from the last one on, until the page is full.
struct Newest {
    rows: Vec<(Vec<u8>, Versioned)>,
    bytes: usize,
    limit: usize,
    bytes_max: usize,
}

impl Newest {
    fn write(&mut self, key: &Key, write: &Write) {
        if let Write::Put(body) = write {
            self.push(key.as_bytes(), Versioned { version: 0, body: body.clone() });
        }
    }

    fn push(&mut self, key: &[u8], row: Versioned) {
        self.bytes += row.body.len();
        self.rows.push((key.to_vec(), row));
    }

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
