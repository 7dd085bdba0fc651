//! Working time: when a tenant works, when something is due, and what starts by the clock.
//!
//! [`Calendar`] is a pure value: hours, holidays and exceptions in a time zone. An instant is working time when the
//! clock on the wall shows working time there; nothing else decides, so that days of 23 and 25 hours, and days that a
//! country skips, need no rule of their own. [`ServiceClock`] counts working time, with pauses. [`Schedule`] says when
//! something starts, and what becomes of what was missed. [`ics`] reads holidays. All of that does no I/O and knows no
//! clock but the times that are handed in.
//!
//! [`stored`] keeps a tenant's calendars, and [`starts`] has things started by the clock, exactly once. What there is to
//! start, crates above know; who has departments and roles, nobody here does.

pub mod archive;
mod calendar;
mod day;
mod document;
mod error;
mod hours;
pub mod ics;
mod schedule;
mod service;
pub mod starts;
pub mod stored;
mod walk;
mod zone;

pub use calendar::{Calendar, HORIZON, NeverEnough};
pub use day::{Day, Preview, Why};
pub use document::{
    Document, EXCEPTIONS_MAX, Exception, HOLIDAYS_MAX, HOURS_PER_DAY_MAX, Holiday, NAME_BYTES_MAX, On, Week,
};
pub use error::InvalidCalendar;
pub use hours::Hours;
pub use schedule::{
    COUNT_MAX, InvalidSchedule, LATE_MS, MISSED_MAX, Missed, RULE_BYTES_MAX, Rule, Schedule, ScheduleDocument, Step,
    TIMES_PER_DAY_MAX,
};
pub use service::{Reach, ServiceClock};
pub use zone::Zone;
