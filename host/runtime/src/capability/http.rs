//! `http`: requests to the origins that were granted, sent by the host.

use std::sync::Arc;
use std::time::Duration;

use signalsync_core::contract;
use signalsync_egress::{Egress, EgressError, Origin};
use tokio::time::Instant;
use wasmtime::component::HasData;

use super::{Host, answer, enter};
use crate::generated::http::{self, Header, Request, Response};
use crate::generated::types::Denied;
use crate::meter::HTTP_CALL_FUEL;
use crate::state::CallState;
use crate::transcript::Question;

/// Requests in one call.
const REQUESTS_MAX: u32 = 32;

/// A trial copy must not send again what the original sends.
const NOTHING_LEAVES: &str = "nothing leaves this tenant: it is a neutral copy, or its tier does not reach outside";

/// The outside, as far as one call may reach it.
pub(crate) struct Outside {
    egress: Arc<Egress>,
    /// None where nothing leaves the tenant.
    origins: Option<Vec<Origin>>,
    sent: u32,
    deadline: Instant,
}

impl Outside {
    /// The granted origins, until the call's own time is over.
    pub(crate) fn new(egress: Arc<Egress>, origins: Option<Vec<Origin>>, wall_ms: u64) -> Self {
        Self { egress, origins, sent: 0, deadline: Instant::now() + Duration::from_millis(wall_ms) }
    }
}

pub(crate) struct Http;

impl HasData for Http {
    type Data<'a> = &'a mut CallState;
}

impl http::Host for &mut CallState {}

impl http::HostWithStore<CallState> for Http {
    async fn send(mut host: Host<'_, Self>, request: Request) -> wasmtime::Result<Result<Response, Denied>> {
        enter(&mut host, HTTP_CALL_FUEL, size(&request.headers, &request.body) + request.url.len())?;
        let outside = &mut host.get().outside;
        if outside.sent == REQUESTS_MAX {
            return Ok(Err(Denied::OverLimit(format!("{REQUESTS_MAX} requests in a call"))));
        }
        outside.sent += 1;
        let request = contract::Request::from(request);
        let question =
            Question::new("http.send", &[request.method.as_bytes(), request.url.as_bytes(), &rest(&request)]);
        let played = host.get().transcript.played::<contract::Response>(&question)?;
        let sent = match played {
            Some(played) => played,
            None => {
                let outside = &host.get().outside;
                let (egress, deadline) = (Arc::clone(&outside.egress), outside.deadline);
                let sent = match &outside.origins {
                    Some(origins) => egress.send(origins, request, deadline).await,
                    None => Err(EgressError::Unavailable(NOTHING_LEAVES.to_owned())),
                };
                let sent = sent.map_err(Denied::from);
                host.get().transcript.note(question, &sent);
                sent
            }
        };
        match sent {
            Ok(response) => {
                let response = Response::from(response);
                answer(&mut host, size(&response.headers, &response.body))?;
                Ok(Ok(response))
            }
            Err(denied) => Ok(Err(denied)),
        }
    }
}

/// All of a request but its method and address, in one form.
fn rest(request: &contract::Request) -> Vec<u8> {
    let contract::Request { method: _, url: _, headers, body, credential } = request;
    let mut rest = Vec::with_capacity(body.len() + 64 * headers.len());
    for part in headers.iter().flat_map(|header| [&header.name, &header.value]).chain(credential) {
        rest.extend((part.len() as u64).to_le_bytes());
        rest.extend(part.as_bytes());
    }
    rest.extend(body);
    rest
}

fn size(headers: &[Header], body: &[u8]) -> usize {
    body.len() + headers.iter().map(|header| header.name.len() + header.value.len()).sum::<usize>()
}

impl From<EgressError> for Denied {
    fn from(error: EgressError) -> Self {
        match error {
            EgressError::NotGranted => Self::NotGranted,
            EgressError::Invalid(text) => Self::Invalid(text),
            EgressError::OverLimit(text) => Self::OverLimit(text),
            EgressError::Unavailable(text) => Self::Unavailable(text),
        }
    }
}

impl From<contract::Header> for Header {
    fn from(header: contract::Header) -> Self {
        Self { name: header.name, value: header.value }
    }
}

impl From<Header> for contract::Header {
    fn from(header: Header) -> Self {
        Self { name: header.name, value: header.value }
    }
}

impl From<Request> for contract::Request {
    fn from(request: Request) -> Self {
        Self {
            method: request.method,
            url: request.url,
            headers: request.headers.into_iter().map(Into::into).collect(),
            body: request.body,
            credential: request.credential,
        }
    }
}

impl From<contract::Response> for Response {
    fn from(response: contract::Response) -> Self {
        Self {
            status: response.status,
            headers: response.headers.into_iter().map(Into::into).collect(),
            body: response.body,
        }
    }
}
