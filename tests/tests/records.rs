//! Records that components write: behind the same gate, before the same validations, as those that people write.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use signalsync_tests::guests::*;
use signalsync_tests::{Platform, Tenant};

fn acme() -> (Platform, Tenant) {
    let platform = Platform::start();
    let tenant = platform.tenant("acme");
    (platform, tenant)
}

/// Deploys what counts its calls in `counters` as a validation of `data`, with this grant.
fn counting(tenant: &Tenant, grant: &Value) {
    let draft = json!({
        "component": tenant.ready(COUNTS), "grants": { "storage": { "counters": grant } },
        "validates": ["data"], "on-failure": "closed",
    });
    tenant.deploy("guest", &draft).expect(201);
}

/// Sends these steps to a mapping that carries them out; the answers.
fn told(tenant: &Tenant, steps: &Value) -> Value {
    tenant.message("application/json", steps.to_string().as_bytes()).expect(200).json()["reply"].clone()
}

#[test]
fn a_component_that_acts_for_its_caller_reaches_what_the_caller_reaches() {
    let (_platform, tenant) = acme();
    tenant.collection("data");
    tenant.collection("counters");
    counting(&tenant, &json!({ "access": "read-write", "as": "caller" }));
    let version = tenant.client.get("/v1/deployments/guest/versions").expect(200).json();
    assert_eq!(version["items"][0]["grants"]["storage"]["counters"], json!({ "access": "read-write", "as": "caller" }));
    tenant.write("1", &json!({})).expect(201);

    let rules = json!({ "records": [{ "collection": "data", "see": "all", "create": true, "change": "all" }] });
    tenant.client.put("/v1/roles/clerk", &rules).expect(201);
    let key = tenant.client.post("/v1/keys", &json!({ "name": "clerk", "roles": ["clerk"] })).expect(201).json();
    let clerk = tenant.client.with_key(key["secret"].as_str().unwrap());
    let record = "/v1/collections/data/records/2";
    let problem = clerk.put(record, &json!({})).problem(422, "not-judged");
    let message = problem["failure"]["message"].as_str().unwrap();
    assert!(message.contains("no such collection"), "{problem}");
    tenant.client.get(record).problem(404, "not-found");

    counting(&tenant, &json!("read-write"));
    clerk.put(record, &json!({})).expect(201);
    let counted = tenant.client.get("/v1/collections/counters/records/count").expect(200);
    assert_eq!(counted.text(), "2", "for its deployment it reaches what its administrator granted");
}

#[test]
fn a_grant_that_is_none_is_refused_with_its_forms() {
    let (_platform, tenant) = acme();
    tenant.collection("counters");
    let digest = tenant.ready(COUNTS);
    for grant in [json!("write"), json!({ "access": "read", "as": "king" }), json!({ "as": "caller" })] {
        let draft =
            json!({ "component": digest, "grants": { "storage": { "counters": grant } }, "on-failure": "open" });
        let problem = tenant.deploy("guest", &draft).problem(422, "invalid-body");
        assert!(problem["detail"].as_str().unwrap().contains("\"as\": \"caller\""), "{problem}");
    }
}

#[test]
fn what_a_component_writes_fits_the_definition() {
    let (_platform, tenant) = acme();
    tenant.mapping(DOES_AS_TOLD);
    let definition = json!({ "schema": { "type": "object", "properties": {}, "required": ["number"] } });
    tenant.client.put("/v1/collections/data/draft", &definition).expect(200);
    tenant.client.post("/v1/collections/data/publish", &json!({})).expect(200);
    let answers = told(&tenant, &json!([{ "do": "storage.put", "id": "1" }]));
    assert!(answers.to_string().contains("invalid"), "{answers}");
    tenant.client.get("/v1/collections/data/records/1").problem(404, "not-found");
}

#[test]
fn what_a_component_writes_is_judged_before_it_is_committed() {
    let (_platform, tenant) = acme();
    tenant.mapping(DOES_AS_TOLD);
    let steps = json!([{ "do": "storage.put", "id": "1" }, { "do": "storage.put", "id": "1", "fill": 3 }]);
    told(&tenant, &steps);
    let versions = tenant.client.get("/v1/collections/data/records/1/versions").expect(200).json();
    assert_eq!(versions["items"][0]["via"], "guest", "the history names the component: {versions}");

    let judge = json!({ "component": tenant.ready(REJECT), "validates": ["data"], "on-failure": "closed" });
    tenant.deploy("judge", &judge).expect(201);
    let steps = json!([{ "do": "storage.put", "id": "2" }]).to_string();
    let answer = tenant.message("application/json", steps.as_bytes());
    let problem = answer.problem(422, "touched-not-valid");
    assert_eq!((&problem["collection"], &problem["record"]), (&json!("data"), &json!("2")));
    assert_eq!(problem["violations"][0]["code"], "TOTAL");
    assert!(problem["detail"].as_str().unwrap().contains("`guest`"), "{problem}");
    tenant.client.get("/v1/collections/data/records/2").problem(404, "not-found");

    // What is deleted again, or written as it was, is nothing that could be judged.
    told(&tenant, &json!([{ "do": "storage.put", "id": "3" }, { "do": "storage.delete", "id": "3" }]));
    tenant.client.get("/v1/collections/data/records/3").problem(404, "not-found");
}

/// A validation that writes into what it validates would be asked about its own writes for ever.
#[test]
fn components_that_judge_each_other_without_end_are_stopped() {
    let (_platform, tenant) = acme();
    tenant.collection("data");
    tenant.collection("counters");
    let draft = json!({
        "component": tenant.ready(COUNTS), "grants": { "storage": { "counters": "read-write" } },
        "validates": ["data", "counters"], "on-failure": "closed",
    });
    tenant.deploy("guest", &draft).expect(201);
    let problem = tenant.write("1", &json!({})).problem(422, "endless-judgement");
    assert_eq!(problem["limit"], 8);
    tenant.client.get("/v1/collections/data/records/1").problem(404, "not-found");
    tenant.client.get("/v1/collections/counters/records/count").problem(404, "not-found");
}
