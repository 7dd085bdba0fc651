//! From roles and departments to rights, and why somebody has them.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;
use parking_lot::Mutex;
use schemars::JsonSchema;
use serde::Serialize;
use signalsync_core::rights::{Reach, RecordAction, RecordFacts, RecordRule};
use signalsync_core::{
    Clock, CollectionName, DepartmentId, KeyId, Rights, RoleName, TenantId, TenantScope, Timestamp, UserId,
};
use signalsync_store::{StoreError, Stores, Transaction, row};

use crate::key::{self, ApiKey};
use crate::standing::{self, Standing};
use crate::structure::{Desk, StructureError, state};

/// Callers whose rights are kept in memory.
const KEPT_MAX: NonZeroUsize = NonZeroUsize::new(2_000).expect("2,000 is not zero");

/// Bytes of the rules and departments of a caller whose rights are kept. Larger ones are worked out each time, so that
/// the whole stays below 64 MB.
const KEPT_BYTES_MAX: usize = 32 << 10;

/// What a caller may do, and by which roles.
#[derive(Debug, Clone)]
pub struct Held {
    /// What it may do.
    pub rights: Arc<Rights>,
    /// Sorted; what components see.
    pub roles: Vec<String>,
}

/// Rights of callers that are known without reading all of their roles and departments again: as long as the person's,
/// or key's, own row and the state of all roles are as they were.
pub struct RightsCache(Mutex<LruCache<(TenantId, String), Kept>>);

struct Kept {
    versions: [u64; 3],
    held: Held,
}

impl Default for RightsCache {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(KEPT_MAX)))
    }
}

impl RightsCache {
    /// The rights of a person; none when there is no such person, or not an active one. The transaction must not have
    /// written to roles or people before.
    ///
    /// # Errors
    /// The store failed.
    pub fn of_person(&self, tx: &mut Transaction, tenant: TenantId, user: UserId) -> Result<Option<Held>, StoreError> {
        let Some((standing, version)) = active(tx, user)? else { return Ok(None) };
        let versions = [state(tx)?, version, 0];
        let work_out = |tx: &mut Transaction| Ok((standing::rights(tx, user, &standing)?, standing.roles.clone()));
        self.kept((tenant, user.to_string()), versions, tx, work_out).map(Some)
    }

    /// The rights of a key, and the key; none when it is not there, off, expired, or of somebody who is not active.
    /// The transaction must not have written to roles or people before.
    ///
    /// # Errors
    /// The store failed.
    pub fn of_key(
        &self,
        tx: &mut Transaction,
        tenant: TenantId,
        id: KeyId,
        now: Timestamp,
    ) -> Result<Option<(Held, ApiKey)>, StoreError> {
        let Some(row) = tx.get(&key::key(id))? else { return Ok(None) };
        let found: ApiKey = row::read(&row.body)?;
        if !found.is_valid(now) {
            return Ok(None);
        }
        let owner = match found.owner {
            None => None,
            Some(owner) => match active(tx, owner)? {
                None => return Ok(None),
                active => active,
            },
        };
        let versions = [state(tx)?, owner.as_ref().map_or(0, |(_, version)| *version), row.version];
        let owner = owner.map(|(standing, _)| standing);
        let held = self.kept((tenant, id.to_string()), versions, tx, |tx| found.rights(tx, owner.as_ref()))?;
        Ok(Some((held, found)))
    }

    fn kept(
        &self,
        who: (TenantId, String),
        versions: [u64; 3],
        tx: &mut Transaction,
        work_out: impl FnOnce(&mut Transaction) -> Result<(Rights, BTreeSet<RoleName>), StoreError>,
    ) -> Result<Held, StoreError> {
        if let Some(kept) = self.0.lock().get(&who).filter(|kept| kept.versions == versions) {
            return Ok(kept.held.clone());
        }
        let (rights, roles) = work_out(tx)?;
        let bytes = rights.bytes();
        let held = Held { rights: Arc::new(rights), roles: roles.iter().map(RoleName::to_string).collect() };
        if bytes <= KEPT_BYTES_MAX {
            self.0.lock().put(who, Kept { versions, held: held.clone() });
        }
        Ok(held)
    }
}

fn active(tx: &mut Transaction, user: UserId) -> Result<Option<(Standing, u64)>, StoreError> {
    let Some(row) = tx.get(&standing::key(user))? else { return Ok(None) };
    let standing: Standing = row::read(&row.body)?;
    Ok(standing.active.then_some((standing, row.version)))
}

/// Why somebody may do something with records, or that they may not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "WhyAllowed")]
#[serde(rename_all = "kebab-case")]
pub struct Why {
    /// Whether they may. Without a record: whether there can be one.
    pub allowed: bool,
    /// Every rule by which they may; any one of them is enough. Whatever is changed or deleted must be seen, too.
    pub because: Vec<Because>,
    /// Fields that they do not see; without a record, none.
    pub hidden: BTreeSet<String>,
    /// Fields that they do not change; without a record, none.
    pub fixed: BTreeSet<String>,
    /// Whether they can sign in at all.
    pub active: bool,
    /// Their departments and all below, which rules over departments look at.
    pub departments: BTreeSet<DepartmentId>,
}

/// A rule that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Because {
    /// Which role it comes from.
    pub role: RoleName,
    /// The rule as it was defined.
    pub rule: RecordRule,
}

/// Why a person may do something with a record, or with any of a collection.
///
/// # Errors
/// `NoSuchPerson`, or the store failed.
pub fn why(
    tx: &mut Transaction,
    user: UserId,
    collection: &CollectionName,
    action: RecordAction,
    record: Option<&RecordFacts<'_>>,
) -> Result<Why, StructureError> {
    let standing = standing::find(tx, user)?.ok_or(StructureError::NoSuchPerson(user))?;
    let rights = standing::rights(tx, user, &standing)?;
    let on = rights.on(collection);
    let holding: Vec<_> = match record {
        Some(record) => on.why(action, record).collect(),
        None => on.rules().filter(|(_, rule)| *rule.reach(action) != Reach::None).collect(),
    };
    let veil = record.and_then(|record| on.veil(action, record));
    let allowed = record.map_or(!holding.is_empty() && on.sees_any(), |_| veil.is_some());
    let veil = veil.unwrap_or_default();
    Ok(Why {
        allowed,
        because: holding.into_iter().map(|(role, rule)| Because { role: role.clone(), rule: rule.clone() }).collect(),
        hidden: veil.hidden,
        fixed: veil.fixed,
        active: standing.active,
        departments: rights.person().departments.clone(),
    })
}

/// Why somebody may do something, each tenant's answers behind its scope.
#[derive(Clone)]
pub struct Reasons(Desk);

impl Reasons {
    pub fn new(stores: Arc<Stores>, clock: Arc<dyn Clock>) -> Self {
        Self(Desk { stores, clock })
    }

    /// See [`why`].
    ///
    /// # Errors
    /// `NoSuchPerson`, or the store failed.
    pub async fn of(
        &self,
        scope: &TenantScope,
        user: UserId,
        collection: &CollectionName,
        action: RecordAction,
        record: Option<&RecordFacts<'_>>,
    ) -> Result<Why, StructureError> {
        why(&mut self.0.begin(scope).await?, user, collection, action, record)
    }
}
