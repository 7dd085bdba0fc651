//! Time as a value that is handed in, so that it can be simulated and replayed.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Milliseconds since 1970-01-01T00:00:00Z. In JSON as RFC 3339 in UTC, with milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub u64);

/// Stands behind the milliseconds of a time that RFC 3339 has no year for.
const BEYOND: &str = " ms";

impl JsonSchema for Timestamp {
    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time", "description": "RFC 3339, with milliseconds at most." })
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        let beyond = text.strip_suffix(BEYOND).and_then(|ms| ms.parse().ok());
        beyond.map_or_else(|| text.parse().map_err(D::Error::custom), |ms| Ok(Self(ms)))
    }
}

impl Timestamp {
    /// As it stands in a header of HTTP (RFC 9110, 5.6.7), to the second.
    pub fn http_date(self) -> String {
        let at = i64::try_from(self.0).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
        let printer = jiff::fmt::rfc2822::DateTimePrinter::new();
        at.and_then(|at| printer.timestamp_to_rfc9110_string(&at).ok()).unwrap_or_default()
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with milliseconds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match i64::try_from(self.0).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok()) {
            Some(timestamp) => write!(f, "{timestamp:.3}"),
            None => write!(f, "{}{BEYOND}", self.0),
        }
    }
}

impl FromStr for Timestamp {
    type Err = &'static str;

    /// RFC 3339, e.g. `2026-01-31T12:00:00Z`; what is finer than milliseconds is cut off.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = text.parse::<jiff::Timestamp>().ok().and_then(|at| u64::try_from(at.as_millisecond()).ok());
        parsed.map(Self).ok_or("a time looks like 2026-01-31T12:00:00Z, and is not before 1970")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The only source of wall-clock time in the host.
pub trait Clock: Send + Sync + 'static {
    /// The current time. May go backwards; nothing durable may depend on its order.
    fn now(&self) -> Timestamp;
}

/// A clock that can be waited for.
pub trait Timer: Clock {
    /// Ends when the clock shows `at`, or soon after; at once when it does already. Whoever must not be early looks at
    /// the clock again: it may have been set back in between.
    fn until(&self, at: Timestamp) -> BoxFuture<'static, ()>;
}

/// The machine's clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the wall clock")]
        let now = jiff::Timestamp::now();
        Timestamp(u64::try_from(now.as_millisecond()).unwrap_or(0))
    }
}

/// A clock that stands still until it is told to move. For tests of everything that waits. Clones are the same clock.
#[derive(Debug, Clone)]
pub struct SimulatedClock(Arc<Mutex<Simulated>>);

#[derive(Debug)]
struct Simulated {
    now: Timestamp,
    last_id: u64,
    waiting: HashMap<u64, (Timestamp, Waker)>,
}

impl SimulatedClock {
    /// A clock that shows `now`.
    pub fn at(now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Simulated { now, last_id: 0, waiting: HashMap::new() })))
    }

    /// Moves the clock forward and wakes whoever waited for that.
    pub fn advance(&self, ms: u64) {
        self.set(Timestamp(self.now().0.saturating_add(ms)));
    }

    /// Sets the clock, also backwards, and wakes whoever waited for that.
    pub fn set(&self, now: Timestamp) {
        let woken: Vec<_> = {
            let mut clock = self.0.lock();
            clock.now = now;
            clock.waiting.extract_if(|_, (at, _)| *at <= now).collect()
        };
        woken.into_iter().for_each(|(_, (_, waker))| waker.wake());
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        self.0.lock().now
    }
}

impl Timer for SimulatedClock {
    fn until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        let mut clock = self.0.lock();
        clock.last_id += 1;
        Box::pin(Wait { clock: self.clone(), id: clock.last_id, at })
    }
}

/// Somebody who waits for a simulated clock.
struct Wait {
    clock: SimulatedClock,
    id: u64,
    at: Timestamp,
}

impl Future for Wait {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut clock = self.clock.0.lock();
        if clock.now >= self.at {
            return Poll::Ready(());
        }
        clock.waiting.insert(self.id, (self.at, context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.clock.0.lock().waiting.remove(&self.id);
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_rfc_3339_and_read_again() {
        let text = |at| serde_json::to_string(&Timestamp(at)).unwrap();
        assert_eq!(text(0), "\"1970-01-01T00:00:00.000Z\"");
        assert_eq!(text(1_700_000_000_123), "\"2023-11-14T22:13:20.123Z\"");
        for at in [0, 1, 1_700_000_000_123, 253_402_207_200_000, 253_402_300_800_000, u64::MAX] {
            assert_eq!(serde_json::from_str::<Timestamp>(&text(at)).unwrap(), Timestamp(at), "{}", text(at));
        }
        assert_eq!("2023-11-14T23:13:20.1239+01:00".parse(), Ok(Timestamp(1_700_000_000_123)));
        for bad in ["", "yesterday", "2023-11-14", "1969-12-31T23:59:59Z", "12 ms"] {
            assert!(bad.parse::<Timestamp>().is_err(), "{bad}");
        }
    }
}
