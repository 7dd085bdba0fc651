//! What a deployment's administrator allows a component to reach, by name.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::name::{CollectionName, FolderName};

/// Most names that one capability may list.
pub const NAMES_MAX: usize = 100;

/// The grants of one deployment.
///
/// A capability that is absent is not linked: a component that imports it cannot be deployed.
/// A capability that is present with no names is linked and answers every request with
/// `not-granted`, for languages whose components import the whole world whether they use it or not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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

/// What a component may do with the records of a collection, and in whose place.
///
/// As JSON: `"read"` or `"read-write"`, which act for the deployment, or `{"access": "read", "as": "caller"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "GrantForm", into = "GrantForm")]
pub struct CollectionGrant {
    /// How far it goes.
    pub access: Access,
    /// With whose rights.
    pub acting: Acting,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = r#"a grant is "read", "read-write" or {"access": "read", "as": "caller"}"#)]
enum GrantForm {
    Plain(Access),
    Full(FullGrant),
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FullGrant {
    access: Access,
    #[serde(rename = "as")]
    acting: Acting,
}

impl From<GrantForm> for CollectionGrant {
    fn from(form: GrantForm) -> Self {
        match form {
            GrantForm::Plain(access) => Self { access, acting: Acting::default() },
            GrantForm::Full(FullGrant { access, acting }) => Self { access, acting },
        }
    }
}

impl From<CollectionGrant> for GrantForm {
    fn from(CollectionGrant { access, acting }: CollectionGrant) -> Self {
        match acting {
            Acting::Deployment => Self::Plain(access),
            Acting::Caller => Self::Full(FullGrant { access, acting }),
        }
    }
}

/// How far a grant goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
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

/// With whose rights a component reaches records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Acting {
    /// Those of its deployment: everything within the collections that it was granted, so that a rule over all records
    /// sees all of them.
    #[default]
    Deployment,
    /// Those of whoever the call is for.
    Caller,
}
