//! What a client says about a change besides what it is: in which state it expects the thing (`If-Match`), and by which
//! name it knows its own request (`Idempotency-Key`).
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use serde_json::{Value, json};
use signalsync_server::routes::{self, Repeated};

use crate::imports::ended;
use crate::server::{Ask, Reply, Server};
use crate::structure::{administrator, key};

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// A request as somebody: the tenant's administrator, or the operator where the address is the operator's.
async fn ask(server: &Server, line: &str, headers: &[(&str, &str)], body: &Value) -> Reply {
    let is_operators = line.split(' ').nth(1).is_some_and(|path| path.starts_with("/v1/tenants"));
    let (host, key) = if is_operators { ("console", &server.operator) } else { ("acme", &server.acme) };
    let (text, with_body) = match body {
        Value::Null => (String::new(), &[][..]),
        Value::String(text) => (text.clone(), &[][..]),
        body => (body.to_string(), &[JSON][..]),
    };
    let headers = [with_body, headers].concat();
    server.ask(Ask { line, host, key: Some(key), headers: &headers, body: &text }).await
}

async fn made(server: &Server, path: &str, body: Value) -> String {
    let made = administrator(server, &format!("POST {path}"), body).await;
    assert_eq!(made.status, 201, "{path}: {made:?}");
    made.json()["id"].as_str().unwrap().to_owned()
}

/// Where a thing is, how it is changed to two states, and how it is deleted, if it is.
struct Thing {
    at: String,
    change: (&'static str, Value, Value),
    delete: Option<String>,
}

async fn things(server: &Server) -> Vec<Thing> {
    let named = |name: &str| json!({"name": name});
    let titled = |title: &str| json!({"title": title});
    let field =
        |title: &str| json!({"schema": {"type": "object", "properties": {"a": {"x-kind": "text", "title": title}}}});
    let thing = |at: &str, method, one, other, delete: Option<&str>| Thing {
        at: at.to_owned(),
        change: (method, one, other),
        delete: delete.map(str::to_owned),
    };
    let department = format!("/v1/departments/{}", made(server, "/v1/departments", named("A")).await);
    let team = format!("/v1/teams/{}", made(server, "/v1/teams", named("A")).await);
    let key = format!("/v1/keys/{}", made(server, "/v1/keys", named("A")).await);
    let person = made(server, "/v1/invitations", json!({"mail": "ann@example.org"})).await;
    let invitation = format!("/v1/invitations/{person}");
    for (path, body) in [
        ("/v1/roles/clerk", json!({})),
        ("/v1/collections/things", json!({})),
        ("/v1/collections/things/draft", field("A")),
    ] {
        assert!(administrator(server, &format!("PUT {path}"), body).await.status < 300, "{path}");
    }
    let (draft, things) = ("/v1/collections/things/draft", "/v1/collections/things");
    vec![
        thing("/v1/roles/clerk", "PUT", titled("B"), titled("C"), Some("/v1/roles/clerk")),
        thing(&department, "PUT", named("B"), named("C"), Some(department.as_str())),
        thing(&team, "PUT", named("B"), named("C"), Some(team.as_str())),
        thing(&key, "PATCH", named("B"), named("C"), Some(key.as_str())),
        thing(&format!("/v1/people/{person}"), "PATCH", named("B"), named("C"), Some(invitation.as_str())),
        thing("/v1/organisation", "PUT", named("B"), named("C"), None),
        thing("/v1/sign-in-policy", "PUT", json!({"attempts-free": 4}), json!({"attempts-free": 6}), None),
        thing("/v1/mail-settings", "PUT", json!({"divert-to": "a@example.org"}), json!({"divert-to": null}), None),
        thing(draft, "PUT", field("B"), field("C"), Some(draft)),
        thing(things, "PUT", titled("B"), titled("C"), Some(things)),
        thing(
            "/v1/tenants/globex",
            "PATCH",
            json!({"state": "read-only", "reason": "moving"}),
            json!({"state": "active"}),
            Some("/v1/tenants/globex?reason=left"),
        ),
    ]
}

#[tokio::test]
async fn everything_that_is_changed_has_a_tag_and_keeps_to_it() {
    let server = Server::start().await;
    for Thing { at, change: (method, one, other), delete } in things(&server).await {
        let get = async |headers: &[(&str, &str)]| ask(&server, &format!("GET {at}"), headers, &Value::Null).await;
        let change =
            async |tag: &str, body: &Value| ask(&server, &format!("{method} {at}"), &[("If-Match", tag)], body).await;
        let read = get(&[]).await;
        let first = read.header("etag").unwrap_or_else(|| panic!("{at} has no tag: {read:?}")).to_owned();
        let known = get(&[("If-None-Match", &first)]).await;
        assert_eq!((known.status, known.body.len(), known.header("etag")), (304, 0, Some(first.as_str())), "{at}");

        let refused = change("\"999999\"", &one).await;
        assert_eq!((refused.status, refused.code().as_str()), (412, "precondition-failed"), "{at}");
        assert_eq!(format!("\"{}\"", refused.json()["version"]), first, "{at}: which version it has");
        let changed = change(&first, &one).await;
        assert!(changed.status < 300, "{at}: {changed:?}");
        let second = get(&[("If-None-Match", &first)]).await;
        assert_eq!(second.status, 200, "{at}: it is another one now");
        let second = second.header("etag").unwrap().to_owned();
        assert_eq!(changed.header("etag").unwrap_or(&second), second, "{at}");
        assert_eq!(change(&first, &other).await.status, 412, "{at}: somebody was quicker");
        assert!(change("*", &other).await.status < 300, "{at}");

        let Some(delete) = delete else { continue };
        let gone =
            async |tag: &str| ask(&server, &format!("DELETE {delete}"), &[("If-Match", tag)], &Value::Null).await;
        assert_eq!(gone(&second).await.status, 412, "{at}");
        let third = get(&[]).await.header("etag").unwrap().to_owned();
        assert!(gone(&third).await.status < 300, "{at}");
    }
}

#[tokio::test]
async fn a_draft_is_published_only_as_it_was_looked_at() {
    let server = Server::start().await;
    let draft = json!({"schema": {"type": "object", "properties": {"a": {"x-kind": "text"}}}});
    administrator(&server, "PUT /v1/collections/things", json!({})).await;
    let saved = administrator(&server, "PUT /v1/collections/things/draft", draft.clone()).await;
    let tag = saved.header("etag").unwrap().to_owned();
    administrator(&server, "PUT /v1/collections/things/draft", draft).await;
    let publish =
        async |tag: &str| ask(&server, "POST /v1/collections/things/publish", &[("If-Match", tag)], &Value::Null).await;
    assert_eq!(publish(&tag).await.code(), "precondition-failed");
    let newer = administrator(&server, "GET /v1/collections/things/draft", Value::Null).await;
    assert_eq!(publish(newer.header("etag").unwrap()).await.status, 200);
}

/// Those whose effect is shown elsewhere to come once: they need a component, or work that was given up; or they are what
/// another one is, with another word.
const ELSEWHERE: [(&str, &str); 13] = [
    ("/v1/deployments/{deployment}/versions", "tests/tests/calls.rs"),
    ("/v1/deployments/{deployment}/rollback", "tests/tests/calls.rs"),
    ("/v1/deployments/{deployment}/activate", "as /v1/deployments/{deployment}/rollback"),
    ("/v1/mappings/{deployment}", "tests/tests/e_invoicing.rs"),
    ("/v1/jobs/{job}/pause", "as /v1/jobs/{job}/undo"),
    ("/v1/jobs/{job}/resume", "as /v1/jobs/{job}/undo"),
    ("/v1/jobs/{job}/cancel", "as /v1/jobs/{job}/undo"),
    ("/v1/dead-letters/{work}/retry", "host/work/tests/work/trouble.rs"),
    ("/v1/workflows/{workflow}/runs", "tests/tests/processes.rs"),
    ("/v1/workflows/{workflow}/signals", "tests/tests/processes.rs"),
    ("/v1/runs/{run}/comments", "tests/tests/processes.rs"),
    ("/v1/runs/bulk", "tests/tests/processes.rs"),
    ("/v1/tasks/{task}/complete", "tests/tests/processes.rs"),
];

/// Sends each request twice under one name, and once more under it with another body.
struct Repeating<'a> {
    server: &'a Server,
    tried: BTreeSet<&'static str>,
}

impl Repeating<'_> {
    /// The first answer; the second one is the same but for `secret`, which is shown once.
    async fn send(&mut self, route: &'static str, path: &str, headers: &[(&str, &str)], body: Value) -> Reply {
        self.tried.insert(route);
        let name = format!("request-{}", self.tried.len());
        let headers = [headers, &[("Idempotency-Key", name.as_str())][..]].concat();
        let line = format!("POST {path}");
        let first = ask(self.server, &line, &headers, &body).await;
        assert!(first.status < 300, "{path}: {first:?}");
        let again = ask(self.server, &line, &headers, &body).await;
        assert_eq!(again.status, first.status, "{path}: {again:?}");
        if !first.body.is_empty() {
            let (mut was, mut is) = (first.json(), again.json());
            for secret in ["secret", "link"] {
                if was.get(secret).is_some() {
                    assert!(was[secret].is_string() && is[secret].is_null(), "{path}: a secret is shown once");
                    (was[secret], is[secret]) = (Value::Null, Value::Null);
                }
            }
            assert_eq!(is, was, "{path}");
        }
        assert_eq!(again.header("location"), first.header("location"), "{path}");
        if body.is_null() {
            return first;
        }
        let headers = [&[JSON][..], &headers[..]].concat();
        let reused = ask(self.server, &line, &headers, &json!(format!(" {body}"))).await;
        assert_eq!(reused.code(), "idempotency-key-reused", "{path}");
        first
    }
}

#[tokio::test]
async fn a_request_that_is_sent_twice_has_its_effect_once() {
    let server = Server::start().await;
    // Somebody stays who can administrate.
    server.boss().await;
    let mut ann = server.activated("ann@example.org").await;
    ann.set_up_factor().await;
    let ann_id = ann.get("/v1/me").await.json()["id"].as_str().unwrap().to_owned();
    let mut twice = Repeating { server: &server, tried: BTreeSet::new() };

    let new = json!({"slug": "initech", "tier": "standard"});
    twice.send("/v1/tenants", "/v1/tenants", &[], new).await;
    let gone = ask(&server, "DELETE /v1/tenants/initech?reason=left", &[], &Value::Null).await;
    assert_eq!(gone.status, 200);
    twice.send("/v1/tenants/{slug}/restore", "/v1/tenants/initech/restore", &[], Value::Null).await;
    twice.send("/v1/tenants/{slug}/keys", "/v1/tenants/initech/keys", &[], json!({"name": "a"})).await;
    twice.send("/v1/tenants/{slug}/clone", "/v1/tenants/initech/clone", &[], json!({"slug": "trial"})).await;
    let who = json!({"mail": "boss@example.org"});
    twice.send("/v1/tenants/{slug}/break-glass", "/v1/tenants/initech/break-glass", &[], who).await;

    let person = format!("/v1/people/{ann_id}");
    let (clear, off, on) =
        (format!("{person}/clear-second-factor"), format!("{person}/deactivate"), format!("{person}/reactivate"));
    twice.send("/v1/people/{person}/clear-second-factor", &clear, &[], Value::Null).await;
    twice.send("/v1/people/{person}/deactivate", &off, &[], Value::Null).await;
    twice.send("/v1/people/{person}/reactivate", &on, &[], Value::Null).await;
    let invited = twice.send("/v1/invitations", "/v1/invitations", &[], json!({"mail": "bea@example.org"})).await;
    let again = format!("/v1/invitations/{}/again", invited.json()["id"].as_str().unwrap());
    twice.send("/v1/invitations/{person}/again", &again, &[], Value::Null).await;
    for route in ["/v1/departments", "/v1/teams", "/v1/keys"] {
        let made = twice.send(route, route, &[], json!({"name": "once"})).await;
        let listed = administrator(&server, &format!("GET {route}"), Value::Null).await.json();
        let named = listed["items"].as_array().unwrap().iter().filter(|item| item["name"] == "once");
        assert_eq!((named.count(), made.status), (1, 201), "{route}");
    }

    administrator(&server, "PUT /v1/collections/things", json!({})).await;
    let text = json!({"x-kind": "text"});
    let draft = json!({"schema": {"type": "object", "properties": {"a": text}}});
    administrator(&server, "PUT /v1/collections/things/draft", draft).await;
    let things = "/v1/collections/things";
    twice.send("/v1/collections/{collection}/publish", &format!("{things}/publish"), &[], Value::Null).await;
    let record =
        twice.send("/v1/collections/{collection}/records", &format!("{things}/records"), &[], json!({"a": "x"})).await;
    let record = record.header("location").unwrap().to_owned();
    let to = json!({"owner": ann_id});
    twice
        .send("/v1/collections/{collection}/records/{record}/hand-over", &format!("{record}/hand-over"), &[], to)
        .await;
    let tus = [("Tus-Resumable", "1.0.0"), ("Upload-Length", "5"), ("Upload-Metadata", "filename YS50eHQ=")];
    let uploads = format!("{record}/uploads");
    twice.send("/v1/collections/{collection}/records/{record}/uploads", &uploads, &tus, Value::Null).await;
    twice.send("/v1/folders/{folder}/uploads", "/v1/folders/docs/uploads", &tus, Value::Null).await;
    assert_eq!(administrator(&server, &format!("DELETE {record}"), Value::Null).await.status, 204);
    let restore = format!("{record}/restore");
    twice.send("/v1/collections/{collection}/records/{record}/restore", &restore, &[], Value::Null).await;

    let (import, csv) = (format!("{things}/import"), [("Content-Type", "text/csv")]);
    let started =
        ask(&server, &format!("POST {import}"), &[csv[0], ("Idempotency-Key", "import")], &json!("a\ny\n")).await;
    let again =
        ask(&server, &format!("POST {import}"), &[csv[0], ("Idempotency-Key", "import")], &json!("a\ny\n")).await;
    assert_eq!((started.status, again.json()["id"].clone()), (202, started.json()["id"].clone()));
    twice.tried.insert("/v1/collections/{collection}/import");
    let job = started.header("location").unwrap().to_owned();
    ended(&server, &job).await;
    let pack = async || ask(&server, "POST /v1/archives", &[("Idempotency-Key", "pack")], &Value::Null).await;
    let packed = pack().await;
    assert_eq!((packed.status, pack().await.json()["id"].clone()), (202, packed.json()["id"].clone()));
    twice.tried.insert("/v1/archives");
    twice.send("/v1/jobs/{job}/undo", &format!("{job}/undo"), &[], Value::Null).await;

    let once = routes::all().into_iter().filter(|route| route.repeated == Repeated::Once).map(|route| route.path);
    let shown: BTreeSet<_> = twice.tried.iter().copied().chain(ELSEWHERE.map(|(path, _)| path)).collect();
    assert_eq!(
        once.collect::<BTreeSet<_>>(),
        shown,
        "each POST is tried here, or says in the table why it needs no key"
    );
}

#[tokio::test]
async fn what_a_request_got_is_nobody_elses() {
    let server = Server::start().await;
    let (_, other) = key(&server, json!({"name": "other", "roles": ["administrator"]})).await;
    let make = async |key: &str| {
        let headers = [JSON, ("Idempotency-Key", "mine")];
        let body = "{\"name\": \"mine\"}";
        server.ask(Ask { line: "POST /v1/keys", host: "acme", key: Some(key), headers: &headers, body }).await.json()
    };
    let (mine, theirs) = (make(&server.acme).await, make(&other).await);
    assert_ne!(mine["id"], theirs["id"], "the same name is another request when somebody else uses it");
    assert!(mine["secret"].is_string() && theirs["secret"].is_string());
    assert_eq!(make(&server.acme).await["id"], mine["id"]);
}
