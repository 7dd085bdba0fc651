//! A server outside, on loopback, that components tell things: it keeps books of what it was told under which key, and can hold
//! its answers back.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use serde_json::Value;

/// A server outside.
pub struct Outside {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// What came under one idempotency key.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    pub times: u64,
    /// The first time; the same each time, or the server says no.
    pub body: Value,
}

#[derive(Default)]
struct Shared {
    books: Mutex<Books>,
    changed: Condvar,
}

#[derive(Default)]
struct Books {
    told: BTreeMap<String, Told>,
    held: bool,
    /// Answers that may be given although answers are held.
    free: u64,
    /// Requests that wait for their answers.
    waiting: u64,
    /// How often all who waited were given up.
    given_up: u64,
    closed: bool,
}

impl Outside {
    /// A server on any free port that answers at once.
    pub fn open() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let (address, shared) = (listener.local_addr().expect("an address"), Arc::<Shared>::default());
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&serving);
                if shared.books().closed {
                    return;
                }
                std::thread::spawn(move || shared.serve(stream));
            }
        });
        Self { address, shared }
    }

    /// What a host's configuration says so that components may reach it.
    pub fn configuration(&self) -> String {
        format!("[egress]\nallow_private = [\"{}\"]\n", self.address)
    }

    /// For grants.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where things are told.
    pub fn url(&self) -> String {
        format!("http://{}/tell", self.address)
    }

    /// What it was told, by idempotency key.
    pub fn told(&self) -> BTreeMap<String, Told> {
        self.shared.books().told.clone()
    }

    /// How many requests came.
    pub fn requests(&self) -> u64 {
        self.shared.books().told.values().map(|told| told.times).sum()
    }

    /// Notes what comes, and does not answer until it is let go.
    pub fn hold(&self) {
        self.shared.books().held = true;
    }

    /// Answers one of those who wait, if there is one that is not being answered.
    pub fn answer_one(&self) {
        let mut books = self.shared.books();
        books.free = (books.free + 1).min(books.waiting);
        self.shared.changed.notify_all();
    }

    /// How many wait for their answers.
    pub fn waiting(&self) -> u64 {
        self.shared.books().waiting
    }

    /// Forgets those who wait: they are gone.
    pub fn hang_up(&self) {
        let mut books = self.shared.books();
        (books.given_up, books.waiting, books.free) = (books.given_up + 1, 0, 0);
        self.shared.changed.notify_all();
    }

    /// Answers those who wait, and from now on at once.
    pub fn let_go(&self) {
        self.shared.books().held = false;
        self.shared.changed.notify_all();
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        self.shared.books().closed = true;
        self.let_go();
        // Wakes the one who accepts.
        drop(TcpStream::connect(self.address));
    }
}

impl Shared {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().expect("nobody panics with the books")
    }

    /// One request; a client that went away is none of its business.
    fn serve(&self, mut stream: TcpStream) {
        let Some((key, body)) = read(&stream) else { return };
        let mut books = self.books();
        let told = books.told.entry(key).or_insert_with(|| Told { times: 0, body: body.clone() });
        told.times += 1;
        let status = if told.body == body { "200 OK" } else { "409 Conflict" };
        let since = books.given_up;
        books.waiting += 1;
        let waits = |books: &mut Books| books.held && books.free == 0 && books.given_up == since;
        let mut books = self.changed.wait_while(books, waits).expect("nobody panics with the books");
        if books.given_up != since {
            return;
        }
        (books.waiting, books.free) = (books.waiting - 1, books.free.saturating_sub(1));
        drop(books);
        let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }
}

/// The idempotency key and the document of a request.
fn read(stream: &TcpStream) -> Option<(String, Value)> {
    let mut reader = BufReader::new(stream);
    let (mut key, mut length) = (String::new(), 0);
    for line in reader.by_ref().lines() {
        let line = line.ok()?;
        if line.is_empty() {
            break;
        }
        match line.split_once(": ").map(|(name, value)| (name.to_ascii_lowercase(), value)) {
            Some((name, value)) if name == "idempotency-key" => value.clone_into(&mut key),
            Some((name, value)) if name == "content-length" => length = value.parse().ok()?,
            _ => {}
        }
    }
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body).ok()?;
    Some((key, serde_json::from_slice(&body).ok()?))
}
