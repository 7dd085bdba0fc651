//! The rows behind the directory: what one transaction on the platform's store reads and writes.

use serde::Serialize;
use serde::de::DeserializeOwned;
use signalsync_core::{KeyId, TenantId, TenantSlug, Timestamp};
use signalsync_store::{Key, Listing, Page, StoreError, Table, Transaction, due_key, parse_due, row};

use crate::error::TenancyError;
use crate::key::{KeyRow, Owner};
use crate::likeness::skeleton;
use crate::tenant::{Receipt, Tenant, TenantPage};

/// Keys that the operator may have. Those of tenants are counted in their own stores.
pub const OPERATOR_KEYS_MAX: usize = 100;

/// Most tenants in one part of the list.
pub(crate) const PAGE_MAX: usize = 1_000;

const BY_PREFIX: &str = "prefix";
const BY_OWNER: &str = "owner";

pub(crate) fn tenant(tx: &mut Transaction, slug: &TenantSlug) -> Result<Option<Tenant>, StoreError> {
    let Some(id) = read::<TenantId>(tx, &Key::new(Table::Slugs, &[slug.as_str()]))? else { return Ok(None) };
    tenant_by_id(tx, id)
}

/// The version of a tenant that is there.
pub(crate) fn version(tx: &mut Transaction, id: TenantId) -> Result<u64, StoreError> {
    Ok(tx.version(&[tenant_key(id)])?.unwrap_or_default())
}

pub(crate) fn tenant_by_id(tx: &mut Transaction, id: TenantId) -> Result<Option<Tenant>, StoreError> {
    read(tx, &tenant_key(id))
}

pub(crate) fn tenants(tx: &mut Transaction, after: Option<TenantId>, limit: usize) -> Result<TenantPage, StoreError> {
    let after = after.map(|id| id.to_string());
    let page = tx.scan(Table::Tenants, &[], "", after.as_deref(), limit.clamp(1, PAGE_MAX), usize::MAX)?;
    let next = page.next.map(|id| id.parse()).transpose();
    let tenants = page.entries.iter().map(|(_, row)| row::read(&row.body)).collect::<Result<_, _>>()?;
    Ok(TenantPage { tenants, next: next.map_err(|_| StoreError::Corrupt("a tenant's id is damaged".to_owned()))? })
}

pub(crate) fn add_tenant(tx: &mut Transaction, new: &Tenant) -> Result<Tenant, TenancyError> {
    if tenant(tx, &new.slug)?.is_some() {
        return Err(TenancyError::SlugTaken(new.slug.clone()));
    }
    name(tx, new)?;
    write(tx, tenant_key(new.id), new)?;
    Ok(new.clone())
}

/// Puts a tenant in its own place, under another name if it has one.
pub(crate) fn change_tenant(tx: &mut Transaction, before: &Tenant, after: &Tenant) -> Result<(), TenancyError> {
    if before.slug != after.slug {
        if tenant(tx, &after.slug)?.is_some() {
            return Err(TenancyError::SlugTaken(after.slug.clone()));
        }
        unname(tx, before)?;
        name(tx, after)?;
    }
    set_due(tx, before, after.life.destroyed_after())?;
    Ok(write(tx, tenant_key(after.id), after)?)
}

/// Notes when a tenant is to be destroyed: in the order of time, so that those who are due are the first.
fn set_due(tx: &mut Transaction, before: &Tenant, after: Option<Timestamp>) -> Result<(), StoreError> {
    let id = before.id.to_string();
    if let Some(at) = before.life.destroyed_after() {
        tx.delete(&due_key(at, &id))?;
    }
    if let Some(at) = after {
        tx.put(due_key(at, &id), "");
    }
    Ok(())
}

/// Tenants whose grace is over, those first who have been due longest.
pub(crate) fn due(tx: &mut Transaction, now: Timestamp, limit: usize) -> Result<Vec<Tenant>, StoreError> {
    let mut found = Vec::new();
    for (name, _) in tx.look(Table::WorkDue, limit)? {
        let damaged = || StoreError::Corrupt("a row that says who is due is damaged".to_owned());
        let (at, id) = parse_due(&name).ok_or_else(damaged)?;
        if at > now {
            break;
        }
        found.extend(tenant_by_id(tx, id.parse().map_err(|_| damaged())?)?);
    }
    Ok(found)
}

/// Puts a receipt in a tenant's place; the prefixes of its keys.
pub(crate) fn remove_tenant(tx: &mut Transaction, receipt: &Receipt) -> Result<Vec<String>, TenancyError> {
    let tenant = &receipt.tenant;
    let owner = Owner::Tenant(tenant.id);
    let mut prefixes = Vec::new();
    for (id, found) in listed(tx, owner, usize::MAX - 1)?.entries {
        let prefix: String = row::read(&found.body)?;
        tx.delete(&Key::new(Table::Keys, &[BY_OWNER, &owner.part(), &id]))?;
        tx.delete(&Key::new(Table::Keys, &[BY_PREFIX, &prefix]))?;
        prefixes.push(prefix);
    }
    unname(tx, tenant)?;
    set_due(tx, tenant, None)?;
    tx.delete(&tenant_key(tenant.id))?;
    write(tx, Key::new(Table::Receipts, &[&tenant.id.to_string()]), receipt)?;
    Ok(prefixes)
}

pub(crate) fn receipts(
    tx: &mut Transaction,
    after: Option<TenantId>,
    limit: usize,
) -> Result<Listing<Receipt>, StoreError> {
    let after = after.map(|id| id.to_string());
    Listing::of(tx.scan(Table::Receipts, &[], "", after.as_deref(), limit.clamp(1, PAGE_MAX), usize::MAX)?)
}

/// Takes a name, unless another tenant's looks the same.
fn name(tx: &mut Transaction, new: &Tenant) -> Result<(), TenancyError> {
    let look = look_key(new);
    if let Some(other) = read::<TenantId>(tx, &look)?
        && let Some(other) = tenant_by_id(tx, other)?
        && other.id != new.id
    {
        return Err(TenancyError::LooksLike(other.slug));
    }
    write(tx, look, &new.id)?;
    Ok(write(tx, Key::new(Table::Slugs, &[new.slug.as_str()]), &new.id)?)
}

fn unname(tx: &mut Transaction, old: &Tenant) -> Result<(), StoreError> {
    tx.delete(&look_key(old))?;
    tx.delete(&Key::new(Table::Slugs, &[old.slug.as_str()]))?;
    Ok(())
}

fn tenant_key(id: TenantId) -> Key {
    Key::new(Table::Tenants, &[&id.to_string()])
}

/// Beside the names: no name has this sign.
fn look_key(tenant: &Tenant) -> Key {
    Key::new(Table::Slugs, &["~", &skeleton(&tenant.slug)])
}

pub(crate) fn key(tx: &mut Transaction, prefix: &str) -> Result<Option<KeyRow>, StoreError> {
    read(tx, &Key::new(Table::Keys, &[BY_PREFIX, prefix]))
}

pub(crate) fn add_key(tx: &mut Transaction, prefix: &str, row: &KeyRow) -> Result<(), TenancyError> {
    let limit = OPERATOR_KEYS_MAX;
    if row.owner == Owner::Operator && listed(tx, row.owner, limit)?.entries.len() >= limit {
        return Err(TenancyError::TooManyKeys { limit });
    }
    write(tx, by_owner(row.owner, row.id), prefix)?;
    Ok(write(tx, Key::new(Table::Keys, &[BY_PREFIX, prefix]), row)?)
}

fn listed(tx: &mut Transaction, owner: Owner, limit: usize) -> Result<Page, StoreError> {
    tx.scan(Table::Keys, &[BY_OWNER, &owner.part()], "", None, limit, usize::MAX)
}

/// The prefix of the key that is gone, if it was there.
pub(crate) fn remove_key(tx: &mut Transaction, owner: Owner, id: KeyId) -> Result<Option<String>, TenancyError> {
    let listed = by_owner(owner, id);
    let Some(prefix) = read::<String>(tx, &listed)? else { return Ok(None) };
    tx.delete(&listed)?;
    tx.delete(&Key::new(Table::Keys, &[BY_PREFIX, &prefix]))?;
    Ok(Some(prefix))
}

fn by_owner(owner: Owner, id: KeyId) -> Key {
    Key::new(Table::Keys, &[BY_OWNER, &owner.part(), &id.to_string()])
}

fn read<T: DeserializeOwned>(tx: &mut Transaction, key: &Key) -> Result<Option<T>, StoreError> {
    tx.get(key)?.map(|found| row::read(&found.body)).transpose()
}

fn write<T: Serialize + ?Sized>(tx: &mut Transaction, key: Key, value: &T) -> Result<(), StoreError> {
    tx.put(key, row::write(value)?);
    Ok(())
}
