//! The listener: accepts connections within limits, and lets them end before the process does.

mod body;
mod places;

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

pub(crate) use body::{Incoming, TooSlow};
use places::{Place, Places};

use crate::app::App;
use crate::door::answer;

/// After the system refused a connection, e.g. because there are too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until `shutdown`, then lets requests that have begun end, within the configured time.
pub(crate) async fn serve(app: Arc<App>, listener: TcpListener, shutdown: impl Future<Output = ()>) {
    let places = Places::new(app.limits.connections_max, app.limits.connections_per_address_max);
    let (ending, _) = watch::channel(());
    let accepting = async {
        loop {
            accept(&app, &listener, &places, &ending).await;
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
    drop(listener);
    drop(ending);
    if timeout(Duration::from_millis(app.limits.drain_ms), places.all_free()).await.is_err() {
        tracing::warn!("requests were cut off, because they took longer than the time to drain");
    }
}

async fn accept(app: &Arc<App>, listener: &TcpListener, places: &Places, ending: &watch::Sender<()>) {
    let Some(place) = places.any().await else { return };
    let (stream, peer) = match listener.accept().await {
        Ok(accepted) => accepted,
        Err(error) => {
            tracing::warn!(%error, "a connection was not accepted");
            return sleep(ACCEPT_PAUSE).await;
        }
    };
    match places.of_address(place, canonical(peer)) {
        Some(place) => drop(tokio::spawn(connection(Arc::clone(app), stream, place, ending.subscribe()))),
        None => tracing::debug!(%peer, "a connection was closed: the address has as many as it may"),
    }
}

/// An IPv4 address has one spelling.
fn canonical(peer: SocketAddr) -> IpAddr {
    peer.ip().to_canonical()
}

async fn connection(app: Arc<App>, stream: TcpStream, place: Place, mut ending: watch::Receiver<()>) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection ended before it began");
        return;
    }
    let place = Arc::new(place);
    let limits = app.limits;
    let service = service_fn(move |request| {
        let incoming = request.map(|body| Incoming::new(body, &limits));
        answer(Arc::clone(&app), incoming, Arc::clone(&place))
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(limits.header_ms))
        .max_headers(limits.headers_max)
        .max_header_size(limits.header_bytes_max)
        .max_buf_size(limits.header_bytes_max.max(64 << 10))
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(served);
    let ended = tokio::select! {
        ended = &mut served => ended,
        // The sender is gone: answer what was asked, and ask for nothing more.
        _ = ending.changed() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off");
    }
}

/// What is held while a connection, or work for it, exists.
pub(crate) type Held = Arc<Place>;
