//! Plays a process on a real host, with a fault at one of its acts.

use serde_json::{Value, json};
use signalsync_tests::clock::SECOND;
use signalsync_tests::everything::all;
use signalsync_tests::{Answer, Client, Outside, Platform, wait_at_most};

use crate::fault::Fault;
use crate::outcome::Outcome;
use crate::process::{Act, Cast, Process};

/// Seconds for anything to happen.
const SOON: u64 = 40;

/// A host, its clock, the server outside, and the tenant of a process.
pub(crate) struct Stage {
    pub(crate) platform: Platform,
    pub(crate) outside: Outside,
    pub(crate) cast: Cast,
    workflow: &'static str,
    /// Requests that were sent, each of which has a name of its own.
    requests: u64,
    nudges: u64,
}

impl Stage {
    pub(crate) fn prepare(process: &Process) -> Self {
        let outside = Outside::open();
        outside.hold();
        let configuration = format!("{}total_ms = 100000\n{}", outside.configuration(), Fault::tiers());
        let platform = Platform::timed(&configuration);
        let cast = (process.set_up)(&platform, &outside);
        Self { platform, outside, cast, workflow: process.workflow, requests: 0, nudges: 0 }
    }

    /// Plays the whole process; `fault` happens at that act, the start being the first of all.
    pub(crate) fn play(&mut self, process: &Process, key: &str, fault: Option<(usize, Fault)>) -> Outcome {
        let at = |place| fault.filter(|(at, _)| *at == place).map(|(_, fault)| fault);
        let (path, input) = (format!("/v1/workflows/{}/runs", self.workflow), (process.input)(&self.outside, key));
        let root = self.cast.tenant.client.clone();
        let start = json!({ "key": key, "input": input });
        self.hurt(at(0), None, |stage, twice| {
            stage.send(&root, &path, &start, twice, 201);
        });
        let run = self.run_of(key);
        self.heal(at(0), &run);
        let mut lost = false;
        for (place, (steps, act)) in process.script.iter().enumerate() {
            self.ready(*steps, act, &run, lost);
            self.hurt(at(place + 1), Some(&run), |stage, twice| stage.act(act, &run, key, twice));
            self.heal(at(place + 1), &run);
            lost = matches!((act, at(place + 1)), (Act::Answer, Some(Fault::KilledBefore | Fault::KilledAfter)));
        }
        self.finish(&run);
        Outcome::of(self, process, &run, key)
    }

    /// Nothing is left that nobody knows of.
    pub(crate) fn end(mut self) {
        let client = &self.cast.tenant.client;
        assert_eq!(client.get("/v1/dead-letters").expect(200).json()["items"], json!([]));
        assert_eq!(client.get("/v1/runs?state=incident").expect(200).json()["items"], json!([]));
        self.outside.let_go();
        self.platform.assert_unharmed();
    }

    /// What was in the program's hands when it was killed is done again, and what the fault did to runs below is cured too.
    fn finish(&self, run: &str) {
        let client = &self.cast.tenant.client;
        wait_at_most(SOON, || {
            self.outside.answer_one();
            self.retry_all(client);
            (!self.get(run)["ended-at"].is_null()).then_some(())
        });
    }

    fn retry_all(&self, client: &Client) {
        for run in all(client, "/v1/runs?state=incident&", "before") {
            let retried = client.post(&format!("/v1/runs/{}/retry", run["id"].as_str().unwrap()), &json!({}));
            assert!([200, 409].contains(&retried.status), "{}", retried.text());
        }
    }

    /// Waits until the run has made so many steps, and the act can happen. If an answer was lost, it is given again.
    fn ready(&self, steps: u64, act: &Act, run: &str, lost: bool) {
        wait_at_most(SOON, || {
            let stands = self.get(run);
            if stands["steps"].as_u64() < Some(steps) {
                if lost {
                    self.outside.answer_one();
                }
                return None;
            }
            match act {
                Act::Choose { who, task, .. } => self.open_task(self.cast.client(who), run, task).map(drop),
                Act::Answer => (self.outside.waiting() > 0).then_some(()),
                Act::Signal { .. } | Act::Later { .. } => Some(()),
            }
        });
    }

    fn act(&mut self, act: &Act, run: &str, key: &str, twice: bool) {
        match act {
            Act::Choose { who, task, choice, data } => {
                let client = self.cast.client(who).clone();
                let path = format!("/v1/tasks/{}/complete", self.open_task(&client, run, task).unwrap());
                let body = json!({ "choice": choice, "data": data });
                self.send(&client, &path, &body, twice, 200);
                if twice {
                    client.post(&path, &body).problem(409, "task-ended");
                }
            }
            Act::Signal { name, data } => {
                let (path, root) =
                    (format!("/v1/workflows/{}/signals", self.workflow), self.cast.tenant.client.clone());
                self.send(&root, &path, &json!({ "key": key, "name": name, "data": data }), twice, 202);
            }
            Act::Later { ms, .. } => {
                self.nudge();
                self.platform.clock().jump(*ms);
            }
            Act::Answer => self.outside.answer_one(),
        }
    }

    /// A task of the run with this name of its own, if it is in somebody's inbox.
    fn open_task(&self, client: &Client, run: &str, name: &str) -> Option<String> {
        let inbox = all(client, &format!("/v1/tasks?run={run}&"), "after");
        let id = self.get(run)["tasks"][name].as_str()?.to_owned();
        inbox.iter().any(|task| task["id"] == *id).then_some(id)
    }

    /// Sends a request under a name of its own; twice, if that is what goes wrong.
    fn send(&mut self, client: &Client, path: &str, body: &Value, twice: bool, status: u16) {
        self.requests += 1;
        let name = format!("request-{}", self.requests);
        let headers = [("content-type", "application/json"), ("idempotency-key", name.as_str())];
        let send = || -> Answer { client.send("POST", path, &headers, body.to_string().as_bytes()).expect(status) };
        let first = send();
        if twice {
            assert_eq!(send().text(), first.text(), "{path}");
        }
    }

    /// Has the act happen while the fault holds.
    fn hurt(&mut self, fault: Option<Fault>, run: Option<&str>, act: impl FnOnce(&mut Self, bool)) {
        if let Some(tier) = fault.and_then(Fault::tier) {
            self.platform.set_tier(&self.cast.tenant, tier);
        }
        let before = run.map_or(json!(0), |run| self.get(run)["steps"].clone());
        act(self, fault == Some(Fault::Repeated));
        match fault {
            Some(Fault::KilledBefore) => self.kill(),
            Some(Fault::KilledAfter) => {
                let run = run.map_or_else(|| self.newest(), str::to_owned);
                self.until(&run, |run| run["steps"] != before);
                self.kill();
            }
            _ => {}
        }
    }

    /// Sees that the fault is named, and cures it.
    fn heal(&mut self, fault: Option<Fault>, run: &str) {
        let Some((fault, code)) = fault.and_then(|fault| Some((fault, fault.tier()?))) else { return };
        let client = self.cast.tenant.client.clone();
        if fault.passes() {
            let history = format!("/v1/runs/{run}/history?");
            wait_at_most(SOON, || {
                let delayed = |entry: &Value| entry["what"] == "delayed" && entry["code"] == code;
                all(&client, &history, "after").iter().any(delayed).then_some(())
            });
            self.platform.set_tier(&self.cast.tenant, "standard");
            self.nudge();
            self.platform.clock().jump(20 * SECOND);
        } else {
            let stuck = self.until(run, |run| run["state"] == "incident");
            assert_eq!(stuck["incident"]["code"], code, "{stuck}");
            self.platform.set_tier(&self.cast.tenant, "standard");
            self.retry_all(&client);
        }
    }

    fn kill(&mut self) {
        self.platform.kill();
        self.outside.hang_up();
        self.platform.resume();
        self.cast.again(&self.platform);
    }

    /// Whoever waits for a time looks at the clock every ten seconds, and whenever some work ends: so some begins.
    fn nudge(&mut self) {
        self.nudges += 1;
        let start = json!({ "key": format!("nudge-{}", self.nudges), "input": { "name": "nudge", "children": 0 } });
        self.cast.tenant.client.post("/v1/workflows/family/runs", &start).expect(201);
    }

    pub(crate) fn get(&self, run: &str) -> Value {
        self.cast.tenant.client.get(&format!("/v1/runs/{run}")).expect(200).json()
    }

    fn until(&self, run: &str, holds: impl Fn(&Value) -> bool) -> Value {
        wait_at_most(SOON, || Some(self.get(run)).filter(&holds))
    }

    /// The one run with this business key.
    fn run_of(&self, key: &str) -> String {
        let path = format!("/v1/runs?workflow={}&key={key}", self.workflow);
        let found = self.cast.tenant.client.get(&path).expect(200).json();
        assert_eq!(found["items"].as_array().map(Vec::len), Some(1), "{key}: {found}");
        found["items"][0]["id"].as_str().unwrap().to_owned()
    }

    fn newest(&self) -> String {
        let path = format!("/v1/runs?workflow={}", self.workflow);
        let runs = all(&self.cast.tenant.client, &format!("{path}&"), "before");
        let run = runs.iter().find(|run| run["parent"].is_null()).unwrap();
        run["id"].as_str().unwrap().to_owned()
    }
}
