//! What stands in the audit, and that it is whole.

use serde_json::{Value, json};

use crate::server::{Ask, Server};
use crate::structure::{administrator, key, with_key};

#[tokio::test]
async fn who_did_what_is_found_and_follows_from_what_was_before() {
    let server = Server::start().await;
    administrator(&server, "PUT /v1/collections/things", json!({})).await;
    administrator(&server, "PUT /v1/collections/things/records/one", json!({"n": 1})).await;
    administrator(&server, "DELETE /v1/collections/things/records/one", Value::Null).await;
    assert_eq!(with_key(&server, &server.member, "GET /v1/audit", &Value::Null).await.code(), "not-allowed");

    let list = async |query: &str| {
        let listed = administrator(&server, &format!("GET /v1/audit{query}"), Value::Null).await.json();
        let found = listed["items"].as_array().into_iter().flatten();
        found.map(|entry| format!("{} {}", entry["action"], entry["subject"]).replace('"', "")).collect::<Vec<_>>()
    };
    let record = "record/things/one";
    let expected = [format!("record.delete {record}"), format!("record.create {record}")];
    assert_eq!(list("?subject=record/things/").await, expected);
    assert_eq!(list("?action=record.delete").await, expected[..1]);
    assert_eq!(list("?outcome=denied").await.len(), 1, "the member's attempt");
    assert_eq!(list("?since=2999-01-01T00:00:00Z").await.len(), 0);
    assert_eq!(list("?subject=record/&limit=1").await, expected[..1]);
    for wrong in ["?since=yesterday", "?outcome=perhaps", "?who=me", "?limit=0"] {
        assert_eq!(administrator(&server, &format!("GET /v1/audit{wrong}"), Value::Null).await.code(), "bad-request");
    }
    let whole = administrator(&server, "GET /v1/audit/verify", Value::Null).await.json();
    let newest = administrator(&server, "GET /v1/audit?limit=1", Value::Null).await.json()["items"][0].clone();
    assert_eq!((&whole["entries"], &whole["hash"]), (&newest["number"], &newest["hash"]));
}

#[tokio::test]
async fn files_are_audited_with_what_they_are_and_not_with_what_is_in_them() {
    let server = Server::start().await;
    let file = "/v1/folders/docs/files/a.txt";
    server.acme(&format!("PUT {file}"), &[("Content-Type", "text/plain")], "secret words").await;
    server.acme(&format!("DELETE {file}"), &[], "").await;
    let listed = administrator(&server, "GET /v1/audit?subject=file/docs/a.txt", Value::Null).await.json();
    assert_eq!(
        (&listed["items"][0]["action"], &listed["items"][1]["action"]),
        (&json!("file.delete"), &json!("file.write"))
    );
    assert_eq!(listed["items"][1]["after"]["value"], json!({"size": 12, "media-type": "text/plain"}));
    assert!(!listed.to_string().contains("secret words"));
}

#[tokio::test]
async fn the_platform_sees_its_own_acts_and_a_tenant_its_own() {
    let server = Server::start().await;
    let operator = async |line: &str, body: &str| {
        let headers = [("Content-Type", "application/json")];
        let headers = if body.is_empty() { &headers[..0] } else { &headers[..] };
        server.ask(Ask { line, host: "console", key: Some(&server.operator), headers, body }).await
    };
    assert_eq!(operator("PATCH /v1/tenants/acme", "{\"slug\":\"apex\"}").await.status, 200);
    let platform = operator("GET /v1/platform/audit", "").await.json();
    let entry = &platform["items"][0];
    assert_eq!(entry["action"], "tenant.change");
    assert_eq!((&entry["before"]["value"]["slug"], &entry["after"]["value"]["slug"]), (&json!("acme"), &json!("apex")));
    assert!(entry["actor"]["key"].as_str().is_some_and(|key| key.starts_with("key_")), "{entry}");
    let created = operator("GET /v1/platform/audit?action=tenant.create", "").await.json();
    assert_eq!(created["items"].as_array().map(Vec::len), Some(2));

    let own = Ask { line: "GET /v1/audit", host: "globex", key: Some(&server.globex), ..Ask::default() };
    let own = server.ask(own).await.json().to_string();
    assert!(!own.contains("apex") && !own.contains("acme"), "{own}");
}

#[tokio::test]
async fn the_audit_is_taken_out_whole_and_that_is_in_it() {
    let server = Server::start().await;
    for n in 0..1_100 {
        let title = json!({"title": format!("Role {n}")});
        assert!(administrator(&server, "PUT /v1/roles/r", title).await.status < 300);
    }
    let out = server.acme("GET /v1/audit/export?action=role.", &[], "").await;
    assert_eq!((out.status, out.header("content-type")), (200, Some("application/jsonl")));
    let text = String::from_utf8(out.body).expect("text");
    let entries: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(entries.len(), 1_100);
    let numbers = entries.iter().filter_map(|entry| entry["number"].as_u64()).collect::<Vec<_>>();
    assert!(numbers.len() == 1_100 && numbers.is_sorted_by(|newer, older| newer > older), "newest first, each once");
    assert!(entries[0]["after"].to_string().contains("Role 1099"), "{}", entries[0]);
    let noted = administrator(&server, "GET /v1/audit?action=export.run", Value::Null).await.json();
    assert_eq!(noted["items"][0]["subject"], "audit", "{noted}");
}

#[tokio::test]
async fn what_is_refused_behind_the_door_is_audited_like_what_is_refused_at_it() {
    let server = Server::start().await;
    administrator(&server, "PUT /v1/collections/things", json!({})).await;
    administrator(&server, "PUT /v1/collections/things/records/one", json!({"n": 1})).await;
    let reader = json!({"permissions": ["roles:manage"], "records": [{"collection": "things", "see": "all"}]});
    administrator(&server, "PUT /v1/roles/reader", reader).await;
    let (_, reader) = key(&server, json!({"name": "reader", "roles": ["reader"]})).await;
    let ask = async |line: &str, body: Value| with_key(&server, &reader, line, &body).await;
    assert_eq!(ask("PUT /v1/collections/things/records/one", json!({"n": 2})).await.code(), "not-allowed");
    let more = json!({"permissions": ["audit:read"]});
    assert_eq!(ask("PUT /v1/roles/more", more).await.code(), "beyond-your-rights");
    let denied = administrator(&server, "GET /v1/audit?outcome=denied", Value::Null).await.json();
    let said = |at: usize| {
        let entry = &denied["items"][at];
        (entry["subject"].clone(), entry["after"]["value"]["code"].clone())
    };
    assert_eq!(said(0), (json!("route/PUT /v1/roles/more"), json!("beyond-your-rights")), "{denied}");
    assert_eq!(said(1), (json!("route/PUT /v1/collections/things/records/one"), json!("not-allowed")));
    assert!(denied["items"][1]["after"]["value"]["reason"].as_str().is_some_and(|why| why.contains("may not change")));
}
