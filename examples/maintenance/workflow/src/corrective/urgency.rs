//! How soon something has to be repaired.

use serde::{Deserialize, Serialize};
use signalsync_sdk::workflow::{Priority, ServiceLevel};

/// How much working time the repair of something that is not urgent may take, in minutes.
const TARGET_MINUTES: u32 = 16 * 60;

/// How urgent a repair is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Urgency {
    Low,
    Normal,
    High,
    Emergency,
}

/// What it means that so much of the service level is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// A fifth of the time is left.
    Slow,
    Overdue,
}

/// A workflow has one target for all its runs, and an urgency takes its part of it, in percent.
pub(crate) fn service_level(counts_in: &[&str]) -> ServiceLevel {
    let level = ServiceLevel::new("repair", "Repair", TARGET_MINUTES, counts_in);
    let alerts = Urgency::ALL.into_iter().flat_map(|urgency| [urgency.percent() / 5 * 4, urgency.percent()]);
    alerts.fold(level, ServiceLevel::alert)
}

impl Urgency {
    const ALL: [Self; 4] = [Self::Low, Self::Normal, Self::High, Self::Emergency];

    /// Of the target: five days, two days, a day, half a day, of eight hours each.
    fn percent(self) -> u32 {
        match self {
            Self::Low => 250,
            Self::Normal => 100,
            Self::High => 50,
            Self::Emergency => 25,
        }
    }

    /// None when it means nothing for this urgency.
    pub(crate) fn pace(self, percent: u32) -> Option<Pace> {
        match percent {
            reached if reached == self.percent() => Some(Pace::Overdue),
            reached if reached == self.percent() / 5 * 4 => Some(Pace::Slow),
            _ => None,
        }
    }

    pub(crate) fn priority(self) -> Priority {
        match self {
            Self::Low => Priority::Low,
            Self::Normal => Priority::Normal,
            Self::High => Priority::High,
            Self::Emergency => Priority::Urgent,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Emergency => "emergency",
        }
    }
}
