//! Every answer that a test of this folder gets is held against the document of the interface: its status, its media type,
//! its headers, and its body against the schema.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{LazyLock, Mutex};

use jsonschema::Validator;
use serde_json::{Map, Value};
use signalsync_server::openapi;

use crate::server::{Ask, Reply, Server};

static DOCUMENT: LazyLock<Value> = LazyLock::new(openapi::document);

/// Where an operation stands: its path as the table writes it, and its method.
static PATHS: LazyLock<matchit::Router<String>> = LazyLock::new(|| {
    let mut router = matchit::Router::new();
    let known: BTreeSet<&str> = signalsync_server::routes::all().iter().map(|route| route.path).collect();
    for path in known {
        router.insert(path, path.replace("{*", "{")).unwrap();
    }
    router
});

/// Holds the answer to a request against the document. What is no request, or goes nowhere, is in no document.
pub(crate) fn check(request: &[u8], reply: &Reply) {
    let line = String::from_utf8_lossy(request.split(|byte| *byte == b'\r').next().unwrap_or_default()).into_owned();
    let mut parts = line.split(' ');
    let (Some(method), Some(target), Some("HTTP/1.1")) = (parts.next(), parts.next(), parts.next()) else { return };
    let path = target.split('?').next().unwrap_or_default();
    let Ok(found) = PATHS.at(path) else { return };
    let operation = &DOCUMENT["paths"][found.value.as_str()][method.to_ascii_lowercase()];
    // What hyper refuses before there is a request has none of our headers.
    if operation.is_null() || reply.header("content-security-policy").is_none() {
        return;
    }
    let said = format!("{method} {} answered {}", found.value, reply.status);
    let response = &operation["responses"][reply.status.to_string()];
    assert!(!response.is_null(), "{said}, which is not documented: {reply:?}");
    let response = match response["$ref"].as_str() {
        Some(reference) => DOCUMENT.pointer(reference.trim_start_matches('#')).unwrap(),
        None => response,
    };
    if (200..300).contains(&reply.status) {
        let (has, says) = (reply.header("etag").is_some(), !response["headers"]["ETag"].is_null());
        assert_eq!(has, says, "{said}: is there an ETag, and does the document say so?");
    }
    check_content(&said, response, reply);
}

fn check_content(said: &str, response: &Value, reply: &Reply) {
    let content = response["content"].as_object();
    let media_type = reply.header("content-type").map(|value| value.split(';').next().unwrap_or("").trim());
    let Some(content) = content else {
        assert!(reply.body.is_empty(), "{said} with a body, which is not documented");
        return;
    };
    let Some(media_type) = media_type else {
        assert!(reply.body.is_empty(), "{said} without a Content-Type");
        return;
    };
    let Some(media) = content.get(media_type).or_else(|| content.get("*/*")) else {
        panic!("{said} as {media_type}, which is not documented");
    };
    if !media_type.ends_with("json") || !content.contains_key(media_type) {
        return;
    }
    let problems = validate(said, media_type, &media["schema"], &reply.json());
    assert!(problems.is_empty(), "{said}, not as documented:\n{}\n{}", problems.join("\n"), reply.json());
}

fn validate(said: &str, media_type: &str, schema: &Value, body: &Value) -> Vec<String> {
    static VALIDATORS: LazyLock<Mutex<BTreeMap<String, &'static Validator>>> = LazyLock::new(Mutex::default);
    let key = format!("{said} {media_type}");
    let known = VALIDATORS.lock().unwrap().get(&key).copied();
    let validator = known.unwrap_or_else(|| {
        let validator: &'static Validator = Box::leak(Box::new(validator(schema)));
        VALIDATORS.lock().unwrap().insert(key, validator);
        validator
    });
    validator.iter_errors(body).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn validator(schema: &Value) -> Validator {
    let mut whole: Map<String, Value> = schema.as_object().cloned().unwrap_or_default();
    whole.insert("components".to_owned(), DOCUMENT["components"].clone());
    jsonschema::validator_for(&Value::Object(whole)).unwrap()
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(key, value)| match (key.as_str(), value) {
            ("$ref", Value::String(to)) => found.push(to.clone()),
            (_, value) => references(value, found),
        }),
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn the_document_hangs_together() {
    let mut found = Vec::new();
    references(&DOCUMENT, &mut found);
    for reference in found {
        assert!(DOCUMENT.pointer(reference.trim_start_matches('#')).is_some(), "{reference} is nowhere");
    }
    let schemas = DOCUMENT["components"]["schemas"].as_object().unwrap();
    for name in schemas.keys() {
        let is_twice = name.ends_with(|last: char| last.is_ascii_digit());
        assert!(!is_twice, "two types are called {}: rename one of them", name.trim_end_matches(char::is_numeric));
    }
    let mut ids = BTreeMap::new();
    for (path, operations) in DOCUMENT["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            assert_eq!(ids.insert(id, format!("{method} {path}")), None, "an id twice: {method} {path}");
        }
    }
}

/// The document is committed, so that a change of the interface is seen in review, and clients are made from it.
#[test]
fn the_committed_document_is_of_today() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let now = format!("{:#}\n", *DOCUMENT);
    #[expect(clippy::disallowed_methods, reason = "whoever changes the interface says so")]
    let is_changed = std::env::var_os("UPDATE_OPENAPI").is_some();
    if is_changed {
        std::fs::write(path, &now).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == now,
        "docs/openapi.json is of before: UPDATE_OPENAPI=1 cargo nextest run -E 'test(committed_document)'"
    );
}

#[tokio::test]
async fn it_is_served_on_every_host() {
    let server = Server::start().await;
    for host in ["acme", "console"] {
        let reply = server.ask(Ask { line: "GET /openapi.json", host, ..Ask::default() }).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("content-type"), Some("application/openapi+json"));
        assert_eq!(reply.json(), *DOCUMENT);
        let headers = [("If-None-Match", reply.header("etag").unwrap())];
        let again = server.ask(Ask { line: "GET /openapi.json", host, headers: &headers, ..Ask::default() }).await;
        assert_eq!(again.status, 304);
    }
    let unknown = server.acme("GET /v1/roles?colour=red", &[], "").await;
    assert_eq!((unknown.status, unknown.code().as_str()), (400, "bad-request"));
}
