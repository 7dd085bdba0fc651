//! What an operator does to a tenant: its tier, its name, its state, and its end.

use schemars::JsonSchema;
use serde::Deserialize;
use signalsync_audit::{Action, Event, record};
use signalsync_core::{Caller, KeyId, Origin, TenantId, TenantSlug, Timestamp};
use signalsync_store::{Done, Listing, Terms, Transaction};

use super::Directory;
use crate::error::{AuthError, TenancyError};
use crate::life::{Life, Wanted};
use crate::registry;
use crate::tenant::{Receipt, Tenant};

/// Tenants that one look destroys at most.
const DESTROYED_AT_ONCE: usize = 16;

/// What of a tenant is to change; what is left out stays.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TenantChange {
    /// Another name: everything is kept, and reached at the new address only.
    #[serde(default)]
    pub slug: Option<TenantSlug>,
    /// Another tier.
    #[serde(default)]
    pub tier: Option<String>,
    /// Another state.
    #[serde(default)]
    pub state: Option<Wanted>,
    /// Whether nothing leaves it.
    #[serde(default)]
    pub neutral: Option<bool>,
    /// Why, for the tenant's people; with `read-only` and `suspended`.
    #[serde(default)]
    pub reason: Option<String>,
}

impl Directory {
    /// Changes a tenant.
    ///
    /// # Errors
    /// `NoSuchTenant`, `SlugTaken`, `LooksLike`, `NoSuchTier`, `WrongState`, `InvalidReason`, `Precondition`,
    /// `Conflict`, or the store failed.
    pub async fn change(
        &self,
        slug: &TenantSlug,
        asked: &TenantChange,
        by: Option<KeyId>,
        terms: Terms<'_>,
    ) -> Result<Done<Tenant>, TenancyError> {
        if let Some(tier) = &asked.tier {
            self.tier(tier)?;
        }
        if asked.reason.is_some() && asked.state.is_none() {
            return Err(TenancyError::InvalidReason("a reason comes with a state"));
        }
        let change = |_: &mut Transaction, before: &Tenant| {
            let life = match asked.state {
                Some(wanted) => before.life.changed(wanted, asked.reason.as_deref())?,
                None => before.life.clone(),
            };
            let slug = asked.slug.clone().unwrap_or_else(|| before.slug.clone());
            let tier = asked.tier.clone().unwrap_or_else(|| before.tier.clone());
            let neutral = asked.neutral.unwrap_or(before.neutral);
            Ok(Tenant { slug, tier, neutral, life, ..before.clone() })
        };
        self.edit(slug, (by, Action::TenantChanged), terms, change).await
    }

    /// Deletes a tenant: nobody comes in any more, and after the grace it is destroyed.
    ///
    /// # Errors
    /// `NoSuchTenant`, `WrongState`, `InvalidReason`, `Precondition`, `Conflict`, or the store failed.
    pub async fn delete(
        &self,
        slug: &TenantSlug,
        reason: Option<&str>,
        by: Option<KeyId>,
        terms: Terms<'_>,
    ) -> Result<Done<Tenant>, TenancyError> {
        let (now, grace_ms) = (self.clock.now(), self.grace_ms);
        let delete = |_: &mut Transaction, before: &Tenant| {
            Ok(Tenant { life: before.life.delete(reason, now, grace_ms)?, ..before.clone() })
        };
        self.edit(slug, (by, Action::TenantDeleted), terms, delete).await
    }

    /// Takes a tenant's deletion back within its grace.
    ///
    /// # Errors
    /// `NoSuchTenant`, `WrongState`, `Precondition`, `Reused`, `Conflict`, or the store failed.
    pub async fn restore(
        &self,
        slug: &TenantSlug,
        by: Option<KeyId>,
        terms: Terms<'_>,
    ) -> Result<Done<Tenant>, TenancyError> {
        let now = self.clock.now();
        let restore =
            |_: &mut Transaction, before: &Tenant| Ok(Tenant { life: before.life.restore(now)?, ..before.clone() });
        self.edit(slug, (by, Action::TenantChanged), terms, restore).await
    }

    async fn edit(
        &self,
        slug: &TenantSlug,
        (by, action): (Option<KeyId>, Action),
        terms: Terms<'_>,
        edit: impl Fn(&mut Transaction, &Tenant) -> Result<Tenant, TenancyError>,
    ) -> Result<Done<Tenant>, TenancyError> {
        let caller = Caller { origin: Origin { key: by, ..Origin::default() }, ..Caller::host() };
        let now = self.clock.now();
        let _changing = self.changing.write().await;
        let edit = |tx: &mut Transaction| {
            let before = registry::tenant(tx, slug)?.ok_or(TenancyError::NoSuchTenant)?;
            terms.precondition.check(Some(registry::version(tx, before.id)?))?;
            let after = edit(tx, &before)?;
            registry::change_tenant(tx, &before, &after)?;
            let event = Event::new(action, format!("tenant/{}", before.id)).before(&before)?.after(&after)?;
            record(tx, &caller, now, event)?;
            Ok::<_, TenancyError>((before, after))
        };
        let edited = self.store().await?.once(terms.request, now, edit).await;
        // Whatever became of it: what is kept in memory is read again.
        let mut known = self.tenants.lock();
        known.pop(slug);
        let Done { value: (before, after), version, before: is_repeated } = edited?;
        known.pop(&after.slug);
        drop(known);
        if after.life.is_active() && !before.life.is_active() {
            // Work that was held is done now.
            self.stores.due().note(after.id, now);
        }
        Ok(Done { value: after, version, before: is_repeated })
    }

    /// Destroys tenants whose grace is over: their keys and their data, and then their entry, in whose place a receipt
    /// stays. Interrupted anywhere, it is done again. How many there were.
    ///
    /// # Errors
    /// The store failed.
    pub async fn destroy_due(&self) -> Result<usize, TenancyError> {
        let now = self.clock.now();
        let due = registry::due(&mut self.begin().await?, now, DESTROYED_AT_ONCE)?;
        for tenant in &due {
            self.destroy(tenant, now).await?;
        }
        Ok(due.len())
    }

    async fn destroy(&self, tenant: &Tenant, now: Timestamp) -> Result<(), TenancyError> {
        let Life::Deleted { reason, deleted_at, .. } = &tenant.life else { return Ok(()) };
        let _changing = self.changing.write().await;
        // The data goes first: an entry without data is destroyed again, data without an entry would be forgotten.
        self.stores.destroy_tenant(&self.authority, tenant.id).await?;
        let receipt =
            Receipt { tenant: tenant.clone(), reason: reason.clone(), deleted_at: *deleted_at, destroyed_at: now };
        let remove = |tx: &mut Transaction| {
            let prefixes = registry::remove_tenant(tx, &receipt)?;
            let event = Event::new(Action::TenantDestroyed, format!("tenant/{}", tenant.id)).after(&receipt)?;
            record(tx, &Caller::host(), now, event)?;
            Ok::<_, TenancyError>(prefixes)
        };
        let prefixes = self.store().await?.transact(remove).await?;
        self.tenants.lock().pop(&tenant.slug);
        let mut proofs = self.proofs.lock();
        prefixes.iter().for_each(|prefix| drop(proofs.pop(prefix)));
        tracing::warn!(tenant = %tenant.id, "a tenant was destroyed");
        Ok(())
    }

    /// Receipts of tenants that were destroyed, in the order of their ids.
    ///
    /// # Errors
    /// The store failed.
    pub async fn receipts(&self, after: Option<TenantId>, limit: usize) -> Result<Listing<Receipt>, TenancyError> {
        Ok(registry::receipts(&mut self.begin().await?, after, limit)?)
    }

    /// A tenant into which somebody may come.
    pub(super) async fn open_tenant(&self, slug: &TenantSlug) -> Result<std::sync::Arc<Tenant>, AuthError> {
        let tenant = self.known_tenant(slug).await?.ok_or(AuthError::NoTenant)?;
        match &tenant.life {
            Life::Active | Life::ReadOnly { .. } => Ok(tenant),
            Life::Suspended { reason } => Err(AuthError::Suspended { reason: reason.clone() }),
            Life::Deleted { reason, destroyed_after, .. } => {
                Err(AuthError::Deleted { reason: reason.clone(), destroyed_after: *destroyed_after })
            }
        }
    }

    /// Whether something may be changed in a tenant.
    ///
    /// # Errors
    /// `ReadOnly`, `NoTenant`, or the store failed.
    pub async fn check_changes(&self, slug: &TenantSlug) -> Result<(), AuthError> {
        match &self.open_tenant(slug).await?.life {
            Life::ReadOnly { reason } => Err(AuthError::ReadOnly { reason: reason.clone() }),
            Life::Active | Life::Suspended { .. } | Life::Deleted { .. } => Ok(()),
        }
    }
}
