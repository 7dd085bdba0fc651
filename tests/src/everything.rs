//! A tenant whose one workflow does everything that a workflow can do, with its clerk, and a server outside that it tells.

use serde_json::{Value, json};

use crate::client::Client;
use crate::guests::{EVERYTHING, STARTS_RUNS, TELLS_OUTSIDE};
use crate::outside::Outside;
use crate::people::Person;
use crate::platform::{Platform, Tenant, wait_at_most};

/// Seconds for what has to happen soon: whoever waits for a time looks at the clock again every ten seconds.
const SOON: u64 = 40;

/// A tenant with the workflow `everything`.
pub struct Everything {
    pub tenant: Tenant,
    pub clerk: Person,
    url: String,
}

impl Everything {
    pub fn build(platform: &Platform, outside: &Outside) -> Self {
        let tenant = platform.tenant("acme");
        let clerk = platform.person(&tenant, "ann", &["member"]);
        tenant.collection("data");
        let grants = json!({ "storage": { "data": "read-write" }, "files": {}, "http": [outside.origin()] });
        for (name, guest) in [("tell", TELLS_OUTSIDE), ("begin", STARTS_RUNS), ("everything", EVERYTHING)] {
            tenant.deploy(name, &json!({ "component": tenant.ready(guest), "grants": grants })).expect(201);
        }
        let said = json!({ "languages": { "en": { "subject": "{{ key }} has begun", "text": "Please check it." } } });
        tenant.client.put("/v1/notice-templates/begun", &said).expect(201);
        tenant.client.put("/v1/workflows/everything/draft", &json!({})).expect(200);
        tenant.client.put("/v1/workflows/everything/roles/clerk", &json!({ "users": [clerk.id] })).expect(200);
        tenant.client.post("/v1/workflows/everything/publish", &json!({})).expect(200);
        Self { tenant, clerk, url: outside.url() }
    }

    /// After the program was started again.
    #[must_use]
    pub fn again(self, platform: &Platform) -> Self {
        let tenant = platform.again(&self.tenant);
        let clerk = Person { client: tenant.client.with_key(self.clerk.client.key()), ..self.clerk };
        Self { tenant, clerk, ..self }
    }

    /// What its runs are started with; their timer rings after so many milliseconds.
    pub fn input(&self, pause_ms: i64) -> Value {
        json!({ "url": self.url, "pause": pause_ms })
    }

    /// Has a run started by the clock.
    #[track_caller]
    pub fn schedule(&self, name: &str, cron: &str, missed: &str) {
        let what = json!({ "workflow": "everything", "input": self.input(0) });
        let schedule = json!({ "zone": "UTC", "rule": { "cron": cron } });
        let draft = json!({ "schedule": schedule, "missed": missed, "what": what });
        self.tenant.client.put(&format!("/v1/schedules/{name}"), &draft).expect(201);
    }

    /// Starts a run; its id.
    #[track_caller]
    pub fn start(&self, key: &str, pause_ms: i64) -> String {
        let start = json!({ "key": key, "input": self.input(pause_ms) });
        let started = self.tenant.client.post("/v1/workflows/everything/runs", &start).expect(201).json();
        started["run"].as_str().expect("an id").to_owned()
    }

    /// Tells a run to go.
    #[track_caller]
    pub fn go(&self, key: &str) {
        let go = json!({ "key": key, "name": "go", "data": 7 });
        self.tenant.client.post("/v1/workflows/everything/signals", &go).expect(202);
    }

    /// Does the task of a run, once it is there.
    #[track_caller]
    pub fn check(&self, run: &str) {
        let run = self.until(run, |run| run["tasks"]["check"].is_string());
        let path = format!("/v1/tasks/{}/complete", run["tasks"]["check"].as_str().expect("an id"));
        self.clerk.client.post(&path, &json!({ "choice": "ok" })).expect(200);
    }

    /// A run once it is so.
    #[track_caller]
    pub fn until(&self, run: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let path = format!("/v1/runs/{run}");
        wait_at_most(SOON, || Some(self.tenant.client.get(&path).expect(200).json()).filter(&holds))
    }

    /// What a run heard, by the history that the host keeps: see [`heard`].
    pub fn heard(&self, run: &str) -> Vec<String> {
        heard(&self.tenant.client, run)
    }

    /// What a run heard, as its steps wrote it down themselves.
    pub fn written(&self, key: &str) -> Vec<String> {
        let record = self.tenant.client.get(&format!("/v1/collections/data/records/{key}")).expect(200).json();
        serde_json::from_value(record["heard"].clone()).expect("a list of names")
    }

    /// How often the effect of a run took effect inside.
    pub fn recorded(&self, key: &str) -> Value {
        self.tenant.client.get(&format!("/v1/collections/data/records/told-{key}")).expect(200).json()["times"].clone()
    }
}

/// All pages of a list; `mark` is the parameter that says where the next one goes on.
pub fn all(client: &Client, path: &str, mark: &str) -> Vec<Value> {
    let (mut items, mut from) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("{path}limit=200{from}")).expect(200).json();
        items.extend(page["items"].as_array().expect("a list").iter().cloned());
        let Some(next) = page["next"].as_str() else { return items };
        from = format!("&{mark}={next}");
    }
}

/// The history of a run, which has no gap and says as many steps as the run does.
#[track_caller]
pub fn history(client: &Client, run: &str) -> Vec<Value> {
    let entries = all(client, &format!("/v1/runs/{run}/history?"), "after");
    let numbers: Vec<_> = entries.iter().map(|entry| entry["number"].clone()).collect();
    assert_eq!(numbers, (1..=entries.len()).map(|number| json!(number)).collect::<Vec<_>>(), "{run}");
    let steps = entries.iter().filter(|entry| entry["what"] == "step").count();
    assert_eq!(client.get(&format!("/v1/runs/{run}")).expect(200).json()["steps"], json!(steps), "{run}");
    entries
}

/// What the steps of a run heard, in order: the run's own names of tasks, timers, effects and children, names of signals, and
/// else what kind of event it was.
#[track_caller]
pub fn heard(client: &Client, run: &str) -> Vec<String> {
    let entries = history(client, run);
    entries.iter().filter(|entry| entry["what"] == "step").map(|step| name(&step["event"])).collect()
}

fn name(event: &Value) -> String {
    let (kind, event) = event.as_object().and_then(|event| event.iter().next()).expect("a kind of event");
    let named = match kind.as_str() {
        "task-done" | "effect-done" | "child-ended" => &event["id"],
        "timer" => event,
        "signal" => &event["name"],
        _ => return kind.clone(),
    };
    named.as_str().expect("a name").to_owned()
}
