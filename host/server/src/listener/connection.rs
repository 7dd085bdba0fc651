//! One connection: secured or not, HTTP/1.1 or HTTP/2, and who is at its other end.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Request};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::body::Incoming;
use super::places::Place;
use crate::app::App;
use crate::config::ListenerConfig;
use crate::door::answer;

/// Requests of one HTTP/2 connection at the same time.
const STREAMS_MAX: u32 = 100;

/// Streams that the client has taken back, or that broke a rule, before the connection is closed (rapid reset).
const RESETS_MAX: usize = 20;

/// Bytes that may be under way to us, for each stream and each connection.
const STREAM_WINDOW_BYTES: u32 = 64 << 10;
const CONNECTION_WINDOW_BYTES: u32 = 1 << 20;

/// Bytes of an answer that wait for the client.
const SEND_BYTES_MAX: usize = 256 << 10;

/// Between two questions whether the client is still there, and how long it may take to say so.
const PING_EVERY: Duration = Duration::from_secs(20);
const PING_WAITS: Duration = Duration::from_secs(10);

/// Where a request came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer {
    /// Of the client, as far as it is known.
    pub(crate) address: IpAddr,
    /// Whether nobody on the way can read along, as far as it is known.
    pub(crate) is_secure: bool,
}

impl Peer {
    /// What a proxy that is trusted says of its client; else what the connection itself says.
    fn of(connection: Self, headers: &HeaderMap, proxies: &[IpAddr]) -> Self {
        if !proxies.contains(&connection.address) {
            return connection;
        }
        let text = |name: &str| headers.get_all(name).iter().next_back().and_then(|value| value.to_str().ok());
        // The last address that was not added by a proxy of ours is the client's; those before it are its own claims.
        let hops = text("x-forwarded-for").unwrap_or_default().rsplit(',');
        let client = hops.map_while(|hop| hop.trim().parse().ok()).find(|hop| !proxies.contains(hop));
        let is_secure = text("x-forwarded-proto").is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
        Self { address: client.unwrap_or(connection.address), is_secure }
    }
}

/// What every connection needs.
#[derive(Clone)]
pub(crate) struct Connector {
    pub(crate) app: Arc<App>,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) proxies: Arc<[IpAddr]>,
    /// Closed when the process goes away.
    pub(crate) ending: watch::Receiver<()>,
}

impl Connector {
    /// Serves until the client goes, breaks a rule, or the process ends.
    pub(crate) async fn serve(self, stream: TcpStream, place: Place) {
        let address = place.address();
        let served = async {
            stream.set_nodelay(true)?;
            let Some(tls) = self.tls.clone() else { return self.plain(stream, place).await };
            let secured = timeout(Duration::from_millis(self.app.limits.header_ms), tls.accept(stream)).await;
            let stream = secured.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
            let speaks_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            let peer = Peer { address, is_secure: true };
            if speaks_http2 { self.http2(stream, peer, place).await } else { self.http1(stream, peer, place).await }
        };
        if let Err(error) = served.await {
            tracing::debug!(%error, "a connection broke off");
        }
    }

    async fn plain(self, stream: TcpStream, place: Place) -> io::Result<()> {
        let peer = Peer { address: place.address(), is_secure: false };
        self.http1(stream, peer, place).await
    }

    async fn http1(self, stream: impl AsyncRead + AsyncWrite + Unpin, peer: Peer, place: Place) -> io::Result<()> {
        let (limits, ending) = (self.app.limits, self.ending.clone());
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(Duration::from_millis(limits.header_ms))
            .max_headers(limits.headers_max)
            .max_header_size(limits.header_bytes_max)
            .max_buf_size(limits.header_bytes_max.max(64 << 10))
            .serve_connection(TokioIo::new(stream), self.service(peer, place));
        until(connection, ending, |connection| connection.graceful_shutdown()).await
    }

    async fn http2(self, stream: impl AsyncRead + AsyncWrite + Unpin, peer: Peer, place: Place) -> io::Result<()> {
        let (limits, ending) = (self.app.limits, self.ending.clone());
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS_MAX)
            .max_pending_accept_reset_streams(RESETS_MAX)
            .max_local_error_reset_streams(RESETS_MAX)
            .max_header_list_size(u32::try_from(limits.header_bytes_max).unwrap_or(u32::MAX))
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .max_send_buf_size(SEND_BYTES_MAX)
            .keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(PING_WAITS)
            .serve_connection(TokioIo::new(stream), self.service(peer, place));
        until(connection, ending, |connection| connection.graceful_shutdown()).await
    }

    fn service(
        self,
        peer: Peer,
        place: Place,
    ) -> impl hyper::service::Service<
        Request<hyper::body::Incoming>,
        Response = crate::answer::Reply,
        Error = std::convert::Infallible,
        Future: Send,
    > {
        let (place, Self { app, proxies, .. }) = (Arc::new(place), self);
        service_fn(move |request: Request<hyper::body::Incoming>| {
            let peer = Peer::of(peer, request.headers(), &proxies);
            let mut request = request.map(|body| Incoming::new(body, &limits(&app)));
            request.extensions_mut().insert(peer);
            answer(Arc::clone(&app), request, Arc::clone(&place))
        })
    }
}

fn limits(app: &App) -> ListenerConfig {
    app.limits
}

/// Drives a connection; when the process goes away it answers what was asked, and asks for nothing more.
async fn until<C: Future<Output = hyper::Result<()>>>(
    connection: C,
    mut ending: watch::Receiver<()>,
    shut_down: impl FnOnce(Pin<&mut C>),
) -> io::Result<()> {
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        _ = ending.changed() => {
            shut_down(connection.as_mut());
            connection.await
        }
    };
    ended.map_err(io::Error::other)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let proxies = [address("10.0.0.1"), address("10.0.0.2")];
        let peer = |from: &str, forwarded: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", forwarded.parse().unwrap());
            headers.insert("x-forwarded-proto", "https".parse().unwrap());
            Peer::of(Peer { address: address(from), is_secure: false }, &headers, &proxies)
        };
        let stranger = peer("192.0.2.9", "198.51.100.7");
        assert_eq!(stranger, Peer { address: address("192.0.2.9"), is_secure: false });
        let client = Peer { address: address("198.51.100.7"), is_secure: true };
        assert_eq!(peer("10.0.0.1", "198.51.100.7"), client);
        assert_eq!(peer("10.0.0.1", "1.1.1.1, 198.51.100.7, 10.0.0.2"), client, "what is before is the client's claim");
        assert_eq!(peer("10.0.0.1", "nonsense").address, address("10.0.0.1"));
        assert_eq!(peer("10.0.0.1", "1.1.1.1, nonsense, 10.0.0.2").address, address("10.0.0.1"));
    }
}
