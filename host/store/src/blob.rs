//! Contents of files on disk: encrypted, under names of our own, written whole before anything refers to them.

use std::collections::HashSet;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use cap_std::fs::{Dir, File, OpenOptions};
use parking_lot::Mutex;

use crate::cipher::{CHUNK_BYTES, ChunkCipher, NONCE_BYTES, SecretKey, TAG_BYTES, random};
use crate::error::StoreError;
use crate::garbage::Garbage;
use crate::room::Room;

/// A content's name: random, so that it says nothing about the file that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct BlobId(String);

impl BlobId {
    pub(crate) fn new() -> Result<Self, StoreError> {
        let mut bytes = [0; 16];
        random(&mut bytes)?;
        Ok(Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    fn partial(&self) -> String {
        format!("{}.partial", self.0)
    }
}

/// The folder with one tenant's contents. Blocking.
pub(crate) struct Blobs {
    dir: Dir,
    key: SecretKey,
    row_key: SecretKey,
    tenant: String,
    /// The tenant's whole folder, for its size.
    home: PathBuf,
    garbage: Mutex<Garbage<BlobId>>,
}

impl Blobs {
    pub(crate) fn new(dir: Dir, key: SecretKey, tenant: String, home: PathBuf) -> Self {
        Self { dir, row_key: key.for_rows(), key, tenant, home, garbage: Mutex::default() }
    }

    /// Encrypts small secrets in rows.
    pub(crate) fn row_key(&self) -> &SecretKey {
        &self.row_key
    }

    /// Starts a content.
    pub(crate) fn create(&self) -> Result<BlobWriter, StoreError> {
        self.create_as(BlobId::new()?)
    }

    /// Writes a whole content under a name that was chosen before.
    pub(crate) fn write_whole(&self, id: &BlobId, body: &[u8]) -> Result<(), StoreError> {
        let mut writer = self.create_as(id.clone())?;
        let written = writer.write(body).and_then(|()| self.finish(writer).map(drop));
        written.inspect_err(|_| self.abandon(id))
    }

    fn create_as(&self, id: BlobId) -> Result<BlobWriter, StoreError> {
        let mut nonce = [0; NONCE_BYTES];
        random(&mut nonce)?;
        let mut file = self.dir.open_with(id.partial(), OpenOptions::new().write(true).create_new(true))?;
        file.write_all(&nonce)?;
        let cipher = self.cipher(&nonce, &id);
        Ok(BlobWriter {
            file,
            id,
            cipher,
            room: Room::around(self.home.clone()),
            buffer: Vec::new(),
            place: 0,
            size: 0,
        })
    }

    /// Makes a content durable under its name.
    pub(crate) fn finish(&self, mut writer: BlobWriter) -> Result<(BlobId, u64), StoreError> {
        writer.flush(true)?;
        writer.file.sync_all()?;
        self.dir.rename(writer.id.partial(), &self.dir, &writer.id.0)?;
        self.sync()?;
        Ok((writer.id, writer.size))
    }

    /// Gives up a content that was not finished.
    pub(crate) fn abandon(&self, id: &BlobId) {
        let _ = self.dir.remove_file(id.partial());
    }

    /// Keeps everything that a snapshot refers to until the answer is dropped. Take it before the snapshot.
    pub(crate) fn pin(self: &Arc<Self>) -> Pin {
        Pin { entered: self.garbage.lock().enter(), blobs: Arc::clone(self) }
    }

    /// Removes contents that a commit replaced, as soon as no snapshot refers to them any more.
    pub(crate) fn throw(&self, replaced: Vec<BlobId>) {
        let ready = self.garbage.lock().throw(replaced);
        self.remove(&ready);
    }

    /// Removes contents that nothing refers to. What stays is swept when the store opens.
    pub(crate) fn remove(&self, ids: &[BlobId]) {
        for id in ids {
            if let Err(error) = self.dir.remove_file(&id.0) {
                tracing::warn!(%error, "a file's old content could not be removed; it is swept when the store opens");
            }
        }
    }

    /// Like [`Blobs::remove`], for callers that must not wait: the file system takes a while over a long file.
    pub(crate) fn remove_soon(self: &Arc<Self>, ids: Vec<BlobId>) {
        let blobs = Arc::clone(self);
        match tokio::runtime::Handle::try_current() {
            _ if ids.is_empty() => {}
            Ok(runtime) => drop(runtime.spawn_blocking(move || blobs.remove(&ids))),
            Err(_) => blobs.remove(&ids),
        }
    }

    /// Opens a content of so many bytes.
    pub(crate) fn open(&self, id: &BlobId, size: u64) -> Result<BlobReader, StoreError> {
        let mut file = self.dir.open(&id.0).map_err(missing)?;
        let mut nonce = [0; NONCE_BYTES];
        file.read_exact(&mut nonce).map_err(missing)?;
        Ok(BlobReader { file, cipher: self.cipher(&nonce, id), size })
    }

    /// Whether there is no content at all.
    pub(crate) fn is_empty(&self) -> Result<bool, StoreError> {
        Ok(self.dir.entries()?.next().is_none())
    }

    /// Removes what no file refers to: what a crash left between content and commit.
    pub(crate) fn sweep(&self, used: &HashSet<BlobId>) -> Result<usize, StoreError> {
        let mut swept = 0;
        for entry in self.dir.entries()? {
            let name = entry?.file_name();
            let known = name.to_str().is_some_and(|name| used.contains(&BlobId(name.to_owned())));
            if !known {
                self.dir.remove_file(&name)?;
                swept += 1;
            }
        }
        Ok(swept)
    }

    /// Bytes of everything that the tenant has on disk.
    pub(crate) fn disk_bytes(&self) -> Result<u64, StoreError> {
        fn sum(path: &std::path::Path) -> std::io::Result<u64> {
            let mut bytes = 0;
            for entry in std::fs::read_dir(path)? {
                let entry = entry?;
                let kind = entry.file_type()?;
                bytes +=
                    if kind.is_dir() { sum(&entry.path())? } else { entry.metadata().map_or(0, |found| found.len()) };
            }
            Ok(bytes)
        }
        Ok(sum(&self.home)?)
    }

    fn cipher(&self, nonce: &[u8; NONCE_BYTES], id: &BlobId) -> ChunkCipher {
        self.key.stream(nonce, format!("{}/{}", self.tenant, id.0).into_bytes())
    }

    fn sync(&self) -> Result<(), StoreError> {
        // The folder's own handle is for looking up only and cannot be synced.
        Ok(self.dir.open(".")?.sync_all()?)
    }
}

/// Keeps the contents that an open transaction may read.
pub(crate) struct Pin {
    blobs: Arc<Blobs>,
    entered: u64,
}

impl Drop for Pin {
    fn drop(&mut self) {
        let ready = self.blobs.garbage.lock().leave(self.entered);
        self.blobs.remove_soon(ready);
    }
}

/// A content that is being written.
pub(crate) struct BlobWriter {
    file: File,
    id: BlobId,
    cipher: ChunkCipher,
    room: Room,
    buffer: Vec<u8>,
    place: u32,
    size: u64,
}

impl BlobWriter {
    pub(crate) fn id(&self) -> &BlobId {
        &self.id
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Appends bytes.
    pub(crate) fn write(&mut self, mut bytes: &[u8]) -> Result<(), StoreError> {
        self.size += bytes.len() as u64;
        while !bytes.is_empty() {
            // A full chunk waits for the next byte, because the last chunk is sealed as such.
            if self.buffer.len() == CHUNK_BYTES {
                self.flush(false)?;
            }
            let (now, later) = bytes.split_at(bytes.len().min(CHUNK_BYTES - self.buffer.len()));
            self.buffer.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    fn flush(&mut self, is_last: bool) -> Result<(), StoreError> {
        let sealed = self.cipher.seal(self.place, is_last, &self.buffer)?;
        self.room.for_content(sealed.len())?;
        self.file.write_all(&sealed)?;
        self.buffer.clear();
        self.place = self.place.checked_add(1).ok_or(StoreError::Full)?;
        Ok(())
    }
}

/// A content that is being read.
pub(crate) struct BlobReader {
    file: File,
    cipher: ChunkCipher,
    size: u64,
}

impl BlobReader {
    /// At most `length` bytes from `offset`; empty at and behind the end.
    pub(crate) fn read(&mut self, offset: u64, length: u64) -> Result<Vec<u8>, StoreError> {
        let end = offset.saturating_add(length).min(self.size);
        let mut bytes = Vec::new();
        let mut at = offset;
        while at < end {
            let place = at / CHUNK_BYTES as u64;
            let chunk = self.chunk(place)?;
            let start = (at % CHUNK_BYTES as u64) as usize;
            let wanted = usize::try_from(end - at).unwrap_or(usize::MAX);
            let part = chunk.get(start..).unwrap_or_default();
            if part.is_empty() {
                return Err(StoreError::Corrupt("a file is shorter than it was".to_owned()));
            }
            let part = &part[..part.len().min(wanted)];
            bytes.extend_from_slice(part);
            at += part.len() as u64;
        }
        Ok(bytes)
    }

    fn chunk(&mut self, place: u64) -> Result<Vec<u8>, StoreError> {
        let last = self.size.saturating_sub(1) / CHUNK_BYTES as u64;
        let sealed = (CHUNK_BYTES + TAG_BYTES) as u64;
        self.file.seek(SeekFrom::Start(NONCE_BYTES as u64 + place * sealed))?;
        let mut chunk = Vec::with_capacity(CHUNK_BYTES + TAG_BYTES);
        std::io::Read::by_ref(&mut self.file).take(sealed).read_to_end(&mut chunk)?;
        let place = u32::try_from(place).map_err(|_| StoreError::Corrupt("a file is too long".to_owned()))?;
        self.cipher.open(place, u64::from(place) == last, &chunk)
    }
}

fn missing(error: io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::NotFound => StoreError::Corrupt("a file's content is gone".to_owned()),
        io::ErrorKind::UnexpectedEof => StoreError::Corrupt("a file's content is cut off".to_owned()),
        _ => error.into(),
    }
}
