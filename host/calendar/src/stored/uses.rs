//! Who works by a calendar: it cannot be deleted while somebody does.

use signalsync_core::CalendarName;
use signalsync_store::{Key, StoreError, Table, Transaction};

use super::error::CalendarError;
use super::rows::find;

/// Bytes of the name of a user, e.g. `workflow/maintenance`.
pub const USER_BYTES_MAX: usize = 200;

const USE: &str = "use";

/// Notes that somebody works by a calendar, in the transaction of whatever makes it so.
///
/// # Errors
/// `NotFound`, `Invalid` when the name of the user is too long, or the store failed.
pub fn add_use(tx: &mut Transaction, calendar: &CalendarName, by: &str) -> Result<(), CalendarError> {
    if by.len() > USER_BYTES_MAX {
        return Err(CalendarError::Invalid(format!(
            "who uses a calendar has a name of at most {USER_BYTES_MAX} bytes"
        )));
    }
    find(tx, calendar)?.ok_or(CalendarError::NotFound)?;
    tx.put(key(calendar, by), "");
    Ok(())
}

/// Notes that it is not so any more.
///
/// # Errors
/// The store failed.
pub fn drop_use(tx: &mut Transaction, calendar: &CalendarName, by: &str) -> Result<(), StoreError> {
    tx.delete(&key(calendar, by)).map(drop)
}

/// One of those who work by a calendar.
pub(super) fn user(tx: &mut Transaction, calendar: &CalendarName) -> Result<Option<String>, StoreError> {
    let page = tx.scan(Table::Calendars, &[USE, calendar.as_str()], "", None, 1, usize::MAX)?;
    Ok(page.entries.into_iter().next().map(|(by, _)| by))
}

fn key(calendar: &CalendarName, by: &str) -> Key {
    Key::new(Table::Calendars, &[USE, calendar.as_str(), by])
}
