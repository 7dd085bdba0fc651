//! Records brought in from files: tried first, all or none, mended and taken back.

use serde_json::{Value, json};

use crate::server::{Ask, Reply, Server};
use crate::structure::{administrator, key};

const ITEMS: &str = "/v1/collections/items";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A collection of items in a warehouse.
async fn items() -> Server {
    let server = Server::start().await;
    assert_eq!(administrator(&server, &format!("PUT {ITEMS}"), json!({})).await.status, 201);
    let definition = json!({
        "schema": {
            "type": "object",
            "properties": {
                "code": {"x-kind": "text", "title": "Item code"},
                "stock": {"x-kind": "number", "minimum": 0},
                "price": {"x-kind": "money"},
                "tags": {"x-kind": "multi-select", "items": {"enum": ["new", "sale", "old"]}},
                "counted": {"x-kind": "date"},
                "active": {"x-kind": "yes-no"},
                "value": {"x-kind": "calculated", "x-formula": "stock * 2", "x-result": "number"},
            },
            "required": ["code"],
        },
        "indexes": [{"fields": ["code"], "unique": true}],
    });
    let saved = administrator(&server, &format!("PUT {ITEMS}/draft"), definition).await;
    assert_eq!(saved.json(), json!({"violations": []}));
    assert_eq!(administrator(&server, &format!("POST {ITEMS}/publish"), Value::Null).await.status, 200);
    server
}

async fn send(server: &Server, query: &str, media_type: &str, body: &str) -> Reply {
    server.acme(&format!("POST {ITEMS}/import{query}"), &[("Content-Type", media_type)], body).await
}

async fn of_started(server: &Server, started: &Reply) -> Value {
    assert_eq!(started.status, 202, "{started:?}");
    ended(server, started.header("location").expect("a place")).await
}

/// The job at this place, once it has ended.
pub(crate) async fn ended(server: &Server, at: &str) -> Value {
    let line = format!("GET {at}");
    for _ in 0..600 {
        let job = administrator(server, &line, Value::Null).await.json();
        if !job["ended-at"].is_null() {
            return job;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the job does not end")
}

async fn import(server: &Server, query: &str, media_type: &str, body: &str) -> Value {
    of_started(server, &send(server, query, media_type, body).await).await
}

async fn export(server: &Server, format: &str) -> Vec<u8> {
    server.acme(&format!("GET {ITEMS}/export?format={format}"), &[], "").await.body
}

async fn codes(server: &Server) -> String {
    let listed = administrator(server, &format!("GET {ITEMS}/records?limit=1000"), Value::Null).await.json();
    let codes = listed["items"].as_array().into_iter().flatten().filter_map(|item| item["body"]["code"].as_str());
    codes.collect::<Vec<_>>().join(" ")
}

const GOOD: &str = "id,Item code,stock,price,tags,counted,active\n\
    a,A-1,3,12.50 EUR,new; sale,2026-03-29,yes\n\
    b,=B-2,0,,,,no\n\
    \n\
    c,\"C, \"\"3\"\"\",7.5,\"{\"\"amount\"\":\"\"1\"\",\"\"currency\"\":\"\"USD\"\"}\",,,\n";

#[tokio::test]
async fn what_a_file_says_is_tried_then_written_then_taken_back() {
    let server = items().await;
    let dry = import(&server, "?dry-run=true", "text/csv", GOOD).await;
    assert_eq!(dry["result"], json!({"rows": 3, "would-create": 3, "would-change": 0, "bad": 0}), "{dry}");
    assert_eq!(codes(&server).await, "", "nothing was written");

    let job = import(&server, "", "text/csv", GOOD).await;
    assert_eq!((&job["state"], &job["result"]), (&json!("done"), &json!({"created": 3, "changed": 0})), "{job}");
    assert_eq!((&job["done"], &job["total"], &job["failed"]), (&json!(3), &json!(3), &json!(0)));
    let first = administrator(&server, &format!("GET {ITEMS}/records/a"), Value::Null).await.json();
    assert_eq!(
        first,
        json!({
            "code": "A-1", "stock": 3, "price": {"amount": "12.50", "currency": "EUR"}, "tags": ["new", "sale"],
            "counted": "2026-03-29", "active": true, "value": 6,
        })
    );
    assert_eq!(codes(&server).await, "A-1 =B-2 C, \"3\"");

    let once = [("Content-Type", "text/csv"), ("Idempotency-Key", "once")];
    let ask =
        async || server.acme(&format!("POST {ITEMS}/import?dry-run=true"), &once, GOOD).await.json()["id"].clone();
    assert_eq!(ask().await, ask().await, "a request that is repeated is the same import");

    // By its key, a row changes what the file has columns for, and nothing else. Unique texts agree whatever their case.
    let change = import(&server, "?key=code", "text/csv", "code;stock\na-1;9\nD-4;1\n").await;
    assert_eq!(change["result"], json!({"created": 1, "changed": 1}), "{change}");
    let first = administrator(&server, &format!("GET {ITEMS}/records/a"), Value::Null).await.json();
    assert_eq!((&first["stock"], &first["tags"], &first["value"]), (&json!(9), &json!(["new", "sale"]), &json!(18)));

    // What somebody has changed since stays, and is named.
    let patch = [("Content-Type", "application/merge-patch+json")];
    let changed = server.acme(&format!("PATCH {ITEMS}/records/b"), &patch, "{\"stock\": 5}").await;
    assert_eq!(changed.status, 200);
    for undone in [&change, &job] {
        let id = undone["id"].as_str().expect("an id");
        let undo = administrator(&server, &format!("POST /v1/jobs/{id}/undo"), Value::Null).await;
        assert_eq!(undo.status, 200, "{undo:?}");
        let line = format!("GET /v1/jobs/{id}");
        while administrator(&server, &line, Value::Null).await.json()["ended-at"].is_null() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert_eq!(administrator(&server, &line, Value::Null).await.json()["state"], "undone");
    }
    // The undo of the second import was a change of A-1 too, so the first one's undo leaves it.
    assert_eq!(codes(&server).await, "A-1 =B-2");
    let line = format!("GET /v1/jobs/{}/problems", job["id"].as_str().expect("an id"));
    let stay = administrator(&server, &line, Value::Null).await.json();
    assert!(stay["items"].to_string().contains("the record `b` stays"), "{stay}");
    let audited = administrator(&server, "GET /v1/audit?action=import.run", Value::Null).await.json();
    assert_eq!(audited["items"].as_array().map(Vec::len), Some(4));
    let undone = administrator(&server, "GET /v1/audit?action=import.undo", Value::Null).await.json();
    let started = &audited["items"][0]["actor"];
    assert_eq!(
        (&undone["items"][0]["actor"]["id"], &undone["items"][1]["actor"]["id"]),
        (&started["id"], &started["id"])
    );
    for inner in ["cursor", "did", "work", "undo-began"] {
        assert!(job.get(inner).is_none(), "`{inner}` is nobody's business: {job}");
    }
}

#[tokio::test]
async fn one_bad_row_stops_all_and_the_bad_ones_come_back_to_be_mended() {
    let server = items().await;
    let file = "code,stock,active\nA,1,yes\nB,many,yes\nC,-1,yes\na,2,no\n,3,\n";
    let job = import(&server, "", "text/csv", file).await;
    assert_eq!((&job["state"], &job["done"], &job["failed"]), (&json!("failed"), &json!(0), &json!(4)), "{job}");
    assert!(job["why"].as_str().is_some_and(|why| why.contains("nothing was written")), "{job}");
    assert_eq!(codes(&server).await, "");
    let id = job["id"].as_str().expect("an id");
    let problems = administrator(&server, &format!("GET /v1/jobs/{id}/problems"), Value::Null).await.json();
    let said: Vec<_> = problems["items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|problem| (problem["row"].clone(), problem["column"].clone()))
        .collect();
    for wrong in [(3, json!("stock")), (4, json!("stock")), (5, json!("code")), (6, json!("code"))] {
        assert!(said.contains(&(json!(wrong.0), wrong.1.clone())), "{wrong:?}: {problems}");
    }
    let dry = import(&server, "?dry-run=true", "text/csv", file).await;
    assert_eq!(
        (&dry["done"], &dry["failed"], &dry["total"]),
        (&json!(1), &json!(4), &json!(5)),
        "each row counts once"
    );
    let letters = administrator(&server, "GET /v1/dead-letters", Value::Null).await.json();
    assert_eq!(letters["items"], json!([]), "a file that is not acceptable is no fault");
    let mend = server.acme(&format!("GET /v1/jobs/{id}/mend"), &[], "").await;
    let text = String::from_utf8(mend.body).expect("text");
    let rows: Vec<_> = text.lines().collect();
    assert_eq!((rows.len(), rows[0]), (5, "id,problem,code,stock,active"));
    assert_eq!(rows[1], ",stock: `many` is no number; write it like 1234.5,B,many,yes");
    let mended = text.replace(",many,", ",4,").replace(",-1,", ",5,").replace(",a,2", ",D,2").replace(",,3", ",E,3");
    let job = import(&server, "", "text/csv", &mended).await;
    assert_eq!(job["result"], json!({"created": 4, "changed": 0}), "{job}: {mended}");
}

#[tokio::test]
async fn files_that_cannot_be_read_are_refused_with_their_place() {
    let server = items().await;
    for (media_type, body, part) in [
        ("text/csv", "code,colour\nA,red\n", "column `colour`: there is no such field; columns are id, active"),
        ("text/csv", "", "the file is empty"),
        ("text/csv", "code,code\nA,B\n", "two columns"),
        ("text/csv", "code\nA,B\n", "row 2: the row has more cells"),
        ("application/jsonl", "{\"body\": {}}\n{\"code\": \"A\"}\n", "row 2: a line is"),
        ("application/jsonl", "{\"body\": {\"a\": 1, \"a\": 2}}\n", "row 1: "),
        (XLSX, "PK", "no workbook that can be read"),
    ] {
        let refused = send(&server, "", media_type, body).await;
        assert_eq!((refused.status, refused.code().as_str()), (422, "bad-sheet"), "{body}");
        assert!(refused.json()["detail"].as_str().is_some_and(|detail| detail.contains(part)), "{refused:?}");
    }
    assert_eq!(send(&server, "", "application/pdf", "x").await.code(), "unsupported-media-type");
    assert_eq!(send(&server, "?key=stock", "text/csv", GOOD).await.code(), "bad-request");
    assert_eq!(send(&server, "?dry-run=perhaps", "text/csv", GOOD).await.code(), "bad-request");
    let elsewhere = server.acme("POST /v1/collections/none/import", &[("Content-Type", "text/csv")], GOOD).await;
    assert_eq!(elsewhere.code(), "not-found");
    assert_eq!(
        server.acme("GET /v1/jobs/job_00000000000000000000000000000000/mend", &[], "").await.code(),
        "not-found"
    );
}

#[tokio::test]
async fn what_is_taken_out_in_any_format_is_what_comes_in() {
    let server = items().await;
    assert_eq!(import(&server, "", "text/csv", GOOD).await["state"], "done");
    let before = export(&server, "jsonl").await;
    let bodies = |lines: &[u8]| -> Vec<Value> {
        let text = String::from_utf8_lossy(lines).into_owned();
        let line = |line: &str| serde_json::from_str::<Value>(line).map(|line| json!([line["id"], line["body"]]));
        text.lines().map(|one| line(one).expect("JSON")).collect()
    };
    for (format, media_type) in [("jsonl", "application/jsonl"), ("csv", "text/csv"), ("xlsx", XLSX)] {
        let file = export(&server, format).await;
        let template = server.acme(&format!("GET {ITEMS}/import-template?format={format}"), &[], "").await;
        assert!(template.status == 200 && !template.body.is_empty());
        for id in ["a", "b", "c"] {
            assert_eq!(administrator(&server, &format!("DELETE {ITEMS}/records/{id}"), Value::Null).await.status, 204);
        }
        let started = server.raw(&format!("POST {ITEMS}/import"), media_type, &file).await;
        let job = of_started(&server, &started).await;
        assert_eq!(job["result"], json!({"created": 3, "changed": 0}), "{format}: {job}");
        assert_eq!(bodies(&export(&server, "jsonl").await), bodies(&before), "{format}");
    }
    let template = server.acme(&format!("GET {ITEMS}/import-template?format=csv"), &[], "").await;
    assert_eq!(String::from_utf8_lossy(&template.body), "id,active,code,counted,price,stock,tags\n");
}

#[tokio::test]
async fn an_import_may_what_its_starter_may() {
    let server = items().await;
    let rule = json!({"collection": "items", "see": "all", "create": true, "hidden": ["stock"]});
    assert!(administrator(&server, "PUT /v1/roles/clerk", json!({"records": [rule]})).await.status < 300);
    let (_, clerk) = key(&server, json!({"name": "clerk", "roles": ["clerk"]})).await;
    let send = async |body: &str| {
        let (line, headers) = (format!("POST {ITEMS}/import"), [("Content-Type", "text/csv")]);
        server.ask(Ask { line: &line, host: "acme", key: Some(&clerk), headers: &headers, body }).await
    };
    assert_eq!(of_started(&server, &send("code\nA\nB\n").await).await["result"], json!({"created": 2, "changed": 0}));
    let hidden = of_started(&server, &send("code,stock\nC,1\n").await).await;
    assert_eq!((&hidden["state"], &hidden["failed"]), (&json!("failed"), &json!(1)), "{hidden}");
    let by = administrator(&server, &format!("GET {ITEMS}/records?limit=1"), Value::Null).await.json();
    assert!(by["items"][0]["about"]["created-by"].as_str().is_some_and(|by| by.starts_with("key_")), "{by}");
    let theirs = format!("GET {}", send("code\nZ\n").await.header("location").expect("a place"));
    let member = server.ask(Ask { line: &theirs, host: "acme", key: Some(&server.member), ..Ask::default() }).await;
    assert_eq!(member.code(), "not-found", "a job is its starter's");
}
