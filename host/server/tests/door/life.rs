//! A tenant's life as its operator decides it and its people meet it.

use serde_json::{Value, json};

use crate::server::{Ask, Reply, Server};

async fn operator(server: &Server, line: &str, body: Value) -> Reply {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let headers = [("Content-Type", "application/json")];
    let headers = if body.is_empty() { &headers[..0] } else { &headers[..] };
    server.ask(Ask { line, host: "console", key: Some(&server.operator), headers, body: &body }).await
}

#[tokio::test]
async fn a_tenant_that_is_read_only_is_read() {
    let server = Server::start().await;
    server.acme("PUT /v1/collections/things", &[], "{}").await;
    let change = json!({"state": "read-only", "reason": "we are moving your data"});
    let changed = operator(&server, "PATCH /v1/tenants/acme", change).await;
    assert_eq!((changed.status, &changed.json()["state"]), (200, &json!("read-only")));
    assert_eq!(server.acme("GET /v1/collections/things", &[], "").await.status, 200);
    assert_eq!(server.acme("POST /v1/collections/things/query", &[], "{}").await.status, 200, "it only reads");
    let refused = server.acme("PUT /v1/collections/things/records/a", &[], "{}").await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "tenant-read-only"));
    assert!(refused.json()["detail"].as_str().is_some_and(|detail| detail.contains("we are moving your data")));
    assert_eq!(operator(&server, "PATCH /v1/tenants/acme", json!({"state": "active"})).await.status, 200);
    assert_eq!(server.acme("PUT /v1/collections/things/records/a", &[], "{}").await.status, 201);
}

#[tokio::test]
async fn a_suspended_tenant_answers_everybody_with_the_reason_and_loses_nothing() {
    let server = Server::start().await;
    server.acme("PUT /v1/collections/things", &[], "{}").await;
    assert_eq!(server.acme("PUT /v1/collections/things/records/a", &[], "{\"n\":1}").await.status, 201);
    let change = json!({"state": "suspended", "reason": "unpaid since March"});
    assert_eq!(operator(&server, "PATCH /v1/tenants/acme", change).await.status, 200);
    let refused = server.acme("GET /v1/collections/things/records/a", &[], "").await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "tenant-suspended"));
    assert!(refused.json()["detail"].as_str().is_some_and(|detail| detail.contains("unpaid since March")));
    for line in ["POST /v1/sign-in", "GET /v1/me"] {
        let nobody = server.ask(Ask { line, host: "acme", ..Ask::default() }).await;
        assert_eq!(nobody.code(), "tenant-suspended", "{line}");
    }
    let other = Ask { line: "GET /v1/collections", host: "globex", key: Some(&server.globex), ..Ask::default() };
    assert_eq!(server.ask(other).await.status, 200);
    assert_eq!(operator(&server, "PATCH /v1/tenants/acme", json!({"state": "active"})).await.status, 200);
    assert_eq!(server.acme("GET /v1/collections/things/records/a", &[], "").await.json(), json!({"n": 1}));
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_what_to_do() {
    let server = Server::start().await;
    let change = async |body: Value| operator(&server, "PATCH /v1/tenants/acme", body).await;
    for (body, status, code) in [
        (json!({"state": "suspended"}), 422, "invalid-body"),
        (json!({"state": "asleep", "reason": "x"}), 422, "invalid-body"),
        (json!({"reason": "x"}), 422, "invalid-body"),
        (json!({"tier": "golden"}), 422, "no-such-tier"),
        (json!({"slug": "globex"}), 409, "slug-taken"),
        (json!({"slug": "gl0bex"}), 409, "looks-like"),
        (json!({"slug": "www"}), 422, "invalid-body"),
        (json!({"name": "x"}), 422, "unknown-field"),
    ] {
        let refused = change(body.clone()).await;
        assert_eq!((refused.status, refused.code().as_str()), (status, code), "{body}");
    }
    assert_eq!(operator(&server, "PATCH /v1/tenants/nobody", json!({})).await.status, 404);
    assert_eq!(operator(&server, "POST /v1/tenants/acme/restore", Value::Null).await.code(), "wrong-state");
    assert_eq!(operator(&server, "DELETE /v1/tenants/acme", Value::Null).await.code(), "invalid-body");
}

#[tokio::test]
async fn a_deleted_tenant_comes_back_within_its_grace() {
    let server = Server::start().await;
    let deleted = operator(&server, "DELETE /v1/tenants/acme?reason=they%20left", Value::Null).await;
    assert_eq!((deleted.status, &deleted.json()["state"]), (200, &json!("deleted")));
    let refused = server.acme("GET /v1/collections", &[], "").await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "tenant-deleted"));
    assert_eq!(operator(&server, "PATCH /v1/tenants/acme", json!({"state": "active"})).await.code(), "wrong-state");
    assert_eq!(operator(&server, "POST /v1/tenants/acme/restore", Value::Null).await.status, 200);
    assert_eq!(server.acme("GET /v1/collections", &[], "").await.status, 200);
}

#[tokio::test]
async fn after_its_grace_nothing_is_left_but_a_receipt() {
    let server = Server::configured("grace_hours = 0\n[sweep]\npause_ms = 10\n", "").await;
    assert_eq!(operator(&server, "DELETE /v1/tenants/acme?reason=they%20left", Value::Null).await.status, 200);
    let mut receipts = json!([]);
    for _ in 0..500 {
        receipts = operator(&server, "GET /v1/receipts", Value::Null).await.json()["items"].clone();
        if receipts != json!([]) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!((&receipts[0]["tenant"]["slug"], &receipts[0]["reason"]), (&json!("acme"), &json!("they left")));
    assert_eq!(server.acme("GET /v1/collections", &[], "").await.status, 404);
    let new = json!({"slug": "acme", "tier": "standard"});
    assert_eq!(operator(&server, "POST /v1/tenants", new).await.status, 201);
    assert_eq!(server.acme("GET /v1/collections", &[], "").await.status, 401, "the old key opens nothing");
}

#[tokio::test]
async fn a_renamed_tenant_is_at_its_new_address() {
    let server = Server::start().await;
    server.acme("PUT /v1/collections/things", &[], "{}").await;
    assert_eq!(operator(&server, "PATCH /v1/tenants/acme", json!({"slug": "apex"})).await.status, 200);
    assert_eq!(server.acme("GET /v1/collections/things", &[], "").await.status, 404);
    let ask = Ask { line: "GET /v1/collections/things", host: "apex", key: Some(&server.acme), ..Ask::default() };
    assert_eq!(server.ask(ask).await.status, 200);
}
