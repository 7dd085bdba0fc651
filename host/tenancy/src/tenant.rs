//! A tenant as the platform knows it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_core::{TenantId, TenantSlug, Timestamp};

use crate::life::Life;

/// One tenant. As its row, and as its operator sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Tenant {
    /// Never used again.
    pub id: TenantId,
    /// Its label in its address.
    pub slug: TenantSlug,
    /// Name of its tier in the configuration.
    pub tier: String,
    /// Whether nothing leaves it, whatever its tier says: a copy in which one can try everything.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub neutral: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// How it stands with it.
    #[serde(flatten)]
    pub life: Life,
}

/// A tenant that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantDraft {
    /// Its label in its address.
    pub slug: TenantSlug,
    /// Name of a tier of the configuration.
    pub tier: String,
    /// Whether nothing leaves it.
    pub neutral: bool,
}

impl TenantDraft {
    /// A usual one.
    pub fn new(slug: TenantSlug, tier: impl Into<String>) -> Self {
        Self { slug, tier: tier.into(), neutral: false }
    }
}

/// What stays of a tenant that was destroyed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Receipt {
    /// As it was in the end.
    pub tenant: Tenant,
    /// Why it was deleted.
    pub reason: String,
    /// When it was deleted.
    pub deleted_at: Timestamp,
    /// When its keys and data were destroyed.
    pub destroyed_at: Timestamp,
}

/// A part of the list of tenants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantPage {
    /// Oldest first.
    pub tenants: Vec<Tenant>,
    /// Pass it as `after` to go on.
    pub next: Option<TenantId>,
}
