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
    pub storage: Option<BTreeMap<CollectionName, Access>>,
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

/// With whose rights a component reaches records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Acting {
    /// Those of its deployment: everything within the collections that it was granted, so that a rule over all records
    /// sees all of them.
    #[default]
    Deployment,
    /// Those of whoever the call is for.
    Caller,
}
