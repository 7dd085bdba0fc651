//! Bodies of requests, which have to come at a rate.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::config::ListenerConfig;

/// A body did not come at the rate that it needs.
#[derive(Debug, thiserror::Error)]
#[error("the body came too slowly")]
pub(crate) struct TooSlow;

/// The body of a request. The clock runs from the first look at it.
pub(crate) struct Incoming {
    body: hyper::body::Incoming,
    grace: Duration,
    bytes_per_second: u64,
    pace: Option<Pace>,
}

struct Pace {
    start: Instant,
    bytes: u64,
    deadline: Pin<Box<Sleep>>,
}

impl Incoming {
    pub(crate) fn new(body: hyper::body::Incoming, limits: &ListenerConfig) -> Self {
        let grace = Duration::from_millis(limits.body_grace_ms);
        Self { body, grace, bytes_per_second: limits.body_bytes_per_second_min, pace: None }
    }

    fn pace(&mut self) -> &mut Pace {
        let grace = self.grace;
        self.pace.get_or_insert_with(|| {
            let start = Instant::now();
            Pace { start, bytes: 0, deadline: Box::pin(sleep_until(start + grace)) }
        })
    }

    /// More bytes buy more time.
    fn count(&mut self, bytes: u64) {
        let (grace, rate) = (self.grace, self.bytes_per_second);
        let pace = self.pace();
        pace.bytes += bytes;
        let deadline = pace.start + grace + Duration::from_millis(pace.bytes.saturating_mul(1_000) / rate);
        pace.deadline.as_mut().reset(deadline);
    }
}

impl Body for Incoming {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) else {
            ready!(self.pace().deadline.as_mut().poll(cx));
            return Poll::Ready(Some(Err(Box::new(TooSlow))));
        };
        if let Some(Ok(frame)) = &frame {
            self.count(frame.data_ref().map_or(0, |data| data.len() as u64));
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
