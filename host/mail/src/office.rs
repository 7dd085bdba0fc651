//! What a tenant's administrators see and decide of its mails.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_audit::{Action, Event};
use signalsync_core::{Clock, MailId, TenantScope};
use signalsync_store::{Listing, Precondition, Stores, Transaction};

use crate::address::MailAddress;
use crate::error::MailError;
use crate::log::{self, Entry, Status};
use crate::settings;

/// What an administrator sets about mail.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Divert {
    /// The address to which all mails of the tenant go instead of their own; none: each to its own.
    pub divert_to: Option<MailAddress>,
}

/// The mails of all tenants, each tenant's behind its scope.
#[derive(Clone)]
pub struct Office {
    stores: Arc<Stores>,
    clock: Arc<dyn Clock>,
}

impl Office {
    /// Over these stores.
    pub fn new(stores: Arc<Stores>, clock: Arc<dyn Clock>) -> Self {
        Self { stores, clock }
    }

    /// Mails, newest first, also of one status alone. A page may be short, or empty, and still have a `next`.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(
        &self,
        scope: &TenantScope,
        status: Option<Status>,
        before: Option<MailId>,
        limit: usize,
    ) -> Result<Listing<Entry>, MailError> {
        log::list(&self.stores.tenant(scope).await?.begin().await?, status, before, limit)
    }

    /// One mail.
    ///
    /// # Errors
    /// `NotFound`, or the store failed.
    pub async fn get(&self, scope: &TenantScope, id: MailId) -> Result<Entry, MailError> {
        log::get(&mut self.stores.tenant(scope).await?.begin().await?, id)
    }

    /// Where mails go, and the version of that setting.
    ///
    /// # Errors
    /// The store failed.
    pub async fn divert(&self, scope: &TenantScope) -> Result<(Divert, u64), MailError> {
        let mut tx = self.stores.tenant(scope).await?.begin().await?;
        Ok((Divert { divert_to: settings::divert(&mut tx)? }, settings::version(&mut tx)?))
    }

    /// Sends mails elsewhere from now on, also those that are queued already.
    ///
    /// # Errors
    /// `Precondition`, or the store failed.
    pub async fn set_divert(
        &self,
        scope: &TenantScope,
        wanted: &Divert,
        precondition: Precondition,
    ) -> Result<(), MailError> {
        let now = self.clock.now();
        let set = |tx: &mut Transaction| {
            precondition.check(Some(settings::version(tx)?))?;
            let before = Divert { divert_to: settings::divert(tx)? };
            settings::set_divert(tx, wanted.divert_to.clone())?;
            let event = Event::new(Action::SettingChanged, "settings/mail").before(&before)?.after(wanted)?;
            Ok::<_, MailError>(signalsync_audit::record(tx, scope.caller(), now, event)?)
        };
        self.stores.tenant(scope).await?.transact(set).await
    }
}
