//! After the start: a short look into each tenant's store, because commits of an earlier process have told nobody.
//!
//! What was committed since the start is noted anyway, so nothing waits for the sweep but what was there before.

use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use signalsync_core::{TenantId, Timestamp};
use signalsync_store::Transaction;

use crate::claim;
use crate::driver::Shared;
use crate::error::WorkError;
use crate::tenants::{Standing, TenantPage};

/// Tenants that are asked for at once.
const PAGE: usize = 200;

/// Stores that are looked into at the same time: few, because requests come first.
const AT_ONCE: usize = 2;

/// When a failed look is repeated.
const AGAIN_MS: u64 = 30_000;

/// What an earlier process had claimed is let go.
pub(crate) async fn all(shared: &Arc<Shared>) {
    let mut after = None;
    loop {
        let TenantPage { tenants, next } = page(shared, after).await;
        stream::iter(tenants).for_each_concurrent(AT_ONCE, |tenant| look(shared, tenant)).await;
        after = next;
        if after.is_none() {
            return;
        }
    }
}

/// Without the list of tenants nothing can be swept, so it is asked for until it comes.
async fn page(shared: &Shared, after: Option<TenantId>) -> TenantPage {
    loop {
        match shared.tenants.page(after, PAGE).await {
            Ok(page) => return page,
            Err(error) => {
                tracing::error!(error, "the list of tenants cannot be read; work from before the start waits");
                shared.timer.until(Timestamp(shared.timer.now().0 + AGAIN_MS)).await;
            }
        }
    }
}

async fn look(shared: &Shared, tenant: TenantId) {
    shared.figures.note_swept();
    match first(shared, tenant).await {
        Ok(Some(at)) => shared.stores.due().note(tenant, at),
        Ok(None) => {}
        Err(error) => {
            tracing::warn!(%tenant, error, "it could not be read when a tenant's work is due; it is tried again");
            shared.stores.due().note(tenant, Timestamp(shared.timer.now().0 + AGAIN_MS));
        }
    }
}

async fn first(shared: &Shared, tenant: TenantId) -> Result<Option<Timestamp>, String> {
    let Standing::Active(tier) = shared.tenants.standing(tenant).await? else { return Ok(None) };
    let failed = |error: WorkError| error.to_string();
    let store = shared.stores.tenant(&shared.scope(tenant, tier)).await.map_err(|error| failed(error.into()))?;
    let now = shared.timer.now();
    let look = |tx: &mut Transaction| {
        claim::release(tx, now, shared.me)?;
        Ok(claim::next(tx)?)
    };
    store.transact(look).await.map_err(failed)
}
