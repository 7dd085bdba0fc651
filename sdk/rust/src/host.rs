//! The boundary between the curated face and whatever stands behind it: the sandbox's imports in a
//! component, the mock host in a native test.

use crate::context::Caller;
use crate::files::Info;
use crate::http::{Request, Response};
use crate::log::Level;
use crate::storage::{Entry, Page};
use crate::{Denied, Json, Timestamp};

#[cfg(target_family = "wasm")]
mod sandbox;
#[cfg(target_family = "wasm")]
pub(crate) use sandbox::Sandbox as Current;

#[cfg(not(target_family = "wasm"))]
pub(crate) use crate::testing::Mock as Current;

/// Everything that a component can ask, as associated functions: only what is called is imported.
pub(crate) trait Host {
    type Collection: Collection;
    type Folder: Folder;

    /// Runs before each call of the component.
    fn enter();

    fn send(request: &Request) -> Result<Response, Denied>;
    fn log(level: Level, message: &str);
    fn now() -> Timestamp;
    fn random() -> u64;
    fn caller() -> Caller;
    fn settings() -> Json;
}

/// An open collection of records.
pub(crate) trait Collection: Sized {
    fn open(name: &str) -> Result<Self, Denied>;
    fn get(&self, id: &str) -> Result<Option<Entry>, Denied>;
    fn list(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Page, Denied>;
    fn put(&self, id: &str, body: &str) -> Result<(), Denied>;
    fn delete(&self, id: &str) -> Result<bool, Denied>;
}

/// An open folder of files.
pub(crate) trait Folder: Sized {
    fn open(name: &str) -> Result<Self, Denied>;
    fn list(&self, after: Option<&str>, limit: u32) -> Result<Vec<Info>, Denied>;
    fn read(&self, path: &str, offset: u64, length: u32) -> Result<Vec<u8>, Denied>;
    fn write(&self, path: &str, media_type: &str, body: &[u8]) -> Result<(), Denied>;
    fn delete(&self, path: &str) -> Result<bool, Denied>;
}
