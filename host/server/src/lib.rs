//! The front door: HTTP in, problems and documents out.
//!
//! [`config`] says how; [`run`] serves. A request passes the listener (limits on connections, heads and
//! bodies), the door (host, route, caller) and its handler in [`routes`], which hands it to the domain.

mod answer;
mod app;
pub mod config;
mod cookie;
mod door;
mod host;
mod input;
mod listener;
mod mails;
pub mod openapi;
pub mod problem;
pub mod routes;
mod sweep;
pub mod templates;
mod tenants;
mod web;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::timeout;

pub use app::{App, Health, StartError, offline_directory, offline_invitation};
use config::Resolved;
pub use listener::CertificateError;
use listener::{Entrance, Secured};
use sweep::Sweeper;

/// Serves until `shutdown`, and says on `ready` where. Returns when the requests that had begun have ended,
/// or their time to drain is over.
///
/// # Errors
/// Something could not be opened or started, or the address cannot be listened at.
pub async fn run(
    config: Resolved,
    ready: oneshot::Sender<SocketAddr>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), StartError> {
    let cannot_listen = |error| StartError::Listen { address: config.listen, error };
    let listener = TcpListener::bind(config.listen).await.map_err(cannot_listen)?;
    let address = listener.local_addr().map_err(cannot_listen)?;
    // Links that are mailed lead to where we listen, which may have been any free port.
    let config = Resolved { listen: address, ..config };
    let (app, driver) = App::start(&config)?;
    let drain = Duration::from_millis(config.listener.drain_ms);
    let secured = config.certificates.as_deref().map(Secured::with).transpose()?;
    // Nobody has to listen to where we listen.
    let _ = ready.send(address);
    // Without TLS, and on an address that others reach, only proxies that end TLS may connect.
    let proxies_only = secured.is_none() && !address.ip().is_loopback();
    let entrance = Entrance { listener, secured, proxies: config.proxies.into(), proxies_only };
    let sweeper = tokio::spawn(Sweeper::new(Arc::clone(&app), config.sweep).run());
    let (end_work, end) = oneshot::channel::<()>();
    let working = tokio::spawn(driver.run(async { drop(end.await) }));
    listener::serve(app, entrance, shutdown).await;
    sweeper.abort();
    // Requests that were ending may have scheduled work, so it goes on until they are over.
    drop(end_work);
    if timeout(drain, working).await.is_err() {
        tracing::warn!(
            "work was cut off, because it took longer than the time to drain; it is done after the next start"
        );
    }
    Ok(())
}
