//! What people's pages ask for besides the nouns themselves: names, what can be started, forms, and what changes meanwhile.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};
use signalsync_tests::guests::*;
use signalsync_tests::{Person, Platform, Tenant, wait_for};

fn names(answer: &Value) -> Vec<&str> {
    answer["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

#[track_caller]
fn approval(tenant: &Tenant, lead: &Person) {
    let grants = json!({ "storage": {}, "files": {}, "http": [] });
    tenant.deploy("two-levels", &json!({ "component": tenant.ready(TWO_LEVELS), "grants": grants })).expect(201);
    tenant.client.put("/v1/workflows/two-levels/draft", &json!({})).expect(200);
    for role in ["lead", "board"] {
        let users = json!({ "users": [lead.id] });
        tenant.client.put(&format!("/v1/workflows/two-levels/roles/{role}"), &users).expect(200);
    }
    tenant.client.post("/v1/workflows/two-levels/publish", &json!({})).expect(200);
}

#[test]
fn everybody_finds_the_names_of_their_own_tenant_and_no_addresses() {
    let platform = Platform::start();
    let (tenant, other) = (platform.tenant("acme"), platform.tenant("globex"));
    let (ann, bob) = (platform.person(&tenant, "ann", &["member"]), platform.person(&tenant, "bob", &["member"]));
    let eve = platform.person(&other, "eve", &["member"]);
    let team = tenant.client.post("/v1/teams", &json!({ "name": "Buyers", "members": [bob.id] })).expect(201).json();
    ann.client.get("/v1/people").problem(403, "not-allowed");
    let found = ann.client.get("/v1/directory?search=BO").expect(200).json();
    assert_eq!(found["items"], json!([{ "id": bob.id, "name": "bob", "active": true }]));
    assert_eq!(names(&ann.client.get("/v1/directory?search=bob%40acme").expect(200).json()), [""; 0], "no addresses");
    assert!(!names(&ann.client.get("/v1/directory").expect(200).json()).contains(&"eve"));

    tenant.client.post(&format!("/v1/people/{}/deactivate", bob.id), &json!({})).expect(200);
    assert!(names(&ann.client.get("/v1/directory?search=bob").expect(200).json()).is_empty());
    let team = team["id"].as_str().unwrap();
    let asked = format!("/v1/directory?ids={team},{},{},nobody", bob.id, eve.id);
    let found = ann.client.get(&asked).expect(200).json();
    let wanted = json!([
        { "id": team, "name": "Buyers", "active": true },
        { "id": bob.id, "name": "bob", "active": false },
    ]);
    assert_eq!(found["items"], wanted, "another tenant's people are not there");
    let many = vec![ann.id.as_str(); 101].join(",");
    assert_eq!(ann.client.get(&format!("/v1/directory?ids={many}")).status, 409);
    ann.client.get(&format!("/v1/directory?ids={}&search=a", ann.id)).problem(400, "bad-request");
}

#[test]
fn who_may_start_finds_what_can_be_started_and_who_does_finds_what_they_did() {
    let platform = Platform::start();
    let tenant = platform.tenant("acme");
    let (ann, eve) = (platform.person(&tenant, "ann", &["member"]), platform.person(&tenant, "eve", &["developer"]));
    let bob = platform.person(&tenant, "bob", &["member"]);
    approval(&tenant, &ann);
    let offer = json!([{ "name": "two-levels", "label": "Approval in two levels", "input-form": null, "version": 1 }]);
    assert_eq!(eve.client.get("/v1/catalogue").expect(200).json()["items"], offer);
    assert_eq!(ann.client.get("/v1/catalogue").expect(200).json()["items"], json!([]));
    eve.client.get("/v1/catalogue/two-levels/form").problem(404, "not-found");
    assert_eq!(tenant.client.get("/v1/workflows/two-levels/versions/1").expect(200).json()["number"], 1);
    tenant.client.get("/v1/workflows/two-levels/versions/2").problem(404, "not-found");

    let order = json!({ "input": 500, "key": "invoice-7" });
    let run = eve.client.post("/v1/workflows/two-levels/runs", &order).expect(201).json()["run"].clone();
    let run = run.as_str().unwrap();
    let task =
        wait_for(|| Some(ann.client.get("/v1/tasks").expect(200).json()["items"][0].clone()).filter(Value::is_object));
    assert_eq!((&task["key"], &task["workflow-label"]), (&json!("invoice-7"), &json!("Approval in two levels")));
    let task = task["id"].as_str().unwrap();
    ann.client.get(&format!("/v1/tasks/{task}/form")).problem(404, "not-found");
    let definition = ann.client.get(&format!("/v1/runs/{run}/definition")).expect(200).json();
    assert_eq!(definition["steps"][0]["label"], "Approve the amount");
    bob.client.get(&format!("/v1/runs/{run}/definition")).problem(404, "not-found");
    assert_eq!(
        ann.client.get(&format!("/v1/runs/{run}")).expect(200).json()["workflow-label"],
        "Approval in two levels"
    );

    assert_eq!(ann.client.get("/v1/tasks?state=done").expect(200).json()["items"], json!([]));
    ann.client.post(&format!("/v1/tasks/{task}/complete"), &json!({ "choice": "yes" })).expect(200);
    let done = ann.client.get("/v1/tasks?state=done").expect(200).json();
    assert_eq!((&done["items"][0]["id"], &done["items"][0]["end"]["choice"]), (&json!(task), &json!("yes")));
    assert_eq!(eve.client.get("/v1/tasks?state=done").expect(200).json()["items"], json!([]));

    assert_eq!(ann.client.get("/v1/notifications/unread").expect(200).json(), json!({ "count": 0, "more": false }));
    let mention = json!({ "text": "Look", "mentions": [ann.id] });
    eve.client.post(&format!("/v1/runs/{run}/comments"), &mention).expect(201);
    assert_eq!(ann.client.get("/v1/notifications/unread").expect(200).json()["count"], 1);
}

#[test]
fn whoever_looks_hears_of_what_changes_until_they_sign_out() {
    let platform = Platform::start();
    let tenant = platform.tenant("acme");
    let ann = platform.person(&tenant, "ann", &["member"]);
    approval(&tenant, &ann);
    ann.client.get("/v1/events").problem(403, "person-needed");
    let cookie = ann.sign_in();
    let mut stream = TcpStream::connect(platform.address()).unwrap();
    let head = format!("GET /v1/events HTTP/1.1\r\nhost: acme.localhost\r\ncookie: {cookie}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut lines = BufReader::new(stream).lines();
    let mut until = |wanted: &str| lines.by_ref().map_while(Result::ok).find(|line| line.contains(wanted));
    assert!(until("200 OK").is_some() && until("text/event-stream").is_some() && until("event: reset").is_some());
    let run = tenant.client.post("/v1/workflows/two-levels/runs", &json!({ "input": 500 })).expect(201).json();
    let told = until("\"tasks\"").unwrap();
    assert!(told.contains("tsk_"), "{told}");
    ann.sign_out(&cookie);
    tenant
        .client
        .post(&format!("/v1/runs/{}/cancel", run["run"].as_str().unwrap()), &json!({ "reason": "x" }))
        .expect(200);
    assert_eq!(until("never told"), None, "the session has ended, and with it the stream");
}
