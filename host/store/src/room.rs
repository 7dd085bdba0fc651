//! Stops writing before the disk is full, in steps, so that what frees room still works.
//!
//! An engine that runs into the end of the disk has to be opened again. Looking before each group of commits
//! is cheap and makes a full disk an ordinary refusal; the rare race with other writers is left to the engine.

use std::path::PathBuf;

use crate::commit::{Commit, Write};
use crate::error::StoreError;

/// Bytes that contents of files leave free.
const FILES_LEAVE_BYTES: u64 = 4 << 20;

/// Bytes that rows leave free; deletes use them up.
const ROWS_LEAVE_BYTES: u64 = 2 << 20;

/// Pages that a row of any size may cost: its leaf and the way to it.
const ROW_BYTES: u64 = 8 << 10;

/// The free room of a file system.
#[derive(Debug, Clone)]
pub(crate) struct Room(PathBuf);

impl Room {
    /// The file system that holds this folder.
    pub(crate) fn around(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// Whether so many bytes of a file's content fit.
    pub(crate) fn for_content(&self, bytes: usize) -> Result<(), StoreError> {
        self.leave(FILES_LEAVE_BYTES + bytes as u64)
    }

    /// Whether a group of commits fits. Commits that only delete are always let through.
    pub(crate) fn for_commits(&self, group: &[Commit]) -> Result<(), StoreError> {
        match group.iter().map(bytes).sum() {
            0 => Ok(()),
            bytes => self.leave(ROWS_LEAVE_BYTES + bytes),
        }
    }

    fn leave(&self, bytes: u64) -> Result<(), StoreError> {
        let found = rustix::fs::statvfs(&self.0).map_err(std::io::Error::from)?;
        let free = found.f_bavail.saturating_mul(found.f_frsize);
        if free < bytes { Err(StoreError::Full) } else { Ok(()) }
    }
}

fn bytes(commit: &Commit) -> u64 {
    let rows = commit.writes.values().filter_map(|write| match write {
        Write::Put(body) => Some(body.len()),
        Write::Delete => None,
    });
    // Twice, because a page is written anew before the old one is given up.
    let logged = commit.appends.iter().map(|entry| entry.body.len());
    let chained = commit.chained.iter().map(|entry| entry.body.len());
    rows.chain(logged).chain(chained).map(|body| ROW_BYTES + 2 * body as u64).sum()
}
