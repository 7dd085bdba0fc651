//! `signalsync tenant …`, `signalsync audit …` and `signalsync replay …`: what the operator does while the server is not running.

use anyhow::{anyhow, bail};
use clap::Subcommand;
use serde_json::json;
use signalsync_archive::{copy, furnish};
use signalsync_core::{Clock as _, FolderName, RunId, SystemClock, TenantScope, TenantSlug};
use signalsync_people::invitation::FirstAdministrator;
use signalsync_people::name::MailAddress;
use signalsync_server::config::Resolved;
use signalsync_server::templates::Templates;
use signalsync_server::{Offline, offline, offline_directory, offline_invitation};
use signalsync_store::{StoreError, Terms, Transaction};
use signalsync_tenancy::{Directory, Life, TenancyError, Tenant, TenantChange, TenantDraft, Wanted};
use signalsync_workflow::{Bounds, Compared, Comparison, Replay};

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
        /// Mail address of who administrates it; the invitation leaves when the server runs.
        #[arg(long)]
        administrator: Option<MailAddress>,
        /// A template that it begins with, of the configuration's folder. It is filled when the server runs.
        #[arg(long)]
        template: Option<FolderName>,
    },
    /// Copy a tenant, in a form that nothing leaves. It is filled when the server runs.
    Clone {
        slug: TenantSlug,
        /// Its copy's label in its address.
        to: TenantSlug,
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
        Act::List => return Ok(all(&directory).await?.iter().map(line).collect()),
        Act::Create { slug, tier, administrator, template } => {
            if administrator.is_some() && config.public.is_none() && config.listen.port() == 0 {
                bail!("`listen` has port 0, so nobody knows where the link in the invitation leads; set `public_url`");
            }
            let first = administrator.map(|mail| FirstAdministrator { mail, name: None, language: None });
            let invite = first.map(|first| offline_invitation(config, &slug, first));
            let template = match template {
                Some(name) => Some(Templates::new(config.templates.clone()).read(&name).await?),
                None => None,
            };
            let furnish = |tx: &mut Transaction, scope: &TenantScope| {
                if let Some(template) = &template {
                    furnish(tx, scope, template.clone(), SystemClock.now())?;
                }
                invite.as_ref().map_or(Ok(()), |invite| invite(tx, scope))
            };
            directory.create(TenantDraft::new(slug, tier), Some(&furnish), None).await
        }
        Act::Clone { slug, to } => {
            let original = directory.get(&slug).await.map_err(explained)?;
            let wanted = TenantDraft { neutral: true, ..TenantDraft::new(to, original.tier.clone()) };
            let furnish = |tx: &mut Transaction, scope: &TenantScope| {
                Ok(copy(tx, scope, original.id, SystemClock.now()).map(drop)?)
            };
            directory.create(wanted, Some(&furnish), None).await
        }
        Act::Show { slug } => directory.get(&slug).await.map(|tenant| (*tenant).clone()),
        Act::Tier { slug, tier } => change(&directory, &slug, TenantChange { tier: Some(tier), ..none() }).await,
        Act::Rename { slug, to } => change(&directory, &slug, TenantChange { slug: Some(to), ..none() }).await,
        Act::Suspend { slug, reason } => state(&directory, &slug, Wanted::Suspended, Some(reason)).await,
        Act::ReadOnly { slug, reason } => state(&directory, &slug, Wanted::ReadOnly, Some(reason)).await,
        Act::Resume { slug } => state(&directory, &slug, Wanted::Active, None).await,
        Act::Delete { slug, reason } => {
            directory.delete(&slug, Some(&reason), None, Terms::default()).await.map(|done| done.value)
        }
        Act::Restore { slug } => directory.restore(&slug, None, Terms::default()).await.map(|done| done.value),
    };
    Ok(vec![line(&changed.map_err(explained)?)])
}

/// With what to do, where that is not clear.
fn explained(error: TenancyError) -> anyhow::Error {
    match error {
        TenancyError::Store(StoreError::InUse) => {
            anyhow!("the data is in use: stop the server first, or use its API while it is running")
        }
        other => other.into(),
    }
}

fn none() -> TenantChange {
    TenantChange::default()
}

async fn state(
    directory: &Directory,
    slug: &TenantSlug,
    wanted: Wanted,
    reason: Option<String>,
) -> Result<Tenant, TenancyError> {
    change(directory, slug, TenantChange { state: Some(wanted), reason, ..none() }).await
}

async fn change(directory: &Directory, slug: &TenantSlug, asked: TenantChange) -> Result<Tenant, TenancyError> {
    directory.change(slug, &asked, None, Terms::default()).await.map(|done| done.value)
}

async fn all(directory: &Directory) -> anyhow::Result<Vec<Tenant>> {
    let (mut tenants, mut after) = (Vec::new(), None);
    loop {
        let page = directory.list(after, PAGE).await.map_err(explained)?;
        tenants.extend(page.tenants);
        after = page.next;
        if after.is_none() {
            return Ok(tenants);
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

/// What is done with audits.
#[derive(Subcommand)]
pub(crate) enum AuditAct {
    /// Follow audits from their first entry to their end, and say where one is not what was written.
    Verify {
        /// Only this tenant's; without it, the platform's own and those of all tenants.
        #[arg(long)]
        tenant: Option<TenantSlug>,
    },
}

/// Does it; what is printed.
///
/// # Errors
/// An audit is broken, or what the directory says.
pub(crate) async fn audit(config: &Resolved, AuditAct::Verify { tenant }: AuditAct) -> anyhow::Result<Vec<String>> {
    let directory = offline_directory(config)?;
    let wanted = match tenant {
        Some(tenant) => vec![Some(tenant)],
        None => [None].into_iter().chain(all(&directory).await?.into_iter().map(|tenant| Some(tenant.slug))).collect(),
    };
    let (mut whole, mut broken) = (Vec::new(), Vec::new());
    for slug in wanted {
        let name = slug.as_ref().map_or("(platform)", TenantSlug::as_str);
        match directory.verify(slug.as_ref()).await.map_err(explained)? {
            Ok(end) => whole.push(format!("{name}\t{} entries\t{}", end.entries, end.hash)),
            Err(error) => broken.push(format!("the audit of {name} is broken: {error}")),
        }
    }
    if broken.is_empty() { Ok(whole) } else { bail!(broken.join("\n")) }
}

/// Plays a run.
///
/// # Errors
/// There is no such tenant, run or version, or what is needed does not start.
pub(crate) async fn replay(
    config: &Resolved,
    tenant: &TenantSlug,
    run: RunId,
    version: Option<u32>,
) -> anyhow::Result<Replay> {
    let Offline { directory, runs } = offline(config)?;
    let id = directory.get(tenant).await.map_err(explained)?.id;
    let scope = directory.lend(id).await.map_err(explained)?.ok_or_else(|| anyhow!("there is no such tenant"))?;
    Ok(runs.replay(&scope, run, version, Bounds::WHOLE).await?)
}

/// A replay in lines: each step, and what differs as JSON below it.
pub(crate) fn told(replay: &Replay) -> Vec<String> {
    let Replay { run, workflow, steps, same, different, not_replayed, more, version: _ } = replay;
    let mut lines = Vec::with_capacity(steps.len() + 1);
    for Compared { entry, at, version, heard, comparison } in steps {
        let (outcome, details) = match comparison {
            Comparison::Same => ("same", Vec::new()),
            Comparison::Remembers { difference } => {
                ("remembers otherwise", difference.iter().map(|patch| format!("  {}", json!(patch))).collect())
            }
            Comparison::Differs { recorded, now, difference, log } => {
                let parts = [("recorded", json!(recorded)), ("now", json!(now)), ("difference", json!(difference))];
                let log = log.iter().map(|line| format!("  log: {}", line.message));
                ("differs", parts.iter().map(|(name, part)| format!("  {name}: {part}")).chain(log).collect())
            }
            Comparison::NotReached { why } => ("not reached", vec![format!("  {why}")]),
            Comparison::NotReplayed { why } => ("not replayed", vec![format!("  {why}")]),
        };
        lines.push(format!("{entry}\t{at}\tversion {version}\t{heard}\t{outcome}"));
        lines.extend(details);
    }
    let more = if *more { ", and more steps that were not played" } else { "" };
    lines.push(format!("{workflow}\t{run}\t{same} same, {different} different, {not_replayed} not replayed{more}"));
    lines
}
