//! Time zones of the IANA database that is built in, so that a due date is the same on every machine.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::InvalidCalendar;

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A time zone by its name, like `Europe/Berlin`; one spelling only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(TimeZone);

impl Zone {
    /// The rules of the zone.
    pub(crate) fn rules(&self) -> &TimeZone {
        &self.0
    }

    /// Its name in the IANA database.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or_default()
    }
}

impl FromStr for Zone {
    type Err = InvalidCalendar;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = DATABASE.get(text).ok().filter(|zone| zone.iana_name() == Some(text));
        found.map(Self).ok_or_else(|| InvalidCalendar::Zone(text.to_owned()))
    }
}

impl TryFrom<String> for Zone {
    type Error = InvalidCalendar;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.name().to_owned()
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
