//! What the operator does.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::json;

use crate::server::{Ask, Reply, Server};

async fn operate(server: &Server, line: &str, headers: &[(&str, &str)], body: &str) -> Reply {
    let headers = [&[("Content-Type", "application/json")][..], headers].concat();
    server.ask(Ask { line, host: "console", key: Some(&server.operator), headers: &headers, body }).await
}

#[tokio::test]
async fn a_tenant_is_created_gets_a_key_and_loses_it() {
    let server = Server::start().await;
    let new = "{\"slug\":\"initech\",\"tier\":\"standard\"}";
    let once = [("Idempotency-Key", "once")];
    let created = operate(&server, "POST /v1/tenants", &once, new).await;
    assert_eq!((created.status, created.header("location")), (201, Some("/v1/tenants/initech")));
    assert_eq!(operate(&server, "POST /v1/tenants", &once, new).await.json(), created.json());
    assert_eq!(operate(&server, "POST /v1/tenants", &[], new).await.code(), "slug-taken");
    let other = "{\"slug\":\"other\",\"tier\":\"standard\"}";
    assert_eq!(operate(&server, "POST /v1/tenants", &once, other).await.code(), "idempotency-key-reused");
    assert_eq!(operate(&server, "GET /v1/tenants/initech", &[], "").await.json(), created.json());
    assert_eq!(operate(&server, "GET /v1/tenants", &[], "").await.json()["items"].as_array().unwrap().len(), 3);

    let issued =
        operate(&server, "POST /v1/tenants/initech/keys", &[], "{\"name\":\"ci\",\"roles\":[\"administrator\"]}").await;
    let (key, id) = (issued.json()["secret"].clone(), issued.json()["id"].clone());
    let enter = async || {
        let ask = Ask { line: "GET /v1/collections", host: "initech", key: key.as_str(), ..Ask::default() };
        server.ask(ask).await
    };
    assert_eq!(enter().await.json(), json!({"items": [], "next": null}));
    let listed = operate(&server, "GET /v1/tenants/initech/keys", &[], "").await;
    assert_eq!(listed.json()["items"][0]["id"], id);
    assert!(!String::from_utf8(listed.body).unwrap().contains("secret"));
    let revoke = format!("DELETE /v1/tenants/initech/keys/{}", id.as_str().unwrap());
    assert_eq!(operate(&server, &revoke, &[], "").await.status, 204);
    assert_eq!(enter().await.status, 401);
    assert_eq!(operate(&server, &revoke, &[], "").await.status, 404);
}

#[tokio::test]
async fn what_an_operator_may_not_set_is_refused() {
    let server = Server::start().await;
    let post = async |body: &str| operate(&server, "POST /v1/tenants", &[], body).await.code();
    assert_eq!(post("{\"slug\":\"a\",\"tier\":\"standard\",\"id\":\"x\"}").await, "unknown-field");
    assert_eq!(post("{\"slug\":\"a\",\"tier\":\"golden\"}").await, "no-such-tier");
    assert_eq!(post("{\"slug\":\"www\",\"tier\":\"standard\"}").await, "invalid-body");
    assert_eq!(operate(&server, "GET /v1/tenants/nobody", &[], "").await.status, 404);
}

#[tokio::test]
async fn a_new_tenant_has_an_administrator_who_is_invited() {
    let server = Server::start().await;
    let new = json!({"slug": "initech", "tier": "standard", "administrator": {"mail": "bill@initech.example"},
        "organisation": {"name": "Initech GmbH", "language": "de"}});
    let once = [("Idempotency-Key", "once")];
    let created = operate(&server, "POST /v1/tenants", &once, &new.to_string()).await;
    assert_eq!(created.status, 201, "{created:?}");
    assert_eq!(operate(&server, "POST /v1/tenants", &once, &new.to_string()).await.json(), created.json());
    let key = json!({"name": "look", "roles": ["administrator"]}).to_string();
    let key = operate(&server, "POST /v1/tenants/initech/keys", &[], &key).await.json()["secret"].clone();
    let look = async |line: &str| {
        let ask = Ask { line, host: "initech", key: key.as_str(), ..Ask::default() };
        server.ask(ask).await.json()
    };
    let people = look("GET /v1/people").await;
    assert_eq!(people["items"].as_array().unwrap().len(), 1, "a request that is repeated invites nobody twice");
    let first = &people["items"][0];
    assert_eq!((&first["mail"], &first["state"]), (&json!("bill@initech.example"), &json!("invited")));
    assert_eq!(first["roles"], json!(["administrator"]));
    let mut mail = look("GET /v1/mails").await["items"][0].clone();
    for _ in 0..200 {
        if mail["status"] == "sent" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        mail = look("GET /v1/mails").await["items"][0].clone();
    }
    assert_eq!((&mail["status"], &mail["to"]), (&json!("sent"), &json!("bill@initech.example")), "{mail}");
    let text = mail["text"].as_str().unwrap();
    assert!(text.contains("initech.localhost") && text.contains("Initech GmbH"), "{mail}");
    assert_eq!((&mail["language"], &first["language"]), (&json!("de"), &json!("de")));
    assert_eq!(look("GET /v1/organisation").await, json!({"name": "Initech GmbH", "language": "de"}));
    let wrong = json!({"slug": "umbrella", "tier": "standard", "administrator": {"mail": "nowhere"}}).to_string();
    assert_eq!(operate(&server, "POST /v1/tenants", &[], &wrong).await.status, 422);
    assert_eq!(operate(&server, "GET /v1/tenants/umbrella", &[], "").await.status, 404);
}

#[tokio::test]
async fn health_has_figures() {
    let server = Server::start().await;
    let health = operate(&server, "GET /v1/health", &[], "").await.json();
    assert_eq!((&health["panics"], &health["runtime"]["host-faults"]), (&json!(0), &json!(0)));
}
