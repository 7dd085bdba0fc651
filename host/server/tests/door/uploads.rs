//! Files that are sent in parts, over connections that break off.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::server::{Ask, Reply, Server, reply};
use crate::structure::administrator;

const TUS: (&str, &str) = ("Tus-Resumable", "1.0.0");
const OFFSET_STREAM: (&str, &str) = ("Content-Type", "application/offset+octet-stream");

/// `report.txt` in Base64.
const NAME: &str = "filename cmVwb3J0LnR4dA==,filetype dGV4dC9wbGFpbg==";

async fn create(server: &Server, place: &str, length: usize) -> Reply {
    let length = length.to_string();
    let headers = [TUS, ("Upload-Length", length.as_str()), ("Upload-Metadata", NAME)];
    server.acme(&format!("POST {place}/uploads"), &headers, "").await
}

async fn append(server: &Server, at: &str, offset: u64, part: &str) -> Reply {
    let offset = offset.to_string();
    server.acme(&format!("PATCH {at}"), &[TUS, OFFSET_STREAM, ("Upload-Offset", &offset)], part).await
}

/// How much is there.
async fn offset(server: &Server, at: &str) -> Option<u64> {
    let told = server.acme(&format!("HEAD {at}"), &[TUS], "").await;
    told.header("upload-offset").and_then(|offset| offset.parse().ok())
}

#[tokio::test]
async fn an_upload_goes_on_where_its_connection_broke_off() {
    let server = Server::start().await;
    administrator(&server, "PUT /v1/collections/orders", json!({})).await;
    administrator(&server, "PUT /v1/collections/orders/records/1", json!({})).await;
    let text: String = (0..40_000).map(|n| format!("{n};")).collect();
    for (place, file) in [
        ("/v1/folders/docs", "/v1/folders/docs/files/report.txt"),
        ("/v1/collections/orders/records/1", "/v1/collections/orders/records/1/files/report.txt"),
    ] {
        let created = create(&server, place, text.len()).await;
        assert_eq!((created.status, created.header("upload-offset")), (201, Some("0")), "{created:?}");
        assert!(created.header("upload-expires").is_some_and(|at| at.ends_with("GMT")), "{created:?}");
        let at = created.header("location").expect("a place").to_owned();
        let first = append(&server, &at, 0, &text[..70_000]).await;
        assert_eq!((first.status, first.header("upload-offset")), (204, Some("70000")));

        // It says that more comes than comes.
        let mut stream = TcpStream::connect(server.address).await.expect("a connection");
        let head = format!(
            "PATCH {at} HTTP/1.1\r\nHost: acme.localhost\r\nAuthorization: Bearer {}\r\nTus-Resumable: 1.0.0\r\n\
             Content-Type: application/offset+octet-stream\r\nUpload-Offset: 70000\r\nContent-Length: 100000\r\n\r\n",
            server.acme
        );
        stream.write_all(head.as_bytes()).await.expect("it is sent");
        stream.write_all(&text.as_bytes()[70_000..90_000]).await.expect("it is sent");
        stream.shutdown().await.expect("it ends");
        let mut answer = Vec::new();
        // The server may answer, or be cut off too.
        let _ = stream.read_to_end(&mut answer).await;
        if !answer.is_empty() {
            assert_eq!(reply(&answer).status, 400);
        }
        drop(stream);
        let mut there = offset(&server, &at).await;
        for _ in 0..200 {
            if there == Some(90_000) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            there = offset(&server, &at).await;
        }
        assert_eq!(there, Some(90_000), "what has arrived is kept");

        let behind = append(&server, &at, 70_000, "again").await;
        assert_eq!((behind.code().as_str(), &behind.json()["offset"]), ("wrong-offset", &json!(90_000)));
        assert_eq!(server.acme(&format!("GET {file}"), &[], "").await.status, 404, "not before its end");
        let too_long = append(&server, &at, 90_000, &format!("{} ", &text[90_000..])).await;
        assert_eq!(too_long.code(), "too-large");
        assert_eq!(append(&server, &at, 90_000, &text[90_000..]).await.status, 204);
        let got = server.acme(&format!("GET {file}"), &[], "").await;
        assert_eq!((got.status, got.body.len()), (200, text.len()));
        assert_eq!(got.body, text.as_bytes());
        assert_eq!(offset(&server, &at).await, None, "the upload is over");
    }
}

#[tokio::test]
async fn an_upload_is_its_senders_and_can_be_given_up() {
    let server = Server::start().await;
    let created = create(&server, "/v1/folders/docs", 10).await;
    let at = created.header("location").expect("a place").to_owned();
    for (key, line) in [(&server.member, format!("GET {at}")), (&server.member, format!("DELETE {at}"))] {
        let ask = Ask { line: &line, host: "acme", key: Some(key), headers: &[TUS], ..Ask::default() };
        assert_eq!(server.ask(ask).await.code(), "not-found", "{line}");
    }
    assert_eq!(server.acme(&format!("DELETE {at}"), &[TUS], "").await.status, 204);
    assert_eq!(append(&server, &at, 0, "x").await.code(), "not-found");

    let without = server.acme("POST /v1/folders/docs/uploads", &[("Upload-Length", "1")], "").await;
    assert_eq!((without.status, without.code().as_str()), (412, "precondition-failed"));
    let nameless = server.acme("POST /v1/folders/docs/uploads", &[TUS, ("Upload-Length", "1")], "").await;
    assert_eq!(nameless.code(), "bad-request");
    let huge = create(&server, "/v1/folders/docs", 1 << 40).await;
    assert_eq!(huge.code(), "too-large");
    let nowhere = create(&server, "/v1/collections/none/records/1", 1).await;
    assert_eq!(nowhere.code(), "not-found");
    for _ in 0..100 {
        assert_eq!(create(&server, "/v1/folders/docs", 1).await.status, 201);
    }
    assert_eq!(create(&server, "/v1/folders/docs", 1).await.code(), "too-many");
    let audited = administrator(&server, "GET /v1/audit?action=file.write", Value::Null).await.json();
    assert_eq!(audited["items"], json!([]), "nothing was written");
}

#[tokio::test]
async fn a_client_that_asks_first_is_told_what_is_spoken() {
    let server = Server::start().await;
    for host in ["acme", "globex"] {
        let told = server.ask(Ask { line: "OPTIONS /v1/uploads", host, ..Ask::default() }).await;
        assert_eq!(
            (told.status, told.header("tus-resumable"), told.header("tus-version")),
            (204, Some("1.0.0"), Some("1.0.0"))
        );
        assert_eq!(told.header("tus-extension"), Some("creation,termination,expiration"));
    }
}
