//! Roles, departments, teams and keys over HTTP, and what is refused to whom.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use signalsync_core::UserId;

use crate::server::{Ask, Reply, Server};

pub(crate) async fn with_key(server: &Server, key: &str, line: &str, body: &Value) -> Reply {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let headers: &[_] = if body.is_empty() { &[] } else { &[("Content-Type", "application/json")] };
    server.ask(Ask { line, host: "acme", key: Some(key), headers, body: &body }).await
}

pub(crate) async fn administrator(server: &Server, line: &str, body: Value) -> Reply {
    with_key(server, &server.acme, line, &body).await
}

/// A key with these roles: its id and its secret.
pub(crate) async fn key(server: &Server, draft: Value) -> (String, String) {
    let made = administrator(server, "POST /v1/keys", draft).await;
    assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
    let (id, secret) = (made.json()["id"].clone(), made.json()["secret"].clone());
    assert_eq!(made.header("location"), Some(format!("/v1/keys/{}", id.as_str().unwrap()).as_str()));
    (id.as_str().unwrap().to_owned(), secret.as_str().unwrap().to_owned())
}

#[tokio::test]
async fn who_lacks_a_permission_hears_which_and_who_gives_it() {
    let server = Server::start().await;
    let refused = with_key(&server, &server.member, "GET /v1/components", &Value::Null).await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "not-allowed"));
    let problem = refused.json();
    assert_eq!(problem["permission"], "components:read");
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.contains("`components:read`") && detail.contains("administrator") && detail.contains("`roles:manage`")
    );
}

#[tokio::test]
async fn a_role_is_defined_used_and_cannot_go_while_it_is() {
    let server = Server::start().await;
    let draft =
        json!({"title": "Clerk", "permissions": ["files:read"], "records": [{"collection": "things", "see": "all"}]});
    let made = administrator(&server, "PUT /v1/roles/clerk", draft.clone()).await;
    assert_eq!((made.status, made.header("location")), (201, Some("/v1/roles/clerk")));
    assert_eq!(administrator(&server, "PUT /v1/roles/clerk", draft).await.status, 200);
    administrator(&server, "PUT /v1/collections/things", json!({})).await;
    administrator(&server, "PUT /v1/collections/secrets", json!({})).await;
    administrator(&server, "PUT /v1/collections/things/records/one", json!({"a": 1})).await;

    let (id, clerk) = key(&server, json!({"name": "clerk", "roles": ["clerk"]})).await;
    let ask = async |line: &str, body: Value| with_key(&server, &clerk, line, &body).await;
    assert_eq!(ask("GET /v1/folders/docs/files", Value::Null).await.status, 200);
    assert_eq!(ask("PUT /v1/folders/docs/files/a", Value::Null).await.code(), "not-allowed");
    let listed = ask("GET /v1/collections", Value::Null).await.json();
    assert_eq!((listed["items"].as_array().unwrap().len(), &listed["items"][0]["name"]), (1, &json!("things")));
    assert_eq!(ask("GET /v1/collections/things/records/one", Value::Null).await.json(), json!({"a": 1}));
    for line in ["PUT /v1/collections/things/records/one", "POST /v1/collections/things/records"] {
        assert_eq!(ask(line, json!({})).await.code(), "not-allowed", "{line}");
    }
    assert_eq!(ask("DELETE /v1/collections/things/records/one", Value::Null).await.code(), "not-allowed");
    let absent = ask("GET /v1/collections/nothing/records", Value::Null).await;
    assert_eq!(ask("GET /v1/collections/secrets/records", Value::Null).await, absent);
    assert_eq!(ask("PUT /v1/collections/secrets/records/one", json!({})).await.body, absent.body);

    let in_use = administrator(&server, "DELETE /v1/roles/clerk", Value::Null).await;
    assert!(in_use.code() == "role-in-use" && in_use.json()["detail"].as_str().unwrap().contains(&id));
    assert_eq!(administrator(&server, &format!("DELETE /v1/keys/{id}"), Value::Null).await.status, 204);
    assert_eq!(ask("GET /v1/collections", Value::Null).await.status, 401);
    assert_eq!(administrator(&server, "DELETE /v1/roles/clerk", Value::Null).await.status, 204);
    assert_eq!(administrator(&server, "PUT /v1/roles/member", json!({})).await.code(), "system-role");
    assert_eq!(administrator(&server, "PUT /v1/roles/a", json!({"permissions": ["fly"]})).await.code(), "invalid-body");
    assert_eq!(administrator(&server, "PUT /v1/roles/a", json!({"system": true})).await.code(), "unknown-field");
}

#[tokio::test]
async fn keys_are_managed_by_the_tenant_and_never_may_more_than_their_maker() {
    let server = Server::start().await;
    administrator(&server, "PUT /v1/roles/ops", json!({"permissions": ["keys:manage", "files:read"]})).await;
    let (id, ops) = key(&server, json!({"name": "ops", "roles": ["ops"], "expires-in-days": 30})).await;
    let ask = async |line: &str, body: Value| with_key(&server, &ops, line, &body).await;
    let beyond = ask("POST /v1/keys", json!({"name": "x", "roles": ["administrator"], "expires-in-days": 1})).await;
    assert_eq!((beyond.status, beyond.code().as_str()), (403, "beyond-your-rights"));
    assert_eq!(
        ask("POST /v1/keys", json!({"name": "x", "roles": ["ops"]})).await.code(),
        "invalid-body",
        "outlives its maker"
    );
    let unknown = ask("POST /v1/keys", json!({"name": "x", "roles": ["no"], "expires-in-days": 1})).await;
    assert_eq!((unknown.status, unknown.code().as_str()), (422, "no-such-reference"));
    assert_eq!(ask("POST /v1/keys", json!({"name": "x", "roles": ["ops"], "expires-in-days": 1})).await.status, 201);

    let listed = ask("GET /v1/keys", Value::Null).await;
    assert!(
        !String::from_utf8_lossy(&listed.body).contains("secret")
            && !String::from_utf8_lossy(&listed.body).contains("hash")
    );
    let shown = ask(&format!("GET /v1/keys/{id}"), Value::Null).await.json();
    assert_eq!((&shown["name"], &shown["enabled"], &shown["owner"]), (&json!("ops"), &json!(true), &json!(null)));
    let time = |field: &str| shown[field].as_str().is_some_and(|text| text.len() == 24 && text.ends_with('Z'));
    assert!(time("last-used-at") && time("expires-at"), "RFC 3339: {shown}");

    let switch = async |enabled: bool| {
        administrator(&server, &format!("PATCH /v1/keys/{id}"), json!({"enabled": enabled})).await
    };
    assert_eq!(switch(false).await.json()["enabled"], false);
    assert_eq!(ask("GET /v1/keys", Value::Null).await.status, 401);
    switch(true).await;
    assert_eq!(ask("GET /v1/keys", Value::Null).await.status, 200);
    assert_eq!(
        administrator(&server, &format!("PATCH /v1/keys/{id}"), json!({"roles": []})).await.code(),
        "unknown-field"
    );
    assert_eq!(
        administrator(&server, "POST /v1/keys", json!({"name": "x", "personal": true})).await.code(),
        "invalid-body"
    );

    let keys = administrator(&server, "GET /v1/keys", Value::Null).await.json();
    let last =
        keys["items"].as_array().unwrap().iter().find(|key| key["roles"] == json!(["administrator"])).unwrap().clone();
    let last = format!("DELETE /v1/keys/{}", last["id"].as_str().unwrap());
    assert_eq!(administrator(&server, &last, Value::Null).await.code(), "last-administrator");
}

#[tokio::test]
async fn a_key_that_is_narrowed_reaches_less() {
    let server = Server::start().await;
    for name in ["things", "others"] {
        administrator(&server, &format!("PUT /v1/collections/{name}"), json!({})).await;
    }
    let scopes = json!({"permissions": ["files:read"], "collections": ["things"]});
    let (_, narrow) = key(&server, json!({"name": "n", "roles": ["administrator"], "scopes": scopes})).await;
    let status = async |line: &str| with_key(&server, &narrow, line, &Value::Null).await.status;
    assert_eq!(status("GET /v1/folders/docs/files").await, 200);
    assert_eq!(status("GET /v1/components").await, 403);
    assert_eq!(status("GET /v1/collections/things/records").await, 200);
    assert_eq!(status("GET /v1/collections/others/records").await, 404);
    assert_eq!(status("GET /v1/collections/others").await, 404);
}

#[tokio::test]
async fn departments_make_a_tree_and_teams_have_members() {
    let server = Server::start().await;
    let make = async |name: &str, parent: Value| {
        let made = administrator(&server, "POST /v1/departments", json!({"name": name, "parent": parent})).await;
        assert_eq!(made.status, 201);
        made.json()["id"].clone()
    };
    let sales = make("Sales", Value::Null).await;
    let north = make("North", sales.clone()).await;
    let at = |id: &Value| format!("/v1/departments/{}", id.as_str().unwrap());
    let put = async |id: &Value, body: Value| administrator(&server, &format!("PUT {}", at(id)), body).await;
    assert_eq!(put(&sales, json!({"name": "Sales", "parent": north})).await.code(), "department-cycle");
    let gone = format!("dep_{}", "0".repeat(32));
    assert_eq!(put(&sales, json!({"name": "Sales", "parent": gone})).await.code(), "no-such-reference");
    assert_eq!(put(&json!(gone), json!({"name": "Sales"})).await.status, 404);
    assert_eq!(put(&north, json!({"name": "SALES", "parent": null})).await.code(), "name-taken");
    let delete =
        async |id: &Value, query: &str| administrator(&server, &format!("DELETE {}{query}", at(id)), Value::Null).await;
    assert_eq!(delete(&sales, "").await.code(), "department-not-empty");
    assert_eq!(delete(&north, &format!("?move-to={gone}")).await.code(), "no-such-reference");
    assert_eq!(delete(&north, &format!("?move-to={}", sales.as_str().unwrap())).await.status, 204);
    let people = administrator(&server, &format!("GET {}/people", at(&sales)), Value::Null).await;
    assert_eq!(people.json(), json!({"items": [], "next": null}));

    let team = json!({"name": "Rollout", "lead": server.person, "members": [server.person]});
    let made = administrator(&server, "POST /v1/teams", team).await;
    assert_eq!((made.status, &made.json()["lead"]), (201, &json!(server.person)));
    let nobody = administrator(&server, "POST /v1/teams", json!({"name": "X", "members": [UserId::new()]})).await;
    assert_eq!(nobody.code(), "no-such-reference");
    let team = format!("/v1/teams/{}", made.json()["id"].as_str().unwrap());
    assert_eq!(
        administrator(&server, &format!("PUT {team}"), json!({"name": "Empty"})).await.json()["members"],
        json!([])
    );
    assert_eq!(administrator(&server, &format!("DELETE {team}"), Value::Null).await.status, 204);
    assert_eq!(administrator(&server, &format!("GET {team}"), Value::Null).await.status, 404);
}

#[tokio::test]
async fn why_answers_with_the_rule() {
    let server = Server::start().await;
    administrator(&server, "PUT /v1/collections/things", json!({})).await;
    administrator(&server, "PUT /v1/collections/things/records/one", json!({"status": "open"})).await;
    let why = async |query: &str| {
        administrator(&server, &format!("GET /v1/why?person={}&collection=things{query}", server.person), Value::Null)
            .await
    };
    let any = why("").await.json();
    assert_eq!((&any["allowed"], &any["because"][0]["role"]), (&json!(true), &json!("member")));
    assert_eq!(any["because"][0]["rule"]["see"], "own");
    let one = why("&record=one&action=change").await.json();
    assert_eq!((&one["allowed"], &one["because"]), (&json!(false), &json!([])));
    assert_eq!(why("&record=two").await.status, 404);
    assert_eq!(why("&action=fly").await.status, 400);
    let owned = json!({"owner": server.person});
    assert_eq!(administrator(&server, "POST /v1/collections/things/records/one/hand-over", owned).await.status, 204);
    let own = why("&record=one&action=change").await.json();
    assert_eq!((&own["allowed"], &own["because"][0]["rule"]["change"]), (&json!(true), &json!("own")), "{own}");
    let nobody = format!("GET /v1/why?person={}&collection=things", UserId::new());
    assert_eq!(administrator(&server, &nobody, Value::Null).await.status, 404);
    assert_eq!(administrator(&server, "GET /v1/why", Value::Null).await.status, 400);
}
