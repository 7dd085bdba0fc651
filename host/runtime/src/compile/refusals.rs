//! What the compiler has refused before, so that the same bytes are not tried again.

use std::fs;
use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use lru::LruCache;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use signalsync_core::{Digest, Refusal};

use crate::images::write_durably;

/// Refusals that are remembered, in memory and on disk; the one used longest ago goes first. Only what costs a
/// compilation to find out comes here.
const REFUSALS_MAX: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

/// Longest file of a refusal that is read back.
const FILE_BYTES_MAX: u64 = 8 << 10;

/// Refusals by the bytes that were refused.
#[derive(Debug)]
pub(crate) struct Refusals {
    dir: PathBuf,
    /// Under other limits, or with another compiler, the answer may be another one.
    configuration: String,
    known: Mutex<LruCache<Digest, Known>>,
}

/// A refusal, and how long it took to find out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Known {
    configuration: String,
    pub(crate) refusal: Refusal,
    took_ms: u64,
}

impl Known {
    pub(crate) fn took(&self) -> Duration {
        Duration::from_millis(self.took_ms)
    }
}

impl Refusals {
    /// Reads what this configuration refused before, and deletes the rest.
    ///
    /// # Errors
    /// The directory cannot be made or listed.
    pub(crate) fn open(dir: PathBuf, configuration: String) -> io::Result<Self> {
        fs::create_dir_all(&dir)?;
        let mut known = LruCache::new(REFUSALS_MAX);
        for entry in fs::read_dir(&dir)? {
            let path = entry?.path();
            let digest = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse::<Digest>().ok());
            let refusal = read(&path).filter(|known: &Known| known.configuration == configuration);
            match (digest, refusal) {
                (Some(digest), Some(refusal)) if known.len() < REFUSALS_MAX.get() => _ = known.put(digest, refusal),
                _ => fs::remove_file(&path)?,
            }
        }
        Ok(Self { dir, configuration, known: Mutex::new(known) })
    }

    pub(crate) fn get(&self, digest: Digest) -> Option<Known> {
        self.known.lock().get(&digest).cloned()
    }

    /// Remembers a refusal. One that cannot be written is remembered until the next start.
    pub(crate) fn put(&self, digest: Digest, refusal: Refusal, took: Duration) -> Known {
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let known = Known { configuration: self.configuration.clone(), refusal, took_ms };
        if let Some((old, _)) = self.known.lock().push(digest, known.clone()).filter(|(old, _)| *old != digest) {
            let _ = fs::remove_file(self.dir.join(old.to_string()));
        }
        if let Err(error) = self.write(digest, &known) {
            tracing::warn!(component = %digest, %error, "a refusal cannot be kept");
        }
        known
    }

    fn write(&self, digest: Digest, known: &Known) -> io::Result<()> {
        write_durably(&self.dir, &digest.to_string(), &serde_json::to_vec(known)?)
    }
}

fn read(path: &std::path::Path) -> Option<Known> {
    let small = fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() <= FILE_BYTES_MAX);
    small.then(|| fs::read(path).ok()).flatten().and_then(|body| serde_json::from_slice(&body).ok())
}
