//! `signalsync tenant …`: what the operator does to tenants while the server is not running.

use anyhow::Context as _;
use clap::Subcommand;
use signalsync_core::TenantSlug;
use signalsync_server::config::Resolved;
use signalsync_server::offline_directory;
use signalsync_tenancy::{Directory, Life, Tenant, TenantChange, Wanted};

/// Tenants on one part of a list.
const PAGE: usize = 1_000;

/// What is done.
#[derive(Subcommand)]
pub(crate) enum Act {
    /// List all tenants.
    List,
    /// Create a tenant.
    Create {
        /// Its label in its address.
        slug: TenantSlug,
        /// Name of a tier of the configuration.
        #[arg(long, default_value = "standard")]
        tier: String,
    },
    /// Show one tenant.
    Show { slug: TenantSlug },
    /// Give a tenant another tier.
    Tier { slug: TenantSlug, tier: String },
    /// Give a tenant another address. Everything is kept.
    Rename { slug: TenantSlug, to: TenantSlug },
    /// Let nobody in. Everything is kept.
    Suspend {
        slug: TenantSlug,
        /// Why, for the tenant's people.
        #[arg(long)]
        reason: String,
    },
    /// Let everybody read and nobody change anything.
    ReadOnly {
        slug: TenantSlug,
        /// Why, for the tenant's people.
        #[arg(long)]
        reason: String,
    },
    /// Let everybody do what they may again.
    Resume { slug: TenantSlug },
    /// Let nobody in, and destroy everything when the grace is over.
    Delete {
        slug: TenantSlug,
        /// Why, for the tenant's people.
        #[arg(long)]
        reason: String,
    },
    /// Take a deletion back within its grace.
    Restore { slug: TenantSlug },
}

/// Does it; what is printed.
///
/// # Errors
/// What the directory says.
pub(crate) async fn operate(config: &Resolved, act: Act) -> anyhow::Result<Vec<String>> {
    let directory = offline_directory(config)?;
    let changed = match act {
        Act::List => return list(&directory).await,
        Act::Create { slug, tier } => directory.create(slug, tier, None).await,
        Act::Show { slug } => directory.get(&slug).await.map(|tenant| (*tenant).clone()),
        Act::Tier { slug, tier } => change(&directory, &slug, TenantChange { tier: Some(tier), ..none() }).await,
        Act::Rename { slug, to } => change(&directory, &slug, TenantChange { slug: Some(to), ..none() }).await,
        Act::Suspend { slug, reason } => state(&directory, &slug, Wanted::Suspended, Some(reason)).await,
        Act::ReadOnly { slug, reason } => state(&directory, &slug, Wanted::ReadOnly, Some(reason)).await,
        Act::Resume { slug } => state(&directory, &slug, Wanted::Active, None).await,
        Act::Delete { slug, reason } => directory.delete(&slug, Some(&reason), None).await,
        Act::Restore { slug } => directory.restore(&slug, None).await,
    };
    Ok(vec![line(&changed.context("nothing was changed")?)])
}

fn none() -> TenantChange {
    TenantChange::default()
}

async fn state(
    directory: &Directory,
    slug: &TenantSlug,
    wanted: Wanted,
    reason: Option<String>,
) -> Result<Tenant, signalsync_tenancy::TenancyError> {
    change(directory, slug, TenantChange { state: Some(wanted), reason, ..none() }).await
}

async fn change(
    directory: &Directory,
    slug: &TenantSlug,
    asked: TenantChange,
) -> Result<Tenant, signalsync_tenancy::TenancyError> {
    directory.change(slug, &asked, None).await
}

async fn list(directory: &Directory) -> anyhow::Result<Vec<String>> {
    let (mut lines, mut after) = (Vec::new(), None);
    loop {
        let page = directory.list(after, PAGE).await?;
        lines.extend(page.tenants.iter().map(line));
        after = page.next;
        if after.is_none() {
            return Ok(lines);
        }
    }
}

fn line(tenant: &Tenant) -> String {
    let Tenant { id, slug, tier, life, .. } = tenant;
    let life = match life {
        Life::Active => "active".to_owned(),
        Life::ReadOnly { reason } => format!("read-only: {reason}"),
        Life::Suspended { reason } => format!("suspended: {reason}"),
        Life::Deleted { reason, destroyed_after, .. } => {
            format!("deleted, to be destroyed after {destroyed_after}: {reason}")
        }
    };
    format!("{slug}\t{id}\t{tier}\t{life}")
}
