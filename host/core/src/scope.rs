//! Authority as a value: whoever holds a `TenantScope` may touch that tenant's data, nobody else can.

use std::net::IpAddr;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{KeyId, RequestId, TenantId};
use crate::limits::Tier;
use crate::rights::Rights;

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
    pub fn scope(&self, tenant: TenantId, tier: Arc<Tier>, caller: Caller) -> TenantScope {
        TenantScope { tenant, tier, caller }
    }
}

/// Access to one tenant's data on behalf of one caller, under the limits of the tenant's tier.
///
/// Not `Clone`, not `Default`, not `Deserialize`: it is lent down the call, never copied away.
#[derive(Debug)]
pub struct TenantScope {
    tenant: TenantId,
    tier: Arc<Tier>,
    caller: Caller,
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
    pub fn caller(&self) -> &Caller {
        &self.caller
    }
}

/// Who asks, what it may do, and where the request came from.
#[derive(Debug, Clone)]
pub struct Caller {
    /// As components see it.
    pub principal: Principal,
    /// What it may do.
    pub rights: Arc<Rights>,
    /// For the audit.
    pub origin: Origin,
}

impl Caller {
    /// The host itself, which may do everything, e.g. for a dry run at upload or for work that waited.
    pub fn host() -> Self {
        Self { principal: Principal::host(), rights: Arc::new(Rights::everything()), origin: Origin::default() }
    }
}

/// Where a request came from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Origin {
    /// None when the host itself acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestId>,
    /// Of the client, as far as it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// With which API key, when it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyId>,
    /// The real person, when somebody acts as somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_by: Option<String>,
}

/// Who asks, as a component sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
