//! The mock host as a test sets it up: what is granted, stored and answered.

use std::collections::BTreeMap;

use serde::Serialize;

use super::installed::{self, Installed};
use crate::context::Caller;
use crate::http::{Request, Response};
use crate::log::Level;
use crate::storage::Entry;
use crate::{Denied, Json, Timestamp};

/// A host for tests, built up and then installed on the test's thread.
///
/// Nothing is granted that was not named. Time stands at 0, the caller is nobody, and settings are `{}`.
///
/// ```
/// use signalsync_sdk::testing::MockHost;
///
/// let host = MockHost::new().collection("orders").record("rates", "EUR", &1).now(5).install();
/// assert_eq!(host.record("rates", "EUR"), Some(serde_json::json!(1)));
/// ```
#[derive(Debug, Clone)]
pub struct MockHost {
    pub(super) collections: BTreeMap<String, Set<Entry>>,
    pub(super) folders: BTreeMap<String, Set<File>>,
    pub(super) answers: BTreeMap<(String, String), Result<Response, Denied>>,
    pub(super) requests: Vec<Request>,
    pub(super) log: Vec<(Level, String)>,
    pub(super) now: Timestamp,
    pub(super) seed: u64,
    pub(super) caller: Caller,
    pub(super) settings: Json,
}

/// A collection or a folder, with its grant.
#[derive(Debug, Clone)]
pub(super) struct Set<T> {
    pub(super) read_only: bool,
    pub(super) entries: BTreeMap<String, T>,
}

#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) media_type: String,
    pub(super) body: Vec<u8>,
}

impl<T> Default for Set<T> {
    fn default() -> Self {
        Self { read_only: false, entries: BTreeMap::new() }
    }
}

impl Default for MockHost {
    fn default() -> Self {
        Self {
            collections: BTreeMap::new(),
            folders: BTreeMap::new(),
            answers: BTreeMap::new(),
            requests: Vec::new(),
            log: Vec::new(),
            now: 0,
            seed: 0,
            caller: Caller { user: None, roles: Vec::new(), language: "en".to_owned() },
            settings: "{}".to_owned(),
        }
    }
}

impl MockHost {
    /// A host that grants nothing.
    ///
    /// ```
    /// # use signalsync_sdk::{storage::Collection, testing::MockHost};
    /// let _host = MockHost::new().install();
    /// assert!(Collection::open("orders").is_err());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Grants a collection for reading and writing.
    ///
    /// ```
    /// # use signalsync_sdk::{storage::Collection, testing::MockHost};
    /// let _host = MockHost::new().collection("orders").install();
    /// assert!(Collection::open("orders").unwrap().put("o-1", &1).is_ok());
    /// ```
    pub fn collection(mut self, name: &str) -> Self {
        self.collections.entry(name.to_owned()).or_default();
        self
    }

    /// Grants a collection, or a folder, for reading only.
    ///
    /// ```
    /// # use signalsync_sdk::{storage::Collection, testing::MockHost};
    /// let _host = MockHost::new().record("rates", "EUR", &1).read_only("rates").install();
    /// assert!(Collection::open("rates").unwrap().put("EUR", &2).is_err());
    /// ```
    pub fn read_only(mut self, name: &str) -> Self {
        match self.folders.get_mut(name) {
            Some(folder) => folder.read_only = true,
            None => self.collections.entry(name.to_owned()).or_default().read_only = true,
        }
        self
    }

    /// Grants a collection and stores a record in it, with version 1.
    ///
    /// # Panics
    /// When `body` cannot be written as JSON.
    ///
    /// ```
    /// # use signalsync_sdk::{storage::Collection, testing::MockHost};
    /// let _host = MockHost::new().record("rates", "EUR", &1).install();
    /// assert!(Collection::open("rates").unwrap().get("EUR").unwrap().is_some());
    /// ```
    pub fn record<T: Serialize + ?Sized>(mut self, collection: &str, id: &str, body: &T) -> Self {
        let entry = Entry { id: id.to_owned(), version: 1, body: json(body) };
        self.collections.entry(collection.to_owned()).or_default().entries.insert(id.to_owned(), entry);
        self
    }

    /// Grants a folder for reading and writing.
    ///
    /// ```
    /// # use signalsync_sdk::{files::Folder, testing::MockHost};
    /// let _host = MockHost::new().folder("reports").install();
    /// assert!(Folder::open("reports").unwrap().write("a.txt", "text/plain", b"a").is_ok());
    /// ```
    pub fn folder(mut self, name: &str) -> Self {
        self.folders.entry(name.to_owned()).or_default();
        self
    }

    /// Grants a folder and stores a file in it.
    ///
    /// ```
    /// # use signalsync_sdk::{files::Folder, testing::MockHost};
    /// let _host = MockHost::new().file("reports", "a.txt", "text/plain", "hello").install();
    /// assert_eq!(Folder::open("reports").unwrap().read_all("a.txt").unwrap(), b"hello");
    /// ```
    pub fn file(mut self, folder: &str, path: &str, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let file = File { media_type: media_type.to_owned(), body: body.into() };
        self.folders.entry(folder.to_owned()).or_default().entries.insert(path.to_owned(), file);
        self
    }

    /// Answers requests with this method and URL, every time. Any other request is not granted.
    ///
    /// ```
    /// # use signalsync_sdk::{http, testing::MockHost};
    /// let url = "https://api.example.com/rate";
    /// let _host = MockHost::new().answer("GET", url, http::Response::new(200, "1")).install();
    /// assert!(http::send(&http::Request::get(url)).unwrap().is_success());
    /// ```
    pub fn answer(self, method: &str, url: &str, response: Response) -> Self {
        self.outcome(method, url, Ok(response))
    }

    /// Refuses requests with this method and URL, every time.
    ///
    /// ```
    /// # use signalsync_sdk::{Denied, http, testing::MockHost};
    /// let url = "https://api.example.com/rate";
    /// let down = Denied::Unavailable("no answer".to_owned());
    /// let _host = MockHost::new().refuse("GET", url, down.clone()).install();
    /// assert_eq!(http::send(&http::Request::get(url)), Err(down));
    /// ```
    pub fn refuse(self, method: &str, url: &str, denied: Denied) -> Self {
        self.outcome(method, url, Err(denied))
    }

    fn outcome(mut self, method: &str, url: &str, outcome: Result<Response, Denied>) -> Self {
        self.answers.insert((method.to_owned(), url.to_owned()), outcome);
        self
    }

    /// Sets the settings.
    ///
    /// # Panics
    /// When `settings` cannot be written as JSON.
    ///
    /// ```
    /// # use signalsync_sdk::{context, testing::MockHost};
    /// let _host = MockHost::new().settings(&7).install();
    /// assert_eq!(context::settings(), Ok(7));
    /// ```
    pub fn settings<T: Serialize + ?Sized>(self, settings: &T) -> Self {
        Self { settings: json(settings), ..self }
    }

    /// Sets on whose behalf the call runs. Roles arrive sorted.
    ///
    /// ```
    /// # use signalsync_sdk::{context, testing::MockHost};
    /// let _host = MockHost::new().caller("usr_1", &["manager", "clerk"], "de").install();
    /// assert_eq!(context::caller().roles, ["clerk", "manager"]);
    /// ```
    pub fn caller(self, user: &str, roles: &[&str], language: &str) -> Self {
        let mut roles: Vec<String> = roles.iter().map(|role| (*role).to_owned()).collect();
        roles.sort();
        Self { caller: Caller { user: Some(user.to_owned()), roles, language: language.to_owned() }, ..self }
    }

    /// Sets the time, in milliseconds since 1970-01-01T00:00:00Z.
    ///
    /// ```
    /// # use signalsync_sdk::{context, testing::MockHost};
    /// let _host = MockHost::new().now(5).install();
    /// assert_eq!(context::now(), 5);
    /// ```
    pub fn now(self, now: Timestamp) -> Self {
        Self { now, ..self }
    }

    /// Sets where the random stream starts. Its numbers are not those of the real host.
    ///
    /// ```
    /// # use signalsync_sdk::{context, testing::MockHost};
    /// let _host = MockHost::new().seed(7).install();
    /// let first = context::random();
    /// let _host = MockHost::new().seed(7).install();
    /// assert_eq!(context::random(), first);
    /// ```
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Makes this the host of the current thread until the answer is dropped or another is installed.
    ///
    /// ```
    /// # use signalsync_sdk::{storage::Collection, testing::MockHost};
    /// let host = MockHost::new().collection("orders").install();
    /// assert!(Collection::open("orders").is_ok());
    /// drop(host);
    /// assert!(Collection::open("orders").is_err());
    /// ```
    pub fn install(self) -> Installed {
        installed::install(self)
    }
}

fn json<T: Serialize + ?Sized>(value: &T) -> Json {
    #[expect(clippy::expect_used, reason = "for tests; the panic is documented")]
    serde_json::to_string(value).expect("the value can be written as JSON")
}
