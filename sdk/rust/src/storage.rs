//! The tenant's records.
//!
//! All reads of one call see one snapshot, plus the call's own writes. Writes commit together with
//! the call, or not at all. If another call changed what this one read, the host runs it again.

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use crate::bindings::storage::{Entry, Page};
use crate::host::{self, Current, Host};
use crate::{Denied, Error, document};

/// Entries that [`Collection::entries`] asks for at a time.
const PAGE: u32 = 100;

/// A named set of records that was granted to the deployment.
///
/// ```
/// use signalsync_sdk::{storage::Collection, testing::MockHost};
///
/// let _host = MockHost::new().record("rates", "EUR", &1.0).install();
/// let rates = Collection::open("rates").unwrap();
/// assert_eq!(rates.get_as::<f64>("EUR"), Ok(Some(1.0)));
/// ```
pub struct Collection(<Current as Host>::Collection);

impl Collection {
    /// Opens a collection.
    ///
    /// # Errors
    /// [`Denied::NotGranted`]; [`Denied::Invalid`] when the name is not `[a-z][a-z0-9-]{0,62}`;
    /// [`Denied::OverLimit`] over 64 open collections.
    ///
    /// ```
    /// # use signalsync_sdk::{storage::Collection, testing::MockHost};
    /// # let _host = MockHost::new().collection("rates").install();
    /// assert!(Collection::open("rates").is_ok());
    /// ```
    pub fn open(name: &str) -> Result<Self, Denied> {
        host::Collection::open(name).map(Self)
    }

    /// The record with this id, or none.
    ///
    /// # Errors
    /// [`Denied::Invalid`] id; [`Denied::OverLimit`] over 10,000 reads in a call.
    ///
    /// ```
    /// # use signalsync_sdk::{storage::Collection, testing::MockHost};
    /// # let _host = MockHost::new().record("rates", "EUR", &1).install();
    /// let entry = Collection::open("rates").unwrap().get("EUR").unwrap().unwrap();
    /// assert_eq!((entry.body.as_str(), entry.version), ("1", 1));
    /// ```
    pub fn get(&self, id: &str) -> Result<Option<Entry>, Denied> {
        host::Collection::get(&self.0, id)
    }

    /// The document of the record with this id, or none.
    ///
    /// # Errors
    /// [`Error::Denied`] as [`Collection::get`]; [`Error::Document`] when it does not fit `T`.
    ///
    /// ```
    /// # use signalsync_sdk::{storage::Collection, testing::MockHost};
    /// # let _host = MockHost::new().record("rates", "EUR", &1).install();
    /// assert_eq!(Collection::open("rates").unwrap().get_as::<u8>("EUR"), Ok(Some(1)));
    /// ```
    pub fn get_as<T: DeserializeOwned>(&self, id: &str) -> Result<Option<T>, Error> {
        self.get(id)?.map(|entry| entry.json()).transpose()
    }

    /// Records whose id starts with `prefix` and comes behind `after`, in the order of their ids: at
    /// most `limit` (1 to 1,000) and at most 1 MiB of bodies.
    ///
    /// # Errors
    /// [`Denied::Invalid`] limit or id; [`Denied::OverLimit`].
    ///
    /// ```
    /// # use signalsync_sdk::{storage::Collection, testing::MockHost};
    /// # let _host = MockHost::new().record("rates", "EUR", &1).record("rates", "USD", &2).install();
    /// let page = Collection::open("rates").unwrap().list("", None, 1).unwrap();
    /// assert_eq!(page.next.as_deref(), Some("EUR"));
    /// ```
    pub fn list(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Page, Denied> {
        host::Collection::list(&self.0, prefix, after, limit)
    }

    /// All records whose id starts with `prefix`, fetched page by page as they are asked for.
    ///
    /// ```
    /// # use signalsync_sdk::{storage::Collection, testing::MockHost};
    /// # let _host = MockHost::new().record("rates", "EUR", &1).record("rates", "USD", &2).install();
    /// let rates = Collection::open("rates").unwrap();
    /// let ids: Result<Vec<String>, _> = rates.entries("").map(|entry| Ok::<_, String>(entry?.id)).collect();
    /// assert_eq!(ids.unwrap(), ["EUR", "USD"]);
    /// ```
    pub fn entries<'a>(&'a self, prefix: &'a str) -> Entries<'a> {
        Entries { collection: self, prefix, page: Vec::new().into_iter(), next: Next::First }
    }

    /// Creates or replaces a record. The collection's validations do not run for it.
    ///
    /// # Errors
    /// [`Error::Denied`] when the grant is read-only, the id is malformed, or over 1 MiB a record, 1,000
    /// writes or 8 MiB of writes in a call; [`Error::Document`] when `body` cannot be written as JSON.
    ///
    /// ```
    /// # use signalsync_sdk::{storage::Collection, testing::MockHost};
    /// let host = MockHost::new().collection("rates").install();
    /// Collection::open("rates").unwrap().put("EUR", &1).unwrap();
    /// assert_eq!(host.record("rates", "EUR"), Some(serde_json::json!(1)));
    /// ```
    pub fn put<T: Serialize + ?Sized>(&self, id: &str, body: &T) -> Result<(), Error> {
        Ok(host::Collection::put(&self.0, id, &document::write(body)?)?)
    }

    /// Deletes a record; false when there was none.
    ///
    /// # Errors
    /// As [`Collection::put`].
    ///
    /// ```
    /// # use signalsync_sdk::{storage::Collection, testing::MockHost};
    /// # let _host = MockHost::new().collection("rates").install();
    /// assert_eq!(Collection::open("rates").unwrap().delete("EUR"), Ok(false));
    /// ```
    pub fn delete(&self, id: &str) -> Result<bool, Denied> {
        host::Collection::delete(&self.0, id)
    }
}

impl Entry {
    /// The record's document.
    ///
    /// # Errors
    /// [`Error::Document`] when it does not fit `T`.
    ///
    /// ```
    /// # use signalsync_sdk::storage::Entry;
    /// let entry = Entry { id: "EUR".into(), version: 1, body: "1".into() };
    /// assert_eq!(entry.json::<u8>(), Ok(1));
    /// ```
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        document::parse(&self.body)
    }
}

/// The records of a collection in the order of their ids; made by [`Collection::entries`].
///
/// Ends after the first error.
///
/// ```
/// # use signalsync_sdk::{storage::Collection, testing::MockHost};
/// # let _host = MockHost::new().collection("rates").install();
/// assert!(Collection::open("rates").unwrap().entries("").next().is_none());
/// ```
pub struct Entries<'a> {
    collection: &'a Collection,
    prefix: &'a str,
    page: std::vec::IntoIter<Entry>,
    next: Next,
}

enum Next {
    First,
    After(String),
    End,
}

impl Entries<'_> {
    fn turn_page(&mut self) -> Result<(), Denied> {
        let page = match std::mem::replace(&mut self.next, Next::End) {
            Next::First => self.collection.list(self.prefix, None, PAGE)?,
            Next::After(id) => self.collection.list(self.prefix, Some(&id), PAGE)?,
            Next::End => return Ok(()),
        };
        self.page = page.entries.into_iter();
        self.next = page.next.map_or(Next::End, Next::After);
        Ok(())
    }
}

impl Iterator for Entries<'_> {
    type Item = Result<Entry, Denied>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.page.len() == 0
            && let Err(denied) = self.turn_page()
        {
            return Some(Err(denied));
        }
        self.page.next().map(Ok)
    }
}
