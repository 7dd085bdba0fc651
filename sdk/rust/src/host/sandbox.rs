//! Inside a component: every call is an import.

use crate::bindings::{context, files, http, log, storage};
use crate::context::Caller;
use crate::files::Info;
use crate::host::{Collection, Folder, Host};
use crate::http::{Request, Response};
use crate::log::Level;
use crate::storage::{Entry, Page};
use crate::{Denied, Json, Timestamp};

pub(crate) struct Sandbox;

impl Host for Sandbox {
    type Collection = storage::Collection;
    type Folder = files::Folder;

    /// The message of a panic reaches the developer's log; the trap that follows would not carry it.
    fn enter() {
        std::panic::set_hook(Box::new(|panic| log::write(Level::Error, &panic.to_string())));
    }

    fn send(request: &Request) -> Result<Response, Denied> {
        http::send(request)
    }

    fn log(level: Level, message: &str) {
        log::write(level, message);
    }

    fn now() -> Timestamp {
        context::now()
    }

    fn random() -> u64 {
        context::random()
    }

    fn caller() -> Caller {
        context::caller()
    }

    fn settings() -> Json {
        context::settings()
    }
}

impl Collection for storage::Collection {
    fn open(name: &str) -> Result<Self, Denied> {
        Self::open(name)
    }

    fn get(&self, id: &str) -> Result<Option<Entry>, Denied> {
        self.get(id)
    }

    fn list(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Page, Denied> {
        self.list(prefix, after, limit)
    }

    fn put(&self, id: &str, body: &str) -> Result<(), Denied> {
        self.put(id, body)
    }

    fn delete(&self, id: &str) -> Result<bool, Denied> {
        self.delete(id)
    }
}

impl Folder for files::Folder {
    fn open(name: &str) -> Result<Self, Denied> {
        Self::open(name)
    }

    fn list(&self, after: Option<&str>, limit: u32) -> Result<Vec<Info>, Denied> {
        self.list(after, limit)
    }

    fn read(&self, path: &str, offset: u64, length: u32) -> Result<Vec<u8>, Denied> {
        self.read(path, offset, length)
    }

    fn write(&self, path: &str, media_type: &str, body: &[u8]) -> Result<(), Denied> {
        self.write(path, media_type, body)
    }

    fn delete(&self, path: &str) -> Result<bool, Denied> {
        self.delete(path)
    }
}
