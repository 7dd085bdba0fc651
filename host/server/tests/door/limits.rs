//! What is malformed, too much or too slow.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use serde_json::{Value, json};

use crate::server::{Server, reply};
use crate::structure::{administrator, key, with_key};

#[tokio::test]
async fn a_request_has_one_host() {
    let server = Server::start().await;
    let get = async |line: &str, hosts: &str| {
        server.send(&format!("{line} HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n")).await.status
    };
    assert_eq!(get("GET /healthz", "Host: acme.localhost\r\nHost: acme.localhost\r\n").await, 400);
    assert_eq!(get("GET /healthz", "").await, 400);
    assert_eq!(get("GET http://globex.localhost/healthz", "Host: acme.localhost\r\n").await, 400);
    assert_eq!(get("GET /healthz", "Host: ACME.localhost.:80\r\n").await, 200);
    assert_eq!(get("GET /v1/collections", "Host: example.com\r\n").await, 404);
}

#[tokio::test]
async fn heads_are_bounded() {
    let server = Server::start().await;
    let large = format!("X-Large: {}\r\n", "x".repeat(33 << 10));
    let many = "X-Many: x\r\n".repeat(101);
    for headers in [large, many] {
        let reply = server.send(&format!("GET /healthz HTTP/1.1\r\nHost: acme.localhost\r\n{headers}\r\n")).await;
        assert_eq!(reply.status, 431);
    }
}

#[tokio::test]
async fn bodies_are_what_they_say() {
    let server = Server::start().await;
    let put = async |headers: &[(&str, &str)], body: &str| {
        let reply = server.acme("PUT /v1/collections/things", headers, body).await;
        (reply.status, reply.code(), reply.json())
    };
    let (status, code, problem) = put(&[], "{\"title\":\n \"a\",}").await;
    assert_eq!((status, code.as_str()), (400, "malformed-json"));
    assert_eq!((problem["line"].as_u64(), problem["column"].as_u64()), (Some(2), Some(6)));
    assert_eq!(put(&[], "{\"title\":\"a\",\"title\":\"b\"}").await.1, "malformed-json");
    let unknown = put(&[], "{\"title\":\"a\",\"created-at\":1}").await;
    assert_eq!((unknown.0, unknown.1.as_str()), (422, "unknown-field"));
    assert_eq!(put(&[], "{\"title\":1}").await.1, "invalid-body");
    assert_eq!(put(&[("Content-Type", "text/plain")], "{}").await.0, 415);
    assert_eq!(put(&[("Content-Encoding", "gzip")], "{}").await.0, 415);
    let (status, code, problem) = put(&[], &format!("{{\"title\":\"{}\"}}", "a".repeat(1 << 20))).await;
    assert_eq!((status, code.as_str(), problem["limit"].as_u64()), (413, "too-large", Some(1 << 20)));
}

#[tokio::test]
async fn methods_and_addresses_are_known_or_not() {
    let server = Server::start().await;
    let reply = server.acme("PATCH /v1/collections/things", &[], "").await;
    assert_eq!((reply.status, reply.header("allow")), (405, Some("DELETE, GET, HEAD, PUT")));
    assert_eq!(server.acme("TRACE /v1/collections", &[], "").await.status, 405);
    assert_eq!(server.acme("GET /v2/collections", &[], "").await.code(), "not-found");
    assert_eq!(server.acme("GET /v1/collections/No", &[], "").await.code(), "invalid-name");
    assert_eq!(server.acme("GET /v1/collections?limit=0", &[], "").await.status, 400);
    assert_eq!(server.acme("GET /v1/collections?key=x", &[], "").await.status, 400);
    assert_eq!(server.acme("GET /v1/collections?limit=1&limit=1", &[], "").await.status, 400);
    assert!(server.acme("HEAD /v1/collections", &[], "").await.body.is_empty());
}

#[tokio::test]
async fn every_problem_has_a_page() {
    let server = Server::start().await;
    for code in signalsync_server::problem::Code::ALL {
        let page = server.acme(&format!("GET /problems/{}", code.as_str()), &[], "").await;
        assert_eq!(page.status, 200);
        assert!(String::from_utf8(page.body).unwrap().contains(code.explanation()), "{code:?}");
    }
    assert_eq!(server.acme("GET /problems/no-such", &[], "").await.status, 404);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up() {
    let server = Server::with("body_grace_ms = 50").await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = format!(
        "PUT /v1/collections/things HTTP/1.1\r\nHost: acme.localhost\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{{",
        server.acme
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert_eq!(reply(&answer).code(), "request-timeout");
}

#[tokio::test]
async fn an_address_has_a_limited_number_of_connections() {
    let server = Server::with("connections_per_address_max = 1").await;
    let mut first = TcpStream::connect(server.address).await.unwrap();
    first.write_all(b"GET /healthz HTTP/1.1\r\nHost: acme.localhost\r\n\r\n").await.unwrap();
    assert!(first.read(&mut [0; 1024]).await.unwrap() > 0);
    let mut second = TcpStream::connect(server.address).await.unwrap();
    assert_eq!(second.read(&mut [0; 1024]).await.unwrap_or(0), 0);
}

#[tokio::test]
async fn the_process_says_that_it_goes_and_then_goes() {
    let mut server = Server::with("drain_notice_ms = 60000\ndrain_ms = 1000").await;
    assert_eq!(server.acme("GET /readyz", &[], "").await.status, 200);
    server.shutdown.take().unwrap().send(()).unwrap();
    while server.acme("GET /readyz", &[], "").await.status == 200 {}
    assert_eq!(server.acme("GET /readyz", &[], "").await.code(), "draining");
    assert_eq!(server.acme("GET /v1/collections", &[], "").await.status, 200);

    let mut server = Server::with("drain_notice_ms = 0").await;
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: acme.localhost\r\n\r\n").await.unwrap();
    assert!(idle.read(&mut [0; 1024]).await.unwrap() > 0);
    server.shutdown.take().unwrap().send(()).unwrap();
    server.done.await.unwrap();
    assert_eq!(idle.read(&mut [0; 1024]).await.unwrap(), 0);
    assert!(TcpStream::connect(server.address).await.is_err());
}

/// The program's settings end with this part, which puts the limit of a tier behind them.
const SLOW: &str = "[tiers.standard]\nrequests_per_minute = 120\n";

#[tokio::test]
async fn a_tenant_sends_as_much_as_its_tier_says_and_takes_nothing_from_others() {
    let server = Server::configured(SLOW, "").await;
    let mut replies = Vec::new();
    for _ in 0..60 {
        replies.push(server.acme("GET /v1/collections", &[], "").await);
    }
    assert!(replies[..20].iter().all(|reply| reply.status == 200), "a burst is ten seconds' worth");
    let refused = replies.iter().find(|reply| reply.status != 200).unwrap();
    assert_eq!(
        (refused.status, refused.code().as_str(), &refused.json()["limit"]),
        (429, "too-many-requests", &json!(120))
    );
    assert!(refused.header("retry-after").is_some_and(|seconds| seconds.parse::<u64>().is_ok()), "{refused:?}");
    let ask = crate::server::Ask {
        line: "GET /v1/collections",
        host: "globex",
        key: Some(&server.globex),
        ..Default::default()
    };
    assert_eq!(server.ask(ask).await.status, 200);
}

#[tokio::test]
async fn a_key_has_a_rate_of_its_own_and_others_go_on() {
    let server = Server::start().await;
    let draft = json!({"name": "slow", "roles": ["member"], "requests-per-minute": 12});
    let (id, slow) = key(&server, draft).await;
    let shown = administrator(&server, &format!("GET /v1/keys/{id}"), Value::Null).await.json();
    assert_eq!(shown["requests-per-minute"], 12);
    let mut statuses = Vec::new();
    for _ in 0..8 {
        statuses.push(with_key(&server, &slow, "GET /v1/collections", &Value::Null).await.status);
    }
    assert_eq!(statuses[..2], [200, 200], "a burst is ten seconds' worth");
    assert!(statuses[2..].contains(&429), "{statuses:?}");
    assert_eq!(server.acme("GET /v1/collections", &[], "").await.status, 200);
    let none = json!({"name": "none", "roles": ["member"], "requests-per-minute": 0});
    assert_eq!(administrator(&server, "POST /v1/keys", none).await.status, 422);
}
