//! Calendars and schedules of tenants, in real stores and by the driver of work, with a clock that stands still.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod calendars;
mod lab;
mod starts;
