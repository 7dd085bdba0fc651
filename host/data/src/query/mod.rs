//! Finding records: filter, order, search, page by page, each page bounded in what is looked at.
//!
//! An index narrows what is looked at; whether a record is shown is decided on the record itself, as far as the caller
//! sees it. So a hidden field is as good as empty in a filter or a search, and putting records in order by a field that
//! may be hidden somewhere is refused: places in a list would show what it holds.

mod cursor;
mod filter;
mod plan;
mod run;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_core::CollectionName;
use signalsync_store::{Listing, Transaction};

use crate::error::DataError;
use crate::gate::Gate;
use crate::row::Record;

pub use filter::{Filter, Op};
use plan::Drive;
use run::{Bounds, Walk};

/// Records and index rows that one page looks at. A page can be short, or empty, and still have a `next`.
pub const LOOKS_MAX: usize = 2_000;

/// Records that a count looks at. Beyond that it says how many there are at least.
const COUNTED_MAX: usize = 10_000;

/// Bytes of records that a page and a count read.
const PAGE_BYTES_MAX: usize = 4 << 20;
const COUNTED_BYTES_MAX: usize = 64 << 20;

/// Entries in one page.
const LIMIT_MAX: usize = 1_000;

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Query {
    /// Which records; all without it.
    pub filter: Option<Filter>,
    /// In which order. Without it, in that of whatever index finds them, or of their ids.
    pub sort: Option<Sort>,
    /// Words that their searched fields have, each at least its beginning.
    pub search: Option<String>,
    /// Where the last page ended.
    pub after: Option<String>,
    /// 1 to 1,000.
    pub limit: usize,
}

/// An order. Equal records are in the order of their ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "RecordSort")]
#[serde(deny_unknown_fields)]
pub struct Sort {
    /// An indexed field; none for the id.
    #[serde(default)]
    pub field: Option<String>,
    /// From the last to the first.
    #[serde(default)]
    pub backwards: bool,
}

/// A page of what was found.
pub type Found = Listing<Record>;

/// How many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "RecordCount")]
pub struct Count {
    pub count: usize,
    /// When false, there are at least so many: more were not looked at.
    pub exact: bool,
}

impl Gate {
    /// A page of the records that fit and that the caller sees.
    ///
    /// # Errors
    /// `NoCollection`, `BadQuery`, `IndexNotReady`, or the store failed.
    pub fn query(&self, tx: &mut Transaction, collection: &CollectionName, query: &Query) -> Result<Found, DataError> {
        let open = self.open(tx, collection)?;
        if !(1..=LIMIT_MAX).contains(&query.limit) {
            return Err(DataError::BadQuery(format!("a page has 1 to {LIMIT_MAX} entries")));
        }
        let plan = plan::of(self, tx, &open, query)?;
        let context = plan.context();
        let after = query.after.as_deref().map(|cursor| open.unsealed(&context, cursor)).transpose()?;
        let bounds = Bounds { limit: query.limit, looks: LOOKS_MAX, bytes: PAGE_BYTES_MAX };
        let mut walk = Walk::new(self, &open, &plan, after);
        let items = walk.collect(tx, bounds)?;
        Ok(Listing { items, next: walk.rest().map(|place| open.sealed(&context, &place)) })
    }

    /// How many records fit that the caller sees.
    ///
    /// # Errors
    /// `NoCollection`, `BadQuery`, or the store failed.
    pub fn count(&self, tx: &mut Transaction, collection: &CollectionName, query: &Query) -> Result<Count, DataError> {
        let open = self.open(tx, collection)?;
        let plan = plan::of(self, tx, &open, query)?;
        let bounds = Bounds { limit: usize::MAX, looks: COUNTED_MAX, bytes: COUNTED_BYTES_MAX };
        let mut walk = Walk::new(self, &open, &plan, None);
        let count = walk.count(tx, bounds)?;
        Ok(Count { count, exact: walk.rest().is_none() })
    }

    /// Records whose id begins with `prefix` and comes behind `after`, in the order of their ids. To whoever sees all
    /// of them, `next` is the last id of the page; to others it is sealed, because it can be that of a record they do not see.
    ///
    /// # Errors
    /// `NoCollection`, or the store failed.
    pub fn list(
        &self,
        tx: &mut Transaction,
        collection: &CollectionName,
        prefix: &str,
        after: Option<&str>,
        (limit, bytes): (usize, usize),
    ) -> Result<Found, DataError> {
        let open = self.open(tx, collection)?;
        let all = self.rights().on(collection).sees_all();
        let plan =
            plan::Plan { drive: Drive::Ids { prefix: prefix.to_owned(), backwards: false }, filter: None, words: None };
        let after = after.map(|after| open.unsealed(cursor::IDS, after).unwrap_or_else(|_| after.to_owned()));
        let mut walk = Walk::new(self, &open, &plan, after);
        let looks = if all { usize::MAX } else { LOOKS_MAX };
        let items = walk.collect(tx, Bounds { limit, looks, bytes })?;
        let next = walk.rest().map(|place| if all { place } else { open.sealed(cursor::IDS, &place) });
        Ok(Listing { items, next })
    }
}
