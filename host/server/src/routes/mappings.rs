//! Messages from outside, handed to a mapping.

use http::StatusCode;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST};
use signalsync_core::contract::{Header, Message};
use signalsync_integration::Delivered;

use crate::answer::{Answer, json};
use crate::door::Permitted;
use crate::input::{Head, Input, read};
use crate::openapi::AnyFile;
use crate::problem::Problem;

/// Bytes of a message, as the contract says.
const MESSAGE_BYTES_MAX: u64 = 8 << 20;

/// Where messages come from that are sent here.
const SOURCE: &str = "http";

pub(super) async fn deliver(permitted: Permitted, input: Input<AnyFile>) -> Result<Answer<Delivered>, Problem> {
    let Input { app, head, body, .. } = input;
    let dry: bool = head.query()?.parsed("dry-run")?.unwrap_or(false);
    let body = read(body, MESSAGE_BYTES_MAX).await?;
    // A dry run has no effect that could happen twice.
    let request = if dry { None } else { head.request_key(&body)? };
    let message = message(&head, body.into())?;
    let (scope, mapping) = (permitted.scope(), head.name("deployment")?);
    let delivered = match dry {
        true => app.messages.rehearse(scope, &mapping, &message).await?,
        false => app.messages.deliver(scope, &mapping, &message, request.as_ref()).await?,
    };
    json(StatusCode::OK, &delivered)
}

fn message(head: &Head, body: Vec<u8>) -> Result<Message, Problem> {
    let media_type = head.header(&CONTENT_TYPE)?.unwrap_or("application/octet-stream").to_owned();
    // Components see no credentials. What is not text is not for them.
    let shown = head.headers().iter().filter(|(name, _)| ![AUTHORIZATION, COOKIE, HOST].contains(name));
    let headers = shown.filter_map(|(name, value)| {
        Some(Header { name: name.as_str().to_owned(), value: value.to_str().ok()?.to_owned() })
    });
    Ok(Message { source: SOURCE.to_owned(), media_type, headers: headers.collect(), body })
}
