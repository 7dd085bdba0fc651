//! Files: in named folders, and on the records that they belong to.

use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use signalsync_audit::record;
use signalsync_core::{Clock, CollectionName, FilePath, FolderName, RecordId, TenantScope};
use signalsync_data::{file_deleted, file_written};
use signalsync_store::{
    FileInfo, FileReader, FileWriter, Precondition, StagedFile, Store, StoreError, Stores, Transaction,
};

use crate::error::RecordError;
use crate::judge::Judge;
use crate::sniff;

/// The files of all tenants, each tenant's behind its scope.
#[derive(Clone)]
pub struct Files {
    stores: Arc<Stores>,
    judge: Judge,
    clock: Arc<dyn Clock>,
}

/// What a file is in or hangs on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// A folder. Whoever may read and write files is asked before.
    Folder(FolderName),
    /// A record, whose rules say who may do what with its files.
    Record(CollectionName, RecordId),
}

/// A file that is being sent.
pub struct PutFile {
    files: Files,
    scope: Arc<TenantScope>,
    place: Place,
    path: FilePath,
    store: Store,
    writer: FileWriter,
    /// As much of the beginning as says what it is.
    head: Vec<u8>,
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileWritten {
    pub version: u64,
    pub size: u64,
    /// What it is: by its content where that says so, else as its sender says.
    pub media_type: String,
    /// Whether there was none before.
    pub created: bool,
}

impl Files {
    /// Behind this judge's gate.
    pub fn new(stores: Arc<Stores>, judge: Judge, clock: Arc<dyn Clock>) -> Self {
        Self { stores, judge, clock }
    }

    /// Starts a file; it appears under its path with [`PutFile::finish`] and leaves no trace without.
    ///
    /// # Errors
    /// The caller may not write it; the store failed, or the tenant has used it up.
    pub async fn start(&self, scope: &Arc<TenantScope>, place: Place, path: FilePath) -> Result<PutFile, RecordError> {
        let store = self.stores.tenant(scope).await?;
        if let Place::Record(collection, id) = &place {
            let gate = self.judge.gate(scope, self.clock.now());
            gate.may_attach(&mut store.begin().await?, (collection, id), &path)?;
        }
        let writer = store.stage_file().await?;
        let (files, scope) = (self.clone(), Arc::clone(scope));
        Ok(PutFile { files, scope, place, path, store, writer, head: Vec::new() })
    }

    /// A tenant's store.
    pub(crate) async fn store(&self, scope: &TenantScope) -> Result<Store, StoreError> {
        self.stores.tenant(scope).await
    }

    /// What is known of a file, and its content from the beginning.
    ///
    /// # Errors
    /// `NotFound`, what the gate says, or the store failed.
    pub async fn open(
        &self,
        scope: &TenantScope,
        place: &Place,
        path: &FilePath,
    ) -> Result<(FileInfo, FileReader), RecordError> {
        let store = self.stores.tenant(scope).await?;
        // Held until the content is open, because it goes when it is replaced and no transaction can see it any more.
        let mut tx = store.begin().await?;
        let info = match place {
            Place::Folder(folder) => tx.file(folder, path)?.ok_or(RecordError::NotFound)?,
            Place::Record(collection, id) => {
                self.judge.gate(scope, self.clock.now()).attachment(&mut tx, (collection, id), path)?
            }
        };
        let reader = store.open_file(&info).await?;
        drop(tx);
        Ok((info, reader))
    }

    /// Files behind the path `after`. Those of a record are few, and come all at once.
    ///
    /// # Errors
    /// What the gate says, or the store failed.
    pub async fn list(
        &self,
        scope: &TenantScope,
        place: &Place,
        after: Option<&FilePath>,
        limit: usize,
    ) -> Result<Vec<FileInfo>, RecordError> {
        let mut tx = self.stores.tenant(scope).await?.begin().await?;
        match place {
            Place::Folder(folder) => Ok(tx.list_files(folder, after, limit)?),
            Place::Record(collection, id) => {
                Ok(self.judge.gate(scope, self.clock.now()).attachments(&mut tx, (collection, id))?)
            }
        }
    }

    /// Deletes a file.
    ///
    /// # Errors
    /// `NotFound`, `Precondition`, what the gate says, or the store failed.
    pub async fn delete(
        &self,
        scope: &TenantScope,
        place: &Place,
        path: &FilePath,
        precondition: Precondition,
    ) -> Result<(), RecordError> {
        let now = self.clock.now();
        let delete = |tx: &mut Transaction| match place {
            Place::Record(collection, id) => {
                Ok(self.judge.gate(scope, now).detach(tx, (collection, id), path, precondition)?)
            }
            Place::Folder(folder) => {
                let found = tx.file(folder, path)?.ok_or(RecordError::NotFound)?;
                precondition.check(Some(found.version))?;
                tx.delete_file(folder, path)?;
                Ok(record(tx, scope.caller(), now, file_deleted(format!("file/{folder}/{path}"), &found)?)?)
            }
        };
        self.stores.tenant(scope).await?.transact(delete).await
    }

    /// Puts a content under a path, in place of the one that was there, which is answered.
    fn put(
        &self,
        scope: &TenantScope,
        tx: &mut Transaction,
        place: &Place,
        (path, media_type): (&FilePath, &str),
        precondition: Precondition,
        content: StagedFile,
    ) -> Result<Option<FileInfo>, RecordError> {
        let now = self.clock.now();
        match place {
            Place::Record(collection, id) => {
                let gate = self.judge.gate(scope, now);
                Ok(gate.attach(tx, (collection, id), (path, media_type), precondition, content)?)
            }
            Place::Folder(folder) => {
                let found = tx.file(folder, path)?;
                precondition.check(found.as_ref().map(|info| info.version))?;
                let size = content.size();
                tx.put_file(folder, path, media_type, content)?;
                record(tx, scope.caller(), now, file_written(format!("file/{folder}/{path}"), size, media_type)?)?;
                Ok(found)
            }
        }
    }
}

impl PutFile {
    /// Appends a piece.
    ///
    /// # Errors
    /// `TooLarge`, or the store failed.
    pub async fn write(&mut self, piece: Bytes) -> Result<(), RecordError> {
        let (bytes, limit) = (self.writer.size() + piece.len() as u64, self.scope.tier().file_bytes_max);
        if bytes > limit {
            return Err(RecordError::TooLarge { bytes, limit });
        }
        let wanted = sniff::HEAD_BYTES - self.head.len();
        self.head.extend_from_slice(&piece[..piece.len().min(wanted)]);
        Ok(self.writer.write(piece).await?)
    }

    /// Makes the file appear under its path, in place of the one that was there.
    ///
    /// # Errors
    /// `FileTypeRefused`, `Precondition`, `Conflict` when the file changed meanwhile, what the gate says, or the store
    /// failed.
    pub async fn finish(self, said: &str, precondition: Precondition) -> Result<FileWritten, RecordError> {
        self.finish_with(said, precondition, |_| Ok(())).await
    }

    /// The same, with something else in the transaction.
    ///
    /// # Errors
    /// As [`finish`](Self::finish), and what `also` says.
    pub(crate) async fn finish_with(
        self,
        said: &str,
        precondition: Precondition,
        also: impl FnOnce(&mut Transaction) -> Result<(), RecordError>,
    ) -> Result<FileWritten, RecordError> {
        let Self { files, scope, place, path, store, writer, head } = self;
        let media_type = sniff::media_type(&head, said);
        if let Some(pattern) = sniff::refused(&scope.tier().file_types_refused, &media_type) {
            return Err(RecordError::FileTypeRefused { media_type, pattern: pattern.to_owned() });
        }
        let content = writer.finish().await?;
        let size = content.size();
        let mut tx = store.begin().await?;
        let found = files.put(&scope, &mut tx, &place, (&path, &media_type), precondition, content)?;
        also(&mut tx)?;
        let version = tx.commit().await?.version;
        Ok(FileWritten { version, size, media_type, created: found.is_none() })
    }
}
