//! What happens next with a schedule, and what with occurrences that nobody was there for: a pure decision.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_core::Timestamp;

use super::Schedule;

/// An occurrence that is found later than this was missed. Less is only a busy moment.
pub const LATE_MS: u64 = 5 * 60 * 1_000;

/// Missed occurrences that are made up for; of more, the newest.
pub const MISSED_MAX: usize = 100;

const HOUR_MS: u64 = 60 * 60 * 1_000;

/// What happens to occurrences that were missed while nothing ran.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Missed {
    /// Nothing.
    Skip,
    /// The newest one is made up for.
    #[default]
    Once,
    /// Each is made up for, the newest [`MISSED_MAX`].
    All,
}

/// What to do with a schedule now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The occurrence that starts.
    pub start: Option<Timestamp>,
    /// When to look again: the next occurrence, which may have passed too. None when there is none any more.
    pub next: Option<Timestamp>,
}

impl Schedule {
    /// What to do now about a planned occurrence: at most one starts at a time, so that each has its own transaction.
    pub fn step(&self, missed: Missed, planned: Timestamp, now: Timestamp) -> Step {
        if now < planned {
            return Step { start: None, next: Some(planned) };
        }
        let newest_missed = Timestamp(now.0.saturating_sub(LATE_MS + 1));
        let start = match missed {
            _ if planned > newest_missed => planned,
            Missed::Skip => return Step { start: None, next: self.next_after(newest_missed) },
            Missed::Once => self.first_of_newest(planned, newest_missed, 1),
            Missed::All => self.first_of_newest(planned, newest_missed, MISSED_MAX),
        };
        Step { start: Some(start), next: self.next_after(start) }
    }

    /// Where the newest `max` occurrences from `first` until `last` begin. Looks backwards in steps that double, so that
    /// a year that was missed is not walked through minute by minute.
    fn first_of_newest(&self, first: Timestamp, last: Timestamp, max: usize) -> Timestamp {
        let (mut back_ms, begin) = (HOUR_MS, Timestamp(first.0.saturating_sub(1)));
        loop {
            let after = Timestamp(last.0.saturating_sub(back_ms)).max(begin);
            let found = self.occurrences_between(after, last, usize::MAX);
            if found.len() >= max || after == begin {
                return found.len().checked_sub(max).map_or(first, |place| found[place]);
            }
            back_ms *= 2;
        }
    }
}
