//! Typed identifiers, each with its prefix: an id of one kind never passes for another.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text is not an identifier of the kind asked for.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("expected an id of the form {prefix}_ followed by 32 hexadecimal digits")]
pub struct InvalidId {
    prefix: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        ///
        /// Time-ordered (UUID version 7, RFC 9562), written as a prefix and 32 hexadecimal digits.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(extend("pattern" = concat!("^", $prefix, "_[0-9a-f]{32}$")))]
        pub struct $name(Uuid);

        impl $name {
            /// What every id of this kind starts with.
            pub const PREFIX: &'static str = $prefix;

            /// A new id, later in order than those made before it.
            #[expect(clippy::new_without_default, reason = "a default id would have to be a constant")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// The 16 bytes of the id; their order is the order of the ids.
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let invalid = InvalidId { prefix: $prefix };
                let hex = text.strip_prefix(concat!($prefix, "_")).ok_or(InvalidId { prefix: $prefix })?;
                let canonical = hex.len() == 32
                    && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
                if !canonical {
                    return Err(invalid);
                }
                Uuid::try_parse(hex).map(Self).map_err(|_| invalid)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.to_string()
            }
        }
    )*};
}

ids! {
    /// One tenant, for as long as it lives; a re-created name gets a new id.
    TenantId = "ten";
    /// One run of one component.
    ExecutionId = "exe";
    /// One API key; not secret.
    KeyId = "key";
    /// One person of one tenant.
    UserId = "usr";
    /// One department of a tenant.
    DepartmentId = "dep";
    /// One team of a tenant.
    TeamId = "tea";
    /// One sign-in of a person; not secret.
    SessionId = "ses";
    /// One entry of the audit.
    AuditId = "aud";
    /// One piece of work that waits for its time.
    WorkId = "wrk";
    /// One mail.
    MailId = "mai";
    /// One long action that a person started and can watch.
    JobId = "job";
    /// One file that is sent in parts.
    UploadId = "upl";
    /// One passage through a workflow.
    RunId = "run";
    /// One thing that a run asks people to do.
    TaskId = "tsk";
    /// One thing that happened to a run and waits for its turn.
    EventId = "evt";
    /// One thing that somebody is told.
    NoticeId = "ntc";
    /// One request that reached the front door.
    RequestId = "req";
}

/// What a component is: the BLAKE3 hash of its bytes, written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[0-9a-f]{64}$"))]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// The raw hash.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<blake3::Hash> for Digest {
    fn from(hash: blake3::Hash) -> Self {
        Self(*hash.as_bytes())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text is not a digest.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("expected a digest: 64 lower-case hexadecimal digits")]
pub struct InvalidDigest;

impl FromStr for Digest {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, InvalidDigest> {
        if text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(InvalidDigest);
        }
        blake3::Hash::from_hex(text).map(Self::from).map_err(|_| InvalidDigest)
    }
}

impl TryFrom<String> for Digest {
    type Error = InvalidDigest;

    fn try_from(text: String) -> Result<Self, InvalidDigest> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        digest.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_round_trip_and_refuse_each_other() {
        let id = TenantId::new();
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!(id.to_string().parse::<ExecutionId>().is_err());
        assert!(id.to_string().to_uppercase().parse::<TenantId>().is_err());
        assert!("ten_".parse::<TenantId>().is_err());
    }

    #[test]
    fn a_digest_has_one_spelling() {
        let digest = Digest::of(b"component");
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert!(digest.to_string().to_uppercase().parse::<Digest>().is_err());
        assert!("00".parse::<Digest>().is_err());
    }
}
