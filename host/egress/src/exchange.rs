//! One request and its answer on a fresh connection.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use signalsync_core::contract;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::config::EgressConfig;
use crate::connect::Stream;
use crate::error::EgressError;
use crate::meter::{Allowance, Exhausted, Metered};

/// Bytes of an answer's head.
const HEAD_BYTES_MAX: usize = 32 << 10;
/// Header fields of an answer.
const FIELDS_MAX: usize = 64;
/// Bytes until the answer's head is there: the head, what is read ahead with it, and interim answers.
const OPENING_BYTES_MAX: usize = 4 * HEAD_BYTES_MAX;
/// Bytes on the wire for each byte of body that is allowed: a chunk of one byte takes six.
const FRAMING_FACTOR: usize = 8;

/// Header fields that are about the connection; it is gone when the component sees the answer.
const CONNECTIONS_OWN: &[&str] = &["connection", "keep-alive", "transfer-encoding", "upgrade"];

/// Sends the request and reads the whole answer. Dropping the future closes the connection.
///
/// # Errors
/// `OverLimit` when the answer is too large, `Unavailable` when it is not complete.
pub(crate) async fn exchange(
    stream: Box<dyn Stream>,
    request: Request<Full<Bytes>>,
    config: &EgressConfig,
) -> Result<contract::Response, EgressError> {
    let allowance = Allowance::new(OPENING_BYTES_MAX);
    let io = TokioIo::new(Metered::new(stream, allowance.clone()));
    let (mut sender, connection) = client().handshake(io).await.map_err(failed)?;
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let (head, body) = sender.send_request(request).await.map_err(failed)?.into_parts();
    if head.status == StatusCode::SWITCHING_PROTOCOLS {
        return Err(EgressError::unavailable("the host switched protocols, which it was not asked for"));
    }
    allowance.raise(config.response_bytes_max.saturating_mul(FRAMING_FACTOR));
    let body = read(body, config.response_bytes_max, config.idle()).await?;
    Ok(contract::Response { status: head.status.as_u16(), headers: fields(&head.headers), body })
}

fn client() -> http1::Builder {
    let mut client = http1::Builder::new();
    client.max_headers(FIELDS_MAX).max_header_size(HEAD_BYTES_MAX).max_buf_size(HEAD_BYTES_MAX);
    client
}

async fn read(mut body: Incoming, bytes_max: usize, idle: Duration) -> Result<Vec<u8>, EgressError> {
    let too_long = || EgressError::OverLimit(format!("the body of an answer is at most {bytes_max} bytes"));
    if body.size_hint().lower() > bytes_max as u64 {
        return Err(too_long());
    }
    let mut read = Vec::new();
    while let Some(frame) = timeout(idle, body.frame()).await.map_err(|_| stalled())? {
        let Ok(data) = frame.map_err(failed)?.into_data() else { continue };
        if data.len() > bytes_max - read.len() {
            return Err(too_long());
        }
        read.extend_from_slice(&data);
    }
    Ok(read)
}

fn stalled() -> EgressError {
    EgressError::unavailable("the host stopped in the middle of its answer")
}

/// The fields as the contract has them: text of visible ASCII, where every other byte is a `?`.
fn fields(headers: &HeaderMap) -> Vec<contract::Header> {
    headers
        .iter()
        .filter(|(name, _)| !CONNECTIONS_OWN.contains(&name.as_str()))
        .map(|(name, value)| contract::Header { name: name.to_string(), value: text(value.as_bytes()) })
        .collect()
}

fn text(value: &[u8]) -> String {
    let visible = |byte: u8| matches!(byte, b' '..=b'~' | b'\t');
    value.iter().map(|&byte| if visible(byte) { char::from(byte) } else { '?' }).collect()
}

fn failed(error: hyper::Error) -> EgressError {
    if error.is_parse_too_large() {
        EgressError::over_limit("the header of an answer is at most 64 fields and 32 KiB")
    } else if Exhausted::is_behind(&error) {
        EgressError::over_limit("the host sends too much around its answer")
    } else if error.is_parse() {
        EgressError::unavailable("the host does not answer in HTTP/1.1")
    } else if error.is_incomplete_message() {
        EgressError::unavailable("the host closed the connection before its answer was complete")
    } else {
        EgressError::unavailable("the connection to the host failed")
    }
}
