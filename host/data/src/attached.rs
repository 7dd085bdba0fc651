//! Files of records: who may see and change a record may see and change the files that hang on it.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use signalsync_audit::{Action, Event};
use signalsync_core::rights::{RecordAction, Veil};
use signalsync_core::{CollectionName, FilePath, RecordId};
use signalsync_store::{FileInfo, Precondition, Shelf, StagedFile, StoreError, Transaction};

use crate::error::DataError;
use crate::gate::Gate;
use crate::row::Stored;

/// Files of one record.
pub const ATTACHMENTS_MAX: usize = 100;

impl Gate {
    /// A file of a record that the caller sees. One that stands in a field which the caller does not see is hidden with
    /// the field.
    ///
    /// # Errors
    /// `NoCollection`, `NotFound`, or the store failed.
    pub fn attachment(
        &self,
        tx: &mut Transaction,
        (collection, id): (&CollectionName, &RecordId),
        path: &FilePath,
    ) -> Result<FileInfo, DataError> {
        self.open(tx, collection)?;
        let (stored, veil) = self.seen(tx, collection, id)?.ok_or(DataError::NotFound)?;
        if stands_in(&stored.value, &veil.hidden, path) {
            return Err(DataError::NotFound);
        }
        tx.file(Shelf::record(collection, id), path)?.ok_or(DataError::NotFound)
    }

    /// The files of a record that the caller sees, in the order of their paths: all of them, at most [`ATTACHMENTS_MAX`].
    ///
    /// # Errors
    /// `NoCollection`, `NotFound`, or the store failed.
    pub fn attachments(
        &self,
        tx: &mut Transaction,
        (collection, id): (&CollectionName, &RecordId),
    ) -> Result<Vec<FileInfo>, DataError> {
        self.open(tx, collection)?;
        let (stored, veil) = self.seen(tx, collection, id)?.ok_or(DataError::NotFound)?;
        let mut files = tx.list_files(Shelf::record(collection, id), None, ATTACHMENTS_MAX)?;
        files.retain(|file| !stands_in(&stored.value, &veil.hidden, &file.path));
        Ok(files)
    }

    /// Hangs a file on a record, or puts it in the place of the one with this path, which is answered.
    ///
    /// # Errors
    /// `NoCollection`, `NotFound`, `Forbidden`, `Precondition`, `TooManyFiles`, or the store failed.
    pub fn attach(
        &self,
        tx: &mut Transaction,
        place: (&CollectionName, &RecordId),
        (path, media_type): (&FilePath, &str),
        precondition: Precondition,
        content: StagedFile,
    ) -> Result<Option<FileInfo>, DataError> {
        let before = self.may_attach(tx, place, path)?;
        precondition.check(before.as_ref().map(|before| before.version))?;
        let size = content.size();
        tx.put_file(Shelf::record(place.0, place.1), path, media_type, content)?;
        self.audit(tx, file_written(target(place, path), size, media_type)?)?;
        Ok(before)
    }

    /// Whether a file may be hung on a record under this path; the one that is there.
    ///
    /// # Errors
    /// `NoCollection`, `NotFound`, `Forbidden`, `TooManyFiles`, or the store failed.
    pub fn may_attach(
        &self,
        tx: &mut Transaction,
        (collection, id): (&CollectionName, &RecordId),
        path: &FilePath,
    ) -> Result<Option<FileInfo>, DataError> {
        let (stored, veil) = self.changeable(tx, (collection, id))?;
        may_change(&stored, &veil, path)?;
        let shelf = Shelf::record(collection, id);
        let before = tx.file(&shelf, path)?;
        if before.is_none() && tx.list_files(&shelf, None, ATTACHMENTS_MAX)?.len() == ATTACHMENTS_MAX {
            return Err(DataError::TooManyFiles { limit: ATTACHMENTS_MAX });
        }
        Ok(before)
    }

    /// Takes a file from a record. What the record says about it stays.
    ///
    /// # Errors
    /// `NoCollection`, `NotFound`, `Forbidden`, `Precondition`, or the store failed.
    pub fn detach(
        &self,
        tx: &mut Transaction,
        place: (&CollectionName, &RecordId),
        path: &FilePath,
        precondition: Precondition,
    ) -> Result<(), DataError> {
        let (stored, veil) = self.changeable(tx, place)?;
        may_change(&stored, &veil, path)?;
        let shelf = Shelf::record(place.0, place.1);
        let before = tx.file(&shelf, path)?.ok_or(DataError::NotFound)?;
        precondition.check(Some(before.version))?;
        tx.delete_file(&shelf, path)?;
        Ok(self.audit(tx, file_deleted(target(place, path), &before)?)?)
    }

    /// A record that the caller may change, and what of it it may not.
    fn changeable(
        &self,
        tx: &mut Transaction,
        (collection, id): (&CollectionName, &RecordId),
    ) -> Result<(Stored, Veil), DataError> {
        let open = self.open(tx, collection)?;
        let (stored, _) = self.seen(tx, collection, id)?.ok_or(DataError::NotFound)?;
        let veil = self.veil(&open, RecordAction::Change, &stored)?;
        Ok((stored, veil))
    }
}

/// What the audit says of a file that was written, wherever it is: what it is, and not what is in it.
///
/// # Errors
/// It cannot be written as JSON, which is a mistake of ours.
pub fn file_written(subject: String, size: u64, media_type: &str) -> Result<Event, StoreError> {
    Event::new(Action::FileWritten, subject).after(&json!({"size": size, "media-type": media_type}))
}

/// What the audit says of a file that was deleted.
///
/// # Errors
/// As [`file_written`].
pub fn file_deleted(subject: String, before: &FileInfo) -> Result<Event, StoreError> {
    let was = json!({"size": before.size, "media-type": before.media_type});
    Event::new(Action::FileDeleted, subject).before(&was)
}

/// Forgets the files of a record that is gone for good.
pub(crate) fn forget(tx: &mut Transaction, collection: &CollectionName, id: &RecordId) -> Result<(), StoreError> {
    tx.clear_files(&Shelf::record(collection, id), ATTACHMENTS_MAX + 1).map(drop)
}

fn may_change(stored: &Stored, veil: &Veil, path: &FilePath) -> Result<(), DataError> {
    if stands_in(&stored.value, &veil.hidden, path) || stands_in(&stored.value, &veil.fixed, path) {
        return Err(DataError::Forbidden("you may not change this file: choose another name".to_owned()));
    }
    Ok(())
}

/// Whether one of these fields names the file, at whatever depth.
fn stands_in(body: &Value, fields: &BTreeSet<String>, path: &FilePath) -> bool {
    fields.iter().filter_map(|field| body.get(field)).any(|value| names(value, path.as_str()))
}

fn names(value: &Value, path: &str) -> bool {
    match value {
        Value::Object(fields) => {
            fields.get("path").and_then(Value::as_str) == Some(path) || fields.values().any(|value| names(value, path))
        }
        Value::Array(items) => items.iter().any(|item| names(item, path)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn target((collection, id): (&CollectionName, &RecordId), path: &FilePath) -> String {
    format!("record/{collection}/{id}/file/{path}")
}
