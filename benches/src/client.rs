//! One kept connection to a server, used by one thread.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, ensure};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;

/// A client that waits for each answer.
pub struct Client {
    tokio: tokio::runtime::Runtime,
    connection: SendRequest<Full<Bytes>>,
    host: String,
    key: String,
}

impl Client {
    /// Connects. Requests are sent with this host name and bearer key.
    pub fn connect(address: SocketAddr, host: &str, key: &str) -> Result<Self> {
        let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let connection = tokio.block_on(async {
            let stream = tokio::net::TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            let (sender, connection) = handshake(TokioIo::new(stream)).await?;
            tokio::spawn(connection);
            anyhow::Ok(sender)
        })?;
        Ok(Self { tokio, connection, host: host.to_owned(), key: key.to_owned() })
    }

    /// Sends a request and reads the whole answer.
    pub fn send(&mut self, method: &str, path: &str, media_type: &str, body: Bytes) -> Result<(StatusCode, Bytes)> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", &self.host)
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", media_type)
            .body(Full::new(body))?;
        let connection = &mut self.connection;
        self.tokio.block_on(async {
            connection.ready().await?;
            let answer = connection.send_request(request).await?;
            let status = answer.status();
            Ok((status, answer.into_body().collect().await?.to_bytes()))
        })
    }

    /// Sends JSON and expects success.
    pub fn json(&mut self, method: &str, path: &str, body: &Value) -> Result<Value> {
        self.expect(method, path, "application/json", body.to_string().into())
    }

    /// Sends anything and expects success.
    pub fn expect(&mut self, method: &str, path: &str, media_type: &str, body: Bytes) -> Result<Value> {
        let (status, answer) = self.send(method, path, media_type, body)?;
        ensure!(status.is_success(), "{method} {path}: {status}: {}", String::from_utf8_lossy(&answer));
        if answer.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&answer)
            .with_context(|| format!("{method} {path} answers with something else than JSON"))
    }
}
