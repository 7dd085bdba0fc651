//! Workflows as people meet them: real components, real HTTP.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use signalsync_tests::guests::*;
use signalsync_tests::{Client, Person, Platform, Tenant, wait_for};

/// Uploads a workflow under this name, binds its roles and publishes it.
#[track_caller]
fn publish(tenant: &Tenant, name: &str, guest: &str, roles: &[(&str, &[&Person])]) {
    deploy(tenant, name, guest);
    for (role, people) in roles {
        let users: Vec<_> = people.iter().map(|person| &person.id).collect();
        tenant.client.put(&format!("/v1/workflows/{name}/roles/{role}"), &json!({ "users": users })).expect(200);
    }
    tenant.client.post(&format!("/v1/workflows/{name}/publish"), &json!({})).expect(200);
}

/// Uploads a workflow under this name and saves its draft; what would stop it from being published.
#[track_caller]
fn deploy(tenant: &Tenant, name: &str, guest: &str) -> Value {
    let grants = json!({ "storage": {}, "files": {}, "http": [] });
    tenant.deploy(name, &json!({ "component": tenant.ready(guest), "grants": grants })).expect(201);
    tenant.client.put(&format!("/v1/workflows/{name}/draft"), &json!({})).expect(200).json()["violations"].clone()
}

#[track_caller]
fn start(tenant: &Tenant, name: &str, body: &Value) -> String {
    let started = tenant.client.post(&format!("/v1/workflows/{name}/runs"), body).expect(201).json();
    started["run"].as_str().unwrap().to_owned()
}

#[track_caller]
fn run_when(tenant: &Tenant, run: &str, holds: impl Fn(&Value) -> bool) -> Value {
    wait_for(|| Some(tenant.client.get(&format!("/v1/runs/{run}")).expect(200).json()).filter(&holds))
}

#[track_caller]
fn ended(tenant: &Tenant, run: &str, state: &str) -> Value {
    run_when(tenant, run, |run| run["state"] == state)
}

/// The open task of a run with this name of its own, once it is there.
#[track_caller]
fn task(tenant: &Tenant, run: &str, name: &str) -> String {
    let found = run_when(tenant, run, |run| run["tasks"][name].is_string());
    found["tasks"][name].as_str().unwrap().to_owned()
}

fn acme() -> (Platform, Tenant) {
    let platform = Platform::start();
    let tenant = platform.tenant("acme");
    (platform, tenant)
}

#[test]
fn an_amount_is_approved_in_two_levels_by_two_people_who_did_not_ask_for_it() {
    let (platform, tenant) = acme();
    let (ann, bob) = (platform.person(&tenant, "ann", &["member"]), platform.person(&tenant, "bob", &["member"]));
    let eve = platform.person(&tenant, "eve", &["developer"]);
    publish(&tenant, "two-levels", TWO_LEVELS, &[("lead", &[&ann, &eve]), ("board", &[&bob, &ann])]);

    // Nobody but those who may starts a run.
    let asked = json!({ "input": 12_000, "key": "invoice-1" });
    ann.client.post("/v1/workflows/two-levels/runs", &asked).problem(403, "not-allowed");
    let started = eve.client.post("/v1/workflows/two-levels/runs", &asked).expect(201);
    let run = started.json()["run"].as_str().unwrap().to_owned();
    assert_eq!(started.header("location"), Some(format!("/v1/runs/{run}").as_str()));
    let again = eve.client.post("/v1/workflows/two-levels/runs", &asked).expect(200).json();
    assert_eq!((&again["run"], &again["created"]), (&json!(run), &json!(false)));

    let first =
        wait_for(|| ann.client.get("/v1/tasks").expect(200).json()["items"][0]["id"].as_str().map(str::to_owned));
    let complete = |id: &str| format!("/v1/tasks/{id}/complete");
    eve.client.post(&complete(&first), &json!({ "choice": "yes" })).problem(403, "not-allowed");
    bob.client.get(&format!("/v1/tasks/{first}")).problem(404, "not-found");
    bob.client.get(&format!("/v1/runs/{run}")).problem(404, "not-found");
    ann.client.post(&complete(&first), &json!({ "choice": "perhaps" })).problem(422, "invalid-body");
    let key: &[_] = &[("content-type", "application/json"), ("idempotency-key", "once")];
    let yes = json!({ "choice": "yes" }).to_string();
    for _ in 0..2 {
        ann.client.send("POST", &complete(&first), key, yes.as_bytes()).expect(200);
    }
    let late = ann.client.post(&complete(&first), &json!({ "choice": "no" })).problem(409, "task-ended");
    assert_eq!((&late["end"]["choice"], &late["end"]["by"]), (&json!("yes"), &json!(ann.id)));

    // Who approved the level before does not approve the next one.
    let second =
        wait_for(|| bob.client.get("/v1/tasks").expect(200).json()["items"][0]["id"].as_str().map(str::to_owned));
    assert_ne!(first, second);
    ann.client.post(&complete(&second), &json!({ "choice": "yes" })).problem(403, "not-allowed");
    assert_eq!(bob.client.get("/v1/tasks/counts").expect(200).json()["open"], 1);
    bob.client.post(&complete(&second), &json!({ "choice": "yes" })).expect(200);
    let done = ended(&tenant, &run, "completed");
    assert_eq!(
        (&done["result"], &done["status"]["label"], &done["status"]["color"]),
        (&json!(12_000), &json!("Approved"), &json!("green"))
    );
    let history = ann.client.get(&format!("/v1/runs/{run}/history")).expect(200).json();
    let events: Vec<_> =
        history["items"].as_array().unwrap().iter().map(|entry| entry["by"].as_str().unwrap_or("")).collect();
    assert_eq!(events, [eve.id.as_str(), ann.id.as_str(), bob.id.as_str()]);
    let execution = history["items"][0]["execution"].as_str().unwrap();
    let receipt = tenant.client.get(&format!("/v1/executions/{execution}")).expect(200).json();
    assert_eq!((&receipt["deployment"], &receipt["end"]), (&json!("two-levels"), &json!("done")));
    assert!(
        ann.client.get("/v1/runs").expect(200).json()["items"][0]["memory"].is_null(),
        "it is for those who see all"
    );
}

#[test]
fn a_run_outlives_the_program_and_its_tasks_go_on() {
    let (mut platform, tenant) = acme();
    let ann = platform.person(&tenant, "ann", &["member"]);
    publish(&tenant, "parallel", PARALLEL, &[("buyer", &[&ann]), ("tester", &[&ann])]);
    let run = start(&tenant, "parallel", &json!({ "input": "any" }));
    let (price, quality) = (task(&tenant, &run, "price"), task(&tenant, &run, "quality"));
    platform.kill();
    platform.resume();
    let tenant = platform.again(&tenant);
    let ann = Person { client: tenant.client.with_key(ann.client.key()), ..ann };
    ann.client.post(&format!("/v1/tasks/{price}/complete"), &json!({ "choice": "ok" })).expect(200);
    assert_eq!(ended(&tenant, &run, "completed")["result"], json!(["price"]));
    let closed = ann.client.post(&format!("/v1/tasks/{quality}/complete"), &json!({ "choice": "ok" }));
    assert_eq!(closed.problem(409, "task-ended")["end"]["choice"], Value::Null);
}

#[test]
fn what_a_workflow_names_has_to_be_there_before_it_is_published() {
    let (platform, tenant) = acme();
    let ann = platform.person(&tenant, "ann", &["member"]);
    let codes = |violations: &Value| -> Vec<String> {
        violations.as_array().unwrap().iter().map(|found| found["code"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(codes(&deploy(&tenant, "approval", APPROVAL)), ["role-not-bound", "no-such-template"]);
    let problem = tenant.client.post("/v1/workflows/approval/publish", &json!({})).problem(422, "not-publishable");
    assert_eq!(codes(&problem["violations"]), ["role-not-bound", "no-such-template"]);
    tenant.client.post("/v1/workflows/approval/runs", &json!({ "input": 5 })).problem(409, "not-published");
    let bad = json!({ "languages": { "en": { "subject": "Please", "text": "{% if %}" } } });
    tenant.client.put("/v1/notice-templates/please-approve", &bad).problem(422, "invalid-body");
    let said = json!({ "languages": { "en": { "subject": "Please approve {{ amount }}", "text": "It waits." } } });
    tenant.client.put("/v1/notice-templates/please-approve", &said).expect(201);
    let bound = json!({ "users": [ann.id], "rules": ["manager-of-starter"] });
    tenant.client.put("/v1/workflows/approval/roles/manager", &bound).expect(200);
    tenant.client.post("/v1/workflows/approval/publish", &json!({})).expect(200);
    let run = start(&tenant, "approval", &json!({ "input": 5 }));
    task(&tenant, &run, "approve");
    tenant.client.send("PATCH", "/v1/workflows/approval", JSON, b"{\"stopped\":true}").expect(200);
    tenant.client.post("/v1/workflows/approval/runs", &json!({ "input": 5 })).problem(409, "starts-stopped");
    let test = json!({ "data": { "amount": 7 } });
    let root = platform.person(&tenant, "boss", &["administrator"]);
    let tried = root.client.post("/v1/notice-templates/please-approve/test", &test).expect(200).json();
    assert_eq!(tried["subject"], "Please approve 7");
    let mails = tenant.client.get("/v1/mails").expect(200).json();
    assert_eq!((&mails["items"][0]["to"], &mails["items"][0]["subject"]), (&json!(root.mail), &tried["subject"]));
}

#[test]
fn mappings_are_called_in_order_and_what_they_write_is_there_once() {
    let (_platform, tenant) = acme();
    tenant.collection("data");
    let grants = json!({ "storage": { "data": "read-write" }, "files": {}, "http": [] });
    let component = tenant.ready(DOES_AS_TOLD);
    for mapping in ["reserve", "release", "charge", "refund", "ship"] {
        tenant.deploy(mapping, &json!({ "component": component, "grants": grants })).expect(201);
    }
    publish(&tenant, "effects", EFFECTS, &[]);
    let run = start(&tenant, "effects", &json!({ "input": [{ "do": "storage.put", "id": "order" }] }));
    let done = ended(&tenant, &run, "completed");
    assert_eq!(done["result"][0]["well"], 1, "{done}");
    let history = tenant.client.get(&format!("/v1/runs/{run}/history")).expect(200).json();
    assert_eq!(history["items"].as_array().unwrap().len(), 4, "{history}");
    let executions = tenant.client.get("/v1/executions").expect(200).json();
    let called = executions["items"].as_array().unwrap().iter().filter_map(|call| call["deployment"].as_str());
    let mapped: Vec<_> = called.filter(|name| *name != "effects").collect();
    assert_eq!(mapped, ["ship", "charge", "reserve"], "newest first");
    let message =
        &executions["items"].as_array().unwrap().iter().find(|call| call["deployment"] == "ship").unwrap()["replay"];
    assert!(message["input"]["transform"]["headers"][0]["value"].as_str().unwrap().starts_with("wrk_"), "{message}");

    // What does not work waits for its next attempt, and the run can be asked to end meanwhile.
    let run = start(&tenant, "effects", &json!({ "input": { "no": "list" } }));
    run_when(&tenant, &run, |run| run["effects"].as_array().is_some_and(|effects| effects.len() == 1));
    let cancel = format!("/v1/runs/{run}/cancel");
    tenant.client.post(&cancel, &json!({})).problem(422, "invalid-body");
    let asked = tenant.client.post(&cancel, &json!({ "reason": "changed our mind" })).expect(200).json();
    assert_eq!(asked["cancelling"], true);
}

#[test]
fn children_are_told_and_their_sum_comes_back() {
    let (_platform, tenant) = acme();
    publish(&tenant, "family", FAMILY, &[]);
    let run = start(&tenant, "family", &json!({ "key": "smith", "input": { "name": "smith", "children": 5 } }));
    run_when(&tenant, &run, |run| run["children"].as_object().is_some_and(|children| children.len() == 5));
    let go = json!({ "key": "smith", "name": "go", "data": 8 });
    assert_eq!(tenant.client.post("/v1/workflows/family/signals", &go).expect(202).json()["delivered"], true);
    assert_eq!(ended(&tenant, &run, "completed")["result"], 40);
    let unknown = json!({ "key": "smith", "name": "stop" });
    tenant.client.post("/v1/workflows/family/signals", &unknown).problem(422, "invalid-body");
    let completed = tenant.client.get("/v1/runs?workflow=family&state=completed").expect(200).json();
    assert_eq!(completed["items"].as_array().unwrap().len(), 6);

    let early = json!({ "key": "jones", "name": "go", "data": 3 });
    assert_eq!(tenant.client.post("/v1/workflows/family/signals", &early).expect(202).json()["delivered"], false);
    let run = start(&tenant, "family", &json!({ "key": "jones", "input": { "name": "jones", "children": 0 } }));
    assert_eq!(ended(&tenant, &run, "completed")["result"], 3);
}

#[test]
fn what_a_workflow_may_not_decide_is_an_incident_of_its_run_that_is_handled_in_bulk() {
    let (_platform, tenant) = acme();
    publish(&tenant, "steps", W2_UNKNOWN_STEP, &[]);
    publish(&tenant, "family", FAMILY, &[]);
    let bad: Vec<_> = (0..3).map(|_| start(&tenant, "steps", &json!({ "input": "step" }))).collect();
    for run in &bad {
        let incident = ended(&tenant, run, "incident")["incident"].clone();
        assert_eq!((&incident["code"], &incident["retried"]), (&json!("unknown-step"), &json!(0)), "{incident}");
    }
    let good = start(&tenant, "family", &json!({ "input": { "name": "smith", "children": 0 } }));
    run_when(&tenant, &good, |run| run["steps"] == 1);
    tenant.client.post(&format!("/v1/runs/{good}/retry"), &json!({})).problem(409, "wrong-state");

    let retry = json!({ "act": "retry", "filter": { "workflow": "steps", "incident": "unknown-step" } });
    let preview = tenant.client.post("/v1/runs/bulk?dry-run=true", &retry).expect(200).json();
    assert_eq!((&preview["runs"], &preview["more"]), (&json!(3), &json!(false)), "{preview}");
    let end = |job: &Value| {
        wait_for(|| {
            let path = format!("/v1/jobs/{}", job["id"].as_str().unwrap());
            Some(tenant.client.get(&path).expect(200).json()).filter(|job| job["state"] == "done")
        })
    };
    let job = tenant.client.post("/v1/runs/bulk", &retry).expect(202).json();
    assert_eq!(end(&job)["result"]["done"], 3);
    for run in &bad {
        run_when(&tenant, run, |run| run["state"] == "incident" && run["incident"]["retried"] == 1);
    }
    let cancel = json!({ "act": { "cancel": "it never worked" }, "filter": { "workflow": "steps" } });
    end(&tenant.client.post("/v1/runs/bulk", &cancel).expect(202).json());
    bad.iter().for_each(|run| drop(ended(&tenant, run, "cancelled")));
    assert_eq!(tenant.client.get(&format!("/v1/runs/{good}")).expect(200).json()["state"], "running");
}

#[test]
fn what_is_asked_twice_under_one_name_happens_once() {
    let (platform, tenant) = acme();
    let eve = platform.person(&tenant, "eve", &["developer"]);
    publish(&tenant, "family", FAMILY, &[]);
    let twice = |client: &Client, path: &str, body: &Value| {
        let headers: &[_] = &[("content-type", "application/json"), ("idempotency-key", path)];
        let ask = || client.send("POST", path, headers, body.to_string().as_bytes());
        let (first, again) = (ask(), ask());
        assert_eq!((first.status, first.header("location")), (again.status, again.header("location")), "{path}");
        (first.json(), again.json())
    };
    let input = json!({ "input": { "name": "smith", "children": 0 } });
    let (first, again) = twice(&eve.client, "/v1/workflows/family/runs", &input);
    assert_eq!((&first["run"], &first), (&again["run"], &again));
    let run = first["run"].as_str().unwrap();
    let keyed = json!({ "input": { "name": "jones", "children": 0 }, "key": "jones" });
    let other = eve.client.post("/v1/workflows/family/runs", &keyed).expect(201).json()["run"].clone();
    assert_eq!(eve.client.get("/v1/runs").expect(200).json()["items"].as_array().map(Vec::len), Some(2));

    let comments = format!("/v1/runs/{run}/comments");
    let (first, again) = twice(&eve.client, &comments, &json!({ "text": "Please be quick." }));
    assert_eq!(first, again);
    assert_eq!(eve.client.get(&comments).expect(200).json()["items"].as_array().map(Vec::len), Some(1));

    let go = json!({ "key": "jones", "name": "go", "data": 3 });
    let headers: &[_] = &[("content-type", "application/json"), ("idempotency-key", "go")];
    for _ in 0..2 {
        let heard = tenant.client.send("POST", "/v1/workflows/family/signals", headers, go.to_string().as_bytes());
        assert_eq!(heard.expect(202).json()["delivered"], true, "also when the run has ended meanwhile");
        ended(&tenant, other.as_str().unwrap(), "completed");
    }
    let cancel = json!({ "act": { "cancel": "not needed" }, "filter": { "workflow": "family" } });
    let (first, again) = twice(&tenant.client, "/v1/runs/bulk", &cancel);
    assert_eq!(first["id"], again["id"]);
}

#[test]
fn workflows_of_one_tenant_are_nothing_to_another() {
    let (platform, tenant) = acme();
    publish(&tenant, "family", FAMILY, &[]);
    let run = start(&tenant, "family", &json!({ "key": "k", "input": { "name": "smith", "children": 0 } }));
    let other = platform.tenant("globex");
    for path in [format!("/v1/runs/{run}"), format!("/v1/runs/{run}/history"), "/v1/workflows/family".to_owned()] {
        other.client.get(&path).problem(404, "not-found");
    }
    other.client.post(&format!("/v1/runs/{run}/suspend"), &json!({})).problem(404, "not-found");
    assert_eq!(other.client.get("/v1/runs").expect(200).json()["items"], json!([]));
    let go = json!({ "key": "k", "name": "go", "data": 1 });
    other.client.post("/v1/workflows/family/signals", &go).problem(404, "not-found");
}

const JSON: &[(&str, &str)] = &[("content-type", "application/json")];
