//! A whole tenant as one file: taken out, brought in elsewhere, equal to the digest; templates, and copies that nothing
//! leaves.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use signalsync_tests::guests::*;
use signalsync_tests::{Answer, Client, Platform, Tenant, component, wait_for};

const ZIP: &[(&str, &str)] = &[("content-type", "application/zip")];
const ORDERS: &str = "/v1/collections/orders";

/// An organisation with something of everything that it can own.
fn organisation(platform: &Platform, slug: &str, orders: usize) -> Tenant {
    let tenant = platform.tenant(slug);
    let client = &tenant.client;
    client.put("/v1/organisation", &json!({ "name": "Acme Ltd.", "language": "de" })).expect(200);
    let department = client.post("/v1/departments", &json!({ "name": "Purchasing" })).expect(201).json();
    client.put("/v1/roles/clerk", &json!({ "title": "Clerk", "permissions": ["files:read"] })).expect(201);
    let person =
        json!({ "mail": "ann@acme.example", "name": "Ann", "roles": ["clerk"], "departments": [department["id"]] });
    let person = client.post("/v1/invitations", &person).expect(201).json();
    let led = json!({ "name": "Purchasing", "lead": person["id"] });
    client.put(&format!("/v1/departments/{}", department["id"].as_str().unwrap()), &led).expect(200);
    client.post("/v1/teams", &json!({ "name": "Night shift", "members": [person["id"]] })).expect(201);
    for (collection, fields) in [
        ("suppliers", json!({ "name": { "x-kind": "text" } })),
        (
            "orders",
            json!({
                "number": { "x-kind": "text" }, "total": { "x-kind": "number" },
                "supplier": { "x-kind": "reference", "x-collection": "suppliers" },
            }),
        ),
    ] {
        client.put(&format!("/v1/collections/{collection}"), &json!({})).expect(201);
        let indexes = if collection == "orders" {
            json!([{ "fields": ["number"], "unique": true }, { "fields": ["total"] }])
        } else {
            json!([])
        };
        let definition = json!({ "schema": { "type": "object", "properties": fields }, "indexes": indexes });
        let saved = client.put(&format!("/v1/collections/{collection}/draft"), &definition).expect(200).json();
        assert_eq!(saved, json!({ "violations": [] }));
        client.send("POST", &format!("/v1/collections/{collection}/publish"), &[], b"").expect(200);
    }
    client.put("/v1/collections/suppliers/records/s1", &json!({ "name": "Bolt & Nut" })).expect(201);
    for number in 0..orders {
        let order = json!({ "number": format!("PO-{number}"), "total": number, "supplier": "s1" });
        client.put(&format!("{ORDERS}/records/{number:06}"), &order).expect(201);
    }
    let merge = &[("content-type", "application/merge-patch+json")];
    client.send("PATCH", &format!("{ORDERS}/records/000000"), merge, b"{\"total\": 9999}").expect(200);
    client.delete(&format!("{ORDERS}/records/000001")).expect(204);
    let text = &[("content-type", "text/plain")];
    client.send("PUT", &format!("{ORDERS}/records/000002/files/note.txt"), text, b"Call them first.").expect(201);
    client.send("PUT", "/v1/folders/docs/files/large.bin", &[], &large()).expect(201);
    tenant.validation(REJECT);
    processes(platform, &tenant, &department["id"]);
    tenant
}

/// What starts by the clock, a run that waits for a clerk and for its timer, and what people have set and said.
fn processes(platform: &Platform, tenant: &Tenant, department: &Value) {
    let client = &tenant.client;
    let hours = json!({ "monday": ["09:00-17:00"], "friday": ["09:00-12:00"] });
    let office = json!({ "departments": [department], "calendar": { "zone": "Europe/Berlin", "hours": hours } });
    client.put("/v1/calendars/office", &office).expect(201);
    let said = json!({ "languages": { "en": { "subject": "Please approve {{ amount }}", "text": "It waits." } } });
    client.put("/v1/notice-templates/please-approve", &said).expect(201);
    let (eve, sam) = (platform.person(tenant, "eve", &["clerk"]), platform.person(tenant, "sam", &["clerk"]));
    for (workflow, guest) in [("approval", APPROVAL), ("family", FAMILY)] {
        tenant.deploy(workflow, &json!({ "component": tenant.ready(guest) })).expect(201);
        client.put(&format!("/v1/workflows/{workflow}/draft"), &json!({})).expect(200);
    }
    let bound = json!({ "users": [eve.id], "roles": ["clerk"] });
    client.put("/v1/workflows/approval/roles/manager", &bound).expect(200);
    for workflow in ["approval", "family"] {
        client.post(&format!("/v1/workflows/{workflow}/publish"), &json!({})).expect(200);
    }
    client.put("/v1/workflows/family/draft", &json!({})).expect(200);
    let yearly = json!({ "cron": "0 9 1 1 *" });
    let yearly =
        json!({ "schedule": { "zone": "UTC", "rule": yearly }, "what": { "workflow": "approval", "input": 1 } });
    client.put("/v1/schedules/yearly", &yearly).expect(201);
    let early = json!({ "key": "jones", "name": "go", "data": 3 });
    client.post("/v1/workflows/family/signals", &early).expect(202);
    let order = json!({ "key": "PO-1", "input": 250 });
    let run = client.post("/v1/workflows/approval/runs", &order).expect(201).json()["run"].clone();
    let run = run.as_str().unwrap();
    wait_for(|| task_of(client, run));
    eve.client.put("/v1/notification-settings", &json!({ "mail": false })).expect(200);
    let away = json!({ "from": "2026-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z", "deputy": sam.id });
    eve.client.put("/v1/me/absence", &away).expect(200);
    let comment = json!({ "text": "Is this right?", "mentions": [sam.id] });
    eve.client.post(&format!("/v1/runs/{run}/comments"), &comment).expect(201);
}

/// The task that a run of an approval waits for.
fn task_of(client: &Client, run: &str) -> Option<String> {
    client.get(&format!("/v1/runs/{run}")).expect(200).json()["tasks"]["approve"].as_str().map(str::to_owned)
}

/// More than one chunk of what is encrypted, and not the same anywhere.
fn large() -> Vec<u8> {
    (0..200_000_u32).flat_map(u32::to_le_bytes).collect()
}

/// What is there of processes, and a run that goes on to its end.
#[track_caller]
fn check_processes(platform: &Platform, slug: &str) {
    let tenant = Tenant { slug: slug.to_owned(), client: enter(platform, slug) };
    let client = &tenant.client;
    let calendars = client.get("/v1/calendars").expect(200).json();
    assert_eq!((&calendars["items"][0]["name"], &calendars["items"][0]["default"]), (&json!("office"), &json!(true)));
    let schedule = client.get("/v1/schedules/yearly").expect(200).json();
    assert!(schedule["next"].as_str().is_some_and(|next| next.ends_with("-01-01T09:00:00.000Z")), "{schedule}");
    let runs = client.get("/v1/runs?workflow=approval&state=running").expect(200).json();
    let run = &runs["items"][0];
    assert_eq!((&run["key"], &run["timers"]), (&json!("PO-1"), &json!(["reminder"])), "{runs}");
    let run = run["id"].as_str().unwrap();
    let again = client.post("/v1/workflows/approval/runs", &json!({ "key": "PO-1", "input": 1 })).expect(200).json();
    assert_eq!((&again["run"], &again["created"]), (&json!(run), &json!(false)), "its key is taken");
    let comments = client.get(&format!("/v1/runs/{run}/comments")).expect(200).json();
    assert_eq!(comments["items"][0]["text"], "Is this right?", "{comments}");
    let task = task_of(client, run).unwrap();
    let pat = platform.person(&tenant, "pat", &["clerk"]);
    pat.client.post(&format!("/v1/tasks/{task}/complete"), &json!({ "choice": "yes" })).expect(200);
    let state = |run: &str| client.get(&format!("/v1/runs/{run}")).expect(200).json();
    wait_for(|| Some(state(run)).filter(|run| run["state"] == "completed"));
    let jones = json!({ "key": "jones", "input": { "name": "jones", "children": 0 } });
    let jones = client.post("/v1/workflows/family/runs", &jones).expect(201).json()["run"].clone();
    let jones = wait_for(|| Some(state(jones.as_str().unwrap())).filter(|run| run["state"] == "completed"));
    assert_eq!(jones["result"], 3, "what came before the run was kept: {jones}");
}

/// Until a job has ended.
#[track_caller]
fn ended(client: &Client, started: &Answer) -> Value {
    assert_eq!(started.status, 202, "{}", started.text());
    let place = started.header("location").unwrap().to_owned();
    wait_for(|| Some(client.get(&place).expect(200).json()).filter(|job| !job["ended-at"].is_null()))
}

/// The archive of a tenant, and its digest.
#[track_caller]
fn archive(client: &Client, extent: &str) -> (Vec<u8>, String) {
    let job = ended(client, &client.send("POST", &format!("/v1/archives?extent={extent}"), &[], b""));
    assert_eq!(job["state"], "done", "{job}");
    let file = client.get(&format!("/v1/archives/{}", job["id"].as_str().unwrap())).expect(200);
    assert_eq!(job["result"]["size"], file.body.len());
    (file.body, job["result"]["digest"].as_str().unwrap().to_owned())
}

fn create(platform: &Platform, body: &Value) -> Answer {
    platform.console().post("/v1/tenants", body)
}

/// An administrator's key of a tenant that is there.
fn enter(platform: &Platform, slug: &str) -> Client {
    let key = json!({ "name": "look", "roles": ["administrator"] });
    let key = platform.console().post(&format!("/v1/tenants/{slug}/keys"), &key).expect(201).json();
    Client::new(platform.address(), format!("{slug}.localhost"), key["secret"].as_str().unwrap())
}

fn fill(platform: &Platform, slug: &str, archive: &[u8]) -> Answer {
    platform.console().send("POST", &format!("/v1/tenants/{slug}/fill"), ZIP, archive)
}

/// Until whatever fills a tenant has ended.
#[track_caller]
fn filled(platform: &Platform, slug: &str) -> Value {
    wait_for(|| {
        let jobs = platform.console().get(&format!("/v1/tenants/{slug}/jobs")).expect(200).json();
        Some(jobs["items"][0].clone()).filter(|job| !job["ended-at"].is_null())
    })
}

#[track_caller]
fn check_whole(client: &Client, orders: usize) {
    let count = client.post(&format!("{ORDERS}/query"), &json!({ "count": true, "limit": 1 })).expect(200).json();
    assert_eq!(count["count"]["count"], orders - 1, "{count}");
    let asked = json!({ "filter": { "field": "number", "op": "eq", "value": "PO-2" } });
    let found = client.post(&format!("{ORDERS}/query"), &asked).expect(200).json();
    assert_eq!((found["items"].as_array().unwrap().len(), &found["items"][0]["id"]), (1, &json!("000002")), "{found}");
    let largest = json!({ "sort": { "field": "total", "backwards": true }, "limit": 1 });
    let largest = client.post(&format!("{ORDERS}/query"), &largest).expect(200).json();
    assert_eq!(largest["items"][0]["body"]["total"], 9999, "{largest}");
    let versions = client.get(&format!("{ORDERS}/records/000000/versions")).expect(200).json();
    assert_eq!(versions["items"].as_array().map(Vec::len), Some(2), "{versions}");
    let twice = client.put(&format!("{ORDERS}/records/twice"), &json!({ "number": "PO-2" }));
    assert_eq!(twice.status, 409, "what was unique is: {}", twice.text());
    let used = client.delete("/v1/collections/suppliers/records/s1");
    assert_eq!(used.status, 409, "what is referred to stays: {}", used.text());
    client.send("POST", &format!("{ORDERS}/records/000001/restore"), &[], b"").expect(201);
    client.delete(&format!("{ORDERS}/records/000001")).expect(204);
    assert_eq!(client.get(&format!("{ORDERS}/records/000002/files/note.txt")).expect(200).body, b"Call them first.");
    assert_eq!(client.get("/v1/folders/docs/files/large.bin").expect(200).body, large());
    let refused = client.put("/v1/collections/data/records/x", &json!({}));
    assert_eq!(refused.status, 422, "the validation is at work: {}", refused.text());
    let people = client.get("/v1/people").expect(200).json();
    let ann = &people["items"][0];
    assert_eq!((&ann["mail"], &ann["roles"]), (&json!("ann@acme.example"), &json!(["clerk"])), "{people}");
    let departments = client.get("/v1/departments").expect(200).json();
    assert_eq!(departments["items"][0]["lead"], ann["id"], "{departments}");
    let teams = client.get("/v1/teams").expect(200).json();
    assert_eq!(teams["items"][0]["members"], json!([ann["id"]]), "{teams}");
    assert_eq!(client.get("/v1/organisation").expect(200).json()["name"], "Acme Ltd.");
}

#[test]
fn a_tenant_goes_to_another_installation_and_is_equal_to_the_digest() {
    let (here, there) = (Platform::start(), Platform::with("engine = \"sled\""));
    let acme = organisation(&here, "acme", 50);
    let (bytes, digest) = archive(&acme.client, "whole");
    assert_eq!(archive(&acme.client, "whole").1, digest, "nothing has changed, so nothing differs");

    create(&there, &json!({ "slug": "apex", "tier": "standard" })).expect(201);
    let job = ended(&there.console(), &fill(&there, "apex", &bytes));
    assert_eq!((&job["state"], &job["result"]["digest"]), (&json!("done"), &json!(digest)), "{job}");
    assert_eq!(job["done"], job["total"], "{job}");
    let apex = enter(&there, "apex");
    assert_eq!(archive(&apex, "whole").1, digest, "it is the same tenant");
    check_whole(&apex, 50);
    check_processes(&there, "apex");
    assert_ne!(archive(&apex, "whole").1, digest, "what was changed since shows");
    let audited = apex.get("/v1/audit?action=tenant.fill").expect(200).json();
    assert_eq!(audited["items"][0]["after"]["value"]["digest"], digest, "{audited}");
    fill(&there, "apex", b"refused before it is read").problem(409, "tenant-not-empty");
    apex.get("/v1/audit/verify").expect(200);
}

#[test]
fn a_file_that_is_not_acceptable_lets_nobody_in_and_says_why() {
    let platform = Platform::start();
    let acme = organisation(&platform, "acme", 3);
    let (bytes, _) = archive(&acme.client, "whole");
    let mut damaged = bytes.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    for (slug, file, why) in [
        ("one", b"no zip".to_vec(), "no zip file"),
        ("two", bytes[..bytes.len() - 100].to_vec(), "no zip file"),
        ("three", damaged, "the archive cannot be read"),
    ] {
        create(&platform, &json!({ "slug": slug, "tier": "standard" })).expect(201);
        let job = ended(&platform.console(), &fill(&platform, slug, &file));
        assert_eq!(job["state"], "failed", "{job}");
        assert!(job["why"].as_str().unwrap().contains(why), "{job}");
        let people = enter(&platform, slug).get("/v1/people").expect(200).json();
        assert_eq!(people["items"], json!([]), "{slug}");
    }
    platform.console().send("POST", "/v1/tenants/one/fill", &[("content-type", "text/plain")], b"x").expect(415);
    fill(&platform, "nobody", b"x").expect(404);
    let member = json!({ "name": "m", "roles": ["member"] });
    let member = acme.client.post("/v1/keys", &member).expect(201).json();
    let member = acme.client.with_key(member["secret"].as_str().unwrap());
    member.send("POST", "/v1/archives", &[], b"").problem(403, "not-allowed");
    acme.client.get(&format!("/v1/archives/job_{}", "0".repeat(32))).expect(404);
    acme.client.send("POST", "/v1/archives?extent=half", &[], b"").problem(400, "bad-request");
}

#[test]
fn an_archive_that_is_taken_in_goes_on_after_a_kill() {
    let mut platform = Platform::start();
    let acme = organisation(&platform, "acme", 600);
    let (bytes, digest) = archive(&acme.client, "whole");
    for round in 0..3 {
        let slug = format!("apex-{round}");
        create(&platform, &json!({ "slug": slug, "tier": "standard" })).expect(201);
        let started = fill(&platform, &slug, &bytes).expect(202);
        let place = started.header("location").unwrap().to_owned();
        wait_for(|| {
            let job = platform.console().get(&place).expect(200).json();
            (job["done"].as_u64() >= Some(200 * round) || !job["ended-at"].is_null()).then_some(())
        });
        platform.kill();
        platform.resume();
        let job = filled(&platform, &slug);
        assert_eq!((&job["state"], &job["result"]["digest"]), (&json!("done"), &json!(digest)), "{job}");
        assert_eq!(
            archive(&enter(&platform, &slug), "whole").1,
            digest,
            "nothing is missing, and nothing is there twice"
        );
    }
}

#[test]
fn a_template_is_how_a_tenant_is_set_up_without_its_people_and_records() {
    let folder = tempfile::tempdir().unwrap();
    let mut platform = Platform::with(&format!("templates = {:?}", folder.path()));
    let acme = organisation(&platform, "acme", 3);
    std::fs::write(folder.path().join("purchasing.zip"), archive(&acme.client, "configuration").0).unwrap();
    assert_eq!(platform.console().get("/v1/templates").expect(200).json()["items"], json!(["purchasing"]));
    let wanted = json!({
        "slug": "initech", "tier": "standard", "template": "purchasing",
        "organisation": { "name": "Initech" }, "administrator": { "mail": "bill@initech.example" },
    });
    create(&platform, &wanted).expect(201);
    let job = filled(&platform, "initech");
    assert_eq!(job["state"], "done", "{job}");
    let initech = enter(&platform, "initech");
    let departments = initech.get("/v1/departments").expect(200).json();
    assert_eq!(
        (&departments["items"][0]["name"], &departments["items"][0]["lead"]),
        (&json!("Purchasing"), &Value::Null)
    );
    let people = initech.get("/v1/people").expect(200).json();
    assert_eq!(people["items"].as_array().map(Vec::len), Some(1), "only who was invited: {people}");
    assert_eq!(initech.get("/v1/organisation").expect(200).json()["name"], "Initech", "what was asked for comes first");
    let bound = initech.get("/v1/workflows/approval/roles/manager").expect(200).json();
    assert_eq!((&bound["users"], &bound["roles"]), (&json!([]), &json!(["clerk"])), "{bound}");
    assert_eq!(initech.get("/v1/runs").expect(200).json()["items"], json!([]));
    assert_eq!(initech.get("/v1/workflows/family/draft").expect(200).json()["violations"], json!([]));
    let next = || initech.get("/v1/schedules/yearly").expect(200).json()["next"].as_str().map(str::to_owned);
    assert!(wait_for(next).ends_with("-01-01T09:00:00.000Z"), "it starts from now on");
    assert_eq!(initech.get(&format!("{ORDERS}/records")).expect(200).json()["items"], json!([]));
    initech.put("/v1/collections/data/records/x", &json!({})).expect(422);
    initech.put(&format!("{ORDERS}/records/one"), &json!({ "number": "PO-1", "total": "many" })).expect(422);
    initech.put(&format!("{ORDERS}/records/one"), &json!({ "number": "PO-1" })).expect(201);
    create(&platform, &json!({ "slug": "umbrella", "tier": "standard", "template": "none" }))
        .problem(422, "no-such-template");
    platform.console().get("/v1/tenants/umbrella").expect(404);

    platform.kill();
    let (created, text) = platform.command(&["tenant", "create", "hooli", "--template", "purchasing"]);
    assert!(created, "{text}");
    let (created, text) = platform.command(&["tenant", "create", "globex", "--template", "none"]);
    assert!(!created && text.contains("there is no template `none`"), "{text}");
    platform.resume();
    assert_eq!(filled(&platform, "hooli")["state"], "done");
    enter(&platform, "hooli").get(ORDERS).expect(200);
}

#[test]
fn nothing_leaves_a_copy() {
    let mut platform = Platform::start();
    let acme = organisation(&platform, "acme", 20);
    let sends = acme.upload(&component(USES_HTTP)).expect(201).json()["digest"].clone();
    let draft = json!({ "component": sends, "grants": { "http": ["https://example.com"] } });
    acme.deploy("sends", &draft).expect(201);
    let (_, digest) = archive(&acme.client, "whole");
    let copied = platform.console().post("/v1/tenants/acme/clone", &json!({ "slug": "trial" })).expect(201).json();
    assert_eq!((&copied["neutral"], &copied["tier"]), (&json!(true), &json!("standard")), "{copied}");
    let job = filled(&platform, "trial");
    assert_eq!((&job["state"], &job["result"]["digest"]), (&json!("done"), &json!(digest)), "{job}");
    let trial = enter(&platform, "trial");
    check_whole(&trial, 20);
    check_processes(&platform, "trial");

    trial.post("/v1/invitations", &json!({ "mail": "bob@acme.example", "roles": ["clerk"] })).expect(201);
    let mail = wait_for(|| {
        let mails = trial.get("/v1/mails").expect(200).json();
        Some(mails["items"][0].clone()).filter(|mail| mail["status"] != "queued")
    });
    assert_eq!((&mail["status"], &mail["to"]), (&json!("held"), &json!("bob@acme.example")), "{mail}");
    let text = &[("content-type", "text/plain")];
    let refused = trial.send("POST", "/v1/mappings/sends", text, b"https://example.com/");
    assert!(refused.text().contains("nothing leaves this tenant"), "{}", refused.text());
    let change = |neutral| json!({ "neutral": neutral }).to_string();
    let merge = |neutral| {
        let json = &[("content-type", "application/json")];
        platform.console().send("PATCH", "/v1/tenants/trial", json, change(neutral).as_bytes()).expect(200).json()
    };
    assert_eq!(merge(false)["neutral"], Value::Null);
    trial.post("/v1/invitations", &json!({ "mail": "fay@acme.example", "roles": ["clerk"] })).expect(201);
    let sent = wait_for(|| {
        let mails = trial.get("/v1/mails").expect(200).json();
        Some(mails["items"][0].clone()).filter(|mail| mail["status"] != "queued")
    });
    assert_eq!(sent["status"], "sent", "{sent}");

    platform.kill();
    let (cloned, text) = platform.command(&["tenant", "clone", "acme", "second"]);
    assert!(cloned && text.starts_with("second\t"), "{text}");
    platform.resume();
    assert_eq!(filled(&platform, "second")["result"]["digest"], json!(digest));
}
