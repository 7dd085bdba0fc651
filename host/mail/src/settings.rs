//! What a tenant's administrator sets about mail.

use serde::{Deserialize, Serialize};
use signalsync_store::{Key, StoreError, Table, Transaction, row};

use crate::address::MailAddress;

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct MailSettings {
    #[serde(default)]
    divert: Option<MailAddress>,
}

/// The address to which all mails of the tenant go instead of their own.
///
/// # Errors
/// The store failed.
pub fn divert(tx: &mut Transaction) -> Result<Option<MailAddress>, StoreError> {
    let found = tx.get(&key())?.map(|found| row::read::<MailSettings>(&found.body)).transpose()?;
    Ok(found.and_then(|settings| settings.divert))
}

/// The version of what is set; 0 when nothing is.
///
/// # Errors
/// The store failed.
pub(crate) fn version(tx: &mut Transaction) -> Result<u64, StoreError> {
    Ok(tx.version(&[key()])?.unwrap_or_default())
}

/// Sends all mails of the tenant to one address from now on, also those that are queued already; or to their own again.
///
/// # Errors
/// The store failed.
pub fn set_divert(tx: &mut Transaction, to: Option<MailAddress>) -> Result<(), StoreError> {
    tx.put(key(), row::write(&MailSettings { divert: to })?);
    Ok(())
}

fn key() -> Key {
    Key::new(Table::Settings, &["mail"])
}
