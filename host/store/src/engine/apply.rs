//! Checking and applying commits: written once, for all engines.

use super::{Conflict, Direction, Read, Write};
use crate::chain;
use crate::commit::{Append, Commit, Expect, Fingerprinter, Write as RowWrite};
use crate::error::StoreError;
use crate::key::{behind, prefix};

/// Where the store counts its commits.
const VERSION: &[u8] = b"\0version";

/// The number of the newest commit.
///
/// # Errors
/// The database cannot be read.
pub(crate) fn version(view: &(impl Read + ?Sized)) -> Result<u64, StoreError> {
    number(view, VERSION)
}

/// Applies a group inside of one write transaction. A commit that conflicts leaves nothing behind,
/// because all that it expects is checked before its first write.
///
/// # Errors
/// The database failed; the write transaction must be given up.
pub(crate) fn apply(view: &mut dyn Write, group: &[Commit]) -> Result<Vec<Result<u64, Conflict>>, StoreError> {
    let before = version(view)?;
    let mut newest = before;
    let mut results = Vec::with_capacity(group.len());
    for commit in group {
        // Nothing can have changed for a commit that read the newest state.
        if commit.base != Some(newest) && !holds(view, &commit.expect)? {
            results.push(Err(Conflict));
            continue;
        }
        newest += 1;
        write(view, commit, newest)?;
        results.push(Ok(newest));
    }
    if newest > before {
        view.put(VERSION, 0, &newest.to_be_bytes())?;
    }
    Ok(results)
}

/// Whether anything of the group was written. Nothing has to be made durable for conflicts.
pub(crate) fn wrote(results: &[Result<u64, Conflict>]) -> bool {
    results.iter().any(Result::is_ok)
}

fn holds(view: &dyn Write, expect: &[Expect]) -> Result<bool, StoreError> {
    for expected in expect {
        let holds = match expected {
            Expect::Row { key, version } => view.get(key.as_bytes())?.map(|row| row.version) == *version,
            Expect::Range { start, end, fingerprint } => {
                let mut found = Fingerprinter::default();
                view.range(start, end.as_deref(), Direction::Forth, &mut |key, row| {
                    found.row(key, row.version);
                    true
                })?;
                found.finish() == *fingerprint
            }
        };
        if !holds {
            return Ok(false);
        }
    }
    Ok(true)
}

fn write(view: &mut dyn Write, commit: &Commit, version: u64) -> Result<(), StoreError> {
    for (key, write) in &commit.writes {
        match write {
            RowWrite::Put(body) => view.put(key.as_bytes(), version, body)?,
            RowWrite::Delete => view.remove(key.as_bytes())?,
        }
    }
    commit.appends.iter().try_for_each(|entry| append(view, entry, version))?;
    commit.chained.iter().try_for_each(|entry| chain::add(view, entry, version))
}

/// Adds an entry and removes the oldest ones that are too many: two at most, so that a log whose
/// limit was lowered shrinks while it is used and no commit pays for all of it.
fn append(view: &mut dyn Write, entry: &Append, version: u64) -> Result<(), StoreError> {
    let table = prefix(entry.table, &[]);
    let counter = [b"\0log", table.as_slice()].concat();
    let mut count = number(view, &counter)? + 1;
    let key = [table.as_slice(), entry.id.as_bytes()].concat();
    view.put(&key, version, &entry.body)?;
    let surplus = count.saturating_sub(u64::from(entry.keep.max(1))).min(2);
    let mut oldest = Vec::new();
    view.range(&table, behind(table.clone()).as_deref(), Direction::Forth, &mut |key, _| {
        let more = (oldest.len() as u64) < surplus;
        if more {
            oldest.push(key.to_vec());
        }
        more
    })?;
    for key in &oldest {
        view.remove(key)?;
        count -= 1;
    }
    view.put(&counter, 0, &count.to_be_bytes())
}

fn number(view: &(impl Read + ?Sized), key: &[u8]) -> Result<u64, StoreError> {
    let Some(row) = view.get(key)? else { return Ok(0) };
    let bytes =
        row.body.as_ref().try_into().map_err(|_| StoreError::Corrupt("a counter is not a number".to_owned()))?;
    Ok(u64::from_be_bytes(bytes))
}
