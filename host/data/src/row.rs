//! A record as it is kept: one line about it, then the document as it was written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use signalsync_core::rights::RecordFacts;
use signalsync_core::{CollectionName, DepartmentId, RecordId, Timestamp, UserId};
use signalsync_store::{Key, StoreError, Table, Versioned, row};

/// What is known of a record besides its document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "RecordAbout")]
#[serde(rename_all = "kebab-case")]
pub struct About {
    /// Counted from 1 with every change; the number of its newest entry in the history.
    pub number: u32,
    /// Who is responsible for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    /// Where it belongs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentId>,
    pub created_at: Timestamp,
    /// A person's or a key's id; none for the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    pub changed_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<String>,
}

/// A record, as far as its reader may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub id: RecordId,
    /// Number of the commit that wrote it; 0 for a write of the transaction that reads it.
    pub version: u64,
    pub about: About,
    /// JSON as it was written, without the fields that its reader does not see.
    pub body: String,
}

/// A record as the gate handles it.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) version: u64,
    pub(crate) about: About,
    pub(crate) text: String,
    pub(crate) value: Value,
}

impl Stored {
    /// # Errors
    /// `Corrupt`: the row is not what was written.
    pub(crate) fn read(found: &Versioned) -> Result<Self, StoreError> {
        let damaged = || StoreError::Corrupt("a record is not what was written".to_owned());
        let end = found.body.iter().position(|byte| *byte == b'\n').ok_or_else(damaged)?;
        let about = row::read(&found.body[..end])?;
        let text = std::str::from_utf8(&found.body[end + 1..]).map_err(|_| damaged())?.to_owned();
        let value = serde_json::from_str(&text).map_err(|_| damaged())?;
        Ok(Self { version: found.version, about, text, value })
    }

    /// # Errors
    /// `Corrupt`: it cannot be written as JSON.
    pub(crate) fn write(about: &About, text: &str) -> Result<Vec<u8>, StoreError> {
        let about = row::write(about)?;
        Ok([&about, b"\n".as_slice(), text.as_bytes()].concat())
    }

    pub(crate) fn facts(&self) -> RecordFacts<'_> {
        facts(&self.about, &self.value)
    }
}

pub(crate) fn facts<'a>(about: &About, body: &'a Value) -> RecordFacts<'a> {
    RecordFacts { owner: about.owner, department: about.department, body }
}

pub(crate) fn key(collection: &CollectionName, id: &RecordId) -> Key {
    Key::new(Table::Records, &[collection.as_str(), id.as_str()])
}
