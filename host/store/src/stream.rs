//! Contents that are too long for memory, on their way in and out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;

use crate::blob::{BlobId, BlobReader, BlobWriter, Blobs};
use crate::cipher::CHUNK_BYTES;
use crate::error::StoreError;
use crate::files::{Content, FileInfo};
use crate::store::blocking;

/// A content that is durable and waits for the transaction that takes it. Dropped without one, it is removed.
///
/// A clone is the same content, for a transaction that is repeated: it becomes one file.
#[derive(Debug, Clone)]
pub struct StagedFile(pub(crate) Arc<StagedBlob>);

impl StagedFile {
    /// In bytes.
    pub fn size(&self) -> u64 {
        self.0.size
    }

    /// Reads it from its beginning, before a transaction takes it.
    ///
    /// # Errors
    /// The content is missing or damaged.
    pub async fn read(&self) -> Result<FileReader, StoreError> {
        FileReader::staged(self).await
    }
}

/// Removes the content when it is dropped, unless it was kept.
pub(crate) struct StagedBlob {
    pub(crate) blobs: Arc<Blobs>,
    pub(crate) id: BlobId,
    pub(crate) size: u64,
    kept: AtomicBool,
}

impl StagedBlob {
    /// A commit refers to it.
    pub(crate) fn keep(&self) {
        self.kept.store(true, Ordering::Release);
    }
}

impl std::fmt::Debug for StagedBlob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StagedBlob({:?}, {} bytes)", self.id, self.size)
    }
}

impl Drop for StagedBlob {
    fn drop(&mut self) {
        if !*self.kept.get_mut() {
            self.blobs.remove_soon(vec![self.id.clone()]);
        }
    }
}

/// Writes a content of any length.
pub struct FileWriter {
    blobs: Arc<Blobs>,
    writer: Option<BlobWriter>,
}

impl FileWriter {
    pub(crate) async fn start(blobs: Arc<Blobs>) -> Result<Self, StoreError> {
        let folder = Arc::clone(&blobs);
        let writer = blocking(move || folder.create()).await?;
        Ok(Self { blobs, writer: Some(writer) })
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// The disk is full or fails; the content is then given up.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), StoreError> {
        let mut writer = self.writer.take().ok_or(StoreError::Stopped)?;
        let blobs = Arc::clone(&self.blobs);
        let written = blocking(move || {
            let id = writer.id().clone();
            writer.write(&bytes).map(|()| writer).inspect_err(|_| blobs.abandon(&id))
        });
        self.writer = Some(written.await?);
        Ok(())
    }

    /// Bytes so far.
    pub fn size(&self) -> u64 {
        self.writer.as_ref().map_or(0, BlobWriter::size)
    }

    /// Makes the content durable.
    ///
    /// # Errors
    /// The disk is full or fails.
    pub async fn finish(mut self) -> Result<StagedFile, StoreError> {
        let writer = self.writer.take().ok_or(StoreError::Stopped)?;
        let blobs = Arc::clone(&self.blobs);
        let (id, size) = blocking(move || blobs.finish(writer)).await?;
        let kept = AtomicBool::new(false);
        Ok(StagedFile(Arc::new(StagedBlob { blobs: Arc::clone(&self.blobs), id, size, kept })))
    }
}

impl Drop for FileWriter {
    fn drop(&mut self) {
        if let Some(writer) = &self.writer {
            self.blobs.abandon(writer.id());
        }
    }
}

/// Reads a content piece by piece.
pub struct FileReader {
    reader: Option<BlobReader>,
    at: u64,
}

impl FileReader {
    pub(crate) async fn open(blobs: Arc<Blobs>, info: &FileInfo) -> Result<Self, StoreError> {
        let Content::Stored(id) = info.content.clone() else {
            return Err(StoreError::Corrupt("a file is read before it is committed".to_owned()));
        };
        Self::of(blobs, id, info.size).await
    }

    pub(crate) async fn staged(file: &StagedFile) -> Result<Self, StoreError> {
        Self::of(Arc::clone(&file.0.blobs), file.0.id.clone(), file.0.size).await
    }

    async fn of(blobs: Arc<Blobs>, id: BlobId, size: u64) -> Result<Self, StoreError> {
        let reader = blocking(move || blobs.open(&id, size)).await?;
        Ok(Self { reader: Some(reader), at: 0 })
    }

    /// The next piece, at most 64 KiB; none at the end.
    ///
    /// # Errors
    /// The content was changed or cut off from outside.
    pub async fn next(&mut self) -> Result<Option<Bytes>, StoreError> {
        let mut reader = self.reader.take().ok_or(StoreError::Stopped)?;
        let at = self.at;
        let (reader, bytes) = blocking(move || {
            let bytes = reader.read(at, CHUNK_BYTES as u64)?;
            Ok((reader, bytes))
        })
        .await?;
        self.reader = Some(reader);
        self.at += bytes.len() as u64;
        Ok((!bytes.is_empty()).then(|| bytes.into()))
    }
}
