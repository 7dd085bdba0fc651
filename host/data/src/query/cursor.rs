//! Cursors: places in a list, sealed so that they show nothing of records that their holder does not see.
//!
//! A place can be a value of a record that was looked at and not shown. The seal is deterministic (its nonce is a keyed
//! hash of what is sealed), is bound to the question, and belongs to the collection.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use crate::error::DataError;
use crate::gate::Open;

/// The question of a plain list.
pub(super) const IDS: &str = "ids";

/// Characters of a cursor that are looked at.
const CURSOR_CHARS_MAX: usize = 2_000;

const NONCE_BYTES: usize = 24;

impl Open {
    /// A place in the answer to a question.
    pub(crate) fn sealed(&self, question: &str, place: &str) -> String {
        let mut nonce = [0; NONCE_BYTES];
        let mut hasher = blake3::Hasher::new_keyed(self.kept.seal.as_bytes());
        hasher.update(&(question.len() as u64).to_le_bytes()).update(question.as_bytes()).update(place.as_bytes());
        hasher.finalize_xof().fill(&mut nonce);
        let payload = Payload { msg: place.as_bytes(), aad: question.as_bytes() };
        // Encrypting fails only for texts of more than 256 GB.
        let sealed = self.cipher().encrypt(XNonce::from_slice(&nonce), payload).unwrap_or_default();
        URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat())
    }

    /// The place that a cursor stands for.
    pub(crate) fn unsealed(&self, question: &str, cursor: &str) -> Result<String, DataError> {
        let wrong = || DataError::BadQuery("`after` takes the `next` of a page of the same question".to_owned());
        let text = cursor.get(..cursor.len().min(CURSOR_CHARS_MAX)).unwrap_or("");
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong())?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_BYTES).ok_or_else(wrong)?;
        let payload = Payload { msg: sealed, aad: question.as_bytes() };
        let place = self.cipher().decrypt(XNonce::from_slice(nonce), payload).map_err(|_| wrong())?;
        String::from_utf8(place).map_err(|_| wrong())
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        let key = blake3::derive_key("signalsync cursors of a collection v1", self.kept.seal.as_bytes());
        XChaCha20Poly1305::new(&key.into())
    }
}
