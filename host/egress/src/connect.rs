//! From a granted origin to a connection: resolve once, check every address, connect to a checked one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::Host;

use crate::address::is_public;
use crate::config::EgressConfig;
use crate::error::EgressError;
use crate::origin::Origin;

/// Names that are resolved at the same time. The system's resolver occupies a thread for each and cannot
/// be interrupted: without the limit, dead name servers would take all threads of the blocking pool. Several
/// times what the calls of one tenant can ask for at once, so that one tenant's dead names stop nobody else.
const LOOKUPS_MAX: usize = 64;

/// Addresses of one name that are tried, each for its share of the time to connect.
const ADDRESSES_TRIED_MAX: usize = 4;

/// A connection, encrypted where the origin says so.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Makes connections under the operator's rules.
pub(crate) struct Connector {
    config: Arc<EgressConfig>,
    own_domain: Option<String>,
    lookups: Arc<Semaphore>,
    tls: TlsConnector,
}

impl Connector {
    pub(crate) fn new(config: Arc<EgressConfig>, roots: RootCertStore) -> Self {
        let own_domain = config.own_domain.as_ref().map(|name| name.trim_end_matches('.').to_ascii_lowercase());
        Self { config, own_domain, lookups: Arc::new(Semaphore::new(LOOKUPS_MAX)), tls: tls(roots) }
    }

    /// Connects, within the operator's time for it.
    ///
    /// # Errors
    /// `NotGranted` when one of the addresses may not be reached, `Unavailable` when none answers.
    pub(crate) async fn connect(&self, origin: &Origin) -> Result<Box<dyn Stream>, EgressError> {
        let connected = timeout(self.config.connect(), self.open(origin)).await;
        connected.unwrap_or_else(|_| Err(EgressError::unavailable("the host took too long to accept a connection")))
    }

    async fn open(&self, origin: &Origin) -> Result<Box<dyn Stream>, EgressError> {
        if self.own_domain.as_ref().is_some_and(|domain| origin.is_within(domain)) {
            return Err(EgressError::NotGranted);
        }
        let addresses = self.resolve(origin).await?;
        if let Some(denied) = self.first_denied(&addresses) {
            tracing::warn!(%origin, %denied, "a component asked for an address that it may not reach");
            return Err(EgressError::NotGranted);
        }
        let tcp = self.dial(&addresses).await?;
        if origin.is_secure() { self.encrypt(origin, tcp).await } else { Ok(Box::new(tcp)) }
    }

    async fn resolve(&self, origin: &Origin) -> Result<Vec<SocketAddr>, EgressError> {
        let port = origin.port();
        match origin.host() {
            Host::Ipv4(address) => Ok(vec![(*address, port).into()]),
            Host::Ipv6(address) => Ok(vec![(*address, port).into()]),
            Host::Domain(name) => self.look_up(name.clone(), port).await,
        }
    }

    async fn look_up(&self, name: String, port: u16) -> Result<Vec<SocketAddr>, EgressError> {
        let unresolved = || EgressError::unavailable("the host's name cannot be resolved");
        let place = Arc::clone(&self.lookups).acquire_owned().await.map_err(|_| unresolved())?;
        // A task of its own: the place is taken until the resolver is done, also when nobody waits any more.
        let lookup = tokio::spawn(async move {
            let _place = place;
            lookup_host((name, port)).await.map(Vec::from_iter)
        });
        let addresses = lookup.await.map_err(|_| unresolved())?.map_err(|_| unresolved())?;
        if addresses.is_empty() { Err(unresolved()) } else { Ok(addresses) }
    }

    /// One address that may not be reached is enough: who answers with it is not to be trusted with the others.
    fn first_denied(&self, addresses: &[SocketAddr]) -> Option<SocketAddr> {
        addresses.iter().copied().find(|address| !self.permits(*address))
    }

    /// The one rule for addresses.
    fn permits(&self, address: SocketAddr) -> bool {
        let is_usual = is_public(address.ip()) && self.config.ports.contains(&address.port());
        is_usual || self.config.allow_private.contains(&address)
    }

    async fn dial(&self, addresses: &[SocketAddr]) -> Result<TcpStream, EgressError> {
        let tried = &addresses[..addresses.len().min(ADDRESSES_TRIED_MAX)];
        let share = self.config.connect() / u32::try_from(tried.len()).unwrap_or(1).max(1);
        for address in tried {
            if let Some(stream) = dial(*address, share).await {
                return Ok(stream);
            }
        }
        Err(EgressError::unavailable("the host does not accept connections"))
    }

    async fn encrypt(&self, origin: &Origin, tcp: TcpStream) -> Result<Box<dyn Stream>, EgressError> {
        let name = origin.server_name().map_err(|error| EgressError::Invalid(error.to_string()))?;
        match self.tls.connect(name, tcp).await {
            Ok(stream) => Ok(Box::new(stream)),
            Err(error) => {
                tracing::info!(%origin, %error, "no secure connection");
                Err(EgressError::unavailable(reason(&error)))
            }
        }
    }
}

async fn dial(address: SocketAddr, time: Duration) -> Option<TcpStream> {
    let stream = timeout(time, TcpStream::connect(address)).await.ok()?.ok()?;
    stream.set_nodelay(true).ok()?;
    Some(stream)
}

/// What the component's developer is told of a failed handshake.
fn reason(error: &std::io::Error) -> &'static str {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(_)) => "the host's certificate is not trusted",
        _ => "the host does not agree on a secure connection",
    }
}

fn tls(roots: RootCertStore) -> TlsConnector {
    let versions = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider has cipher suites for TLS 1.2 and 1.3");
    let mut config = versions.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    TlsConnector::from(Arc::new(config))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn connector(config: EgressConfig) -> Connector {
        Connector::new(Arc::new(config), RootCertStore::empty())
    }

    fn check(config: EgressConfig, address: &str, permitted: bool) {
        assert_eq!(connector(config).permits(address.parse().unwrap()), permitted, "{address}");
    }

    #[test]
    fn public_addresses_on_usual_ports() {
        for address in ["8.8.8.8:443", "8.8.8.8:80", "[2606:4700::1]:443"] {
            check(EgressConfig::default(), address, true);
        }
        for address in ["8.8.8.8:22", "8.8.8.8:25", "8.8.8.8:5432", "8.8.8.8:6379", "8.8.8.8:8443", "8.8.8.8:0"] {
            check(EgressConfig::default(), address, false);
        }
        check(EgressConfig { ports: vec![8443], ..EgressConfig::default() }, "8.8.8.8:8443", true);
    }

    #[test]
    fn an_exception_is_one_address_and_one_port() {
        let config = EgressConfig { allow_private: vec!["10.0.0.7:8080".parse().unwrap()], ..EgressConfig::default() };
        check(config.clone(), "10.0.0.7:8080", true);
        for address in ["10.0.0.7:443", "10.0.0.8:8080", "[::ffff:10.0.0.7]:8080"] {
            check(config.clone(), address, false);
        }
    }

    #[test]
    fn one_private_address_among_public_ones_denies_all() {
        let addresses = ["8.8.8.8:443", "[2606:4700::1]:443", "10.0.0.1:443"].map(|text| text.parse().unwrap());
        let connector = connector(EgressConfig::default());
        assert_eq!(connector.first_denied(&addresses[..2]), None);
        assert_eq!(connector.first_denied(&addresses), Some(addresses[2]));
    }

    #[tokio::test]
    async fn the_installation_itself_is_not_outside() {
        let config = EgressConfig { own_domain: Some("Platform.Example.".into()), ..EgressConfig::default() };
        for origin in ["https://platform.example", "https://ACME.platform.example."] {
            let denied = connector(config.clone()).connect(&origin.parse().unwrap()).await.err();
            assert_eq!(denied, Some(EgressError::NotGranted), "{origin}");
        }
    }

    #[tokio::test]
    async fn a_name_that_does_not_exist() {
        let failed = connector(EgressConfig::default()).connect(&"https://nowhere.invalid".parse().unwrap()).await;
        assert!(matches!(failed.err(), Some(EgressError::Unavailable(_))));
    }
}
