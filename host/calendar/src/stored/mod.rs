//! Calendars of a tenant by name. One of them is the default; a department may have its own.
//!
//! | key in `Calendars` | holds |
//! | --- | --- |
//! | `calendar`, name | the calendar |
//! | `default` | the name of the default |
//! | `department`, id | the name of the department's own |
//! | `use`, name, who | nothing; who works by the calendar |

mod desk;
mod error;
mod rows;
mod uses;

pub(crate) use desk::bring;
pub use desk::{CalendarDraft, Calendars, Imported, Listed};
pub use error::CalendarError;
pub(crate) use rows::CALENDAR;
pub use rows::{CALENDARS_MAX, DEPARTMENTS_MAX, Kept, find, of};
pub use uses::{USER_BYTES_MAX, add_use, drop_use};
