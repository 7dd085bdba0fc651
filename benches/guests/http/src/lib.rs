//! The rule as a server of wasi:http.

use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{Fields, IncomingBody, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam};
use wasip2::io::streams::StreamError;

struct Server;

wasip2::http::proxy::export!(Server);

impl Guest for Server {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let judged = read(&request).and_then(|body| {
            let found = bench_rule::judge(&body).map_err(|error| error.to_string())?;
            serde_json::to_vec(&found).map_err(|error| error.to_string())
        });
        let (status, body) = match judged {
            Ok(body) => (200, body),
            Err(error) => (400, error.into_bytes()),
        };
        let response = OutgoingResponse::new(Fields::new());
        let outgoing = response.body().expect("the body is taken once");
        response.set_status_code(status).expect("a status");
        ResponseOutparam::set(out, Ok(response));
        let stream = outgoing.write().expect("the stream is taken once");
        for piece in body.chunks(4096) {
            stream.blocking_write_and_flush(piece).expect("the client reads");
        }
        drop(stream);
        OutgoingBody::finish(outgoing, None).expect("the whole body was written");
    }
}

fn read(request: &IncomingRequest) -> Result<Vec<u8>, String> {
    let body = request.consume().map_err(|()| "the body was taken".to_owned())?;
    let stream = body.stream().map_err(|()| "the stream was taken".to_owned())?;
    let mut all = Vec::new();
    loop {
        match stream.blocking_read(64 << 10) {
            Ok(piece) => all.extend(piece),
            Err(StreamError::Closed) => break,
            Err(error) => return Err(error.to_string()),
        }
    }
    drop(stream);
    IncomingBody::finish(body);
    Ok(all)
}
