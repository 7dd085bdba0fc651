//! Lists of rows, as they are shown.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::StoreError;
use crate::row;
use crate::transaction::Page;

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "ListOf{T}")]
pub struct Listing<T> {
    /// In the order of the list.
    pub items: Vec<T>,
    /// Pass it as `after` to go on; none at the end.
    pub next: Option<String>,
}

impl<T: DeserializeOwned> Listing<T> {
    /// What the rows of a page hold.
    ///
    /// # Errors
    /// `Corrupt`: a row is not what was written.
    pub fn of(page: Page) -> Result<Self, StoreError> {
        let items = page.entries.iter().map(|(_, found)| row::read(&found.body)).collect::<Result<_, _>>()?;
        Ok(Self { items, next: page.next })
    }
}
