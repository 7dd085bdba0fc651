//! The directory, as the driver of work sees it.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use signalsync_archive::Donors;
use signalsync_core::{KeyId, TenantId, TenantScope};
use signalsync_tenancy::{Directory, Life};
use signalsync_work::jobs::Starters;
use signalsync_work::{Standing, TenantPage, Tenants};

/// The tenants that the directory lists.
pub(crate) struct Listed(Arc<Directory>);

impl Listed {
    pub(crate) fn new(directory: Arc<Directory>) -> Self {
        Self(directory)
    }
}

impl Tenants for Listed {
    fn page(&self, after: Option<TenantId>, limit: usize) -> BoxFuture<'_, Result<TenantPage, String>> {
        async move {
            let page = self.0.list(after, limit).await.map_err(|error| error.to_string())?;
            Ok(TenantPage { tenants: page.tenants.iter().map(|tenant| tenant.id).collect(), next: page.next })
        }
        .boxed()
    }

    fn standing(&self, tenant: TenantId) -> BoxFuture<'_, Result<Standing, String>> {
        async move {
            let standing = self.0.standing_of(tenant).await.map_err(|error| error.to_string())?;
            Ok(match standing {
                Some((tier, Life::Active)) => Standing::Active(tier),
                Some((_, Life::ReadOnly { .. } | Life::Suspended { .. } | Life::Deleted { .. })) => Standing::Held,
                None => Standing::Gone,
            })
        }
        .boxed()
    }
}

impl Donors for Listed {
    fn scope(&self, tenant: TenantId) -> BoxFuture<'_, Result<Option<TenantScope>, String>> {
        async move { self.0.lend(tenant).await.map_err(|error| error.to_string()) }.boxed()
    }
}

impl Starters for Listed {
    fn scope<'a>(
        &'a self,
        tenant: &'a TenantScope,
        by: &'a str,
        key: Option<KeyId>,
    ) -> BoxFuture<'a, Result<Option<TenantScope>, String>> {
        async move { self.0.stand_in(tenant, by, key).await.map_err(|error| error.to_string()) }.boxed()
    }
}
