//! Files of a tenant: a row in the store for each, whose content lies encrypted beside it.
//!
//! Because the row is written by the commit, a file appears, changes and disappears together with
//! everything else that the commit does.

use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use signalsync_core::FilePath;

use crate::blob::{BlobId, Blobs};
use crate::engine::Direction;
use crate::error::{CommitError, StoreError};
use crate::row;
use crate::shelf::{Shelf, Shelves};
use crate::store::blocking;
use crate::stream::{StagedBlob, StagedFile};
use crate::transaction::Transaction;

/// What is known of a file without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileInfo {
    /// Within its folder, or on what it hangs on.
    pub path: FilePath,
    /// In bytes.
    pub size: u64,
    /// As given at writing.
    pub media_type: String,
    /// Number of the commit that wrote it; 0 for a write of the transaction that reads it.
    pub version: u64,
    pub(crate) content: Content,
}

/// Where a file's content is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    Stored(BlobId),
    Pending(Bytes),
}

/// A file's row.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Row {
    blob: BlobId,
    size: u64,
    media_type: String,
}

/// What a transaction does to contents: pending ones are stored before its commit, replaced ones removed after.
#[derive(Debug, Clone, Default)]
pub(crate) struct FileChanges {
    pending: Vec<(BlobId, Bytes)>,
    staged: Vec<Arc<StagedBlob>>,
    replaced: Vec<BlobId>,
}

impl FileChanges {
    /// Writes the pending contents, durably.
    pub(crate) async fn store(self, blobs: &Arc<Blobs>) -> Result<StoredChanges, StoreError> {
        let Self { pending, staged, replaced } = self;
        let mut created: Vec<BlobId> = Vec::new();
        for (id, body) in pending {
            let folder = Arc::clone(blobs);
            let name = id.clone();
            let written = blocking(move || folder.write_whole(&name, &body)).await;
            created.push(id);
            if let Err(error) = written {
                let partly = StoredChanges { blobs: Arc::clone(blobs), created, staged, replaced: Vec::new() };
                partly.settle(Outcome::Refused).await;
                return Err(error);
            }
        }
        Ok(StoredChanges { blobs: Arc::clone(blobs), created, staged, replaced })
    }
}

/// What became of the commit that refers to contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Committed,
    /// Certainly not committed.
    Refused,
    /// The disk failed on the way: the next opening of the store shows whether it was committed.
    Unknown,
}

impl Outcome {
    pub(crate) fn of<T>(result: &Result<T, CommitError>) -> Self {
        match result {
            Ok(_) => Self::Committed,
            Err(CommitError::Conflict) => Self::Refused,
            Err(CommitError::Store(_)) => Self::Unknown,
        }
    }
}

/// Contents that are on disk while their commit is decided.
pub(crate) struct StoredChanges {
    blobs: Arc<Blobs>,
    created: Vec<BlobId>,
    staged: Vec<Arc<StagedBlob>>,
    replaced: Vec<BlobId>,
}

impl StoredChanges {
    /// Removes what is no longer needed, now that the commit has happened or not. When that is unknown
    /// nothing is removed: the sweep at the next opening knows.
    pub(crate) async fn settle(self, outcome: Outcome) {
        let Self { blobs, created, staged, replaced } = self;
        if outcome != Outcome::Refused {
            staged.iter().for_each(|staged| staged.keep());
        }
        let removed = blocking(move || {
            match outcome {
                Outcome::Committed if !replaced.is_empty() => blobs.throw(replaced),
                Outcome::Refused => blobs.remove(&created),
                Outcome::Committed | Outcome::Unknown => {}
            }
            Ok(())
        });
        if let Err(error) = removed.await {
            tracing::warn!(%error, "contents that nothing refers to stay until the store opens again");
        }
    }
}

impl Transaction {
    /// What is known of a file.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn file(&mut self, shelf: impl Into<Shelf>, path: &FilePath) -> Result<Option<FileInfo>, StoreError> {
        let Some(row) = self.get(&shelf.into().key(path))? else { return Ok(None) };
        self.info(path.clone(), row.version, &row.body).map(Some)
    }

    /// Files of a shelf behind the path `after`, in the order of their paths.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn list_files(
        &mut self,
        shelf: impl Into<Shelf>,
        after: Option<&FilePath>,
        limit: usize,
    ) -> Result<Vec<FileInfo>, StoreError> {
        let (shelf, after) = (shelf.into(), after.map(FilePath::as_str));
        let page = self.scan(shelf.table(), &shelf.parents(), "", after, limit, usize::MAX)?;
        let infos = page.entries.into_iter().map(|(path, row)| {
            let path = FilePath::try_from(path).map_err(|error| StoreError::Corrupt(error.to_string()))?;
            self.info(path, row.version, &row.body)
        });
        infos.collect()
    }

    /// Every file on shelves of this kind, in the order of their names, as they were when the transaction began. Nothing is
    /// expected of them, so it is for reading alone.
    ///
    /// # Errors
    /// The store cannot be read, or what `visit` answers.
    pub fn each_file(
        &self,
        shelves: Shelves,
        visit: &mut dyn FnMut(&Shelf, &FileInfo) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let damaged = || StoreError::Corrupt("a file's name is not what was written".to_owned());
        self.each(shelves.table(), &[], &mut |key, row| {
            let mut names: Vec<_> =
                key.parts(shelves.names()).ok_or_else(damaged)?.into_iter().map(str::to_owned).collect();
            let path = names.pop().and_then(|path| FilePath::try_from(path).ok()).ok_or_else(damaged)?;
            let shelf = shelves.shelf(&names).ok_or_else(damaged)?;
            visit(&shelf, &self.info(path, row.version, &row.body)?)
        })
    }

    /// At most `length` bytes of a file from `offset`; none when there is no such file.
    ///
    /// # Errors
    /// The store cannot be read, or the content was changed from outside.
    pub fn read_file(
        &mut self,
        shelf: impl Into<Shelf>,
        path: &FilePath,
        offset: u64,
        length: u32,
    ) -> Result<Option<Bytes>, StoreError> {
        let Some(info) = self.file(shelf, path)? else { return Ok(None) };
        match info.content {
            Content::Pending(body) => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX).min(body.len());
                let end = start.saturating_add(length as usize).min(body.len());
                Ok(Some(body.slice(start..end)))
            }
            Content::Stored(id) => {
                let store = self.store.as_ref().ok_or(StoreError::NoSuchTenant)?;
                let bytes = store.blobs().open(&id, info.size)?.read(offset, u64::from(length))?;
                Ok(Some(bytes.into()))
            }
        }
    }

    /// Creates or replaces a file with content from memory.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn write_file(
        &mut self,
        shelf: impl Into<Shelf>,
        path: &FilePath,
        media_type: &str,
        body: Bytes,
    ) -> Result<(), StoreError> {
        let id = BlobId::new()?;
        let row = Row { blob: id.clone(), size: body.len() as u64, media_type: media_type.to_owned() };
        self.replace(&shelf.into(), path, &row)?;
        self.files.pending.push((id, body));
        Ok(())
    }

    /// Creates or replaces a file with content that was staged before in the same store.
    ///
    /// # Errors
    /// The store cannot be read, or `Stopped`: it was closed since, and the content is gone.
    pub fn put_file(
        &mut self,
        shelf: impl Into<Shelf>,
        path: &FilePath,
        media_type: &str,
        staged: StagedFile,
    ) -> Result<(), StoreError> {
        if !self.store.as_ref().is_some_and(|store| Arc::ptr_eq(store.blobs(), &staged.0.blobs)) {
            return Err(StoreError::Stopped);
        }
        let row = Row { blob: staged.0.id.clone(), size: staged.0.size, media_type: media_type.to_owned() };
        self.replace(&shelf.into(), path, &row)?;
        self.files.staged.push(staged.0);
        Ok(())
    }

    /// Deletes a file; false when there was none.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn delete_file(&mut self, shelf: impl Into<Shelf>, path: &FilePath) -> Result<bool, StoreError> {
        let shelf = shelf.into();
        self.forget_content(&shelf, path)?;
        self.delete(&shelf.key(path))
    }

    /// Deletes at most so many files of a shelf; true when none is left.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn clear_files(&mut self, shelf: &Shelf, limit: usize) -> Result<bool, StoreError> {
        let infos = self.list_files(shelf, None, limit)?;
        for info in &infos {
            self.delete_file(shelf, &info.path)?;
        }
        Ok(infos.len() < limit)
    }

    /// Deletes at most so many files of all shelves below this one; true when none is left.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn clear_shelves(&mut self, above: &Shelf, limit: usize) -> Result<bool, StoreError> {
        let page = self.scan(above.table(), &above.parents(), "", None, limit, usize::MAX)?;
        for (_, row) in &page.entries {
            self.files.replaced.push(row::read::<Row>(&row.body)?.blob);
        }
        Ok(self.clear(above.table(), &above.parents(), limit)? < limit)
    }

    fn replace(&mut self, shelf: &Shelf, path: &FilePath, row: &Row) -> Result<(), StoreError> {
        self.forget_content(shelf, path)?;
        let body = serde_json::to_vec(row).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        self.put(shelf.key(path), body);
        Ok(())
    }

    fn forget_content(&mut self, shelf: &Shelf, path: &FilePath) -> Result<(), StoreError> {
        match self.file(shelf, path)?.map(|info| info.content) {
            Some(Content::Stored(id)) if !self.is_staged(&id) => self.files.replaced.push(id),
            Some(Content::Stored(id)) => self.files.staged.retain(|staged| staged.id != id),
            Some(Content::Pending(body)) => self.files.pending.retain(|(_, pending)| pending.as_ptr() != body.as_ptr()),
            None => {}
        }
        Ok(())
    }

    fn is_staged(&self, id: &BlobId) -> bool {
        self.files.staged.iter().any(|staged| staged.id == *id)
    }

    fn info(&self, path: FilePath, version: u64, row: &[u8]) -> Result<FileInfo, StoreError> {
        let row: Row = row::read(row)?;
        let pending = self.files.pending.iter().find(|(id, _)| *id == row.blob);
        let content = match pending {
            Some((_, body)) => Content::Pending(body.clone()),
            None => Content::Stored(row.blob),
        };
        Ok(FileInfo { path, size: row.size, media_type: row.media_type, version, content })
    }
}

/// The contents that the rows of a snapshot refer to.
pub(crate) fn used_blobs(
    snapshot: &dyn crate::engine::Snapshot,
) -> Result<std::collections::HashSet<BlobId>, StoreError> {
    let (mut used, mut damaged) = (std::collections::HashSet::new(), None);
    for table in Shelf::TABLES {
        let table = crate::key::prefix(table, &[]);
        snapshot.range(&table, crate::key::behind(table.clone()).as_deref(), Direction::Forth, &mut |_, row| {
            match serde_json::from_slice::<Row>(&row.body) {
                Ok(row) => _ = used.insert(row.blob),
                Err(error) => damaged = Some(error),
            }
            damaged.is_none()
        })?;
    }
    // A row that cannot be read may refer to anything, so nothing may be swept.
    damaged.map_or(Ok(used), |error| Err(StoreError::Corrupt(error.to_string())))
}
