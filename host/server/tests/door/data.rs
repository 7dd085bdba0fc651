//! Collections with a definition, from the first draft to records that are found, changed, deleted and brought back.

use serde_json::{Value, json};

use crate::server::{Reply, Server};
use crate::structure::{administrator, with_key};

const ORDERS: &str = "/v1/collections/orders";

fn definition() -> Value {
    json!({
        "schema": {
            "type": "object",
            "properties": {
                "number": {"x-kind": "text"},
                "net": {"x-kind": "decimal"},
                "gross": {"x-kind": "calculated", "x-formula": "round(net * 1.19, 2)"},
                "customer": {"x-kind": "reference", "x-collection": "customers", "x-on-delete": "refuse"},
            },
            "required": ["number"],
        },
        "indexes": [{"fields": ["number"], "unique": true}, {"fields": ["net"]}],
        "search": ["number"],
    })
}

async fn orders() -> Server {
    let server = Server::start().await;
    for name in ["orders", "customers"] {
        assert_eq!(administrator(&server, &format!("PUT /v1/collections/{name}"), json!({})).await.status, 201);
    }
    assert_eq!(ask(&server, "PUT", "/draft", definition()).await.json(), json!({"violations": []}));
    let published = ask(&server, "POST", "/publish", Value::Null).await;
    assert_eq!((published.status, &published.json()["published"]["version"]), (200, &json!(1)));
    server
}

async fn ask(server: &Server, method: &str, path: &str, body: Value) -> Reply {
    administrator(server, &format!("{method} {ORDERS}{path}"), body).await
}

async fn patch(server: &Server, id: &str, tag: Option<&str>, body: Value) -> Reply {
    let merge = ("Content-Type", "application/merge-patch+json");
    let headers: Vec<_> = [merge].into_iter().chain(tag.map(|tag| ("If-Match", tag))).collect();
    server.acme(&format!("PATCH {ORDERS}/records/{id}"), &headers, &body.to_string()).await
}

#[tokio::test]
async fn a_definition_is_drafted_looked_at_and_published() {
    let server = orders().await;
    assert_eq!(ask(&server, "POST", "/publish", Value::Null).await.code(), "no-draft");
    assert_eq!(ask(&server, "GET", "/draft", Value::Null).await.status, 404);
    assert_eq!(ask(&server, "GET", "/definition", Value::Null).await.json()["version"], 1);
    assert_eq!(ask(&server, "PUT", "/records/1", json!({"number": "A1", "net": "10.00"})).await.status, 201);

    let mut wrong = definition();
    wrong["schema"]["properties"]["gross"]["x-formula"] = json!("net *");
    let saved = ask(&server, "PUT", "/draft", wrong).await.json();
    assert_eq!(saved["violations"][0]["path"], "/schema/properties/gross/x-formula", "{saved}");
    let refused = ask(&server, "POST", "/publish", Value::Null).await;
    assert_eq!((refused.status, refused.code().as_str()), (422, "bad-definition"));

    let mut stricter = definition();
    stricter["schema"]["properties"]["net"] = json!({"x-kind": "date"});
    let preview = ask(&server, "POST", "/preview", stricter).await.json();
    assert_eq!((&preview["looked-at"], &preview["invalid"]), (&json!(1), &json!(1)), "{preview}");
    assert_eq!(preview["examples"][0]["id"], "1");
    assert_eq!(preview["changed"]["net"]["becomes"], "date");
    let usages = ask(&server, "GET", "/usages?field=net", Value::Null).await.json();
    let formula = json!({"what": "formula", "field": "net", "calculated": "gross"});
    assert!(usages["usages"].as_array().is_some_and(|usages| usages.contains(&formula)), "{usages}");
    assert_eq!(ask(&server, "DELETE", "/draft", Value::Null).await.status, 204);
    let indexes = ask(&server, "GET", "/indexes", Value::Null).await.json();
    assert_eq!(indexes["done"], true, "{indexes}");
    assert_eq!(ask(&server, "GET", "/definition", Value::Null).await.json()["version"], 1);
}

#[tokio::test]
async fn what_does_not_fit_is_refused_with_its_place() {
    let server = orders().await;
    let missing = ask(&server, "PUT", "/records/1", json!({"net": "1,5"})).await;
    assert_eq!((missing.status, missing.code().as_str()), (422, "not-valid"));
    let problem = missing.json();
    let paths: Vec<_> =
        problem["violations"].as_array().into_iter().flatten().filter_map(|found| found["path"].as_str()).collect();
    assert!(paths.contains(&"/number") && paths.contains(&"/net"), "{problem}");
    assert_eq!(ask(&server, "PUT", "/records/1", json!({"number": "A1"})).await.status, 201);
    let same = ask(&server, "PUT", "/records/2", json!({"number": "a1"})).await;
    assert_eq!((same.status, same.code().as_str(), &same.json()["fields"]), (409, "not-unique", &json!(["/number"])));
    let nowhere = ask(&server, "PUT", "/records/2", json!({"number": "A2", "customer": "nobody"})).await;
    assert_eq!(nowhere.json()["violations"][0]["path"], "/customer");
    assert_eq!(administrator(&server, "PUT /v1/collections/customers/records/c", json!({})).await.status, 201);
    assert_eq!(ask(&server, "PUT", "/records/2", json!({"number": "A2", "customer": "c"})).await.status, 201);
    let referenced = administrator(&server, "DELETE /v1/collections/customers/records/c", Value::Null).await;
    assert_eq!((referenced.status, referenced.code().as_str()), (409, "referenced"));
    assert_eq!(referenced.json()["by"], json!([{"collection": "orders", "record": "2"}]));
    let collection = administrator(&server, "DELETE /v1/collections/customers", Value::Null).await;
    assert_eq!(collection.code(), "not-empty");
}

#[tokio::test]
async fn records_are_patched_found_deleted_and_brought_back() {
    let server = orders().await;
    for (id, number, net) in [("1", "A1", "10.00"), ("2", "B2", "20.00"), ("3", "B3", "5.00")] {
        let body = json!({"number": number, "net": net, "gross": "0"});
        assert_eq!(ask(&server, "PUT", &format!("/records/{id}"), body).await.status, 201);
    }
    let read = ask(&server, "GET", "/records/1", Value::Null).await;
    assert_eq!(read.json()["gross"], "11.9", "computed by the host, whatever was sent");
    let tag = read.header("etag").map(str::to_owned);
    let changed = patch(&server, "1", tag.as_deref(), json!({"net": "100.00"})).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(patch(&server, "1", tag.as_deref(), json!({"net": "1.00"})).await.code(), "precondition-failed");
    assert_eq!(patch(&server, "9", None, json!({})).await.status, 404);
    let wrong_type = ask(&server, "PATCH", "/records/1", json!({})).await;
    assert_eq!(wrong_type.code(), "unsupported-media-type");

    let versions = ask(&server, "GET", "/records/1/versions", Value::Null).await.json();
    assert_eq!(versions["items"][0]["act"], "changed");
    let changes = versions["items"][0]["changes"].to_string();
    assert!(changes.contains("/net") && changes.contains("100.00") && changes.contains("/gross"), "{changes}");

    let ids = async |asked: Value| {
        let found = ask(&server, "POST", "/query", asked).await.json();
        let ids = found["items"].as_array().into_iter().flatten().filter_map(|item| item["id"].as_str());
        ids.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(ids(json!({"sort": {"field": "net"}})).await, "3 2 1");
    assert_eq!(ids(json!({"sort": {"field": "net", "backwards": true}, "limit": 2})).await, "1 2");
    assert_eq!(ids(json!({"filter": {"field": "net", "op": "ge", "value": "20.00"}})).await, "2 1");
    assert_eq!(ids(json!({"search": "b"})).await, "2 3");
    let page =
        ask(&server, "POST", "/query", json!({"sort": {"field": "net"}, "limit": 2, "count": true})).await.json();
    assert_eq!(page["count"], json!({"count": 3, "exact": true}));
    assert_eq!(ids(json!({"sort": {"field": "net"}, "limit": 2, "after": page["next"]})).await, "1");
    for wrong in [json!({"filter": {"op": "eq"}}), json!({"limits": 3})] {
        assert_eq!(ask(&server, "POST", "/query", wrong).await.status, 422);
    }
    assert_eq!(ask(&server, "POST", "/query", json!({"limit": 0})).await.status, 400);

    assert_eq!(ask(&server, "DELETE", "/records/2", Value::Null).await.status, 204);
    assert_eq!(ids(json!({"search": "b"})).await, "3");
    let bin = ask(&server, "GET", "/bin", Value::Null).await.json();
    assert_eq!((&bin["items"][0]["id"], &bin["items"][0]["body"]["number"]), (&json!("2"), &json!("B2")));
    assert_eq!(ask(&server, "POST", "/records/2/restore", Value::Null).await.status, 201);
    assert_eq!(ask(&server, "POST", "/records/2/restore", Value::Null).await.code(), "record-exists");
    assert_eq!(ids(json!({"search": "b"})).await, "2 3");
    let handed =
        ask(&server, "POST", "/records/2/hand-over", json!({"owner": server.person, "department": null})).await;
    assert_eq!(handed.status, 204, "{handed:?}");
    let listed = ask(&server, "GET", "/records?prefix=2", Value::Null).await.json();
    assert_eq!(listed["items"][0]["about"]["owner"], json!(server.person));
}

#[tokio::test]
async fn records_are_taken_out_whole_and_as_far_as_they_are_seen() {
    let server = orders().await;
    for n in 0..1_203 {
        let body = json!({"number": format!("=N{n}"), "net": "-2.00"});
        assert_eq!(ask(&server, "PUT", &format!("/records/{n:04}"), body).await.status, 201);
    }
    let out = ask(&server, "GET", "/export", Value::Null).await;
    assert_eq!((out.status, out.header("content-type")), (200, Some("application/jsonl")));
    let text = String::from_utf8_lossy(&out.body).into_owned();
    let lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    assert_eq!((lines.len(), text.lines().count()), (1_203, 1_203));
    assert_eq!((&lines[1_202]["id"], &lines[1_202]["body"]["number"]), (&json!("1202"), &json!("=N1202")));

    let out = ask(&server, "GET", "/export?format=csv", Value::Null).await;
    let text = String::from_utf8_lossy(&out.body).into_owned();
    let rows: Vec<_> = text.lines().collect();
    assert_eq!((rows.len(), rows[0]), (1_204, "id,customer,gross,net,number"));
    assert_eq!(rows[1], "0000,,-2.38,-2.00,'=N0", "no cell is a formula, and a number stays one");
    assert_eq!(out.header("content-disposition"), Some("attachment; filename=orders.csv"));

    assert_eq!(ask(&server, "GET", "/export?format=pdf", Value::Null).await.code(), "bad-request");
    let refused = with_key(&server, &server.member, &format!("GET {ORDERS}/export"), &Value::Null).await;
    assert_eq!(refused.code(), "not-allowed", "taking out is a permission of its own");
    administrator(&server, "PUT /v1/collections/loose", json!({})).await;
    let loose = administrator(&server, "GET /v1/collections/loose/export?format=csv", Value::Null).await;
    assert_eq!(loose.code(), "no-table");
    let audited = administrator(&server, "GET /v1/audit?action=export.run", Value::Null).await.json();
    assert_eq!(audited["items"].as_array().map(Vec::len), Some(2), "{audited}");
}

#[tokio::test]
async fn files_hang_on_records_and_go_with_them() {
    let server = orders().await;
    let file = |name: &str| format!("{ORDERS}/records/1/files/{name}");
    let put = async |name: &str, media_type: &str, content: &str| {
        server.acme(&format!("PUT {}", file(name)), &[("Content-Type", media_type)], content).await
    };
    assert_eq!(put("a.txt", "text/plain", "early").await.code(), "not-found", "there is no record yet");
    assert_eq!(ask(&server, "PUT", "/records/1", json!({"number": "A1", "net": "1.00"})).await.status, 201);
    let written = put("a.txt", "text/plain", "hello").await;
    assert_eq!((written.status, &written.json()["size"]), (201, &json!(5)));
    assert_eq!(put("letters/b.txt", "image/png", "<!DOCTYPE html><script>").await.json()["media-type"], "text/html");
    let program = put("c.png", "image/png", "MZ\u{1}\u{0}").await;
    assert_eq!((program.status, program.code().as_str()), (422, "file-type-refused"));

    let got = server.acme(&format!("GET {}", file("letters/b.txt")), &[], "").await;
    assert_eq!(got.header("content-disposition"), Some("attachment; filename*=UTF-8''b%2Etxt"));
    assert!(got.header("content-security-policy").is_some_and(|policy| policy.contains("sandbox")));
    assert_eq!(got.header("x-content-type-options"), Some("nosniff"));
    let part = server.acme(&format!("GET {}", file("a.txt")), &[("Range", "bytes=1-3")], "").await;
    assert_eq!((part.status, part.body.as_slice()), (206, b"ell".as_slice()));
    let paths = async || {
        let listed = server.acme(&format!("GET {ORDERS}/records/1/files"), &[], "").await.json();
        listed["items"].as_array().into_iter().flatten().map(|item| item["path"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(paths().await, [json!("a.txt"), json!("letters/b.txt")]);
    let delete = format!("DELETE {}", file("letters/b.txt"));
    assert_eq!(server.acme(&delete, &[("If-Match", "\"1\"")], "").await.code(), "precondition-failed");
    assert_eq!(server.acme(&delete, &[], "").await.status, 204);

    assert_eq!(ask(&server, "DELETE", "/records/1", Value::Null).await.status, 204);
    assert_eq!(server.acme(&format!("GET {}", file("a.txt")), &[], "").await.code(), "not-found");
    assert_eq!(ask(&server, "POST", "/records/1/restore", Value::Null).await.status, 201);
    assert_eq!(server.acme(&format!("GET {}", file("a.txt")), &[], "").await.body, b"hello", "it came back with it");
    assert_eq!(ask(&server, "DELETE", "/records/1", Value::Null).await.status, 204);
    assert_eq!(ask(&server, "PUT", "/records/1", json!({"number": "A2", "net": "1.00"})).await.status, 201);
    assert_eq!(paths().await, [Value::Null; 0], "another record with the same id has nothing of the deleted one");
    for n in 0..100 {
        assert_eq!(put(&format!("{n}"), "text/plain", "x").await.status, 201);
    }
    assert_eq!(put("101", "text/plain", "x").await.code(), "too-many");
    assert_eq!(put("99", "text/plain", "y").await.status, 200);
}
