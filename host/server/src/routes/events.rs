//! What changes while somebody looks at it, as server-sent events.
//!
//! The first event is `reset`: whoever hears it reads what they show. From then on each `change` names something of it that
//! has changed. So there is nothing to be remembered between two streams, and `Last-Event-ID` is not needed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::Response;
use http::header::{CONTENT_TYPE, HeaderName};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use parking_lot::Mutex;
use signalsync_core::{SessionId, TenantId, TenantScope, UserId};
use signalsync_people::session::is_alive;
use signalsync_store::StoreError;
use signalsync_workflow::{Listener, News};
use tokio::time::{Instant, timeout_at};

use crate::answer::{Answer, with};
use crate::app::App;
use crate::door::Permitted;
use crate::input::Input;
use crate::openapi::Events;
use crate::problem::{Code, Problem};

/// Streams of one person at the same time: so many windows are open.
const STREAMS_PER_PERSON_MAX: usize = 10;

/// Streams of one tenant at the same time.
const STREAMS_PER_TENANT_MAX: usize = 500;

/// How long a stream goes on. Then the client comes again, and its rights are looked at again.
const STREAM: Duration = Duration::from_secs(5 * 60);

/// Between two signs of life. With each of them it is asked whether the session goes on.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How long changes are gathered before they are told.
const GATHER: Duration = Duration::from_millis(200);

/// How long a client waits before it comes again.
const COME_AGAIN_MS: u64 = 2_000;

/// The streams that go on.
#[derive(Default)]
pub(crate) struct Streams(Mutex<HashMap<TenantId, HashMap<UserId, usize>>>);

/// A place for a stream, which is free again when this is gone.
struct Place {
    app: Arc<App>,
    tenant: TenantId,
    person: UserId,
}

impl Place {
    fn take(app: Arc<App>, tenant: TenantId, person: UserId) -> Result<Self, Problem> {
        {
            let mut streams = app.streams.0.lock();
            let tenants = streams.entry(tenant).or_default();
            let (all, theirs) = (tenants.values().sum::<usize>(), tenants.get(&person).copied().unwrap_or_default());
            if all >= STREAMS_PER_TENANT_MAX || theirs >= STREAMS_PER_PERSON_MAX {
                let limits = format!("{STREAMS_PER_PERSON_MAX} of one person and {STREAMS_PER_TENANT_MAX} of a tenant");
                return Err(Problem::new(Code::TooManyStreams, format!("there may be {limits} at the same time")));
            }
            *tenants.entry(person).or_default() += 1;
        }
        Ok(Self { app, tenant, person })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut streams = self.app.streams.0.lock();
        let Some(tenants) = streams.get_mut(&self.tenant) else { return };
        if let Some(left) = tenants.get_mut(&self.person) {
            *left -= 1;
        }
        tenants.retain(|_, count| *count > 0);
        if tenants.is_empty() {
            streams.remove(&self.tenant);
        }
    }
}

/// A stream that goes on.
struct Telling {
    place: Place,
    scope: Arc<TenantScope>,
    session: SessionId,
    listener: Listener,
    ends: Instant,
    began: bool,
}

pub(super) async fn stream(permitted: Permitted, input: Input) -> Result<Answer<Events>, Problem> {
    let (app, scope) = (input.app.clone(), permitted.shared());
    let (person, session) = permitted.person()?;
    let place = Place::take(app.clone(), scope.tenant(), person)?;
    let listener = app.live.listen(Arc::clone(&scope));
    let telling = Telling { place, scope, session, listener, ends: Instant::now() + STREAM, began: false };
    let pieces = stream::unfold(telling, |mut telling| async move {
        let piece = telling.next().await?;
        Some((Ok::<_, std::io::Error>(Frame::data(piece)), telling))
    });
    let reply = Response::new(StreamBody::new(pieces).boxed_unsync());
    let answer = with(Answer::of(reply), CONTENT_TYPE, "text/event-stream");
    // Proxies hand on what they get, and do not wait for more.
    Ok(with(answer, HeaderName::from_static("x-accel-buffering"), "no"))
}

impl Telling {
    /// What is sent next; none at the end.
    async fn next(&mut self) -> Option<Bytes> {
        if !std::mem::replace(&mut self.began, true) {
            return Some(format!("retry: {COME_AGAIN_MS}\nevent: reset\ndata: {{}}\n\n").into());
        }
        loop {
            let beat = self.ends.min(Instant::now() + HEARTBEAT);
            let heard = tokio::select! {
                heard = timeout_at(beat, self.listener.hear()) => heard.is_ok(),
                () = self.place.app.drained() => return None,
            };
            if !heard {
                let goes_on = Instant::now() < self.ends && self.is_signed_in().await.unwrap_or(false);
                return goes_on.then(|| Bytes::from_static(b": still here\n\n"));
            }
            self.gather().await;
            match self.listener.tell().await {
                Ok(News::Reset) => return Some(Bytes::from_static(b"event: reset\ndata: {}\n\n")),
                Ok(News::Changes(changes)) if changes.is_empty() => {}
                Ok(News::Changes(changes)) if self.is_signed_in().await.unwrap_or(false) => {
                    let lines = changes.iter().filter_map(|change| serde_json::to_string(change).ok());
                    return Some(
                        lines.map(|line| format!("event: change\ndata: {line}\n\n")).collect::<String>().into(),
                    );
                }
                Ok(News::Changes(_)) => return None,
                Err(error) => {
                    tracing::warn!(%error, "a stream of events broke off");
                    return None;
                }
            }
        }
    }

    /// Hears what else changes at the same time.
    async fn gather(&mut self) {
        let until = Instant::now() + GATHER;
        while timeout_at(until, self.listener.hear()).await.is_ok() {}
    }

    async fn is_signed_in(&self) -> Result<bool, StoreError> {
        let doorman = &self.place.app.doorman;
        is_alive(&mut doorman.begin(&self.scope).await?, self.session, doorman.now())
    }
}
