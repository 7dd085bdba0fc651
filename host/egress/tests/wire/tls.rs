//! Whom the host trusts, and whom it says that it wants to speak to.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{RootCertStore, ServerConfig};
use signalsync_core::contract::Response;
use signalsync_egress::{Egress, EgressConfig, EgressError};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::origin::{Answer, converse, listen, request, soon};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

struct Identity {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

fn identity(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Identity {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap().der().clone();
    Identity { certificate, key: PrivateKeyDer::try_from(key.serialize_der()).unwrap() }
}

fn roots(trusted: &Identity) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.certificate.clone()).unwrap();
    roots
}

/// Serves one connection; returns the name that was asked for and what was received, if TLS was agreed on.
fn serve(listener: TcpListener, identity: Identity) -> JoinHandle<Option<(String, String)>> {
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![identity.certificate], identity.key)
        .unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let stream = TlsAcceptor::from(Arc::new(config)).accept(stream).await.ok()?;
        let name = stream.get_ref().1.server_name().unwrap_or_default().to_owned();
        Some((name, converse(stream, Answer::from(OK)).await))
    })
}

fn allowing(address: SocketAddr) -> EgressConfig {
    let v6 = SocketAddr::new("::1".parse().unwrap(), address.port());
    EgressConfig { allow_private: vec![address, v6], ..EgressConfig::default() }
}

async fn get(egress: &Egress, address: SocketAddr) -> Result<Response, EgressError> {
    let origin = format!("https://localhost:{}", address.port());
    egress.send(&[origin.parse().unwrap()], request("GET", format!("{origin}/"), ""), soon()).await
}

/// Whether an origin with this identity is refused, and never sees a request.
async fn check_refused(identity: Identity, roots: Option<RootCertStore>) {
    let (listener, address) = listen().await;
    let server = serve(listener, identity);
    let egress = match roots {
        Some(roots) => Egress::trusting(allowing(address), roots),
        None => Egress::new(allowing(address)),
    };
    let refused = Err(EgressError::Unavailable("the host's certificate is not trusted".into()));
    assert_eq!(get(&egress, address).await, refused);
    assert!(server.await.unwrap().is_none_or(|(_, received)| received.is_empty()));
}

#[tokio::test]
async fn a_trusted_host_is_asked_by_its_name() {
    let (listener, address) = listen().await;
    let identity = identity("localhost", |_| ());
    let egress = Egress::trusting(allowing(address), roots(&identity));
    let server = serve(listener, identity);
    assert_eq!(get(&egress, address).await.unwrap().body, b"ok");
    let (name, received) = server.await.unwrap().unwrap();
    assert_eq!(name, "localhost");
    assert!(received.starts_with(&format!("GET / HTTP/1.1\r\nhost: localhost:{}\r\n", address.port())));
}

#[tokio::test]
async fn a_self_signed_certificate() {
    check_refused(identity("localhost", |_| ()), None).await;
}

#[tokio::test]
async fn a_certificate_for_another_name() {
    let identity = identity("example.com", |_| ());
    let roots = roots(&identity);
    check_refused(identity, Some(roots)).await;
}

#[tokio::test]
async fn a_certificate_that_expired() {
    let identity = identity("localhost", |params| params.not_after = date_time_ymd(2001, 1, 1));
    let roots = roots(&identity);
    check_refused(identity, Some(roots)).await;
}

#[tokio::test]
async fn a_certificate_of_the_future() {
    let identity = identity("localhost", |params| params.not_before = date_time_ymd(4000, 1, 1));
    let roots = roots(&identity);
    check_refused(identity, Some(roots)).await;
}

#[tokio::test]
async fn a_handshake_that_never_ends_is_part_of_connecting() {
    let (listener, address) = listen().await;
    let egress = Egress::new(EgressConfig { connect_ms: 100, ..allowing(address) });
    let late = Err(EgressError::Unavailable("the host took too long to accept a connection".into()));
    assert_eq!(get(&egress, address).await, late);
    drop(listener);
}

#[tokio::test]
async fn a_host_that_speaks_plain_text() {
    let (listener, address) = listen().await;
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, OK.as_bytes()).await.unwrap();
        stream
    });
    let refused = Err(EgressError::Unavailable("the host does not agree on a secure connection".into()));
    assert_eq!(get(&Egress::new(allowing(address)), address).await, refused);
    drop(server.await.unwrap());
}
