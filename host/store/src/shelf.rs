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

/// Shelves that belong to what a tenant owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelves {
    /// All folders.
    Folders,
    /// All records.
    Records,
}

impl Shelves {
    pub(crate) fn table(self) -> Table {
        match self {
            Self::Folders => Table::Files,
            Self::Records => Table::Attachments,
        }
    }

    /// Names that a shelf of this kind has.
    pub(crate) fn names(self) -> usize {
        match self {
            Self::Folders => 1,
            Self::Records => 2,
        }
    }

    /// The shelf with these [names](Shelf::parents); none when they are no names of one.
    pub fn shelf(self, names: &[String]) -> Option<Shelf> {
        let is_name = match (self, names) {
            (Self::Folders, [folder]) => folder.parse::<FolderName>().is_ok(),
            (Self::Records, [collection, record]) => collection.parse::<CollectionName>().is_ok() && is_id_part(record),
            _ => false,
        };
        is_name.then(|| Shelf { table: self.table(), parents: names.to_vec() })
    }
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

    /// Names that stand for it.
    pub fn parents(&self) -> Vec<&str> {
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

/// Whether a text can be what [`id_part`] answers.
pub fn is_id_part(text: &str) -> bool {
    let digest = text.strip_prefix('\u{1}');
    digest.map_or_else(
        || text.len() <= 200 && text.parse::<RecordId>().is_ok(),
        |digest| digest.parse::<Digest>().is_ok(),
    )
}
