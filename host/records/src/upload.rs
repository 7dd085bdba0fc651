//! Files that are sent in parts, so that a connection that breaks off costs only what was not there yet.
//!
//! What arrives is kept part by part, each durable before it is acknowledged. With the last one the parts become the file,
//! in one transaction that also forgets them.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use signalsync_core::{Clock, FilePath, TenantScope, Timestamp, UploadId};
use signalsync_store::{FileWriter, Key, Precondition, RequestKey, Shelf, Store, StoreError, Table, Transaction, row};
use signalsync_work::{Claimed, Handlers, New, Outcome, Setback, Within};

use crate::error::RecordError;
use crate::files::{Files, Place};

/// Uploads of a tenant that go on at the same time.
pub const UPLOADS_MAX: usize = 100;

/// Parts of one upload: each broken connection makes one.
pub const PARTS_MAX: usize = 10_000;

/// How long an upload can go on after its beginning.
pub const UPLOAD_MS: u64 = 24 * 60 * 60 * 1_000;

/// The kind of work that forgets an upload.
const EXPIRE: &str = "upload-expire";

/// Parts that one transaction forgets.
const FORGOTTEN_AT_ONCE: usize = 1_000;

/// An upload that goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Upload {
    /// Who sends it: the only one who may.
    by: Option<String>,
    /// Where the file will be.
    pub place: Place,
    path: FilePath,
    media_type: String,
    /// In bytes, of the whole file.
    pub length: u64,
    /// Bytes that are there.
    pub offset: u64,
    parts: usize,
    /// Until when it can go on.
    pub expires_at: Timestamp,
}

/// Uploads of all tenants, each tenant's behind its scope.
#[derive(Clone)]
pub struct Uploads {
    files: Files,
    clock: Arc<dyn Clock>,
}

/// A part that is being sent.
pub struct Part {
    uploads: Uploads,
    scope: Arc<TenantScope>,
    id: UploadId,
    upload: Upload,
    store: Store,
    writer: FileWriter,
}

impl Uploads {
    /// Of these files.
    pub fn new(files: Files, clock: Arc<dyn Clock>) -> Self {
        Self { files, clock }
    }

    /// Makes a driver forget uploads that are not brought to their end.
    #[must_use]
    pub fn register(handlers: Handlers) -> Handlers {
        handlers.within(EXPIRE, Expiry)
    }

    /// Begins an upload of so many bytes. A request that is repeated gets the upload that it began, as it stood then.
    ///
    /// # Errors
    /// `TooLarge`, `TooManyUploads`, `Reused`, what the gate says, or the store failed.
    pub async fn begin(
        &self,
        scope: &Arc<TenantScope>,
        place: Place,
        (path, media_type): (FilePath, String),
        length: u64,
        request: Option<&RequestKey>,
    ) -> Result<(UploadId, Upload), RecordError> {
        let limit = scope.tier().file_bytes_max;
        if length > limit {
            return Err(RecordError::TooLarge { bytes: length, limit });
        }
        // Whoever may not write the file, or has no room for it, is told so before it is sent.
        drop(self.files.start(scope, place.clone(), path.clone()).await?);
        let (id, now) = (UploadId::new(), self.clock.now());
        let by = scope.caller().principal.user.clone();
        let expires_at = Timestamp(now.0.saturating_add(UPLOAD_MS));
        let upload = Upload { by, place, path, media_type, length, offset: 0, parts: 0, expires_at };
        let begin = |tx: &mut Transaction| {
            let open = tx.scan(Table::Uploads, &[], "", None, UPLOADS_MAX, usize::MAX)?.entries.len();
            if open >= UPLOADS_MAX {
                return Err(RecordError::TooManyUploads { limit: UPLOADS_MAX });
            }
            tx.put(key(id), row::write(&upload)?);
            signalsync_work::schedule(tx, New::of(EXPIRE, &id, expires_at)?)?;
            Ok((id, upload.clone()))
        };
        Ok(self.files.store(scope).await?.once(request, now, begin).await?.value)
    }

    /// How far an upload is.
    ///
    /// # Errors
    /// `NotFound` when the caller has no such upload; or the store failed.
    pub async fn get(&self, scope: &TenantScope, id: UploadId) -> Result<Upload, RecordError> {
        find(&mut self.files.store(scope).await?.begin().await?, scope, id)
    }

    /// Goes on behind this place.
    ///
    /// # Errors
    /// `NotFound`, `WrongOffset`, `TooManyParts`, or the store failed.
    pub async fn append(&self, scope: &Arc<TenantScope>, id: UploadId, offset: u64) -> Result<Part, RecordError> {
        let store = self.files.store(scope).await?;
        let upload = find(&mut store.begin().await?, scope, id)?;
        if upload.offset != offset {
            return Err(RecordError::WrongOffset { offset: upload.offset });
        }
        if upload.parts >= PARTS_MAX {
            return Err(RecordError::TooManyParts { limit: PARTS_MAX });
        }
        let writer = store.stage_file().await?;
        Ok(Part { uploads: self.clone(), scope: Arc::clone(scope), id, upload, store, writer })
    }

    /// Gives an upload up.
    ///
    /// # Errors
    /// `NotFound`, or the store failed.
    pub async fn give_up(&self, scope: &TenantScope, id: UploadId) -> Result<(), RecordError> {
        let give_up = |tx: &mut Transaction| {
            find(tx, scope, id)?;
            forget(tx, id, PARTS_MAX)?;
            Ok(())
        };
        self.files.store(scope).await?.transact(give_up).await
    }

    /// All parts are there: they become the file.
    async fn complete(&self, scope: &Arc<TenantScope>, id: UploadId, upload: &Upload) -> Result<(), RecordError> {
        let store = self.files.store(scope).await?;
        let mut file = self.files.start(scope, upload.place.clone(), upload.path.clone()).await?;
        let (shelf, mut after) = (Shelf::upload(id), None);
        loop {
            // Held until the content is open, because it goes when the upload is given up meanwhile.
            let mut tx = store.begin().await?;
            let Some(info) = tx.list_files(&shelf, after.as_ref(), 1)?.pop() else { break };
            let mut reader = store.open_file(&info).await?;
            drop(tx);
            while let Some(piece) = reader.next().await? {
                file.write(piece).await?;
            }
            after = Some(info.path);
        }
        let forget = |tx: &mut Transaction| {
            find(tx, scope, id)?;
            forget(tx, id, PARTS_MAX)?;
            Ok(())
        };
        file.finish_with(&upload.media_type, Precondition::None, forget).await.map(drop)
    }
}

impl Part {
    /// Appends a piece.
    ///
    /// # Errors
    /// `TooLarge` when the upload is longer than it was said to be; or the store failed.
    pub async fn write(&mut self, piece: Bytes) -> Result<(), RecordError> {
        let bytes = self.upload.offset + self.writer.size() + piece.len() as u64;
        if bytes > self.upload.length {
            return Err(RecordError::TooLarge { bytes, limit: self.upload.length });
        }
        Ok(self.writer.write(piece).await?)
    }

    /// Keeps what has arrived, also when more was to come. With the last byte the file is there. Answers how
    /// far it is.
    ///
    /// # Errors
    /// `WrongOffset` when somebody else went on meanwhile; what the gate and the tier say about the file; or the store
    /// failed.
    pub async fn finish(self) -> Result<Upload, RecordError> {
        let Self { uploads, scope, id, mut upload, store, writer } = self;
        let content = writer.finish().await?;
        if content.size() > 0 {
            let mut tx = store.begin().await?;
            let found = find(&mut tx, &scope, id)?;
            if found.offset != upload.offset {
                return Err(RecordError::WrongOffset { offset: found.offset });
            }
            let offset = upload.offset + content.size();
            tx.put_file(Shelf::upload(id), &part_path(upload.offset)?, "application/octet-stream", content)?;
            upload = Upload { offset, parts: found.parts + 1, ..found };
            tx.put(key(id), row::write(&upload)?);
            tx.commit().await?;
        }
        if upload.offset == upload.length {
            uploads.complete(&scope, id, &upload).await?;
        }
        Ok(upload)
    }
}

/// Numbers have one length, so that parts are in order.
fn part_path(offset: u64) -> Result<FilePath, StoreError> {
    format!("{offset:020}").parse().map_err(|error| StoreError::Corrupt(format!("{error}")))
}

fn key(id: UploadId) -> Key {
    Key::new(Table::Uploads, &[&id.to_string()])
}

fn find(tx: &mut Transaction, scope: &TenantScope, id: UploadId) -> Result<Upload, RecordError> {
    let found = tx.get(&key(id))?.ok_or(RecordError::NotFound)?;
    let upload: Upload = row::read(&found.body)?;
    if upload.by == scope.caller().principal.user { Ok(upload) } else { Err(RecordError::NotFound) }
}

/// Forgets an upload; true when nothing of it is left.
fn forget(tx: &mut Transaction, id: UploadId, limit: usize) -> Result<bool, StoreError> {
    let is_all = tx.clear_files(&Shelf::upload(id), limit)?;
    tx.delete(&key(id))?;
    Ok(is_all)
}

/// Forgets what nobody brought to its end.
struct Expiry;

impl Within for Expiry {
    fn run<'a>(
        &'a self,
        _: &'a TenantScope,
        claimed: &'a Claimed,
        mut tx: Transaction,
    ) -> BoxFuture<'a, Result<(Transaction, Outcome), Setback>> {
        Box::pin(async move {
            let is_all = forget(&mut tx, claimed.payload()?, FORGOTTEN_AT_ONCE)?;
            let outcome = if is_all { Outcome::Done } else { Outcome::GoesOn { at: Timestamp(0) } };
            Ok((tx, outcome))
        })
    }
}
