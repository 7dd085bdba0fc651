//! One rule, many doors: whatever address a caller tries, of a record that its rules do not show it gets nothing, and
//! of a field that they hide nothing. The doors are taken from the table of routes, so that a new one is tried as well.

use serde_json::{Value, json};
use signalsync_server::routes::{self, Route};

use crate::server::{Ask, Reply, Server};
use crate::structure::{administrator, key, with_key};

/// Stands in a record that the caller does not see.
const THEIRS: &str = "written-in-blue";
/// Stands in a field that is hidden from the caller.
const SECRET: &str = "hush-hush";

/// Puts the two records there, as they are whatever was tried before.
async fn furnish(server: &Server) {
    administrator(server, "POST /v1/collections/things/records/mine/restore", Value::Null).await;
    for (id, team, text) in [("mine", "red", "written-in-red"), ("theirs", "blue", THEIRS)] {
        let body = json!({"team": team, "text": text, "secret": SECRET});
        let put = administrator(server, &format!("PUT /v1/collections/things/records/{id}"), body).await;
        assert!(put.status < 300, "{put:?}");
    }
    // Two entries in its history, the second of which has changed both what is hidden and what is not.
    let patch = json!({"text": format!("{THEIRS} again"), "secret": format!("{SECRET} again")}).to_string();
    let line = "PATCH /v1/collections/things/records/theirs";
    let merge = [("Content-Type", "application/merge-patch+json")];
    assert_eq!(server.acme(line, &merge, &patch).await.status, 200);
    for id in ["mine", "theirs"] {
        let line = format!("PUT /v1/collections/things/records/{id}/files/a.txt");
        let text = if id == "mine" { "of mine" } else { THEIRS };
        assert!(server.acme(&line, &[("Content-Type", "text/plain")], text).await.status < 300);
    }
}

async fn red() -> (Server, String) {
    let server = Server::start().await;
    let red = json!({"where": {"field": "team", "equals": "red"}});
    let rule = json!({
        "collection": "things", "see": red, "create": true, "change": red, "delete": red, "hidden": ["secret"],
    });
    administrator(&server, "PUT /v1/roles/red", json!({"records": [rule]})).await;
    administrator(&server, "PUT /v1/collections/things", json!({})).await;
    let field = json!({"x-kind": "text"});
    let definition = json!({
        "schema": {"type": "object", "properties": {"team": field, "text": field, "secret": field}},
        "indexes": [{"fields": ["team"]}, {"fields": ["secret"]}],
        "search": ["text", "secret"],
    });
    let saved = administrator(&server, "PUT /v1/collections/things/draft", definition).await;
    assert_eq!((saved.status, saved.json()), (200, json!({"violations": []})));
    assert_eq!(administrator(&server, "POST /v1/collections/things/publish", Value::Null).await.status, 200);
    let (_, red) = key(&server, json!({"name": "red", "roles": ["red"]})).await;
    (server, red)
}

/// What is sent to a door.
fn bodies(route: &Route) -> Vec<(&'static str, Value)> {
    let is = |value: &str| Value::from(value);
    match (route.method.as_str(), route.path.rsplit('/').next()) {
        ("PATCH", _) => vec![("application/merge-patch+json", json!({"text": "x"}))],
        ("POST", Some("query")) => {
            let asked = |filter: Value| ("application/json", json!({"filter": filter, "count": true}));
            let all = ("application/json", json!({"count": true}));
            let by = |field: &str, op: &str, value: Value| asked(json!({"field": field, "op": op, "value": value}));
            let words = |words: &str| ("application/json", json!({"search": words}));
            let sorted = |field: &str| ("application/json", json!({"sort": {"field": field}}));
            vec![
                all,
                by("team", "eq", is("blue")),
                by("secret", "eq", is(SECRET)),
                by("secret", "starts", is("hush")),
                by("team", "in", json!(["red", "blue"])),
                words("written"),
                words("hush"),
                sorted("team"),
                sorted("secret"),
            ]
        }
        ("POST", Some("import")) => {
            let line = |id: &str, team: &str| json!({"id": id, "body": {"team": team}}).to_string();
            let rows = |rows: &[String]| ("application/jsonl", Value::from(rows.join("\n")));
            vec![rows(&[line("theirs", "red")]), rows(&[line("mine", "blue")]), ("text/csv", Value::from("team\nred"))]
        }
        ("POST", Some("hand-over")) => vec![("application/json", json!({"owner": null, "department": null}))],
        ("POST" | "PUT", Some("records" | "{record}")) => {
            vec![("application/json", json!({"team": "red"})), ("application/json", json!({"team": "blue"}))]
        }
        ("PUT", Some("draft")) | ("POST", Some("preview")) => vec![("application/json", json!({"schema": {}}))],
        ("PUT", Some("{*path}")) => vec![("text/plain", json!("new"))],
        ("PUT", _) => vec![("application/json", json!({}))],
        _ => vec![("", Value::Null)],
    }
}

async fn enter(server: &Server, red: &str, line: &str, (media_type, body): &(&str, Value)) -> Reply {
    let body = match body {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        body => body.to_string(),
    };
    let headers = [("Content-Type", *media_type)];
    let mut headers = if body.is_empty() { Vec::new() } else { headers.to_vec() };
    if line.ends_with("/uploads") {
        // `a.txt` in Base64.
        headers.extend([("Tus-Resumable", "1.0.0"), ("Upload-Length", "9"), ("Upload-Metadata", "filename YS50eHQ=")]);
    }
    server.ask(Ask { line, host: "acme", key: Some(red), headers: &headers, body: &body }).await
}

#[tokio::test]
async fn no_door_shows_what_a_rule_hides() {
    let (server, red) = red().await;
    let mut tried = 0;
    for route in routes::all().iter().filter(|route| route.path.starts_with("/v1/collections/{collection}/")) {
        for id in ["theirs", "mine"] {
            for body in bodies(route) {
                furnish(&server).await;
                let path =
                    route.path.replace("{collection}", "things").replace("{record}", id).replace("{*path}", "a.txt");
                let line = format!("{} {path}", route.method);
                let reply = enter(&server, &red, &line, &body).await;
                let text = String::from_utf8_lossy(&reply.body);
                assert!(reply.status < 500, "{line}: {text}");
                assert!(!text.contains(THEIRS) && !text.contains(SECRET), "{line} {}: {text}", body.1);
                if route.path.contains("{record}") && id == "theirs" {
                    assert_eq!(reply.status, 404, "{line} {}: {text}", body.1);
                    let read =
                        with_key(&server, &server.acme, "GET /v1/collections/things/records/theirs", &Value::Null);
                    assert_eq!(read.await.json()["text"], format!("{THEIRS} again"), "{line} has changed it");
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 40, "doors were tried: {tried}");
}

#[tokio::test]
async fn what_is_hidden_is_neither_found_nor_counted_nor_lost() {
    let (server, red) = red().await;
    furnish(&server).await;
    let ask = async |line: &str, body: Value| with_key(&server, &red, line, &body).await;
    let query = async |body: Value| ask("POST /v1/collections/things/query", body).await;
    let all = query(json!({"count": true})).await.json();
    assert_eq!((&all["items"][0]["id"], all["items"].as_array().map(Vec::len)), (&json!("mine"), Some(1)));
    assert_eq!(all["count"], json!({"count": 1, "exact": true}));
    let hidden = json!({"filter": {"field": "secret", "op": "eq", "value": SECRET}, "count": true});
    let (none, unknown) =
        (query(hidden).await, query(json!({"filter": {"field": "nil", "op": "eq", "value": 1}})).await);
    assert_eq!(
        (none.status, unknown.status),
        (400, 400),
        "a field that is always hidden is like one that is not there"
    );
    assert_eq!(
        none.json()["detail"].as_str().map(|text| text.replace("secret", "nil")),
        unknown.json()["detail"].as_str().map(str::to_owned)
    );
    let by_secret = query(json!({"sort": {"field": "secret"}})).await;
    assert_eq!((by_secret.status, by_secret.code().as_str()), (400, "bad-request"));

    let put = ask("PUT /v1/collections/things/records/mine", json!({"team": "red", "text": "new"})).await;
    assert_eq!(put.status, 200, "{put:?}");
    let kept = administrator(&server, "GET /v1/collections/things/records/mine", Value::Null).await.json();
    assert_eq!(kept, json!({"team": "red", "text": "new", "secret": SECRET}), "who does not see a field keeps it");
    let fill = ask("POST /v1/collections/things/records", json!({"team": "red", "secret": "x"})).await;
    assert_eq!((fill.status, fill.code().as_str()), (403, "not-allowed"));
    let away = ask("PUT /v1/collections/things/records/mine", json!({"team": "blue"})).await;
    assert_eq!((away.status, away.code().as_str()), (403, "not-allowed"), "no change leads out of one's reach");
}
