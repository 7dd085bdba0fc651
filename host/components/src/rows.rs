//! Lists of rows.

use serde::Serialize;
use serde::de::DeserializeOwned;
use signalsync_store::{Page, StoreError, row};

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listing<T> {
    /// In the order of the list.
    pub items: Vec<T>,
    /// Pass it as `after` to go on; none at the end.
    pub next: Option<String>,
}

pub(crate) fn listing<T: DeserializeOwned>(page: Page) -> Result<Listing<T>, StoreError> {
    let items = page.entries.iter().map(|(_, found)| row::read(&found.body)).collect::<Result<_, _>>()?;
    Ok(Listing { items, next: page.next })
}
