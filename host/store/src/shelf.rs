//! What files hang on.

use std::borrow::Cow;

use signalsync_core::{CollectionName, Digest, FilePath, FolderName, JobId, RecordId, UploadId};

use crate::key::{Key, Table};

/// Where a file is: in a folder, or on the thing that it belongs to and goes with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelf {
    table: Table,
    parents: Vec<String>,
}

impl Shelf {
    /// All tables of files.
    pub(crate) const TABLES: [Table; 4] = [Table::Files, Table::Attachments, Table::JobFiles, Table::UploadParts];

    /// Attachments of a record.
    pub fn record(collection: &CollectionName, id: &RecordId) -> Self {
        Self { table: Table::Attachments, parents: vec![collection.to_string(), id_part(id.as_str()).into_owned()] }
    }

    /// Attachments of all records of a collection. Nothing stands on it itself.
    pub fn records(collection: &CollectionName) -> Self {
        Self { table: Table::Attachments, parents: vec![collection.to_string()] }
    }

    /// What a long action works on.
    pub fn job(id: JobId) -> Self {
        Self { table: Table::JobFiles, parents: vec![id.to_string()] }
    }

    /// What has arrived of an upload.
    pub fn upload(id: UploadId) -> Self {
        Self { table: Table::UploadParts, parents: vec![id.to_string()] }
    }

    pub(crate) fn table(&self) -> Table {
        self.table
    }

    pub(crate) fn parents(&self) -> Vec<&str> {
        self.parents.iter().map(String::as_str).collect()
    }

    pub(crate) fn key(&self, path: &FilePath) -> Key {
        let mut parts = self.parents();
        parts.push(path.as_str());
        Key::new(self.table, &parts)
    }
}

impl From<&FolderName> for Shelf {
    fn from(folder: &FolderName) -> Self {
        Self { table: Table::Files, parents: vec![folder.to_string()] }
    }
}

impl From<&Shelf> for Shelf {
    fn from(shelf: &Shelf) -> Self {
        shelf.clone()
    }
}

/// A record's id as a part of a key that is not the last one. Such parts are at most 255 bytes, and ids one more:
/// a longer one is named by its hash, behind a character that no id has.
pub fn id_part(id: &str) -> Cow<'_, str> {
    if id.len() <= 200 { id.into() } else { format!("\u{1}{}", Digest::of(id.as_bytes())).into() }
}
