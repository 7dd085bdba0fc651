//! Components at work, from upload to committed answer, as a tenant's developers and users meet them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use signalsync_tests::guests::*;
use signalsync_tests::{Platform, Tenant, component};

/// A platform with one tenant.
fn acme() -> (Platform, Tenant) {
    let platform = Platform::start();
    let tenant = platform.tenant("acme");
    (platform, tenant)
}

#[test]
fn a_write_is_judged_and_its_receipt_is_kept() {
    let (_platform, tenant) = acme();
    tenant.validation(REJECT);
    let problem = tenant.write("1", &json!({ "total": 1 })).problem(422, "not-valid");
    assert_eq!(problem["violations"][0]["code"], "TOTAL");
    assert_eq!(problem["violations"][0]["path"], "/total");
    assert_eq!(problem["violations"][1]["severity"], "warning");
    tenant.client.get("/v1/collections/data/records/1").problem(404, "not-found");
    let id = problem["executions"][0].as_str().unwrap();
    let execution = tenant.client.get(&format!("/v1/executions/{id}")).expect(200).json();
    assert_eq!(execution["end"], "done");
    assert!(execution["usage"]["fuel"].as_u64().unwrap() > 0);
    assert_eq!(execution["replay"]["input"]["validate"]["after"], json!({ "total": 1 }).to_string());
}

#[test]
fn what_was_not_granted_is_said_at_deployment() {
    let (_platform, tenant) = acme();
    tenant.collection("data");
    let digest = tenant.ready(COUNTS);
    let draft = json!({ "component": digest, "validates": ["data"], "on-failure": "closed" });
    let problem = tenant.deploy("guest", &draft).problem(422, "not-granted");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("signalsync:plugin/storage@0.1.0") && detail.contains("\"storage\""), "{detail}");
}

#[test]
fn a_grant_is_narrowed_by_name() {
    let (_platform, tenant) = acme();
    tenant.collection("data");
    tenant.collection("counters");
    let digest = tenant.ready(COUNTS);
    for (grant, refused) in
        [(json!({}), true), (json!({ "counters": "read" }), true), (json!({ "counters": "read-write" }), false)]
    {
        let draft = json!({
            "component": digest, "grants": { "storage": grant }, "validates": ["data"], "on-failure": "closed",
        });
        tenant.deploy("guest", &draft).expect(201);
        let answer = tenant.write("1", &json!({}));
        if refused {
            let problem = answer.problem(422, "not-judged");
            assert_eq!(problem["failure"], json!({ "reason": "guest-error", "message": "not granted" }));
        } else {
            answer.expect(201);
        }
    }
}

/// Each write of `data` adds one to a counter that all of them read: no addition may be lost.
#[test]
fn writes_of_components_are_serialisable() {
    let (_platform, tenant) = acme();
    tenant.collection("data");
    tenant.collection("counters");
    let digest = tenant.ready(COUNTS);
    let grants = json!({ "storage": { "counters": "read-write" } });
    let draft = json!({ "component": digest, "grants": grants, "validates": ["data"], "on-failure": "closed" });
    tenant.deploy("guest", &draft).expect(201);
    let written: u64 = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let tenant = &tenant;
                scope.spawn(move || {
                    (0..10).filter(|n| tenant.write(&format!("{writer}-{n}"), &json!({})).status == 201).count() as u64
                })
            })
            .collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).sum()
    });
    assert!(written >= 10, "most of the writes succeed: {written}");
    let counter = tenant.client.get("/v1/collections/counters/records/count").expect(200).text();
    assert!(counter.contains(&written.to_string()), "{written} writes were acknowledged: {counter}");
}

/// Two documents with one number at the same time: a rule over the whole collection holds.
#[test]
fn a_rule_over_other_records_holds_under_concurrency() {
    let (_platform, tenant) = acme();
    tenant.validation(NEEDS_UNIQUE_NUMBER);
    let winners = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|writer| {
                let tenant = &tenant;
                scope.spawn(move || tenant.write(&format!("{writer}"), &json!({ "number": 7 })).status)
            })
            .collect();
        writers
            .into_iter()
            .filter(|_| true)
            .map(|writer| writer.join().unwrap())
            .filter(|status| *status == 201)
            .count()
    });
    assert_eq!(winners, 1);
}

/// The guest writes a record and then panics.
#[test]
fn a_failed_call_leaves_nothing_behind() {
    let (mut platform, tenant) = acme();
    tenant.validation(PANICS);
    let problem = tenant.write("1", &json!({})).problem(422, "not-judged");
    assert_eq!(problem["failure"]["reason"], "trap");
    let list = tenant.client.get("/v1/collections/data/records").expect(200).json();
    assert_eq!(list["items"], json!([]));
    let id = problem["execution"].as_str().unwrap();
    let execution = tenant.client.get(&format!("/v1/executions/{id}")).expect(200).json();
    assert_eq!(execution["end"], "failed");
    let log = execution["log"].to_string();
    assert!(log.contains("the developer did not think of"), "{log}");
    platform.assert_unharmed();
}

#[test]
fn a_validation_that_fails_open_lets_the_write_go_on() {
    let (_platform, tenant) = acme();
    tenant.collection("data");
    let digest = tenant.ready(FAILS);
    for (choice, status) in [("closed", 422), ("open", 201)] {
        let draft = json!({ "component": digest, "validates": ["data"], "on-failure": choice });
        tenant.deploy("guest", &draft).expect(201);
        tenant.write("1", &json!({})).expect(status);
    }
}

#[test]
fn versions_are_activated_and_rolled_back() {
    let (_platform, tenant) = acme();
    tenant.validation(ACCEPT_ALL);
    tenant.write("1", &json!({})).expect(201);
    let strict = tenant.ready(REJECT);
    let draft = json!({ "component": strict, "validates": ["data"], "on-failure": "closed" });
    tenant.deploy("guest", &draft).expect(201);
    tenant.write("2", &json!({})).problem(422, "not-valid");
    tenant.client.post("/v1/deployments/guest/rollback", &json!({})).expect(200);
    tenant.write("2", &json!({})).expect(201);
    tenant.client.post("/v1/deployments/guest/activate", &json!({ "version": 2 })).expect(200);
    tenant.write("3", &json!({})).problem(422, "not-valid");
    tenant.client.post("/v1/deployments/guest/activate", &json!({ "version": 9 })).problem(404, "not-found");
}

#[test]
fn a_deployment_is_changed_once_by_a_request_that_is_sent_twice() {
    let (_platform, tenant) = acme();
    tenant.validation(ACCEPT_ALL);
    let strict = tenant.ready(REJECT);
    let draft = json!({ "component": strict, "validates": ["data"], "on-failure": "closed" }).to_string();
    let named = [("content-type", "application/json"), ("idempotency-key", "strict")];
    let deploy = || tenant.client.send("POST", "/v1/deployments/guest/versions", &named, draft.as_bytes());
    let (first, again) = (deploy().expect(201), deploy().expect(201));
    assert_eq!((first.json(), first.header("etag")), (again.json(), again.header("etag")));
    assert_eq!(first.json()["version"], 2);
    let other = tenant.client.send("POST", "/v1/deployments/guest/versions", &named, b"{}");
    assert!([400, 422].contains(&other.status), "{}", other.text());
    let back = || tenant.client.send("POST", "/v1/deployments/guest/rollback", &[("idempotency-key", "back")], b"");
    for _ in 0..2 {
        assert_eq!(back().expect(200).json()["active"], 1, "the second time there would be nothing before");
    }
}

#[test]
fn a_deployment_that_changed_meanwhile_is_left_as_it_is() {
    let (_platform, tenant) = acme();
    tenant.validation(ACCEPT_ALL);
    let etag = tenant.client.get("/v1/deployments/guest").expect(200).header("etag").unwrap().to_owned();
    let strict = tenant.ready(REJECT);
    let draft = json!({ "component": strict, "validates": ["data"], "on-failure": "closed" });
    tenant.deploy("guest", &draft).expect(201);
    let seen = [("content-type", "application/json"), ("if-match", etag.as_str())];
    let activate = tenant.client.send("POST", "/v1/deployments/guest/activate", &seen, br#"{"version": 1}"#);
    assert!(activate.problem(412, "precondition-failed")["version"].is_u64());
    tenant.client.send("DELETE", "/v1/deployments/guest", &seen, b"").problem(412, "precondition-failed");
    let new = [("content-type", "application/json"), ("if-none-match", "*")];
    let deploy = tenant.client.send("POST", "/v1/deployments/guest/versions", &new, draft.to_string().as_bytes());
    deploy.problem(412, "precondition-failed");
    tenant.client.send("POST", "/v1/deployments/other/versions", &new, draft.to_string().as_bytes()).expect(201);
}

#[test]
fn a_tenant_that_has_used_up_its_disk_is_told_so() {
    let platform = Platform::with("[tiers.standard]\ndisk_bytes_max = 1000\n");
    let tenant = platform.tenant("acme");
    tenant.collection("data");
    let problem = tenant.write("1", &json!({})).problem(507, "quota-used-up");
    assert_eq!(problem["limit"], 1000);
    let file = [("content-type", "text/plain")];
    tenant.client.send("PUT", "/v1/folders/docs/files/a.txt", &file, b"a").problem(507, "quota-used-up");
    tenant.client.get("/v1/collections/data/records").expect(200);
    tenant.client.delete("/v1/collections/data").expect(204);
}

#[test]
fn a_trial_keeps_nothing_but_its_receipt() {
    let (_platform, tenant) = acme();
    tenant.mapping(STORES_DOCUMENTS);
    let body = "eyJhIjp7fX0="; // {"a":{}}
    let message = json!({ "source": "data", "media-type": "application/json", "headers": [], "body": body });
    let tried = tenant.trial(&json!({ "transform": message }));
    assert_eq!(tried["failure"], Value::Null, "{tried}");
    let list = tenant.client.get("/v1/collections/data/records").expect(200).json();
    assert_eq!(list["items"], json!([]));
    let executions = tenant.client.get("/v1/executions").expect(200).json();
    assert_eq!(executions["items"].as_array().unwrap().len(), 1);
}

#[test]
fn what_is_deployed_by_whom_is_in_the_audit_without_its_settings() {
    let (_platform, tenant) = acme();
    tenant.collection("data");
    let digest = tenant.ready(REJECT);
    let draft = json!({
        "component": digest, "validates": ["data"], "on-failure": "closed", "settings": { "password": "hush" },
    });
    tenant.deploy("guest", &draft).expect(201);
    tenant.deploy("guest", &draft).expect(201);
    tenant.client.post("/v1/deployments/guest/rollback", &json!({})).expect(200);
    tenant.client.delete("/v1/deployments/guest").expect(204);
    tenant.client.delete(&format!("/v1/components/{digest}")).expect(204);
    let listed = tenant.client.get("/v1/audit").expect(200).json();
    let actions: Vec<_> = listed["items"].as_array().unwrap().iter().map(|entry| entry["action"].clone()).collect();
    let newest_first = [
        "component.delete",
        "deployment.delete",
        "deployment.activate",
        "deployment.change",
        "deployment.change",
        "component.upload",
    ];
    assert_eq!(actions[..6], newest_first.map(Value::from), "{listed}");
    assert_eq!(listed["items"][2]["after"]["value"], json!({ "active": 1, "component": digest }));
    assert!(!listed.to_string().contains("hush"));
}

/// What is decided and billed depends on the call alone; what is random differs from call to call.
#[test]
fn the_same_call_costs_the_same_to_the_unit() {
    let (_platform, tenant) = acme();
    tenant.validation(REJECT);
    let (first, second) = (tenant.judge(&json!({ "a": 1 })), tenant.judge(&json!({ "a": 1 })));
    assert_eq!(first["answer"], second["answer"]);
    assert_eq!(first["execution"]["usage"]["fuel"], second["execution"]["usage"]["fuel"]);
    assert_ne!(first["execution"]["replay"]["seed"], second["execution"]["replay"]["seed"]);
}

#[test]
fn a_component_is_told_of_its_call() {
    let (_platform, tenant) = acme();
    tenant.mapping(TELLS_CONTEXT);
    let message = json!({ "source": "x", "media-type": "text/plain", "headers": [], "body": "" });
    let tried = tenant.trial(&json!({ "transform": message }));
    let reply = tried["answer"]["outcome"]["reply"].as_str().unwrap_or_else(|| panic!("{tried}"));
    let told: Value = serde_json::from_str(reply).unwrap();
    let now = jiff::Timestamp::from_millisecond(told["now"].as_i64().unwrap()).unwrap();
    assert_eq!(tried["execution"]["replay"]["now"], format!("{now:.3}"), "{reply}");
}

#[test]
fn a_guest_on_the_standard_library_finds_no_hole() {
    let (mut platform, tenant) = acme();
    tenant.validation(WASI_STD);
    let tried = tenant.judge(&json!({}));
    let violations = tried["answer"]["violations"].as_array().unwrap_or_else(|| panic!("{tried}"));
    assert!(violations.iter().all(|violation| violation["code"] != "HOLE"), "{tried}");
    platform.assert_unharmed();
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let (mut platform, tenant) = acme();
    tenant.validation(ACCEPT_ALL);
    let acknowledged: Vec<String> =
        (0..20).map(|n| n.to_string()).filter(|id| tenant.write(id, &json!({ "id": id })).status == 201).collect();
    platform.kill();
    platform.resume();
    let tenant = platform.again(&tenant);
    for id in &acknowledged {
        tenant.client.get(&format!("/v1/collections/data/records/{id}")).expect(200);
    }
    tenant.write("after", &json!({})).expect(201);
    assert!(platform.stop().success());
}

#[test]
fn another_tenants_things_are_absent() {
    let (platform, acme) = acme();
    let globex = platform.tenant("globex");
    acme.validation(ACCEPT_ALL);
    acme.write("1", &json!({ "secret": "of acme" })).expect(201);
    globex.collection("data");
    globex.client.get("/v1/collections/data/records/1").problem(404, "not-found");
    globex.client.get("/v1/deployments/guest").problem(404, "not-found");
    let digest = acme.ready(ACCEPT_ALL);
    globex.client.get(&format!("/v1/components/{digest}")).problem(404, "not-found");
    let draft = json!({ "component": digest, "validates": ["data"], "on-failure": "closed" });
    globex.deploy("guest", &draft).problem(409, "component-not-ready");
    let foreign = acme.client.with_key(globex.client.key()).get("/v1/collections/data/records/1");
    let absent = acme.client.get("/v1/collections/data/records/none");
    assert_eq!((foreign.status, foreign.body), (absent.status, absent.body));
}

#[test]
fn what_is_no_component_is_refused_with_advice() {
    let (mut platform, tenant) = acme();
    tenant.upload(b"hello").problem(422, "not-a-component");
    tenant.upload(b"(component)").problem(422, "text-format");
    tenant.upload(b"\0asm\x01\0\0\0").problem(422, "core-module");
    tenant.upload(b"\x7fELF\x02\x01\x01").problem(422, "precompiled");
    let whole = component(ACCEPT_ALL);
    tenant.upload(&whole[..whole.len() / 2]).problem(422, "malformed");
    platform.assert_unharmed();
}

#[test]
fn files_of_a_mapping_commit_with_its_message() {
    let (_platform, tenant) = acme();
    tenant.collection("data");
    let digest = tenant.ready(USES_FILES);
    let draft = json!({ "component": digest, "grants": { "files": { "inbox": "read-write" } } });
    tenant.deploy("guest", &draft).expect(201);
    tenant.message("text/plain", b"hello").expect(200);
    let files = tenant.client.get("/v1/folders/inbox/files").expect(200).json();
    let path = files["items"][0]["path"].as_str().unwrap_or_else(|| panic!("{files}"));
    let file = tenant.client.get(&format!("/v1/folders/inbox/files/{path}")).expect(200);
    assert_eq!(file.body, b"hello");
}
