//! API keys: `sk_`, 12 characters that find the key, `_`, and 43 characters that prove it.
//!
//! Only a hash of the proof is kept. 256 random bits cannot be guessed, so that a fast hash is enough. What a tenant's
//! key may do stands in the tenant's own store; here is only whose it is.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use signalsync_core::{KeyId, TenantId, Timestamp};
use signalsync_people::key::ApiKey;
use signalsync_store::Done;
use subtle::ConstantTimeEq as _;

use crate::error::TenancyError;

const HEAD: &str = "sk_";
const PREFIX_BYTES: usize = 9;
const PREFIX_CHARS: usize = 12;
const SECRET_BYTES: usize = 32;
const NAME_BYTES_MAX: usize = 100;

/// Whose key it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Owner {
    /// The platform's operator.
    Operator,
    /// A tenant.
    Tenant(TenantId),
}

impl Owner {
    /// As a part of a row's key.
    pub(crate) fn part(self) -> String {
        match self {
            Self::Operator => "operator".to_owned(),
            Self::Tenant(tenant) => tenant.to_string(),
        }
    }
}

/// The name of an operator's key.
pub(crate) fn check_name(name: &str) -> Result<(), TenancyError> {
    let fits = (1..=NAME_BYTES_MAX).contains(&name.len()) && !name.chars().any(char::is_control);
    let rule = TenancyError::InvalidKey("a key's name is 1 to 100 bytes without control characters");
    if fits { Ok(()) } else { Err(rule) }
}

/// A new key. The token is shown once and kept nowhere.
#[derive(Debug)]
pub struct Issued<T> {
    /// What stays known of it.
    pub info: T,
    /// The secret.
    pub token: String,
}

/// A tenant's key that was made: now, or when the same request came before.
#[derive(Debug)]
pub struct Made {
    /// What stays known of it.
    pub key: Done<ApiKey>,
    /// The secret; none when the request was repeated.
    pub token: Option<String>,
}

/// What proves a key, and whose it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct KeyRow {
    pub(crate) id: KeyId,
    pub(crate) owner: Owner,
    /// For people. Of a tenant's key the tenant's store knows it.
    #[serde(default)]
    pub(crate) name: Option<String>,
    pub(crate) hash: [u8; SECRET_BYTES],
    pub(crate) created_at: Timestamp,
}

impl KeyRow {
    /// Takes the same time whether it fits or not.
    pub(crate) fn is_proved_by(&self, token: &Token) -> bool {
        self.hash.ct_eq(&token.hash()).into()
    }
}

/// A token in its parts.
pub(crate) struct Token {
    pub(crate) prefix: String,
    secret: [u8; SECRET_BYTES],
}

impl Token {
    pub(crate) fn random() -> Result<Self, TenancyError> {
        let (mut prefix, mut secret) = ([0; PREFIX_BYTES], [0; SECRET_BYTES]);
        getrandom::fill(&mut prefix).map_err(TenancyError::Entropy)?;
        getrandom::fill(&mut secret).map_err(TenancyError::Entropy)?;
        Ok(Self { prefix: URL_SAFE_NO_PAD.encode(prefix), secret })
    }

    /// None when it does not look like one, so that the store is not asked for nonsense.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (prefix, rest) = text.strip_prefix(HEAD)?.split_at_checked(PREFIX_CHARS)?;
        URL_SAFE_NO_PAD.decode(prefix).ok()?;
        let secret = URL_SAFE_NO_PAD.decode(rest.strip_prefix('_')?).ok()?;
        Some(Self { prefix: prefix.to_owned(), secret: secret.try_into().ok()? })
    }

    pub(crate) fn text(&self) -> String {
        format!("{HEAD}{}_{}", self.prefix, URL_SAFE_NO_PAD.encode(self.secret))
    }

    pub(crate) fn hash(&self) -> [u8; SECRET_BYTES] {
        *blake3::hash(&self.secret).as_bytes()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_one_spelling() {
        let text = Token::random().unwrap().text();
        assert_eq!(text.len(), 3 + 12 + 1 + 43);
        assert_eq!(Token::parse(&text).unwrap().text(), text);
        for bad in [
            "",
            "sk_",
            "é",
            &text[1..],
            &text[..58],
            &format!("{text}A"),
            &format!("{text}="),
            &text.replace("sk_", "pk_"),
        ] {
            assert!(Token::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn names_are_bounded() {
        assert!(check_name(&"n".repeat(100)).is_ok());
        for bad in ["", "a\nb", &"n".repeat(101)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
