//! Runs of real components played again: over HTTP, by the program beside its data, and before a run is migrated.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use signalsync_tests::guests::*;
use signalsync_tests::{Person, Platform, Tenant, wait_for};

#[track_caller]
fn publish(tenant: &Tenant, name: &str, guest: &str, roles: &[(&str, &Person)]) {
    let grants = json!({ "storage": {}, "files": {}, "http": [] });
    tenant.deploy(name, &json!({ "component": tenant.ready(guest), "grants": grants })).expect(201);
    tenant.client.put(&format!("/v1/workflows/{name}/draft"), &json!({})).expect(200);
    for (role, person) in roles {
        let users = json!({ "users": [person.id] });
        tenant.client.put(&format!("/v1/workflows/{name}/roles/{role}"), &users).expect(200);
    }
    tenant.client.post(&format!("/v1/workflows/{name}/publish"), &json!({})).expect(200);
}

#[track_caller]
fn start(tenant: &Tenant, name: &str, input: &Value) -> String {
    let started = tenant.client.post(&format!("/v1/workflows/{name}/runs"), &json!({ "input": input })).expect(201);
    started.json()["run"].as_str().unwrap().to_owned()
}

#[track_caller]
fn when(tenant: &Tenant, run: &str, holds: impl Fn(&Value) -> bool) -> Value {
    wait_for(|| Some(tenant.client.get(&format!("/v1/runs/{run}")).expect(200).json()).filter(&holds))
}

fn outcomes(replay: &Value) -> Vec<&str> {
    replay["steps"].as_array().unwrap().iter().map(|step| step["outcome"].as_str().unwrap()).collect()
}

#[test]
fn a_run_is_played_again_on_its_version_and_on_another_one() {
    let mut platform = Platform::start();
    let tenant = platform.tenant("acme");
    let ann = platform.person(&tenant, "ann", &["member"]);
    publish(&tenant, "two-levels", TWO_LEVELS, &[("lead", &ann), ("board", &ann)]);
    let run = start(&tenant, "two-levels", &json!(500));
    let first = when(&tenant, &run, |run| run["tasks"].as_object().is_some_and(|tasks| !tasks.is_empty()));
    let task = first["tasks"].as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned();
    ann.client.post(&format!("/v1/tasks/{task}/complete"), &json!({ "choice": "yes" })).expect(200);
    when(&tenant, &run, |run| run["state"] == "completed");

    // By chance is no difference: the seed stands in the receipt.
    publish(&tenant, "chance", W4_NOT_DETERMINISTIC, &[]);
    let by_chance = start(&tenant, "chance", &json!(null));
    when(&tenant, &by_chance, |run| run["steps"] == 1);

    let path = format!("/v1/runs/{run}/replay");
    ann.client.post(&path, &json!({})).problem(403, "not-allowed");
    let executions = || tenant.client.get("/v1/executions").expect(200).json()["items"].as_array().map(Vec::len);
    let kept = executions();
    let found = tenant.client.post(&path, &json!({})).expect(200).json();
    assert_eq!(outcomes(&found), ["same", "same"], "{found}");
    let chance = tenant.client.post(&format!("/v1/runs/{by_chance}/replay"), &json!({})).expect(200).json();
    assert_eq!(outcomes(&chance), ["same"], "{chance}");
    assert_eq!(executions(), kept, "no receipt is kept of it");
    tenant.client.post(&path, &json!({ "version": 2 })).problem(422, "invalid-body");

    publish(&tenant, "two-levels", PARALLEL, &[("buyer", &ann), ("tester", &ann)]);
    let found = tenant.client.post(&path, &json!({ "version": 2 })).expect(200).json();
    assert_eq!(outcomes(&found)[0], "differs", "{found}");
    assert!(!found["steps"][0]["difference"].as_array().unwrap().is_empty(), "{found}");

    // The program says the same of its data.
    platform.stop();
    let beside = |version: &[&str]| {
        let fixed = ["replay", run.as_str(), "--tenant", "acme"];
        platform.command(&[&fixed[..], version].concat())
    };
    let (same, said) = beside(&[]);
    assert!(same && said.contains("2 same, 0 different, 0 not replayed"), "{said}");
    let (same, said) = beside(&["--version", "2"]);
    assert!(!same && said.contains("differs") && said.contains("difference: ["), "{said}");
    platform.resume();
}

#[test]
fn a_migration_is_played_before_it_is_done() {
    let platform = Platform::start();
    let tenant = platform.tenant("acme");
    let ann = platform.person(&tenant, "ann", &["member"]);
    publish(&tenant, "two-levels", TWO_LEVELS, &[("lead", &ann), ("board", &ann)]);
    let run = start(&tenant, "two-levels", &json!(500));
    when(&tenant, &run, |run| run["steps"] == 1);
    publish(&tenant, "two-levels", TWO_LEVELS, &[]);
    let path = format!("/v1/runs/{run}/migrate?dry-run=true");
    let trial = tenant.client.post(&path, &json!({ "version": 2 })).expect(200).json();
    assert_eq!((&trial["refused"], outcomes(&trial["replay"])), (&Value::Null, vec!["same"]), "{trial}");
    assert_eq!(tenant.client.get(&format!("/v1/runs/{run}")).expect(200).json()["version"], 1);

    publish(&tenant, "two-levels", PARALLEL, &[("buyer", &ann), ("tester", &ann)]);
    let trial = tenant.client.post(&path, &json!({ "version": 3 })).expect(200).json();
    assert!(trial["refused"].as_str().unwrap().contains("waiting"), "{trial}");
    let bulk = |version| json!({ "act": { "migrate": version }, "filter": { "workflow": "two-levels" } });
    let preview = |version| tenant.client.post("/v1/runs/bulk?dry-run=true", &bulk(version)).expect(200).json();
    assert_eq!((&preview(2)["rehearsal"]["equal"], &preview(3)["rehearsal"]["refused"]), (&json!(1), &json!(1)));

    tenant.client.send("DELETE", "/v1/deployments/two-levels", &[], b"").problem(409, "deployment-in-use");
}
