//! Records, imports and tenants under load, and what has to be there of them afterwards.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use signalsync_tests::{Answer, Client, Platform, Tenant, wait_at_most};

use crate::books::Ledger;
use crate::{JSON, MERGE};

fn order(number: u64) -> Value {
    json!({ "number": format!("PO-{number}"), "total": number % 7, "note": "x".repeat(200) })
}

pub(crate) fn orders(platform: &Platform) -> Tenant {
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

pub(crate) fn write(client: &Client, number: u64) -> Result<Answer, ureq::Error> {
    let path = format!("/v1/collections/orders/records/{number:08}");
    client.try_send("PUT", &path, JSON, order(number).to_string().as_bytes())
}

pub(crate) fn count(client: &Client, number: u64) -> Result<Answer, ureq::Error> {
    let body = json!({ "n": number }).to_string();
    client.try_send("PATCH", "/v1/collections/counters/records/one", MERGE, body.as_bytes())
}

pub(crate) fn provision(console: &Client, number: u64) -> Result<Answer, ureq::Error> {
    let administrator = json!({ "mail": format!("first@{number}.example") });
    let body =
        json!({ "slug": format!("tenant-{number}"), "tier": "standard", "administrator": administrator }).to_string();
    console.try_send("POST", "/v1/tenants", JSON, body.as_bytes())
}

/// Rows of one import.
const ROWS: u64 = 250;

/// While as many jobs as may be have not ended, it waits.
pub(crate) fn import(client: &Client, number: u64) -> Result<Answer, ureq::Error> {
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
pub(crate) fn check_imports(client: &Client, ledger: &Ledger) {
    let all_ended = || {
        let jobs = client.get("/v1/jobs?limit=100").expect(200).json();
        jobs["items"].as_array().unwrap().iter().all(|job| !job["ended-at"].is_null())
    };
    wait_at_most(90, || all_ended().then_some(()));
    let (mut rows, mut after) = (BTreeMap::<u64, u64>::new(), String::new());
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

pub(crate) fn check_orders(client: &Client, ledger: &Ledger) {
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

pub(crate) fn check_counter(client: &Client, ledger: &Ledger) {
    let n = client.get("/v1/collections/counters/records/one").expect(200).json()["n"].as_u64().unwrap();
    let last = ledger.acknowledged.last().copied().unwrap_or_default();
    assert!((last..=ledger.asked).contains(&n), "{last} was acknowledged, and it is {n}");
    let versions = client.get("/v1/collections/counters/records/one/versions").expect(200).json();
    assert_eq!(versions["items"][0]["number"], json!(n + 1), "each change has its line in the history");
}

/// Every tenant that is listed can be used, and every one that was promised is listed.
pub(crate) fn check_tenants(platform: &Platform, ledger: &Ledger) {
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
