//! API keys: `sk_`, 12 characters that find the key, `_`, and 43 characters that prove it.
//!
//! Only a hash of the proof is kept. 256 random bits cannot be guessed, so that a fast hash is enough.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use signalsync_core::{KeyId, TenantId, Timestamp};
use subtle::ConstantTimeEq as _;

use crate::error::TenancyError;

const HEAD: &str = "sk_";
const PREFIX_BYTES: usize = 9;
const PREFIX_CHARS: usize = 12;
const SECRET_BYTES: usize = 32;
const NAME_BYTES_MAX: usize = 100;
const ROLES_MAX: usize = 32;
const ROLE_BYTES_MAX: usize = 63;

/// Whose key it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
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

/// What a key is asked to be.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// For people: 1 to 100 bytes without control characters.
    pub name: String,
    /// What components see as the caller's roles: at most 32 of 1 to 63 visible ASCII characters.
    pub roles: Vec<String>,
}

impl NewKey {
    pub(crate) fn check(mut self) -> Result<Self, TenancyError> {
        let name_fits = (1..=NAME_BYTES_MAX).contains(&self.name.len()) && !self.name.chars().any(char::is_control);
        if !name_fits {
            return Err(TenancyError::InvalidKey("a key's name is 1 to 100 bytes without control characters"));
        }
        let is_role =
            |role: &String| (1..=ROLE_BYTES_MAX).contains(&role.len()) && role.bytes().all(|b| b.is_ascii_graphic());
        if self.roles.len() > ROLES_MAX || !self.roles.iter().all(is_role) {
            return Err(TenancyError::InvalidKey("a key has at most 32 roles of 1 to 63 visible ASCII characters"));
        }
        self.roles.sort();
        self.roles.dedup();
        Ok(self)
    }
}

/// A key as its owner sees it in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct KeyInfo {
    /// Not secret.
    pub id: KeyId,
    /// For people.
    pub name: String,
    /// Sorted.
    pub roles: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A new key. The token is shown once and kept nowhere.
pub struct IssuedKey {
    /// What stays known of it.
    pub info: KeyInfo,
    /// The secret.
    pub token: String,
}

/// A key's row.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct KeyRow {
    pub(crate) id: KeyId,
    pub(crate) owner: Owner,
    pub(crate) name: String,
    pub(crate) hash: [u8; SECRET_BYTES],
    pub(crate) created_at: Timestamp,
    pub(crate) roles: Vec<String>,
}

impl KeyRow {
    pub(crate) fn info(&self) -> KeyInfo {
        KeyInfo { id: self.id, name: self.name.clone(), roles: self.roles.clone(), created_at: self.created_at }
    }

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
    fn names_and_roles_are_bounded() {
        let check = |name: usize, roles: usize| {
            NewKey { name: "n".repeat(name), roles: (0..roles).map(|n| n.to_string()).collect() }.check()
        };
        assert!(check(100, 32).is_ok());
        assert!(check(101, 0).is_err() && check(0, 0).is_err() && check(1, 33).is_err());
        assert!(NewKey { name: "a\nb".to_owned(), roles: Vec::new() }.check().is_err());
        assert!(NewKey { name: "a".to_owned(), roles: vec!["a b".to_owned()] }.check().is_err());
    }
}
