//! A tenant's own things.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::json;

use crate::server::Server;

const RECORD: &str = "/v1/collections/things/records/a%2Fb";

async fn with_collection() -> Server {
    let server = Server::start().await;
    let created = server.acme("PUT /v1/collections/things", &[], "{\"title\":\"Things\"}").await;
    assert_eq!((created.status, created.header("location")), (201, Some("/v1/collections/things")));
    server
}

#[tokio::test]
async fn records_change_only_as_expected() {
    let server = with_collection().await;
    let put = async |headers: &[(&str, &str)], body: &str| server.acme(&format!("PUT {RECORD}"), headers, body).await;
    let created = put(&[("If-None-Match", "*")], "{\"n\": 1}").await;
    let tag = created.header("etag").unwrap().to_owned();
    assert_eq!((created.status, &created.json()["id"]), (201, &json!("a/b")));
    assert_eq!(put(&[("If-None-Match", "*")], "{}").await.code(), "precondition-failed");
    let changed = put(&[("If-Match", &tag)], "{\"n\": 2}").await;
    assert_eq!(changed.status, 200);
    assert_eq!(put(&[("If-Match", &tag)], "{}").await.status, 412);
    assert_eq!(put(&[("If-Match", "\"other\"")], "{}").await.status, 412);
    assert_eq!(put(&[("If-Match", "*"), ("If-None-Match", "*")], "{}").await.status, 400);

    let read = server.acme(&format!("GET {RECORD}"), &[], "").await;
    assert_eq!((read.body.as_slice(), read.header("etag")), (&b"{\"n\": 2}"[..], changed.header("etag")));
    let known = [("If-None-Match", read.header("etag").unwrap())];
    assert_eq!(server.acme(&format!("GET {RECORD}"), &known, "").await.status, 304);
    let list = server.acme("GET /v1/collections/things/records?prefix=a", &[], "").await.json();
    assert_eq!((&list["items"][0]["body"], &list["next"]), (&json!({"n": 2}), &json!(null)));

    assert_eq!(server.acme(&format!("DELETE {RECORD}"), &[("If-Match", &tag)], "").await.status, 412);
    assert_eq!(server.acme(&format!("DELETE {RECORD}"), &[], "").await.status, 204);
    assert_eq!(server.acme(&format!("DELETE {RECORD}"), &[], "").await.code(), "not-found");
}

#[tokio::test]
async fn a_repeated_request_makes_one_record() {
    let server = with_collection().await;
    let post = async |key: &str, body: &str| {
        server.acme("POST /v1/collections/things/records", &[("Idempotency-Key", key)], body).await
    };
    let first = post("one", "{}").await;
    assert_eq!((first.status, post("one", "{}").await.json()), (201, first.json()));
    assert_eq!(post("one", "[]").await.code(), "idempotency-key-reused");
    assert_eq!(post("a b", "{}").await.status, 400);
    let list = server.acme("GET /v1/collections/things/records", &[], "").await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn files_come_back_as_they_went_whole_and_in_part() {
    let server = Server::start().await;
    let address = "/v1/folders/docs/files/a/r%C3%A9sum%C3%A9.html";
    let content = "0123456789".repeat(20_000);
    let html = [("Content-Type", "text/html")];
    let stored = server.acme(&format!("PUT {address}"), &html, &content).await;
    assert_eq!((stored.status, &stored.json()["size"]), (201, &json!(200_000)));

    let get = async |headers: &[(&str, &str)]| server.acme(&format!("GET {address}"), headers, "").await;
    let whole = get(&[]).await;
    assert_eq!((whole.status, whole.body.as_slice()), (200, content.as_bytes()));
    assert_eq!(whole.header("content-disposition"), Some("attachment; filename*=UTF-8''r%C3%A9sum%C3%A9%2Ehtml"));
    assert_eq!(get(&[("If-None-Match", whole.header("etag").unwrap())]).await.status, 304);
    let part = get(&[("Range", "bytes=70001-140002")]).await;
    assert_eq!((part.status, part.header("content-range")), (206, Some("bytes 70001-140002/200000")));
    assert_eq!(part.body, content.as_bytes()[70_001..=140_002]);
    assert_eq!(get(&[("Range", "bytes=0-1"), ("If-Range", "\"0\"")]).await.status, 200);
    assert_eq!(get(&[("Range", "bytes=200000-")]).await.code(), "range-not-satisfiable");

    let list = server.acme("GET /v1/folders/docs/files", &[], "").await.json();
    assert_eq!((&list["items"][0]["path"], &list["next"]), (&json!("a/résumé.html"), &json!(null)));
    assert_eq!(server.acme("PUT /v1/folders/docs/files/a/../b", &[], "").await.code(), "invalid-name");
    assert_eq!(server.acme(&format!("DELETE {address}"), &[], "").await.status, 204);
    assert_eq!(get(&[]).await.code(), "not-found");
}

#[tokio::test]
async fn what_is_no_component_is_refused_with_the_reason() {
    let server = Server::start().await;
    let upload = async |media_type: &str, body: &str| {
        server.acme("POST /v1/components", &[("Content-Type", media_type)], body).await
    };
    let refused = upload("application/wasm", "(component)").await;
    assert_eq!((refused.status, refused.code().as_str()), (422, "text-format"));
    assert_eq!(upload("application/wasm", "MZ").await.code(), "not-a-component");
    assert_eq!(upload("application/octet-stream", "x").await.status, 415);
    let location = refused.header("location").unwrap().to_owned();
    assert_eq!(server.acme(&format!("GET {location}"), &[], "").await.json()["state"], "refused");
}
