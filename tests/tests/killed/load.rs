//! The load: a tenant whose processes are started by people, messages and the clock, told, done, stumble, and are cancelled.

use std::ops::RangeFrom;
use std::thread::{Scope, sleep};
use std::time::Duration;

use serde_json::{Value, json};
use signalsync_tests::everything::Everything;
use signalsync_tests::{Client, Outside, Platform};

use crate::JSON;
use crate::books::{Books, Who};

/// Schedules that are due each minute.
pub(crate) const SCHEDULES: u64 = 3;

/// A tenant and its clerk.
pub(crate) struct House(pub(crate) Everything);

type Done = Result<(), ureq::Error>;

impl House {
    pub(crate) fn build(platform: &Platform, outside: &Outside) -> Self {
        let everything = Everything::build(platform, outside);
        (0..SCHEDULES).for_each(|number| everything.schedule(&format!("minute-{number}"), "* * * * *", "once"));
        Self(everything)
    }

    /// After the program was started again.
    pub(crate) fn again(self, platform: &Platform) -> Self {
        Self(self.0.again(platform))
    }

    pub(crate) fn client(&self, who: Who) -> Client {
        match who {
            Who::Administrator => self.0.tenant.client.clone(),
            Who::Clerk => self.0.clerk.client.clone(),
        }
    }

    pub(crate) fn repeat(&self, books: &Books) {
        books.repeat(|who| self.client(who));
    }

    /// Some timers ring at once, others a moment later.
    fn input(&self, number: u64) -> Value {
        self.0.input(number as i64 % 4 * 40)
    }

    /// All at once, each one thing after the other, until nobody answers any more.
    pub(crate) fn work<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        books: &'scope Books,
        numbers: RangeFrom<u64>,
    ) {
        type Act = fn(&House, &Books, u64) -> Done;
        let acts: [Act; 5] = [Self::start, Self::start_by_mapping, Self::stumble, Self::start_and_cancel, Self::check];
        for act in acts {
            let mut numbers = numbers.clone();
            scope.spawn(move || numbers.find(|number| act(self, books, *number).is_err()));
        }
    }

    /// Tells some runs to go before they begin, and others afterwards.
    fn start(&self, books: &Books, number: u64) -> Done {
        let key = format!("api-{number}");
        let early = number.is_multiple_of(2);
        if early {
            self.go(books, &key)?;
        }
        self.begin(books, &key, self.input(number))?;
        if !early {
            self.go(books, &key)?;
        }
        Ok(())
    }

    fn start_by_mapping(&self, books: &Books, number: u64) -> Done {
        let key = format!("message-{number}");
        books.note_run(&key);
        let message = json!({ "key": key, "input": self.input(number) });
        books.ask(&self.0.tenant.client, (Who::Administrator, "/v1/mappings/begin"), &message)?;
        self.go(books, &key)
    }

    /// Its run is an incident at its task, until it is mended and retried.
    fn stumble(&self, books: &Books, number: u64) -> Done {
        let key = format!("stumbles-{number}");
        let mut input = self.input(number);
        input["stumbles"] = json!(true);
        self.begin(books, &key, input)?;
        self.go(books, &key)?;
        if number % 4 == 3 {
            self.mend()?;
        }
        self.retry().map(drop)
    }

    fn start_and_cancel(&self, books: &Books, number: u64) -> Done {
        let key = format!("cancelled-{number}");
        books.note_cancelled(&key);
        let run = self.begin(books, &key, self.input(number))?;
        self.cancel(run["run"].as_str().unwrap())
    }

    /// Does what the clerk is asked.
    fn check(&self, books: &Books, _: u64) -> Done {
        if self.check_all(books)? == 0 {
            sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    fn begin(&self, books: &Books, key: &str, input: Value) -> Result<Value, ureq::Error> {
        books.note_run(key);
        let (path, start) = ("/v1/workflows/everything/runs", json!({ "key": key, "input": input }));
        books.ask(&self.0.tenant.client, (Who::Administrator, path), &start)
    }

    pub(crate) fn go(&self, books: &Books, key: &str) -> Done {
        books.note_told(key);
        let (path, go) = ("/v1/workflows/everything/signals", json!({ "key": key, "name": "go", "data": 7 }));
        books.ask(&self.0.tenant.client, (Who::Administrator, path), &go).map(drop)
    }

    /// Claims and completes what is in the clerk's inbox; how much that was.
    pub(crate) fn check_all(&self, books: &Books) -> Result<usize, ureq::Error> {
        let clerk = &self.0.clerk.client;
        let inbox = clerk.try_send("GET", "/v1/tasks?limit=20", &[], b"")?.json();
        let tasks = inbox["items"].as_array().unwrap();
        for task in tasks {
            let path = format!("/v1/tasks/{}", task["id"].as_str().unwrap());
            let claimed = clerk.try_send("POST", &format!("{path}/claim"), JSON, b"{}")?;
            assert!([200, 409].contains(&claimed.status), "{}", claimed.text());
            books.ask(clerk, (Who::Clerk, &format!("{path}/complete")), &json!({ "choice": "ok" }))?;
        }
        Ok(tasks.len())
    }

    pub(crate) fn mend(&self) -> Done {
        self.0.tenant.client.try_send("PUT", "/v1/collections/data/records/mend", JSON, b"{}").map(drop)
    }

    /// Has some incidents tried again; how many.
    pub(crate) fn retry(&self) -> Result<usize, ureq::Error> {
        let client = &self.0.tenant.client;
        let stuck = client.try_send("GET", "/v1/runs?state=incident&limit=20", &[], b"")?.json();
        let runs = stuck["items"].as_array().unwrap();
        for run in runs {
            assert_eq!(run["incident"]["code"], "guest-error", "{run}");
            let retried =
                client.try_send("POST", &format!("/v1/runs/{}/retry", run["id"].as_str().unwrap()), JSON, b"{}")?;
            assert!([200, 409].contains(&retried.status), "{}", retried.text());
        }
        Ok(runs.len())
    }

    pub(crate) fn cancel(&self, run: &str) -> Done {
        let reason = json!({ "reason": "not needed" }).to_string();
        let asked =
            self.0.tenant.client.try_send("POST", &format!("/v1/runs/{run}/cancel"), JSON, reason.as_bytes())?;
        assert!([200, 409].contains(&asked.status), "{}", asked.text());
        Ok(())
    }
}
