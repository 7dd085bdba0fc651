//! What a tenant says of itself: how its people call it, and in which language it speaks to those whom it does not know yet.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_core::{Caller, Timestamp};
use signalsync_store::{Precondition, StoreError, Transaction};

use crate::error::PeopleError;
use crate::name::Language;
use crate::setting::{self, set, setting};
use crate::structure::check_name;

pub(crate) const NAME: &str = "organisation";

/// What a tenant says of itself. What is left out of a document is as it is by default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Organisation {
    /// 1 to 200 bytes; without it, the tenant's name in its address stands in mails.
    pub name: Option<String>,
    /// Of invitations that do not say in which language they are. English without it.
    pub language: Language,
}

/// What the tenant says of itself.
///
/// # Errors
/// The store failed.
pub fn organisation(tx: &mut Transaction) -> Result<Organisation, StoreError> {
    setting(tx, NAME)
}

/// What the tenant says of itself, and its version.
///
/// # Errors
/// The store failed.
pub fn versioned(tx: &mut Transaction) -> Result<(Organisation, u64), StoreError> {
    Ok((organisation(tx)?, setting::version(tx, NAME)?))
}

/// Says something else from now on.
///
/// # Errors
/// `Invalid`, `Precondition`, or the store failed.
pub fn set_organisation(
    tx: &mut Transaction,
    by: &Caller,
    now: Timestamp,
    new: &Organisation,
    precondition: Precondition,
) -> Result<(), PeopleError> {
    if let Some(name) = &new.name {
        check_name("an organisation's name", name)?;
    }
    set(tx, (by, now), NAME, new, precondition)
}
