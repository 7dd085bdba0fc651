//! Origins made of raw sockets: they record every byte that they get and answer with any bytes.

use std::net::SocketAddr;
use std::time::Duration;

use signalsync_core::contract::{Header, Request, Response};
use signalsync_egress::{Egress, EgressConfig, EgressError};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// What an origin does once it has the request.
pub(crate) enum Answer {
    /// Writes this and waits until the other side closes.
    Bytes(Vec<u8>),
    /// Writes this and closes.
    AndClose(Vec<u8>),
    /// Writes the first once and the second until the other side closes.
    Endless(Vec<u8>, Vec<u8>),
}

impl From<&str> for Answer {
    fn from(text: &str) -> Self {
        Self::Bytes(text.as_bytes().to_vec())
    }
}

pub(crate) async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Serves one connection; the task returns all that was received on it.
pub(crate) fn serve(listener: TcpListener, answer: Answer) -> JoinHandle<String> {
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        drop(listener);
        converse(stream, answer).await
    })
}

/// Receives one request, answers, and returns all that was received until the other side closed.
pub(crate) async fn converse(mut stream: impl AsyncRead + AsyncWrite + Unpin, answer: Answer) -> String {
    let mut received = Vec::new();
    while !is_whole(&received) && stream.read_buf(&mut received).await.unwrap() > 0 {}
    let written = match answer {
        Answer::Bytes(bytes) => stream.write_all(&bytes).await,
        Answer::AndClose(bytes) => {
            stream.write_all(&bytes).await.unwrap();
            return String::from_utf8(received).unwrap();
        }
        Answer::Endless(first, rest) => {
            let mut written = stream.write_all(&first).await;
            while written.is_ok() {
                written = stream.write_all(&rest).await;
            }
            written
        }
    };
    // The other side may have closed in the middle of the answer: that is its right.
    if written.is_ok() {
        drop(stream.flush().await);
        drop(stream.read_to_end(&mut received).await);
    }
    String::from_utf8(received).unwrap()
}

fn is_whole(received: &[u8]) -> bool {
    let text = String::from_utf8_lossy(received);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}

/// Whether nobody has connected to the listener: what comes out of its queue first is our own connection.
pub(crate) async fn nobody_came(listener: &TcpListener) -> bool {
    let own = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (_, first) = listener.accept().await.unwrap();
    own.local_addr().unwrap() == first
}

pub(crate) fn request(method: &str, url: String, body: &str) -> Request {
    Request { method: method.into(), url, headers: vec![], body: body.into(), credential: None }
}

pub(crate) fn header(name: &str, value: &str) -> Header {
    Header { name: name.into(), value: value.into() }
}

pub(crate) fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

/// Rules under which one address on loopback can be reached.
pub(crate) fn allowing(address: SocketAddr) -> EgressConfig {
    EgressConfig { allow_private: vec![address], ..EgressConfig::default() }
}

/// GETs `/` from an origin that answers so.
pub(crate) async fn get(answer: impl Into<Answer>) -> Result<Response, EgressError> {
    get_under(answer, |config| config).await
}

/// GETs `/` under changed rules.
pub(crate) async fn get_under(
    answer: impl Into<Answer>,
    change: impl FnOnce(EgressConfig) -> EgressConfig,
) -> Result<Response, EgressError> {
    let (listener, address) = listen().await;
    let origin = format!("http://{address}");
    let server = serve(listener, answer.into());
    let egress = Egress::new(change(allowing(address)));
    let sent = egress.send(&[origin.parse().unwrap()], request("GET", format!("{origin}/"), ""), soon()).await;
    server.await.unwrap();
    sent
}
