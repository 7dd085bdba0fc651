//! The program is killed in the middle of its work, again and again: what it acknowledged is there afterwards, whole, and
//! what it did not is there whole or not at all.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use signalsync_tests::guests::*;
use signalsync_tests::{Answer, Client, Platform, Tenant, wait_for};

const JSON: &[(&str, &str)] = &[("content-type", "application/json")];
const MERGE: &[(&str, &str)] = &[("content-type", "application/merge-patch+json")];

/// The nightly run kills more often.
#[expect(clippy::disallowed_methods, reason = "the nightly run speaks to the tests in a variable")]
fn rounds() -> usize {
    std::env::var("SIGNALSYNC_CRASH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(3)
}

/// What was asked for, and what was acknowledged.
#[derive(Default)]
struct Ledger {
    asked: u64,
    acknowledged: BTreeSet<u64>,
}

impl Ledger {
    /// Asks for one thing after the other until nobody answers any more.
    fn work(&mut self, acknowledgements: &AtomicU64, ask: impl Fn(u64) -> Result<Answer, ureq::Error>) {
        loop {
            self.asked += 1;
            let Ok(answer) = ask(self.asked) else { return };
            assert!(answer.status < 300, "{}: {}", answer.status, answer.text());
            self.acknowledged.insert(self.asked);
            acknowledgements.fetch_add(1, Ordering::SeqCst);
        }
    }
}

fn order(number: u64) -> Value {
    json!({ "number": format!("PO-{number}"), "total": number % 7, "note": "x".repeat(200) })
}

fn orders(platform: &Platform) -> Tenant {
    let tenant = platform.tenant("acme");
    tenant.collection("orders");
    tenant.collection("counters");
    tenant.collection("rows");
    let definition = json!({
        "schema": { "type": "object", "required": ["number"], "properties": {
            "number": { "x-kind": "text" }, "total": { "x-kind": "number" }, "note": { "x-kind": "long-text" },
        }},
        "indexes": [{ "fields": ["number"], "unique": true }, { "fields": ["total"] }],
    });
    tenant.client.put("/v1/collections/orders/draft", &definition).expect(200);
    tenant.client.post("/v1/collections/orders/publish", &json!({})).expect(200);
    tenant.client.put("/v1/collections/counters/records/one", &json!({ "n": 0 })).expect(201);
    tenant
}

fn write(client: &Client, number: u64) -> Result<Answer, ureq::Error> {
    let path = format!("/v1/collections/orders/records/{number:08}");
    client.try_send("PUT", &path, JSON, order(number).to_string().as_bytes())
}

fn count(client: &Client, number: u64) -> Result<Answer, ureq::Error> {
    let body = json!({ "n": number }).to_string();
    client.try_send("PATCH", "/v1/collections/counters/records/one", MERGE, body.as_bytes())
}

fn provision(console: &Client, number: u64) -> Result<Answer, ureq::Error> {
    let administrator = json!({ "mail": format!("first@{number}.example") });
    let body =
        json!({ "slug": format!("tenant-{number}"), "tier": "standard", "administrator": administrator }).to_string();
    console.try_send("POST", "/v1/tenants", JSON, body.as_bytes())
}

/// Rows of one import.
const ROWS: u64 = 250;

/// While as many jobs as may be have not ended, it waits.
fn import(client: &Client, number: u64) -> Result<Answer, ureq::Error> {
    let row = |row: u64| json!({ "id": format!("{number:06}-{row:04}"), "body": { "of": number } }).to_string();
    let rows = (0..ROWS).map(row).collect::<Vec<_>>().join("\n");
    loop {
        let lines: &[_] = &[("content-type", "application/jsonl")];
        let answer = client.try_send("POST", "/v1/collections/rows/import", lines, rows.as_bytes())?;
        if answer.status != 409 {
            return Ok(answer);
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

/// Every import that was promised comes to its end, and has all of its rows once; one that was not has all or none.
fn check_imports(client: &Client, ledger: &Ledger) {
    let all_ended = || {
        let jobs = client.get("/v1/jobs?limit=100").expect(200).json();
        jobs["items"].as_array().unwrap().iter().all(|job| !job["ended-at"].is_null())
    };
    let began = std::time::Instant::now();
    while !all_ended() {
        assert!(began.elapsed().as_secs() < 90, "the imports do not end");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let (mut rows, mut after) = (std::collections::BTreeMap::<u64, u64>::new(), String::new());
    loop {
        let page = client.get(&format!("/v1/collections/rows/records?limit=1000{after}")).expect(200).json();
        for item in page["items"].as_array().unwrap() {
            *rows.entry(item["body"]["of"].as_u64().unwrap()).or_default() += 1;
        }
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert!(rows.iter().all(|(number, count)| *number <= ledger.asked && *count == ROWS), "{rows:?}");
    let lost = ledger.acknowledged.iter().filter(|number| !rows.contains_key(number));
    assert_eq!(lost.count(), 0, "{rows:?}");
}

/// Publishes a workflow whose runs start others and are told by signals, and one that has mappings called.
fn workflows(tenant: &Tenant) {
    tenant.collection("data");
    let grants = json!({ "storage": { "data": "read-write" }, "files": {}, "http": [] });
    let told = tenant.ready(DOES_AS_TOLD);
    for mapping in ["reserve", "release", "charge", "refund", "ship"] {
        tenant.deploy(mapping, &json!({ "component": told, "grants": grants })).expect(201);
    }
    for (name, guest) in [("family", FAMILY), ("effects", EFFECTS)] {
        tenant.deploy(name, &json!({ "component": tenant.ready(guest), "grants": grants })).expect(201);
        tenant.client.put(&format!("/v1/workflows/{name}/draft"), &json!({})).expect(200);
        tenant.client.post(&format!("/v1/workflows/{name}/publish"), &json!({})).expect(200);
    }
}

fn post(client: &Client, path: &str, body: &Value) -> Result<Answer, ureq::Error> {
    client.try_send("POST", path, JSON, body.to_string().as_bytes())
}

/// A run with one below it, and the signal that ends both, which may come before the run does.
fn family(client: &Client, number: u64) -> Result<Answer, ureq::Error> {
    let name = format!("f-{number}");
    let go = json!({ "key": name, "name": "go", "data": number });
    let start = json!({ "key": name, "input": { "name": name, "children": 1 } });
    if number.is_multiple_of(2) {
        post(client, "/v1/workflows/family/signals", &go)?;
        return post(client, "/v1/workflows/family/runs", &start);
    }
    let started = post(client, "/v1/workflows/family/runs", &start)?;
    assert!(started.status < 300, "{}", started.text());
    post(client, "/v1/workflows/family/signals", &go)
}

/// A run that has three mappings called, one after the other.
fn effects(client: &Client, number: u64) -> Result<Answer, ureq::Error> {
    let input = json!([{ "do": "storage.put", "id": format!("order-{number}") }]);
    post(client, "/v1/workflows/effects/runs", &json!({ "key": format!("e-{number}"), "input": input }))
}

/// Runs that have not ended come to their end, and each event that was promised took effect once.
fn check_runs(client: &Client, told: &Ledger, called: &Ledger) {
    let waiting = || {
        let open = client.get("/v1/runs?state=running&limit=200").expect(200).json();
        let is_promised = |run: &Value| {
            let key = run["key"].as_str().unwrap_or("");
            let (kind, number) = key.split_once('-').unwrap_or(("", ""));
            let ledger = if kind == "f" { told } else { called };
            number.parse().is_ok_and(|number: u64| ledger.acknowledged.contains(&number))
        };
        open["items"].as_array().unwrap().iter().any(is_promised)
    };
    let began = std::time::Instant::now();
    while waiting() {
        assert!(began.elapsed().as_secs() < 90, "the runs do not end");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let incidents = client.get("/v1/runs?state=incident").expect(200).json();
    assert_eq!(incidents["items"], json!([]));
    let run = |key: &str| {
        let found = client.get(&format!("/v1/runs?key={key}")).expect(200).json();
        let items = found["items"].as_array().unwrap().clone();
        assert_eq!(items.len(), 1, "{key} began once: {found}");
        items[0].clone()
    };
    for number in &told.acknowledged {
        let run = run(&format!("f-{number}"));
        assert_eq!(
            (&run["state"], &run["result"], &run["steps"]),
            (&json!("completed"), &json!(number), &json!(3)),
            "{run}"
        );
    }
    for number in &called.acknowledged {
        let run = run(&format!("e-{number}"));
        assert_eq!((&run["state"], &run["steps"]), (&json!("completed"), &json!(4)), "{run}");
        client.get(&format!("/v1/collections/data/records/order-{number}")).expect(200);
    }
}

/// All pages of a question.
fn found(client: &Client, asked: &Value) -> Vec<Value> {
    let (mut items, mut after) = (Vec::new(), Value::Null);
    loop {
        let mut asked = asked.clone();
        asked["after"] = after;
        asked["limit"] = json!(1_000);
        let page = client.post("/v1/collections/orders/query", &asked).expect(200).json();
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        after = page["next"].clone();
        if after.is_null() {
            return items;
        }
    }
}

fn check_orders(client: &Client, ledger: &Ledger) {
    let by_id = found(client, &json!({}));
    let numbers: BTreeSet<u64> = by_id.iter().map(|item| item["id"].as_str().unwrap().parse().unwrap()).collect();
    assert!(ledger.acknowledged.is_subset(&numbers), "lost: {:?}", ledger.acknowledged.difference(&numbers));
    assert!(numbers.iter().all(|number| *number <= ledger.asked), "nobody asked for all of {numbers:?}");
    for item in &by_id {
        let number = item["id"].as_str().unwrap().parse().unwrap();
        assert_eq!(item["body"], order(number), "whole or not at all");
    }
    let by_total = found(client, &json!({ "sort": { "field": "total" } }));
    assert_eq!(by_total.len(), by_id.len(), "an index has every record once");
    let newest = numbers.last().copied().unwrap_or_default();
    let unique =
        found(client, &json!({ "filter": { "field": "number", "op": "eq", "value": format!("PO-{newest}") } }));
    assert_eq!(unique.len(), usize::from(newest > 0));
    let twice = client.put("/v1/collections/orders/records/twice", &order(newest));
    assert_eq!(twice.status, if newest > 0 { 409 } else { 201 }, "{}", twice.text());
}

fn check_counter(client: &Client, ledger: &Ledger) {
    let n = client.get("/v1/collections/counters/records/one").expect(200).json()["n"].as_u64().unwrap();
    let last = ledger.acknowledged.last().copied().unwrap_or_default();
    assert!((last..=ledger.asked).contains(&n), "{last} was acknowledged, and it is {n}");
    let versions = client.get("/v1/collections/counters/records/one/versions").expect(200).json();
    assert_eq!(versions["items"][0]["number"], json!(n + 1), "each change has its line in the history");
}

/// Every tenant that is listed can be used, and every one that was promised is listed.
fn check_tenants(platform: &Platform, ledger: &Ledger) {
    let listed = platform.console().get("/v1/tenants?limit=1000").expect(200).json();
    let slugs: BTreeSet<_> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|item| item["slug"].as_str())
        .map(str::to_owned)
        .collect();
    for number in &ledger.acknowledged {
        assert!(slugs.contains(&format!("tenant-{number}")), "tenant-{number} was promised: {slugs:?}");
    }
    for slug in &slugs {
        let key = json!({ "name": "check", "roles": ["administrator"] });
        let key = platform.console().post(&format!("/v1/tenants/{slug}/keys"), &key).expect(201).json();
        let client = Client::new(platform.address(), format!("{slug}.localhost"), key["secret"].as_str().unwrap());
        client.put("/v1/collections/checked", &json!({})).expect(201);
        if let Some(number) = slug.strip_prefix("tenant-") {
            let people = client.get("/v1/people").expect(200).json();
            assert_eq!(people["items"][0]["mail"], format!("first@{number}.example"), "{people}");
            let mails = client.get("/v1/mails").expect(200).json();
            assert_eq!(mails["items"].as_array().map(Vec::len), Some(1), "{mails}");
        }
    }
}

#[test]
fn what_was_acknowledged_outlives_a_kill_and_nothing_is_half_done() {
    for (round, engine) in (0..rounds()).zip(["redb", "sled"].into_iter().cycle()) {
        let mut platform = Platform::with(&format!("engine = \"{engine}\""));
        let tenant = orders(&platform);
        let (acknowledgements, goal) = (&AtomicU64::new(0), 1 + RandomState::new().hash_one(round) % 150);
        let (mut written, mut counted, mut provisioned) = (Ledger::default(), Ledger::default(), Ledger::default());
        let (mut imported, mut told, mut called) = (Ledger::default(), Ledger::default(), Ledger::default());
        workflows(&tenant);
        let (client, console) = (&tenant.client, platform.console());
        std::thread::scope(|scope| {
            scope.spawn(|| written.work(acknowledgements, |number| write(client, number)));
            scope.spawn(|| counted.work(acknowledgements, |number| count(client, number)));
            scope.spawn(|| provisioned.work(acknowledgements, |number| provision(&console, number)));
            scope.spawn(|| imported.work(acknowledgements, |number| import(client, number)));
            scope.spawn(|| told.work(acknowledgements, |number| family(client, number)));
            scope.spawn(|| called.work(acknowledgements, |number| effects(client, number)));
            wait_for(|| (acknowledgements.load(Ordering::SeqCst) >= goal).then_some(()));
            platform.kill();
        });
        platform.resume();
        let tenant = platform.again(&tenant);
        check_orders(&tenant.client, &written);
        check_counter(&tenant.client, &counted);
        check_tenants(&platform, &provisioned);
        check_imports(&tenant.client, &imported);
        check_runs(&tenant.client, &told, &called);
    }
}

/// What an operator does beside the server: with the program, on its data.
#[test]
fn an_operator_verifies_and_changes_what_a_killed_server_left() {
    // The link in an invitation leads somewhere although the port is any free one.
    let mut platform = Platform::with("public_url = \"http://localhost:8080\"");
    let tenant = orders(&platform);
    write(&tenant.client, 1).unwrap();
    let (listed, text) = platform.command(&["tenant", "list"]);
    assert!(!listed && text.contains("stop the server first"), "{text}");
    platform.kill();
    let (verified, text) = platform.command(&["audit", "verify"]);
    assert!(verified, "{text}");
    assert!(text.contains("(platform)\t") && text.contains("acme\t"), "{text}");
    let (renamed, text) = platform.command(&["tenant", "rename", "acme", "apex"]);
    assert!(renamed && text.starts_with("apex\t"), "{text}");
    let (found, text) = platform.command(&["tenant", "suspend", "apex", "--reason", "unpaid"]);
    assert!(found && text.contains("suspended: unpaid"), "{text}");
    let (created, text) = platform.command(&["tenant", "create", "new", "--administrator", "first@new.example"]);
    assert!(created && text.starts_with("new\t"), "{text}");
    let (found, text) = platform.command(&["tenant", "show", "acme"]);
    assert!(!found && text.contains("there is no such tenant"), "{text}");
}
