//! The platform's own audit, and whether audits are whole.

use signalsync_audit::{Filter, Numbered, Whole, list, verify};
use signalsync_core::{Caller, TenantSlug};
use signalsync_store::Listing;
use signalsync_store::chain::Broken;

use super::Directory;
use crate::error::TenancyError;

impl Directory {
    /// What operators did to tenants, newest first. What they did inside of one stands in that tenant's own audit.
    ///
    /// # Errors
    /// The store failed.
    pub async fn audit(
        &self,
        filter: &Filter,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Listing<Numbered>, TenancyError> {
        Ok(list(&self.begin().await?, filter, before, limit)?)
    }

    /// Follows the audit of a tenant, or the platform's own.
    ///
    /// # Errors
    /// `NoSuchTenant`, or the store failed. Inside: where the audit is broken.
    pub async fn verify(&self, slug: Option<&TenantSlug>) -> Result<Result<Whole, Broken>, TenancyError> {
        let Some(slug) = slug else { return Ok(verify(&self.begin().await?)?) };
        let scope = self.scope(&*self.get(slug).await?, Caller::host())?;
        Ok(verify(&self.stores.tenant(&scope).await?.begin().await?)?)
    }
}
