//! What an answer may be, and what a hostile one does.

use signalsync_egress::{EgressConfig, EgressError};

use crate::origin::{Answer, get, get_under, header};

const BODY_MAX: usize = 1 << 20;

fn over_limit<T>(sent: &Result<T, EgressError>) -> bool {
    matches!(sent, Err(EgressError::OverLimit(_)))
}

fn unavailable<T>(sent: &Result<T, EgressError>) -> bool {
    matches!(sent, Err(EgressError::Unavailable(_)))
}

fn with_body(body: &[u8]) -> Answer {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    Answer::Bytes([head.as_bytes(), body].concat())
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let response = get("HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n").await;
    let response = response.unwrap();
    assert_eq!(response.status, 302);
    assert_eq!(response.headers[0], header("location", "http://169.254.169.254/"));
}

#[tokio::test]
async fn a_compressed_body_stays_compressed() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\n\x1f\x08\x08\x00";
    assert_eq!(get(answer).await.unwrap().body, b"\x1f\x08\x08\x00");
}

#[tokio::test]
async fn chunks_are_joined_and_what_is_about_the_connection_is_left_out() {
    let answer = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\nkeep-alive: timeout=5\r\n\
                  x-a: 1\r\n\r\n2\r\nab\r\n1;name=value\r\nc\r\n0\r\nx-trailer: 1\r\n\r\n";
    let response = get(answer).await.unwrap();
    assert_eq!(response.body, b"abc");
    assert_eq!(response.headers, [header("x-a", "1")]);
}

#[tokio::test]
async fn values_are_visible_ascii() {
    let answer = b"HTTP/1.1 200 OK\r\nx-name: M\xfcller\tA\r\ncontent-length: 0\r\n\r\n".to_vec();
    let response = get(Answer::Bytes(answer)).await.unwrap();
    assert_eq!(response.headers[0], header("x-name", "M?ller\tA"));
}

#[tokio::test]
async fn the_longest_body_and_one_byte_more() {
    assert_eq!(get(with_body(&vec![b'a'; BODY_MAX])).await.unwrap().body.len(), BODY_MAX);
    assert!(over_limit(&get(with_body(&vec![b'a'; BODY_MAX + 1])).await));
    assert!(over_limit(&get("HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n").await));
}

#[tokio::test]
async fn an_endless_body() {
    let close_delimited = Answer::Endless(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b'a'; 8192]);
    assert!(over_limit(&get(close_delimited).await));
    let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let chunk = [b"2000\r\n".as_slice(), &[b'a'; 8192], b"\r\n"].concat();
    assert!(over_limit(&get(Answer::Endless(head, chunk)).await));
}

#[tokio::test]
async fn a_body_in_the_smallest_chunks() {
    let under = |config| EgressConfig { response_bytes_max: 1000, ..config };
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let answer = [head, &"1\r\na\r\n".repeat(1000), "0\r\n\r\n"].concat();
    assert_eq!(get_under(answer.as_str(), under).await.unwrap().body.len(), 1000);
    let answer = [head, &"1\r\na\r\n".repeat(1001), "0\r\n\r\n"].concat();
    assert!(over_limit(&get_under(answer.as_str(), under).await));
}

#[tokio::test]
async fn a_chunk_that_never_begins() {
    let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for endless in [b"0".repeat(8192), b"1;".repeat(4096), b" ".repeat(8192)] {
        let sent = get_under(Answer::Endless(head.clone(), endless), |config| EgressConfig {
            response_bytes_max: 1000,
            ..config
        })
        .await;
        assert!(over_limit(&sent) || unavailable(&sent), "{sent:?}");
    }
}

#[tokio::test]
async fn a_body_that_stops() {
    let sent =
        get_under("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\na", |config| EgressConfig { idle_ms: 50, ..config })
            .await;
    assert_eq!(sent, Err(EgressError::Unavailable("the host stopped in the middle of its answer".into())));
}

#[tokio::test]
async fn a_host_that_says_nothing() {
    let sent = get_under("", |config| EgressConfig { total_ms: 50, ..config }).await;
    assert_eq!(sent, Err(EgressError::Unavailable("there was no complete answer in time".into())));
}

#[tokio::test]
async fn a_body_shorter_than_its_length() {
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort".to_vec();
    assert!(unavailable(&get(Answer::AndClose(answer)).await));
}

#[tokio::test]
async fn what_follows_the_body_is_never_read() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil";
    assert_eq!(get(answer).await.unwrap().body, b"ok");
}

#[tokio::test]
async fn lengths_that_disagree() {
    for lengths in ["content-length: 2\r\ncontent-length: 4", "content-length: 2, 4", "content-length: +2"] {
        let sent = get(format!("HTTP/1.1 200 OK\r\n{lengths}\r\n\r\nokay").as_str()).await;
        assert!(unavailable(&sent), "{lengths}: {sent:?}");
    }
}

#[tokio::test]
async fn a_connection_that_closes_early() {
    for part in ["", "HTTP", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nx-a: 1\r\n"] {
        assert!(unavailable(&get(Answer::AndClose(part.into())).await), "{part:?}");
    }
}

#[tokio::test]
async fn what_is_not_http_1() {
    for answer in
        ["220 mail.example ESMTP\r\n", "<html></html>\r\n\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n"]
    {
        let sent = get(answer).await;
        assert!(unavailable(&sent), "{answer:?}: {sent:?}");
    }
}

#[tokio::test]
async fn as_many_fields_as_allowed_and_one_more() {
    let answer = |count: usize| format!("HTTP/1.1 204 No Content\r\n{}\r\n", "x-a: 1\r\n".repeat(count));
    assert_eq!(get(answer(64).as_str()).await.unwrap().headers.len(), 64);
    assert!(over_limit(&get(answer(65).as_str()).await));
    assert!(over_limit(&get(answer(100_000).as_str()).await));
}

#[tokio::test]
async fn a_head_as_long_as_allowed_and_one_byte_more() {
    let answer = |bytes: usize| {
        let around = "HTTP/1.1 204 No Content\r\nx-a: \r\n\r\n".len();
        format!("HTTP/1.1 204 No Content\r\nx-a: {}\r\n\r\n", "v".repeat(bytes - around))
    };
    assert_eq!(get(answer(32 << 10).as_str()).await.unwrap().status, 204);
    assert!(over_limit(&get(answer((32 << 10) + 1).as_str()).await));
    let endless = Answer::Endless(b"HTTP/1.1 200 OK\r\nx-a: ".to_vec(), vec![b'v'; 8192]);
    assert!(over_limit(&get(endless).await));
}

#[tokio::test]
async fn interim_answers() {
    let interim = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";
    let last = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
    assert_eq!(get(format!("{}{last}", interim.repeat(10)).as_str()).await.unwrap().body, b"ok");
    assert!(over_limit(&get(Answer::Endless(vec![], interim.into())).await));
}

#[tokio::test]
async fn a_protocol_that_was_not_asked_for() {
    assert!(unavailable(&get("HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n").await));
}
