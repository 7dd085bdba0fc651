//! Rows as JSON: how every crate above writes and reads what it keeps.

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::StoreError;

/// What a row holds.
///
/// # Errors
/// `Corrupt`: the row is not what was written.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(body).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// The row that holds this.
///
/// # Errors
/// `Corrupt`: it cannot be written as JSON, e.g. because of a map whose keys are no texts.
pub fn write(value: &(impl Serialize + ?Sized)) -> Result<Bytes, StoreError> {
    serde_json::to_vec(value).map(Bytes::from).map_err(|error| StoreError::Corrupt(error.to_string()))
}
