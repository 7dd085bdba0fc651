//! Encryption at rest: a master key wraps each tenant's key, and the tenant's key encrypts its files.
//!
//! Files use the STREAM construction (Hoang, Reyhanitabar, Rogaway and Vizár 2015) over XChaCha20-Poly1305:
//! each chunk is bound to its place, and the last one is marked, so that chunks can be neither swapped
//! nor cut off. Small secrets in rows (a second factor's) are sealed one by one, each bound to its place. Losing the wrapped key loses the tenant's files: that is how they are destroyed.

use std::io::{self, Write as _};
use std::path::Path;

use chacha20poly1305::aead::generic_array::GenericArray;
use chacha20poly1305::aead::stream::{NewStream as _, StreamBE32, StreamPrimitive as _};
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::error::StoreError;

/// Bytes of content in one encrypted chunk.
pub(crate) const CHUNK_BYTES: usize = 64 << 10;
/// Bytes that the encryption adds to a chunk.
pub(crate) const TAG_BYTES: usize = 16;
/// Bytes of the random number that a file begins with.
pub(crate) const NONCE_BYTES: usize = 19;

const KEY_BYTES: usize = 32;
const WRAP_NONCE_BYTES: usize = 24;

/// A secret key; its memory is overwritten when it is dropped.
pub(crate) struct SecretKey(Zeroizing<[u8; KEY_BYTES]>);

impl SecretKey {
    fn random() -> Result<Self, StoreError> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        random(&mut *key)?;
        Ok(Self(key))
    }

    /// The key in this file, which is made when it is not there: readable by its owner alone.
    ///
    /// # Errors
    /// The file cannot be read or made, or does not hold a key.
    pub(crate) fn in_file(path: &Path) -> Result<Self, StoreError> {
        match std::fs::read(path) {
            Ok(bytes) => {
                let bytes = Zeroizing::new(bytes);
                let key = bytes.as_slice().try_into().map_err(|_| damaged("the master key has not 32 bytes"))?;
                Ok(Self(Zeroizing::new(key)))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let key = Self::random()?;
                write_new(path, &*key.0)?;
                Ok(key)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The tenant's key that this master key wrapped into a file.
    ///
    /// # Errors
    /// `NoSuchTenant` without the file; it cannot be read, or was wrapped for another tenant or by another master key.
    pub(crate) fn tenant_key(&self, path: &Path, tenant: &str) -> Result<Self, StoreError> {
        match std::fs::read(path) {
            Ok(wrapped) => self.unwrap(&wrapped, tenant),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(StoreError::NoSuchTenant),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes a key for the tenant and wraps it into a file, unless one is there.
    ///
    /// # Errors
    /// The file cannot be made.
    pub(crate) fn make_tenant_key(&self, path: &Path, tenant: &str) -> Result<(), StoreError> {
        if path.exists() { Ok(()) } else { write_new(path, &self.wrap(&Self::random()?, tenant)?) }
    }

    fn wrap(&self, key: &Self, tenant: &str) -> Result<Vec<u8>, StoreError> {
        self.seal(tenant.as_bytes(), &*key.0)
    }

    fn unwrap(&self, wrapped: &[u8], tenant: &str) -> Result<Self, StoreError> {
        let cannot = || damaged("the tenant's key cannot be unwrapped: another master key, another tenant, or damage");
        let key = self.unseal(tenant.as_bytes(), wrapped).map_err(|_| cannot())?;
        Ok(Self(Zeroizing::new(key.as_slice().try_into().map_err(|_| cannot())?)))
    }

    /// A stream of chunks under this key, bound to `context`.
    pub(crate) fn stream(&self, nonce: &[u8; NONCE_BYTES], context: Vec<u8>) -> ChunkCipher {
        let stream = StreamBE32::from_aead(self.aead(), GenericArray::from_slice(nonce));
        ChunkCipher { stream, context }
    }

    /// A key for small secrets in rows, so that no nonce of theirs can meet one of a file's.
    pub(crate) fn for_rows(&self) -> Self {
        Self(Zeroizing::new(blake3::derive_key("signalsync 2026-11 secrets in rows", &*self.0)))
    }

    /// Encrypts a small secret, bound to its place.
    ///
    /// # Errors
    /// The operating system gives no random bytes.
    pub(crate) fn seal(&self, place: &[u8], secret: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0; WRAP_NONCE_BYTES];
        random(&mut nonce)?;
        let payload = Payload { msg: secret, aad: place };
        let sealed = self.aead().encrypt(XNonce::from_slice(&nonce), payload).map_err(|_| damaged("sealing failed"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// What was sealed for this place.
    ///
    /// # Errors
    /// It was sealed for another place or under another key, or is damaged.
    pub(crate) fn unseal(&self, place: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let cannot = || damaged("a sealed secret was changed, or sealed for something else");
        let (nonce, sealed) = sealed.split_at_checked(WRAP_NONCE_BYTES).ok_or_else(cannot)?;
        let payload = Payload { msg: sealed, aad: place };
        self.aead().decrypt(XNonce::from_slice(nonce), payload).map(Zeroizing::new).map_err(|_| cannot())
    }

    fn aead(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(GenericArray::from_slice(&*self.0))
    }
}

/// Encrypts and decrypts the chunks of one file, in any order.
pub(crate) struct ChunkCipher {
    stream: StreamBE32<XChaCha20Poly1305>,
    context: Vec<u8>,
}

impl ChunkCipher {
    /// # Errors
    /// Never for a chunk of legal length.
    pub(crate) fn seal(&self, place: u32, is_last: bool, chunk: &[u8]) -> Result<Vec<u8>, StoreError> {
        let payload = Payload { msg: chunk, aad: &self.context };
        self.stream.encrypt(place, is_last, payload).map_err(|_| damaged("a chunk could not be encrypted"))
    }

    /// # Errors
    /// The chunk is not what was sealed for this place of this file.
    pub(crate) fn open(&self, place: u32, is_last: bool, chunk: &[u8]) -> Result<Vec<u8>, StoreError> {
        let payload = Payload { msg: chunk, aad: &self.context };
        self.stream.decrypt(place, is_last, payload).map_err(|_| damaged("a file's content was changed or cut off"))
    }
}

/// Fills a buffer with random bytes of the operating system.
pub(crate) fn random(bytes: &mut [u8]) -> Result<(), StoreError> {
    getrandom::fill(bytes).map_err(|error| StoreError::Engine(format!("no random bytes: {error}")))
}

fn damaged(what: &str) -> StoreError {
    StoreError::Corrupt(what.to_owned())
}

/// Writes a file that must not exist yet, readable by its owner alone, and makes it durable.
fn write_new(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let partial = path.with_extension("partial");
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&partial)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&partial, path)?;
    std::fs::File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(())
}
