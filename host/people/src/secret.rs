//! Secrets of 256 random bits: what a session and a mailed link prove themselves with.
//!
//! They cannot be guessed, so a fast hash is enough, and only the hash is kept.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::error::PeopleError;

const SECRET_BYTES: usize = 32;

/// A secret. Its memory is overwritten when it is dropped; it is shown by [`Secret::text`] alone.
pub struct Secret(Zeroizing<[u8; SECRET_BYTES]>);

impl Secret {
    /// A new one.
    ///
    /// # Errors
    /// The operating system gives no random bytes.
    pub(crate) fn random() -> Result<Self, PeopleError> {
        let mut bytes = Zeroizing::new([0; SECRET_BYTES]);
        fill(&mut *bytes)?;
        Ok(Self(bytes))
    }

    /// None when the text is no such secret: 43 characters of base64url, in their one spelling.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
        Some(Self(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }

    /// The secret itself, to be handed to whom it belongs.
    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(*self.0)
    }

    pub(crate) fn hash(&self) -> SecretHash {
        SecretHash(*blake3::hash(&*self.0).as_bytes())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What is kept of a secret.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct SecretHash([u8; SECRET_BYTES]);

impl SecretHash {
    /// The hash of a secret that is not of this module, e.g. a recovery code with what it belongs to.
    pub(crate) fn of(parts: &[&[u8]]) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        Self(*hasher.finalize().as_bytes())
    }

    /// Takes the same time whether it is or not.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }

    /// As a part of a row's key.
    pub(crate) fn part(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.part())
    }
}

impl From<SecretHash> for String {
    fn from(hash: SecretHash) -> Self {
        hash.part()
    }
}

impl TryFrom<String> for SecretHash {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| "a hash is not base64url")?;
        bytes.try_into().map(Self).map_err(|_| "a hash has not 32 bytes")
    }
}

pub(crate) fn fill(bytes: &mut [u8]) -> Result<(), PeopleError> {
    getrandom::fill(bytes).map_err(PeopleError::Entropy)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_one_spelling_and_does_not_show_itself() {
        let secret = Secret::random().unwrap();
        let text = secret.text();
        assert_eq!(text.len(), 43);
        assert!(Secret::parse(&text).unwrap().hash().is(&secret.hash()));
        assert!(!format!("{secret:?}").contains(&text));
        for bad in ["", &text[1..], &format!("{text}="), &format!("{text}A"), &text.replace(&text[..1], "!")] {
            assert!(Secret::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_kept_hash_comes_back() {
        let hash = Secret::random().unwrap().hash();
        let text = serde_json::to_string(&hash).unwrap();
        assert_eq!(serde_json::from_str::<SecretHash>(&text).unwrap(), hash);
        assert!(serde_json::from_str::<SecretHash>("\"AA\"").is_err());
    }
}
