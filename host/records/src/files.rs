//! Files in named folders.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;
use signalsync_audit::{Action, Event, record};
use signalsync_core::{Caller, Clock, FilePath, FolderName, TenantScope, Timestamp};
use signalsync_store::{FileInfo, FileReader, FileWriter, Precondition, Store, Stores, Transaction};

use crate::error::RecordError;

/// The files of all tenants, each tenant's behind its scope.
#[derive(Clone)]
pub struct Files {
    stores: Arc<Stores>,
    clock: Arc<dyn Clock>,
}

/// A file that is being sent.
pub struct PutFile {
    store: Store,
    writer: FileWriter,
    limit: u64,
    by: Caller,
    at: Timestamp,
}

/// A file that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileWritten {
    pub version: u64,
    pub size: u64,
    /// Whether there was none before.
    pub created: bool,
}

impl Files {
    pub fn new(stores: Arc<Stores>, clock: Arc<dyn Clock>) -> Self {
        Self { stores, clock }
    }

    /// Starts a file; it appears under its path with [`PutFile::finish`] and leaves no trace without.
    ///
    /// # Errors
    /// The store failed, or the tenant has used it up.
    pub async fn start(&self, scope: &TenantScope) -> Result<PutFile, RecordError> {
        let store = self.stores.tenant(scope).await?;
        let writer = store.stage_file().await?;
        let (by, at) = (scope.caller().clone(), self.clock.now());
        Ok(PutFile { store, writer, limit: scope.tier().file_bytes_max, by, at })
    }

    /// What is known of a file, and its content from the beginning.
    ///
    /// # Errors
    /// `NotFound`, or the store failed.
    pub async fn open(
        &self,
        scope: &TenantScope,
        folder: &FolderName,
        path: &FilePath,
    ) -> Result<(FileInfo, FileReader), RecordError> {
        let store = self.stores.tenant(scope).await?;
        // Held until the content is open, because it goes when it is replaced and no transaction can see it any more.
        let mut tx = store.begin().await?;
        let info = tx.file(folder, path)?.ok_or(RecordError::NotFound)?;
        let reader = store.open_file(&info).await?;
        drop(tx);
        Ok((info, reader))
    }

    /// Files of a folder behind the path `after`.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(
        &self,
        scope: &TenantScope,
        folder: &FolderName,
        after: Option<&FilePath>,
        limit: usize,
    ) -> Result<Vec<FileInfo>, RecordError> {
        Ok(self.stores.tenant(scope).await?.begin().await?.list_files(folder, after, limit)?)
    }

    /// Deletes a file.
    ///
    /// # Errors
    /// `NotFound`, `Precondition`, or the store failed.
    pub async fn delete(
        &self,
        scope: &TenantScope,
        folder: &FolderName,
        path: &FilePath,
        precondition: Precondition,
    ) -> Result<(), RecordError> {
        let delete = |tx: &mut Transaction| {
            let found = tx.file(folder, path)?.ok_or(RecordError::NotFound)?;
            precondition.check(Some(found.version))?;
            tx.delete_file(folder, path)?;
            let event = Event::new(Action::FileDeleted, format!("file/{folder}/{path}"));
            let event = event.before(&json!({"size": found.size, "media-type": found.media_type}))?;
            Ok(record(tx, scope.caller(), self.clock.now(), event)?)
        };
        self.stores.tenant(scope).await?.transact(delete).await
    }
}

impl PutFile {
    /// Appends a piece.
    ///
    /// # Errors
    /// `TooLarge`, or the store failed.
    pub async fn write(&mut self, piece: Bytes) -> Result<(), RecordError> {
        let bytes = self.writer.size() + piece.len() as u64;
        if bytes > self.limit {
            return Err(RecordError::TooLarge { bytes, limit: self.limit });
        }
        Ok(self.writer.write(piece).await?)
    }

    /// Makes the file appear under its path, in place of the one that was there.
    ///
    /// # Errors
    /// `Precondition`, `Conflict` when the file changed meanwhile, or the store failed.
    pub async fn finish(
        self,
        folder: &FolderName,
        path: &FilePath,
        media_type: &str,
        precondition: Precondition,
    ) -> Result<FileWritten, RecordError> {
        let staged = self.writer.finish().await?;
        let size = staged.size();
        let mut tx = self.store.begin().await?;
        let found = tx.file(folder, path)?;
        precondition.check(found.as_ref().map(|info| info.version))?;
        tx.put_file(folder, path, media_type, staged)?;
        let event = Event::new(Action::FileWritten, format!("file/{folder}/{path}"));
        record(&mut tx, &self.by, self.at, event.after(&json!({"size": size, "media-type": media_type}))?)?;
        let version = tx.commit().await?.version;
        Ok(FileWritten { version, size, created: found.is_none() })
    }
}
