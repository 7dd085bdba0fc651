//! What a deployment's administrator allows a component to reach, by name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::name::{CollectionName, FolderName};

/// Most names that one capability may list.
pub const NAMES_MAX: usize = 100;

/// The grants of one deployment.
///
/// A capability that is absent is not linked: a component that imports it cannot be deployed.
/// A capability that is present with no names is linked and answers every request with
/// `not-granted`, for languages whose components import the whole world whether they use it or not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grants {
    /// Record collections.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<BTreeMap<CollectionName, CollectionGrant>>,
    /// File folders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<BTreeMap<FolderName, Access>>,
    /// Origins outside, e.g. `https://api.example.com` or `https://api.example.com:8443`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<Vec<String>>,
}

/// How far a grant goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Reading and listing.
    Read,
    /// Reading, listing, writing and deleting.
    ReadWrite,
}

impl Access {
    /// Whether writes are allowed.
    pub fn may_write(self) -> bool {
        self == Self::ReadWrite
    }
}

/// What a component may do with the records of a collection, and with whose rights.
///
/// Written as `"read"` or `"read-write"`, or as `{"access": "read", "as": "caller"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct CollectionGrant {
    /// How far it goes.
    pub access: Access,
    /// Whose record rules hold.
    pub acting: Acting,
}

/// With whose rights a component reads and writes records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Acting {
    /// With those of the deployment: every record of the collection, so that "this number is unique" is the truth.
    #[default]
    Deployment,
    /// With those of whoever caused the call: it sees and changes what they could.
    Caller,
}

impl From<Access> for CollectionGrant {
    fn from(access: Access) -> Self {
        Self { access, acting: Acting::default() }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Short(Access),
    Long(Long),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Long {
    access: Access,
    #[serde(rename = "as", default)]
    acting: Acting,
}

impl From<Written> for CollectionGrant {
    fn from(written: Written) -> Self {
        match written {
            Written::Short(access) => access.into(),
            Written::Long(Long { access, acting }) => Self { access, acting },
        }
    }
}

impl From<CollectionGrant> for Written {
    fn from(grant: CollectionGrant) -> Self {
        match grant {
            CollectionGrant { access, acting: Acting::Deployment } => Self::Short(access),
            CollectionGrant { access, acting } => Self::Long(Long { access, acting }),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_grant_is_short_unless_it_is_the_callers() {
        for (text, acting) in
            [(json!("read"), Acting::Deployment), (json!({"access": "read", "as": "caller"}), Acting::Caller)]
        {
            let grant: CollectionGrant = serde_json::from_value(text.clone()).unwrap();
            assert_eq!(
                (grant, serde_json::to_value(grant).unwrap()),
                (CollectionGrant { access: Access::Read, acting }, text)
            );
        }
        assert!(serde_json::from_value::<CollectionGrant>(json!({"access": "read", "with": 1})).is_err());
    }
}
