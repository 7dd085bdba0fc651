//! A service level: how much working time something may take, and has taken.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use signalsync_core::Timestamp;

use crate::calendar::{Calendar, NeverEnough};

/// Counts working time while it runs, towards a target. A pure value: store it, and hand in the time and the calendar.
///
/// ```
/// # use signalsync_calendar::{Calendar, Reach, ServiceClock};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let calendar: Calendar = serde_json::from_str(r#"{"zone": "UTC", "hours": {"monday": ["09:00-17:00"]}}"#)?;
/// let mut clock = ServiceClock::new(120);
/// clock.start("2026-01-12T10:00:00Z".parse()?);
/// clock.pause(&calendar, "2026-01-12T11:00:00Z".parse()?);
/// clock.start("2026-01-12T15:00:00Z".parse()?);
/// assert_eq!(clock.when_reached(&calendar, 75)?, Reach::At("2026-01-12T15:30:00Z".parse()?));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ServiceClock {
    /// Working time that it may take, in minutes.
    pub target_minutes: u32,
    /// Working time of the spans that are over, in milliseconds.
    pub counted_ms: u64,
    /// Since when it runs; none while it is paused.
    pub running_since: Option<Timestamp>,
}

/// When a part of the target is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// It was reached before the span that runs, or before the last pause.
    Already,
    /// It is reached then, if nothing pauses it before. That may have passed.
    At(Timestamp),
    /// It is not reached while it is paused.
    Paused,
}

impl ServiceClock {
    /// A clock that has counted nothing, and is paused.
    pub fn new(target_minutes: u32) -> Self {
        Self { target_minutes, counted_ms: 0, running_since: None }
    }

    /// Runs from now on; nothing changes when it runs already.
    pub fn start(&mut self, at: Timestamp) {
        self.running_since.get_or_insert(at);
    }

    /// Stops; nothing changes when it does not run. A time before the start counts as the start.
    pub fn pause(&mut self, calendar: &Calendar, at: Timestamp) {
        self.counted_ms = self.elapsed_ms(calendar, at);
        self.running_since = None;
    }

    /// Working time that has passed while it ran.
    pub fn elapsed(&self, calendar: &Calendar, at: Timestamp) -> Duration {
        Duration::from_millis(self.elapsed_ms(calendar, at))
    }

    /// When so many hundredths of the target are reached; more than 100 are possible.
    ///
    /// # Errors
    /// `NeverEnough`.
    pub fn when_reached(&self, calendar: &Calendar, percent: u32) -> Result<Reach, NeverEnough> {
        let wanted_ms = (u64::from(self.target_minutes) * 600).saturating_mul(u64::from(percent));
        let left_ms = wanted_ms.saturating_sub(self.counted_ms);
        match self.running_since {
            _ if left_ms == 0 => Ok(Reach::Already),
            Some(since) => calendar.add_working_ms(since, left_ms).map(Reach::At),
            None => Ok(Reach::Paused),
        }
    }

    fn elapsed_ms(&self, calendar: &Calendar, at: Timestamp) -> u64 {
        let running = self.running_since.map(|since| calendar.working_between(since, at));
        let running_ms = running.map_or(0, |running| u64::try_from(running.as_millis()).unwrap_or(u64::MAX));
        self.counted_ms.saturating_add(running_ms)
    }
}
