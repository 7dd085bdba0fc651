//! Rows of jobs.
//!
//! | key | holds |
//! | --- | --- |
//! | `Jobs`, id | the job |
//! | `JobItems`, `open`, id | nothing; jobs that have not ended |
//! | `JobItems`, id, `p` and a number | a problem |
//! | `JobItems`, id, `d` and a number | what was done, the last first |

use serde_json::Value;
use signalsync_core::JobId;
use signalsync_store::{Key, Shelf, StoreError, Table, Transaction, row};

use super::job::{Job, Problem};
use crate::machine::shortened;

pub(crate) const PROBLEM: &str = "p";
const DID: &str = "d";
const OPEN: &str = "open";

pub(crate) fn read(tx: &mut Transaction, id: JobId) -> Result<Option<Job>, StoreError> {
    tx.get(&key(id))?.map(|found| row::read(&found.body)).transpose()
}

pub(crate) fn write(tx: &mut Transaction, id: JobId, job: &Job) -> Result<(), StoreError> {
    tx.put(key(id), row::write(job)?);
    Ok(())
}

pub(crate) fn set_open(tx: &mut Transaction, id: JobId, open: bool) -> Result<(), StoreError> {
    if open {
        tx.put(open_key(id), "");
    } else {
        tx.delete(&open_key(id))?;
    }
    Ok(())
}

pub(crate) fn is_open(tx: &mut Transaction, id: JobId) -> Result<bool, StoreError> {
    Ok(tx.get(&open_key(id))?.is_some())
}

/// How many jobs have not ended; no more than `limit` are counted.
pub(crate) fn open(tx: &mut Transaction, limit: usize) -> Result<usize, StoreError> {
    Ok(tx.scan(Table::JobItems, &[OPEN], "", None, limit, usize::MAX)?.entries.len())
}

pub(crate) fn add_problem(tx: &mut Transaction, id: JobId, number: u64, problem: &Problem) -> Result<(), StoreError> {
    let column = problem.column.as_deref().map(shortened);
    let kept = Problem { row: problem.row, column, reason: shortened(&problem.reason) };
    tx.put(item_key(id, &format!("{PROBLEM}{number:020}")), row::write(&kept)?);
    Ok(())
}

pub(crate) fn add_did(tx: &mut Transaction, id: JobId, number: u64, did: &Value) -> Result<(), StoreError> {
    tx.put(item_key(id, &did_name(number)), row::write(did)?);
    Ok(())
}

/// What was done last, last first, and taken out.
pub(crate) fn take_did(tx: &mut Transaction, id: JobId, limit: usize, bytes: usize) -> Result<Vec<Value>, StoreError> {
    let page = tx.scan(Table::JobItems, &[&id.to_string()], DID, None, limit, bytes)?;
    let mut taken = Vec::with_capacity(page.entries.len());
    for (name, found) in &page.entries {
        tx.delete(&item_key(id, name))?;
        taken.push(row::read(&found.body)?);
    }
    Ok(taken)
}

/// Removes some of what a job left; true when nothing of it is left.
pub(crate) fn remove_some(tx: &mut Transaction, id: JobId, limit: usize) -> Result<bool, StoreError> {
    let page = tx.scan(Table::JobItems, &[&id.to_string()], "", None, limit, usize::MAX)?;
    for (name, _) in &page.entries {
        tx.delete(&item_key(id, name))?;
    }
    let is_all = page.next.is_none() && tx.clear_files(&Shelf::job(id), limit)?;
    if is_all {
        tx.delete(&key(id))?;
    }
    Ok(is_all)
}

fn key(id: JobId) -> Key {
    Key::new(Table::Jobs, &[&id.to_string()])
}

fn open_key(id: JobId) -> Key {
    Key::new(Table::JobItems, &[OPEN, &id.to_string()])
}

fn item_key(id: JobId, name: &str) -> Key {
    Key::new(Table::JobItems, &[&id.to_string(), name])
}

/// In the reverse order of their numbers.
fn did_name(number: u64) -> String {
    format!("{DID}{:020}", u64::MAX - number)
}
