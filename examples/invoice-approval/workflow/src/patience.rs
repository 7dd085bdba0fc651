//! How long people have: the settings of the deployment.

use serde::Deserialize;
use signalsync_sdk::workflow::{Deadline, Moment};
use signalsync_sdk::{Error, context};

use crate::limits::director;

/// In minutes of working time.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Patience {
    /// After which who is asked is reminded.
    remind_after: u32,
    /// After which a director is asked too, and as long again after which accounting is told.
    escalate_after: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self { remind_after: 8 * 60, escalate_after: 16 * 60 }
    }
}

impl Patience {
    pub(crate) fn set() -> Result<Self, Error> {
        context::settings()
    }

    pub(crate) fn reminder(&self) -> Moment {
        Moment::Working(self.remind_after)
    }

    pub(crate) fn deadline(&self) -> Deadline {
        let time = Moment::Working(self.escalate_after);
        Deadline::new("escalation", time).then(director(), time)
    }
}
