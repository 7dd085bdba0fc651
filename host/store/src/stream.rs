//! Contents that are too long for memory, on their way in and out.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;

use crate::blob::{BlobId, BlobReader, BlobWriter, Blobs};
use crate::cipher::CHUNK_BYTES;
use crate::error::StoreError;
use crate::files::{Content, FileInfo};
use crate::store::blocking;
use crate::transaction::Transaction;

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

/// A content like a file that is open. Blocking.
pub struct ContentReader {
    reader: BlobReader,
    at: u64,
    size: u64,
    /// The piece that was read last, because a chunk is opened as a whole.
    chunk: Vec<u8>,
    begins: u64,
}

impl Transaction {
    /// Opens the content of a file, as it is in this transaction's snapshot. Blocking.
    ///
    /// # Errors
    /// The content is missing or damaged, or it is not committed yet.
    pub fn open_content(&self, info: &FileInfo) -> Result<ContentReader, StoreError> {
        let Content::Stored(id) = &info.content else { return Err(uncommitted()) };
        let store = self.store.as_ref().ok_or(StoreError::NoSuchTenant)?;
        let reader = store.blobs().open(id, info.size)?;
        Ok(ContentReader { reader, at: 0, size: info.size, chunk: Vec::new(), begins: 0 })
    }
}

fn uncommitted() -> StoreError {
    StoreError::Corrupt("a file is read before it is committed".to_owned())
}

impl Read for ContentReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let inside = self.at.checked_sub(self.begins).and_then(|skip| self.chunk.get(usize::try_from(skip).ok()?..));
        let rest = match inside.filter(|rest| !rest.is_empty()) {
            Some(rest) => rest,
            None => {
                self.begins = self.at - self.at % CHUNK_BYTES as u64;
                self.chunk = self.reader.read(self.begins, CHUNK_BYTES as u64).map_err(io::Error::other)?;
                let skip = usize::try_from(self.at - self.begins).unwrap_or(usize::MAX);
                self.chunk.get(skip..).unwrap_or_default()
            }
        };
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        self.at += length as u64;
        Ok(length)
    }
}

impl Seek for ContentReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::End(offset) => self.size.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.at.checked_add_signed(offset),
        };
        self.at = place.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
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

/// Blocking.
impl io::Write for FileWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let writer = self.writer.as_mut().ok_or_else(|| io::Error::other(StoreError::Stopped))?;
        writer.write(bytes).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    /// It becomes durable with [`FileWriter::finish`].
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
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
        let Content::Stored(id) = info.content.clone() else { return Err(uncommitted()) };
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
