//! What leaves the host, byte for byte, and what never does.

use std::net::SocketAddr;
use std::time::Duration;

use signalsync_core::contract::Request;
use signalsync_egress::{Egress, EgressConfig, EgressError, Origin};
use tokio::io::AsyncReadExt as _;
use tokio::time::Instant;

use crate::origin::{Answer, allowing, header, listen, nobody_came, request, serve, soon};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

/// Sends a request to an origin that records it; the URL is what comes behind the origin.
async fn record(method: &str, url: &str, change: impl FnOnce(&mut Request)) -> (String, SocketAddr) {
    let (listener, address) = listen().await;
    let origin = format!("http://{address}");
    let server = serve(listener, OK.into());
    let mut request = request(method, format!("{origin}{url}"), "");
    change(&mut request);
    Egress::new(allowing(address)).send(&[origin.parse().unwrap()], request, soon()).await.unwrap();
    (server.await.unwrap(), address)
}

#[tokio::test]
async fn one_request_with_one_host_and_one_length() {
    let (received, address) = record("POST", "/orders?open=1", |request| {
        request.body = b"{}".to_vec();
        request.headers = vec![header("Content-Type", "application/json"), header("X-A", "1"), header("x-a", "2")];
    })
    .await;
    let expected = format!(
        "POST /orders?open=1 HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: application/json\r\nx-a: 1\r\nx-a: 2\r\nuser-agent: signalsync\r\ncontent-length: 2\r\n\r\n{{}}"
    );
    assert_eq!(received, expected);
}

#[tokio::test]
async fn every_method_without_a_body() {
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] {
        let (received, address) = record(method, "", |_| ()).await;
        let length = if matches!(method, "POST" | "PUT" | "PATCH") { "content-length: 0\r\n" } else { "" };
        let expected = format!(
            "{method} / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\nuser-agent: signalsync\r\n{length}\r\n"
        );
        assert_eq!(received, expected);
    }
}

#[tokio::test]
async fn a_path_that_looks_like_another_host_stays_a_path() {
    for path in ["//evil.example/", "/http://evil.example/", "/@evil.example", "/%0d%0aHost:%20evil.example"] {
        let (received, address) = record("GET", path, |_| ()).await;
        assert!(received.starts_with(&format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n")), "{received}");
        assert_eq!(received.matches("host: ").count(), 1);
    }
}

/// What was granted and asked for in this spelling does not reach loopback.
async fn check_unreached(host: &str) {
    let (listener, address) = listen().await;
    let origin = format!("http://{host}:{}", address.port());
    let egress = Egress::new(EgressConfig { ports: vec![address.port()], ..EgressConfig::default() });
    let sent = egress.send(&[origin.parse().unwrap()], request("GET", format!("{origin}/"), ""), soon()).await;
    assert_eq!(sent, Err(EgressError::NotGranted), "{host}");
    assert!(nobody_came(&listener).await, "{host}");
}

#[tokio::test]
async fn no_spelling_of_loopback_is_reached() {
    for host in [
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "127.0.0.1.",
        "①②⑦.0.0.1",
        "0.0.0.0",
        "0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
    ] {
        check_unreached(host).await;
    }
}

#[tokio::test]
async fn a_name_that_leads_to_loopback_is_not_reached() {
    for host in ["localhost", "LOCALHOST", "localhost."] {
        check_unreached(host).await;
    }
}

#[tokio::test]
async fn an_exception_for_another_port_is_none() {
    let (listener, address) = listen().await;
    let origin = format!("http://{address}");
    let other = SocketAddr::new(address.ip(), address.port() ^ 1);
    let sent = Egress::new(allowing(other))
        .send(&[origin.parse().unwrap()], request("GET", format!("{origin}/"), ""), soon())
        .await;
    assert_eq!(sent, Err(EgressError::NotGranted));
    assert!(nobody_came(&listener).await);
}

#[tokio::test]
async fn an_origin_that_is_not_granted_is_not_reached() {
    let (listener, address) = listen().await;
    let egress = Egress::new(allowing(address));
    let granted: [Origin; 1] = ["https://api.example.com".parse().unwrap()];
    let sent = egress.send(&granted, request("GET", format!("http://{address}/"), ""), soon()).await;
    assert_eq!(sent, Err(EgressError::NotGranted));
    assert!(nobody_came(&listener).await);
}

#[tokio::test]
async fn a_name_with_an_exception_keeps_its_name() {
    let (listener, address) = listen().await;
    let port = address.port();
    let server = serve(listener, OK.into());
    let allow_private = vec![address, SocketAddr::new("::1".parse().unwrap(), port)];
    let egress = Egress::new(EgressConfig { allow_private, ..EgressConfig::default() });
    let origin = format!("http://localhost:{port}");
    egress.send(&[origin.parse().unwrap()], request("GET", origin, ""), soon()).await.unwrap();
    assert!(server.await.unwrap().contains(&format!("\r\nhost: localhost:{port}\r\n")));
}

#[tokio::test]
async fn nobody_listens() {
    let (listener, address) = listen().await;
    drop(listener);
    let origin = format!("http://{address}");
    let sent =
        Egress::new(allowing(address)).send(&[origin.parse().unwrap()], request("GET", origin, ""), soon()).await;
    assert_eq!(sent, Err(EgressError::Unavailable("the host does not accept connections".into())));
}

#[tokio::test]
async fn a_place_is_waited_for_and_given_back() {
    let (listener, address) = listen().await;
    let origin: Origin = format!("http://{address}").parse().unwrap();
    let egress = Egress::new(EgressConfig { concurrent_max: 1, total_ms: 200, ..allowing(address) });
    let granted = [origin.clone()];
    let get = || request("GET", origin.to_string(), "");

    // The first takes the only place and gets no answer; the second is not even connected.
    let (first, second) = tokio::join!(
        egress.send(&granted, get(), soon()),
        egress.send(&granted, get(), Instant::now() + Duration::from_millis(50)),
    );
    assert!(matches!(first, Err(EgressError::Unavailable(_))));
    assert!(matches!(second, Err(EgressError::Unavailable(_))));
    drop(listener.accept().await.unwrap());
    assert!(nobody_came(&listener).await);

    let server = serve(listener, Answer::from(OK));
    assert_eq!(egress.send(&granted, get(), soon()).await.unwrap().status, 200);
    server.await.unwrap();
}

#[tokio::test]
async fn a_deadline_that_is_over_sends_nothing() {
    let (listener, address) = listen().await;
    let origin = format!("http://{address}");
    let egress = Egress::new(EgressConfig { concurrent_max: 0, ..allowing(address) });
    let sent = egress.send(&[origin.parse().unwrap()], request("GET", origin, ""), Instant::now()).await;
    assert!(matches!(sent, Err(EgressError::Unavailable(_))));
    assert!(nobody_came(&listener).await);
}

#[tokio::test]
async fn a_request_that_is_given_up_closes_its_connection() {
    let (listener, address) = listen().await;
    let origin = format!("http://{address}");
    let sending = tokio::spawn(async move {
        let egress = Egress::new(allowing(address));
        egress.send(&[origin.parse().unwrap()], request("GET", origin, ""), soon()).await
    });
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut received = [0; 4];
    stream.read_exact(&mut received).await.unwrap();
    sending.abort();
    // Ends only when the other side closes.
    stream.read_to_end(&mut Vec::new()).await.unwrap();
    assert_eq!(&received, b"GET ");
}
