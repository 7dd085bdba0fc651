//! Components and their compiled images on disk, both under the digest of the component.
//!
//! An image is machine code: whoever can change one runs code in the host. So each carries a keyed MAC over the
//! component's digest, the compiler's configuration and every byte, and what is mapped is a private copy of the bytes for
//! which that was checked. Whatever is in doubt is compiled again from the component.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use signalsync_core::{Digest, Refusal};
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt as _;
use wasmtime::component::Component;
use wasmtime::{Engine, Precompiled};

use crate::admission::shown;
use crate::engine::CONFIG_VERSION;

/// What a MAC is about; another use of the key would have another text.
const PURPOSE: &[u8] = b"signalsync compiled image 1";

/// Behind the image: how long compiling took, and the MAC.
const TRAILER_BYTES: u64 = 8 + 32;

/// Bytes that are hashed at once.
const CHUNK_BYTES: usize = 256 << 10;

/// Files that were being written when the host was killed.
const TEMPORARY: &str = ".tmp-";

/// The store of components and images.
#[derive(Debug)]
pub(crate) struct Images {
    dir: PathBuf,
    key: [u8; 32],
    compatibility: blake3::Hash,
    engine: Engine,
}

/// What was found in place of an image.
pub(crate) enum Opened {
    /// Mapped and ready; compiling it took so long.
    Ready(Component, Duration),
    /// There is none that can be trusted.
    Absent,
    /// It is what was compiled, but does not fit into the pool.
    Unfit(Refusal, Duration),
}

/// A component's bytes cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WasmError {
    #[error("its bytes are not there")]
    Missing,
    #[error("its bytes on disk are not those that were stored")]
    Damaged,
    #[error("its bytes cannot be read: {0}")]
    Io(#[from] io::Error),
}

impl Images {
    /// Opens the store below `data`, and makes its key on the first start. What another configuration compiled is
    /// deleted, and what was half written.
    ///
    /// # Errors
    /// A directory or the key cannot be made, or the key file is not a key that only this user can read.
    pub(crate) fn open(data: &Path, engine: Engine) -> io::Result<Self> {
        let (dir, keys) = (data.join("components"), data.join("keys"));
        for dir in [&dir, &keys] {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        }
        let key = read_or_make_key(&keys)?;
        let store = Self { dir, key, compatibility: compatibility(&engine), engine };
        store.tidy()?;
        Ok(store)
    }

    /// Changes with the compiler, its version and its configuration.
    pub(crate) fn compatibility(&self) -> blake3::Hash {
        self.compatibility
    }

    /// Stores a component's bytes; true when they were not there.
    ///
    /// # Errors
    /// The disk.
    pub(crate) fn keep(&self, digest: Digest, wasm: &[u8]) -> io::Result<bool> {
        if self.wasm(digest).is_ok() {
            return Ok(false);
        }
        write_durably(&self.dir, &wasm_name(digest), wasm)?;
        Ok(true)
    }

    /// A component's bytes, checked.
    ///
    /// # Errors
    /// Missing, or not what was stored.
    pub(crate) fn wasm(&self, digest: Digest) -> Result<Vec<u8>, WasmError> {
        let wasm = fs::read(self.dir.join(wasm_name(digest))).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => WasmError::Missing,
            _ => WasmError::Io(error),
        })?;
        if Digest::of(&wasm) == digest { Ok(wasm) } else { Err(WasmError::Damaged) }
    }

    /// Components of which something is stored: the first ones behind this one, at most so many.
    ///
    /// # Errors
    /// The disk.
    pub(crate) fn stored(&self, after: Option<Digest>, limit: usize) -> io::Result<BTreeSet<Digest>> {
        let mut found = BTreeSet::new();
        for entry in fs::read_dir(&self.dir)? {
            let name = entry?.file_name();
            let digest = name.to_str().and_then(|name| name.split(['.', '-']).next()?.parse::<Digest>().ok());
            found.extend(digest.filter(|digest| after.is_none_or(|after| *digest > after)));
            if found.len() > limit {
                found.pop_last();
            }
        }
        Ok(found)
    }

    /// Forgets a component and its image.
    pub(crate) fn remove(&self, digest: Digest) {
        for name in [wasm_name(digest), self.image_name(digest)] {
            let _ = fs::remove_file(self.dir.join(name));
        }
    }

    /// A place to write an image to.
    ///
    /// # Errors
    /// The disk.
    pub(crate) fn stage(&self, digest: Digest) -> io::Result<StagedImage> {
        let (file, path) = temporary(&self.dir)?.into_parts();
        Ok(StagedImage {
            file: tokio::fs::File::from_std(file),
            temporary: path,
            to: self.dir.join(self.image_name(digest)),
            mac: Box::new(self.mac(digest)),
        })
    }

    /// Checks and maps an image.
    ///
    /// # Errors
    /// The system has no memory, mappings, files or disk left.
    pub(crate) fn open_image(&self, digest: Digest) -> io::Result<Opened> {
        let stored = match File::open(self.dir.join(self.image_name(digest))) {
            Ok(stored) => stored,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Opened::Absent),
            Err(error) => return Err(error),
        };
        let Some((image, took)) = self.verified_copy(digest, stored)? else {
            tracing::warn!(component = %digest, "a compiled image is not what was written; it is compiled again");
            return Ok(Opened::Absent);
        };
        if Engine::detect_precompiled_file(path_of(&image)).ok().flatten() != Some(Precompiled::Component) {
            tracing::error!(component = %digest, "the compiler's answer is not an image");
            return Ok(Opened::Absent);
        }
        match self.map(&image) {
            Ok(component) => Ok(Opened::Ready(component, took)),
            Err(error) => from_system(error).map_or_else(|error| Ok(Opened::Unfit(unfit(&error), took)), Err),
        }
    }

    /// The image in a file without a name, if every byte is as it was written; and how long compiling took.
    ///
    /// A mapping shows later changes of its file, and a process that touches a page behind the end of a file that was
    /// shortened is killed. So what is mapped is a copy that nobody else can open.
    fn verified_copy(&self, digest: Digest, mut stored: File) -> io::Result<Option<(File, Duration)>> {
        let Some(length) = stored.metadata()?.len().checked_sub(TRAILER_BYTES) else { return Ok(None) };
        let mut copy = tempfile::tempfile_in(&self.dir)?;
        let mut mac = self.mac(digest);
        let mut chunk = vec![0; CHUNK_BYTES];
        let mut image = (&mut stored).take(length);
        loop {
            let read = image.read(&mut chunk)?;
            if read == 0 {
                break;
            }
            mac.update(&chunk[..read]);
            copy.write_all(&chunk[..read])?;
        }
        let mut trailer = Vec::new();
        stored.take(TRAILER_BYTES).read_to_end(&mut trailer)?;
        let Some((took, written)) = trailer.split_first_chunk::<8>() else { return Ok(None) };
        // Comparing two of these hashes takes the same time whatever they are.
        let same = blake3::Hash::from_slice(written).is_ok_and(|written| mac.update(took).finalize() == written);
        Ok(same.then(|| (copy, Duration::from_millis(u64::from_le_bytes(*took)))))
    }

    /// Maps an image that was verified.
    #[expect(unsafe_code, reason = "compiled code can be had in no other way; see the proof")]
    fn map(&self, image: &File) -> wasmtime::Result<Component> {
        // SAFETY: the file must be an image that wasmtime made, unchanged, and stay so while it is mapped.
        // It was made by wasmtime: `verified_copy` has found the MAC that only this store's key makes over exactly
        // the bytes that it put into this file, and such a MAC is made only in `StagedImage::finish`, over bytes that
        // came from our own compiler with this configuration. It stays unchanged: the file has no name, so nobody
        // else can open it, and the only descriptor that can write to it is dropped by our caller, unused.
        unsafe { Component::deserialize_file(&self.engine, path_of(image)) }
    }

    fn mac(&self, digest: Digest) -> blake3::Hasher {
        let mut mac = blake3::Hasher::new_keyed(&self.key);
        mac.update(PURPOSE).update(digest.as_bytes()).update(self.compatibility.as_bytes());
        mac
    }

    fn image_name(&self, digest: Digest) -> String {
        format!("{digest}-{}.image", &self.compatibility.to_hex()[..16])
    }

    fn tidy(&self) -> io::Result<()> {
        let ours = format!("-{}.image", &self.compatibility.to_hex()[..16]);
        for entry in fs::read_dir(&self.dir)? {
            let name = entry?.file_name();
            let Some(name) = name.to_str() else { continue };
            if name.starts_with(TEMPORARY) || (name.ends_with(".image") && !name.ends_with(&ours)) {
                fs::remove_file(self.dir.join(name))?;
            }
        }
        Ok(())
    }
}

/// An image that is being received. It is deleted unless it is finished.
#[derive(Debug)]
pub(crate) struct StagedImage {
    file: tokio::fs::File,
    temporary: tempfile::TempPath,
    to: PathBuf,
    mac: Box<blake3::Hasher>,
}

impl StagedImage {
    /// Appends bytes.
    ///
    /// # Errors
    /// The disk.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.mac.update(bytes);
        self.file.write_all(bytes).await
    }

    /// Seals the image and puts it into its place, durably.
    ///
    /// # Errors
    /// The disk.
    pub(crate) async fn finish(mut self, took: Duration) -> io::Result<()> {
        let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).to_le_bytes();
        let mac = self.mac.update(&took).finalize();
        self.file.write_all(&took).await?;
        self.file.write_all(mac.as_bytes()).await?;
        self.file.flush().await?;
        self.file.sync_all().await?;
        let (temporary, to) = (self.temporary, self.to);
        let placed = tokio::task::spawn_blocking(move || {
            temporary.persist(&to)?;
            sync_parent(&to)
        });
        placed.await.map_err(io::Error::other)?
    }
}

/// A path to an open file, whatever became of its name.
fn path_of(file: &File) -> String {
    format!("/proc/self/fd/{}", file.as_raw_fd())
}

/// Replaces a file so that after a power cut either the old or the new one is there, whole.
///
/// # Errors
/// The disk.
pub(crate) fn write_durably(dir: &Path, name: &str, body: &[u8]) -> io::Result<()> {
    let mut file = temporary(dir)?;
    file.write_all(body)?;
    file.as_file().sync_all()?;
    let to = dir.join(name);
    file.persist(&to)?;
    sync_parent(&to)
}

fn temporary(dir: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(dir)
}

fn sync_parent(path: &Path) -> io::Result<()> {
    File::open(path.parent().unwrap_or(Path::new("/")))?.sync_all()
}

fn wasm_name(digest: Digest) -> String {
    format!("{digest}.wasm")
}

fn read_or_make_key(dir: &Path) -> io::Result<[u8; 32]> {
    let path = dir.join("image.key");
    match fs::read(&path) {
        Ok(key) => check_key(&path, key),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut key = [0; 32];
            getrandom::fill(&mut key).map_err(|error| io::Error::other(error.to_string()))?;
            write_durably(dir, "image.key", &key)?;
            Ok(key)
        }
        Err(error) => Err(error),
    }
}

fn check_key(path: &Path, key: Vec<u8>) -> io::Result<[u8; 32]> {
    let readable_by_others = fs::metadata(path)?.permissions().mode() & 0o077 != 0;
    match <[u8; 32]>::try_from(key) {
        Ok(key) if !readable_by_others => Ok(key),
        _ => Err(io::Error::other(format!(
            "{} must hold 32 bytes and be readable by its owner only; delete it and all images are compiled again",
            path.display()
        ))),
    }
}

/// One value for everything that decides whether an image fits this host.
fn compatibility(engine: &Engine) -> blake3::Hash {
    struct Blake3(blake3::Hasher);
    impl Hasher for Blake3 {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
        fn finish(&self) -> u64 {
            0
        }
    }
    let mut hasher = Blake3(blake3::Hasher::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.0.update(&CONFIG_VERSION.to_le_bytes());
    hasher.0.finalize()
}

/// Ok with the error back when it is not the system's.
fn from_system(error: wasmtime::Error) -> Result<io::Error, wasmtime::Error> {
    let system = error.chain().any(|cause| cause.is::<io::Error>() || cause.is::<rustix::io::Errno>());
    if system || error.is::<wasmtime::OutOfMemory>() { Ok(io::Error::other(format!("{error:#}"))) } else { Err(error) }
}

fn unfit(error: &wasmtime::Error) -> Refusal {
    let why = shown(&format!("{error:#}"));
    Refusal::new("too-complex", format!("the component does not fit into an instance: {why}; compose fewer parts"))
}
