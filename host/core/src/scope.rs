//! Authority as a value: whoever holds a `TenantScope` may touch that tenant's data, nobody else can.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::TenantId;
use crate::limits::Tier;

/// The right to mint scopes. Made once by the process's composition and handed to the front door
/// and the durable work queue; nothing else can turn a tenant's id into access to its data.
#[derive(Debug)]
pub struct Authority(());

impl Authority {
    /// Takes the process's ambient authority over all tenants. `clippy.toml` bans this call
    /// outside the composition of a program.
    pub fn ambient() -> Self {
        Self(())
    }

    /// A scope for a tenant that was resolved and a caller that was authenticated.
    pub fn scope(&self, tenant: TenantId, tier: Arc<Tier>, principal: Principal) -> TenantScope {
        TenantScope { tenant, tier, principal }
    }
}

/// Access to one tenant's data on behalf of one caller, under the limits of the tenant's tier.
///
/// Not `Clone`, not `Default`, not `Deserialize`: it is lent down the call, never copied away.
#[derive(Debug)]
pub struct TenantScope {
    tenant: TenantId,
    tier: Arc<Tier>,
    principal: Principal,
}

impl TenantScope {
    /// Whose data this is.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// What the tenant may use.
    pub fn tier(&self) -> &Arc<Tier> {
        &self.tier
    }

    /// On whose behalf.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }
}

/// Who asks, as a component sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// None when the host itself acts.
    pub user: Option<String>,
    /// Sorted.
    pub roles: Vec<String>,
    /// BCP 47 language tag.
    pub language: String,
}

impl Principal {
    /// The host itself, e.g. for a dry run at upload.
    pub fn host() -> Self {
        Self { user: None, roles: Vec::new(), language: "en".to_owned() }
    }
}
