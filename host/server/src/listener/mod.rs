//! The listener: accepts connections within limits, and lets them end before the process does.

mod body;
mod certificates;
mod connection;
mod places;

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

pub(crate) use body::{Incoming, TooSlow};
pub use certificates::CertificateError;
use certificates::Certificates;
use connection::Connector;
pub(crate) use connection::Peer;
use places::{Place, Places};

use crate::app::App;

/// After the system refused a connection, e.g. because there are too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Certificates in use, and the task that renews them.
pub(crate) struct Secured {
    acceptor: TlsAcceptor,
    renewing: JoinHandle<()>,
}

impl Secured {
    /// Reads the folder, and goes on looking at it.
    ///
    /// # Errors
    /// Something in it cannot be used.
    pub(crate) fn with(folder: &Path) -> Result<Self, CertificateError> {
        let certificates = Certificates::open(folder)?;
        let acceptor = TlsAcceptor::from(certificates.config());
        Ok(Self { acceptor, renewing: tokio::spawn(certificates.follow()) })
    }
}

impl Drop for Secured {
    fn drop(&mut self) {
        self.renewing.abort();
    }
}

/// Where and from whom requests are taken.
pub(crate) struct Entrance {
    pub(crate) listener: TcpListener,
    /// None: without TLS.
    pub(crate) secured: Option<Secured>,
    /// Whose word about their clients is believed.
    pub(crate) proxies: Arc<[IpAddr]>,
    /// Whether nobody but those may connect.
    pub(crate) proxies_only: bool,
}

/// Serves until `shutdown`, then lets requests that have begun end, within the configured time.
pub(crate) async fn serve(app: Arc<App>, entrance: Entrance, shutdown: impl Future<Output = ()>) {
    let places = Places::new(app.limits.connections_max, app.limits.connections_per_address_max);
    let (closing, ending) = watch::channel(());
    let tls = entrance.secured.as_ref().map(|secured| secured.acceptor.clone());
    let connector = Connector { app: Arc::clone(&app), tls, proxies: Arc::clone(&entrance.proxies), ending };
    let accepting = async {
        loop {
            accept(&connector, &entrance, &places).await;
        }
    };
    let until = async {
        shutdown.await;
        app.drain();
        sleep(Duration::from_millis(app.limits.drain_notice_ms)).await;
    };
    tokio::select! {
        () = accepting => {}
        () = until => {}
    }
    drop(entrance);
    drop(closing);
    if timeout(Duration::from_millis(app.limits.drain_ms), places.all_free()).await.is_err() {
        tracing::warn!("requests were cut off, because they took longer than the time to drain");
    }
}

async fn accept(connector: &Connector, entrance: &Entrance, places: &Places) {
    let Some(place) = places.any().await else { return };
    let (stream, peer) = match entrance.listener.accept().await {
        Ok(accepted) => accepted,
        Err(error) => {
            tracing::warn!(%error, "a connection was not accepted");
            return sleep(ACCEPT_PAUSE).await;
        }
    };
    let address = canonical(peer);
    if entrance.proxies_only && !entrance.proxies.contains(&address) {
        return tracing::debug!(%peer, "a connection was closed: it does not come from a proxy that is trusted");
    }
    match places.of_address(place, address) {
        Some(place) => drop(tokio::spawn(connector.clone().serve(stream, place))),
        None => tracing::debug!(%peer, "a connection was closed: the address has as many as it may"),
    }
}

/// An IPv4 address has one spelling.
fn canonical(peer: SocketAddr) -> IpAddr {
    peer.ip().to_canonical()
}

/// What is held while a connection, or work for it, exists.
pub(crate) type Held = Arc<Place>;
