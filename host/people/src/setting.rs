//! What a tenant's administrator sets: a document for each name, with its change in the audit.

use serde::Serialize;
use serde::de::DeserializeOwned;
use signalsync_audit::{Action, Event, record};
use signalsync_core::{Caller, Timestamp};
use signalsync_store::{Key, Precondition, StoreError, Table, Transaction};

use crate::error::PeopleError;
use crate::structure::{read, write};

/// What is set under a name; what is so by default when nothing is.
///
/// # Errors
/// The store failed.
pub(crate) fn setting<T: DeserializeOwned + Default>(tx: &mut Transaction, name: &str) -> Result<T, StoreError> {
    Ok(read(tx, &key(name))?.unwrap_or_default())
}

/// Its version. What is so by default has version 0.
///
/// # Errors
/// The store failed.
pub(crate) fn version(tx: &mut Transaction, name: &str) -> Result<u64, StoreError> {
    Ok(tx.version(&[key(name)])?.unwrap_or_default())
}

/// Sets something else from now on.
///
/// # Errors
/// `Precondition`, or the store failed.
pub(crate) fn set<T: Serialize + DeserializeOwned + Default>(
    tx: &mut Transaction,
    (by, now): (&Caller, Timestamp),
    name: &str,
    new: &T,
    precondition: Precondition,
) -> Result<(), PeopleError> {
    precondition.check(Some(version(tx, name)?))?;
    let event = Event::new(Action::SettingChanged, format!("setting/{name}"));
    let event = event.before(&setting::<T>(tx, name)?)?.after(new)?;
    write(tx, key(name), new)?;
    Ok(record(tx, by, now, event)?)
}

fn key(name: &str) -> Key {
    Key::new(Table::Settings, &[name])
}
