//! Removes what nobody keeps any more: tenants whose grace is over, and components that no tenant keeps, a few tenants at
//! a time.
//!
//! A sweep doubts the stored components, asks every tenant, and removes those for which nobody vouched. An upload at
//! the same time is safe: a tenant notes a component before it is admitted, and admitting it ends the doubt. A sweep in
//! which something fails removes nothing.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use signalsync_components::ComponentError;
use signalsync_core::{Digest, TenantId};
use signalsync_tenancy::TenancyError;

use crate::app::App;

/// How components are removed that nobody keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SweepConfig {
    /// Between two rounds.
    pub pause_ms: u64,
    /// Tenants that are asked in one round. The stores of all of them are opened.
    pub tenants_per_round: usize,
}

impl Default for SweepConfig {
    fn default() -> Self {
        Self { pause_ms: 30_000, tenants_per_round: 16 }
    }
}

/// A sweep ends without having removed anything.
#[derive(Debug, thiserror::Error)]
enum SweepError {
    #[error("the stored components cannot be listed: {0}")]
    Disk(#[from] std::io::Error),
    #[error("the tenants cannot be listed: {0}")]
    Tenants(#[from] TenancyError),
    #[error("a tenant cannot be asked: {0}")]
    Tenant(#[from] ComponentError),
}

/// Sweeps, one after the other.
pub(crate) struct Sweeper {
    app: Arc<App>,
    config: SweepConfig,
    /// Components up to here were doubted by the sweeps before.
    behind: Option<Digest>,
    /// The tenant that was asked last in this sweep; none between two sweeps.
    asked: Option<TenantId>,
}

impl Sweeper {
    pub(crate) fn new(app: Arc<App>, config: SweepConfig) -> Self {
        Self { app, config, behind: None, asked: None }
    }

    /// Goes on until it is dropped.
    pub(crate) async fn run(mut self) {
        loop {
            tokio::time::sleep(Duration::from_millis(self.config.pause_ms)).await;
            if let Err(error) = self.app.directory.destroy_due().await {
                tracing::error!(%error, "a tenant whose grace is over could not be destroyed; it is tried again");
            }
            self.asked = self.round().await.unwrap_or_else(|error| {
                tracing::warn!(%error, "a sweep of the components ends without having removed any");
                None
            });
        }
    }

    /// Asks some tenants; the last of them when there are more.
    async fn round(&mut self) -> Result<Option<TenantId>, SweepError> {
        let App { directory, components, runtime, .. } = &*self.app;
        if self.asked.is_none() {
            self.behind = runtime.doubt(self.behind).await?;
        }
        let (scopes, next) = directory.scopes(self.asked, self.config.tenants_per_round).await?;
        for scope in &scopes {
            components.kept(scope).await?.into_iter().for_each(|digest| runtime.vouch(digest));
        }
        if next.is_none() {
            let removed = runtime.remove_doubted().await;
            tracing::debug!(removed, "components that nobody keeps were removed");
        }
        Ok(next)
    }
}
