//! TLS by the name that is asked for, HTTP/2, and who is believed about whom.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::Arc;

use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::server::{Reply, Server, reply};

fn put(folder: &Path, file: &str, name: &str) -> CertificateDer<'static> {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().self_signed(&key).unwrap();
    std::fs::write(folder.join(format!("{file}.key")), key.serialize_pem()).unwrap();
    std::fs::write(folder.join(format!("{file}.pem")), certificate.pem()).unwrap();
    certificate.der().clone()
}

async fn secured(folder: &Path) -> Server {
    Server::configured(&format!("base_domain = \"example.test\"\ncertificates = {folder:?}"), "").await
}

async fn connect(
    server: &Server,
    trusted: &CertificateDer<'static>,
    name: &'static str,
    protocol: &[u8],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let stream = TcpStream::connect(server.address).await.unwrap();
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(name).unwrap(), stream).await
}

async fn alive(mut stream: TlsStream<TcpStream>, host: &str) -> Reply {
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    reply(&bytes)
}

#[tokio::test]
async fn each_name_is_served_with_its_own_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let all = put(folder.path(), "_.example.test", "*.example.test");
    let acme = put(folder.path(), "acme.example.test", "acme.example.test");
    let server = secured(folder.path()).await;

    let globex = connect(&server, &all, "globex.example.test", b"http/1.1").await.unwrap();
    let answer = alive(globex, "globex.example.test").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("strict-transport-security"), Some("max-age=63072000; includeSubDomains"));
    let own = connect(&server, &acme, "acme.example.test", b"http/1.1").await.unwrap();
    assert_eq!(alive(own, "acme.example.test").await.status, 200);

    let trusts_the_other = connect(&server, &all, "acme.example.test", b"http/1.1").await;
    assert!(trusts_the_other.is_err());
    assert!(connect(&server, &all, "evil.test", b"http/1.1").await.is_err(), "nothing is for this name");
}

#[tokio::test]
async fn http2_is_spoken_within_the_same_rules() {
    let folder = tempfile::tempdir().unwrap();
    let all = put(folder.path(), "_.example.test", "*.example.test");
    let server = secured(folder.path()).await;
    let stream = connect(&server, &all, "acme.example.test", b"h2").await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let driver = tokio::spawn(connection);
    let mut ask = async |address: &str, key: Option<&str>| {
        let mut request = http::Request::get(address);
        if let Some(key) = key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let answer = sender.send_request(request.body(Empty::<Bytes>::new()).unwrap()).await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.into_body().collect().await.unwrap().to_bytes())
    };
    assert_eq!(ask("https://acme.example.test/v1/collections", Some(&server.acme)).await.0, 200);
    assert_eq!(ask("https://acme.example.test/v1/collections", None).await.0, 401);
    let foreign = ask("https://acme.example.test/v1/collections", Some(&server.globex)).await;
    assert_eq!(foreign.0, 404, "one connection serves many names, and each request is judged by its own");
    let other = ask("https://globex.example.test/v1/collections", Some(&server.globex)).await;
    assert_eq!(other.0, 200);
    driver.abort();
}

#[tokio::test]
async fn without_tls_nothing_is_said_about_it_and_nothing_spoken_is_answered() {
    let server = Server::start().await;
    let answer = server.acme("GET /v1/collections", &[("X-Forwarded-Proto", "https")], "").await;
    assert_eq!((answer.status, answer.header("strict-transport-security")), (200, None), "nobody is trusted here");
    let proxied = Server::configured("proxies = [\"127.0.0.1\"]", "").await;
    let answer = proxied.acme("GET /v1/collections", &[("X-Forwarded-Proto", "https")], "").await;
    assert!(answer.header("strict-transport-security").is_some(), "the proxy is");
}

#[tokio::test]
async fn who_is_no_proxy_gets_no_connection_where_only_proxies_may_connect() {
    let server = Server::configured("listen = \"0.0.0.0:0\"\nproxies = [\"192.0.2.1\"]", "").await;
    let mut stream = TcpStream::connect(("127.0.0.1", server.address.port())).await.unwrap();
    let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: acme.localhost\r\n\r\n").await;
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    assert_eq!(bytes, b"", "the connection is closed without a word");
}
