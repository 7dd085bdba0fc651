//! Who there is to work for. The crate that knows the tenants says so.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use signalsync_core::{TenantId, Tier};

/// Whether a tenant's work is done.
#[derive(Debug, Clone)]
pub enum Standing {
    /// It is, under these limits.
    Active(Arc<Tier>),
    /// It waits: the tenant is suspended. Whoever ends that notes the tenant in `Stores::due`.
    Held,
    /// There is no such tenant any more.
    Gone,
}

/// A part of the list of tenants.
#[derive(Debug, Clone, Default)]
pub struct TenantPage {
    /// Who is in it.
    pub tenants: Vec<TenantId>,
    /// Pass it as `after` to go on.
    pub next: Option<TenantId>,
}

/// All tenants. An error is a text for the operator.
pub trait Tenants: Send + Sync + 'static {
    /// Tenants behind `after`.
    fn page(&self, after: Option<TenantId>, limit: usize) -> BoxFuture<'_, Result<TenantPage, String>>;

    /// How it stands with one.
    fn standing(&self, tenant: TenantId) -> BoxFuture<'_, Result<Standing, String>>;
}
