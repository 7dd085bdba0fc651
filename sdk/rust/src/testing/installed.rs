//! The host of the current thread, and what a component did to it.

use std::cell::RefCell;

use serde_json::Value;

use super::mock::MockHost;
use crate::http::Request;
use crate::log::Level;

thread_local! {
    /// The host of this thread, and how many were installed before.
    static CURRENT: RefCell<(u64, MockHost)> = RefCell::default();
}

/// Asks the host of this thread.
pub(super) fn ask<T>(question: impl FnOnce(&mut MockHost) -> T) -> T {
    CURRENT.with_borrow_mut(|current| question(&mut current.1))
}

pub(super) fn install(host: MockHost) -> Installed {
    let number = CURRENT.with_borrow_mut(|current| {
        *current = (current.0 + 1, host);
        current.0
    });
    Installed { number }
}

/// An installed host; shows what the component did to it.
///
/// ```
/// use signalsync_sdk::{log, testing::MockHost};
///
/// let host = MockHost::new().install();
/// log::info!("hello");
/// assert_eq!(host.log()[0].1, "hello");
/// ```
#[derive(Debug)]
pub struct Installed {
    number: u64,
}

impl Installed {
    /// The document of a record, or none.
    ///
    /// ```
    /// # use signalsync_sdk::testing::MockHost;
    /// let host = MockHost::new().record("rates", "EUR", &1).install();
    /// assert_eq!(host.record("rates", "USD"), None);
    /// ```
    pub fn record(&self, collection: &str, id: &str) -> Option<Value> {
        ask(|host| {
            let entry = host.collections.get(collection)?.entries.get(id)?;
            serde_json::from_str(&entry.body).ok()
        })
    }

    /// The body of a file, or none.
    ///
    /// ```
    /// # use signalsync_sdk::testing::MockHost;
    /// let host = MockHost::new().file("reports", "a.txt", "text/plain", "hello").install();
    /// assert_eq!(host.file("reports", "a.txt").unwrap(), b"hello");
    /// ```
    pub fn file(&self, folder: &str, path: &str) -> Option<Vec<u8>> {
        ask(|host| Some(host.folders.get(folder)?.entries.get(path)?.body.clone()))
    }

    /// The requests that were sent, in their order, refused ones too.
    ///
    /// ```
    /// # use signalsync_sdk::{http, testing::MockHost};
    /// let host = MockHost::new().install();
    /// assert!(http::send(&http::Request::get("https://api.example.com/")).is_err());
    /// assert_eq!(host.requests().len(), 1);
    /// ```
    pub fn requests(&self) -> Vec<Request> {
        ask(|host| host.requests.clone())
    }

    /// The lines that were logged, in their order.
    ///
    /// ```
    /// # use signalsync_sdk::testing::MockHost;
    /// assert!(MockHost::new().install().log().is_empty());
    /// ```
    pub fn log(&self) -> Vec<(Level, String)> {
        ask(|host| host.log.clone())
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        CURRENT.with_borrow_mut(|current| {
            if current.0 == self.number {
                current.1 = MockHost::default();
            }
        });
    }
}
