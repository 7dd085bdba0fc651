//! Workflows, their runs, and what people set about them, on their way out of a tenant and into another one.
//!
//! Lists, inboxes, business keys and figures follow from runs and tasks: they are made anew. What waits for its time goes
//! along [as lines of its own](waits), which are taken last.

mod people;
mod runs;
mod waits;
mod workflows;

use signalsync_calendar::archive as calendar;
use signalsync_store::lines::Lines;
use signalsync_store::{Key, StoreError};

pub use people::{absences, notice_settings, notices};
pub use runs::{items, runs, signals, tasks};
pub use waits::waits;
pub use workflows::{roles, templates, versions, workflows};

use crate::planned;
use crate::rows::damaged;

/// Schedules. Take all workflows first, and people too: what is started asks them.
pub fn schedules(with_people: bool) -> impl Lines {
    calendar::schedules(with_people, planned::check)
}

/// The texts of a key with so many parents.
fn parts<const N: usize>(key: &Key) -> Result<[&str; N], StoreError> {
    key.parts(N - 1).and_then(|parts| parts.try_into().ok()).ok_or_else(|| damaged("a key"))
}

/// A part of a key.
fn parsed<T: std::str::FromStr>(part: &str) -> Result<T, StoreError> {
    part.parse().map_err(|_| damaged("a key"))
}
