//! How much of a service level is used up.

use signalsync_core::contract::workflow::ServiceLevel;

use crate::Timestamp;

const MINUTE_MS: u64 = 60_000;

#[derive(Debug, Clone)]
pub(super) struct Meter {
    level: ServiceLevel,
    used_ms: u64,
    /// Since when time counts; none while it pauses.
    since: Option<Timestamp>,
    /// How many alerts were told.
    told: usize,
}

impl Meter {
    /// A meter whose time does not count yet.
    pub(super) fn new(mut level: ServiceLevel) -> Self {
        level.alerts.sort_unstable();
        Self { level, used_ms: 0, since: None, told: 0 }
    }

    /// The run has this status from now on.
    pub(super) fn stand(&mut self, status: &str, now: Timestamp) {
        self.stop(now);
        self.since = self.level.counts_in.iter().any(|counts| counts == status).then_some(now);
    }

    /// Its time does not count any more.
    pub(super) fn stop(&mut self, now: Timestamp) {
        if let Some(since) = self.since.take() {
            self.used_ms += now.saturating_sub(since);
        }
    }

    /// When the next alert comes if nothing changes, and what it says.
    pub(super) fn next(&self) -> Option<(Timestamp, &str, u32)> {
        let percent = *self.level.alerts.get(self.told)?;
        let reached_ms = u64::from(self.level.target) * MINUTE_MS * u64::from(percent) / 100;
        let at = self.since? + reached_ms.saturating_sub(self.used_ms);
        Some((at, &self.level.id, percent))
    }

    /// The alert was told.
    pub(super) fn tell(&mut self, id: &str, percent: u32) {
        if self.level.id == id && self.level.alerts.get(self.told) == Some(&percent) {
            self.told += 1;
        }
    }
}
