//! The books: what was asked for, and what was acknowledged.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;
use signalsync_tests::{Answer, Client};

/// What was asked for by number, and what was acknowledged.
#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) asked: u64,
    pub(crate) acknowledged: BTreeSet<u64>,
}

impl Ledger {
    /// Asks for one thing after the other until nobody answers any more.
    pub(crate) fn work(&mut self, acknowledgements: &AtomicU64, ask: impl Fn(u64) -> Result<Answer, ureq::Error>) {
        loop {
            self.asked += 1;
            let Ok(answer) = ask(self.asked) else { return };
            assert!(answer.status < 300, "{}: {}", answer.status, answer.text());
            self.acknowledged.insert(self.asked);
            acknowledgements.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Administrator,
    Clerk,
}

/// Something that was asked for, under a name of its own: it can be asked for again, and must have happened once.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) who: Who,
    path: String,
    body: Value,
    /// What was answered; none when the program was killed first.
    answer: Option<Value>,
}

/// What was asked of processes.
#[derive(Default)]
pub(crate) struct Books {
    requests: Mutex<Vec<Request>>,
    /// Business keys of the runs that were asked for.
    runs: Mutex<BTreeSet<String>>,
    /// Those of them that were told to go.
    told: Mutex<BTreeSet<String>>,
    /// Those of them that were asked to end.
    cancelled: Mutex<BTreeSet<String>>,
    acknowledged: AtomicU64,
}

impl Books {
    pub(crate) fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::SeqCst)
    }

    pub(crate) fn runs(&self) -> BTreeSet<String> {
        self.runs.lock().unwrap().clone()
    }

    pub(crate) fn cancelled(&self) -> BTreeSet<String> {
        self.cancelled.lock().unwrap().clone()
    }

    pub(crate) fn note_run(&self, key: &str) {
        self.runs.lock().unwrap().insert(key.to_owned());
    }

    pub(crate) fn note_told(&self, key: &str) {
        self.told.lock().unwrap().insert(key.to_owned());
    }

    pub(crate) fn was_told(&self, key: &str) -> bool {
        self.told.lock().unwrap().contains(key)
    }

    pub(crate) fn note_cancelled(&self, key: &str) {
        self.cancelled.lock().unwrap().insert(key.to_owned());
    }

    /// Asks for something that has to happen once.
    pub(crate) fn ask(&self, client: &Client, (who, path): (Who, &str), body: &Value) -> Result<Value, ureq::Error> {
        let request = Request { who, path: path.to_owned(), body: body.clone(), answer: None };
        let number = {
            let mut requests = self.requests.lock().unwrap();
            requests.push(request.clone());
            requests.len() - 1
        };
        let answer = request.send(client, number)?;
        // A task of a run that was ended meanwhile is nobody's to do, and stays so.
        assert!(answer.status < 300 || answer.status == 409, "{path}: {}", answer.text());
        let answer = answer.json();
        self.requests.lock().unwrap()[number].answer = Some(answer.clone());
        self.acknowledged.fetch_add(1, Ordering::SeqCst);
        Ok(answer)
    }

    /// Asks for everything again, as clients do that do not know what became of their requests. What was acknowledged is
    /// answered as it was.
    pub(crate) fn repeat(&self, client: impl Fn(Who) -> Client) {
        let mut requests = self.requests.lock().unwrap();
        for (number, request) in requests.iter_mut().enumerate() {
            let answer = request.send(&client(request.who), number).unwrap();
            assert!(answer.status < 300 || answer.status == 409, "{request:?}: {}", answer.text());
            let answer = answer.json();
            match &request.answer {
                Some(before) => assert_eq!(&answer, before, "{request:?}"),
                None => request.answer = Some(answer),
            }
        }
    }
}

impl Request {
    fn send(&self, client: &Client, number: usize) -> Result<Answer, ureq::Error> {
        let name = format!("request-{number}");
        let headers = [("content-type", "application/json"), ("idempotency-key", name.as_str())];
        client.try_send("POST", &self.path, &headers, self.body.to_string().as_bytes())
    }
}
