//! API keys of a tenant, as far as they are about rights: whose they are, what they may do, and until when. The secret
//! and the proof of it are the directory's.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_core::rights::Person;
use signalsync_core::{Caller, CollectionName, KeyId, Permission, Rights, RoleName, Timestamp, UserId};
use signalsync_store::{Key, Listing, StoreError, Table, Transaction};

use crate::keys::Removal;
use crate::standing::{self, Standing, check_roles, index_roles, keeping_administrators};
use crate::structure::{StructureError, check_name, read, write};

/// Keys that one tenant may have.
pub const KEYS_MAX: usize = 100;

/// Longest time after which a key expires, if it does; about ten years.
pub const DAYS_MAX: u32 = 3_650;

/// Collections that a key can be narrowed to.
pub const COLLECTIONS_MAX: usize = 100;

/// Between two notes of when a key was used last.
pub const USE_NOTED_EVERY_MS: u64 = 60 * 60 * 1_000;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
const KEY: &str = "key";
const USED: &str = "used";

/// To what a key is narrowed, of all that its roles allow.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Narrowing {
    /// To these permissions; none: all that the roles have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<BTreeSet<Permission>>,
    /// To records of these collections; none: all that the roles reach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collections: Option<BTreeSet<CollectionName>>,
}

/// What a key is asked to be.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct KeyDraft {
    /// For people: 1 to 100 bytes.
    pub name: String,
    /// Roles of the tenant.
    #[serde(default)]
    pub roles: BTreeSet<RoleName>,
    /// Whether the key acts as the person who makes it, with those of its roles that the person still has.
    #[serde(default)]
    pub personal: bool,
    /// To what it is narrowed.
    #[serde(default)]
    pub scopes: Narrowing,
    /// 1 to 3,650; none: it never expires.
    #[serde(default)]
    pub expires_in_days: Option<u32>,
    /// Requests with it in a minute; none: as many as the tenant may send.
    #[serde(default)]
    pub requests_per_minute: Option<NonZeroU32>,
}

/// What of a key can be changed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct KeyChange {
    /// For people: 1 to 100 bytes.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether it can be used.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// Requests with it in a minute.
    #[serde(default)]
    pub requests_per_minute: Option<NonZeroU32>,
}

/// One key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ApiKey {
    /// Not secret.
    pub id: KeyId,
    /// For people.
    pub name: String,
    /// As whom it acts; none: as nobody but itself.
    pub owner: Option<UserId>,
    /// Sorted.
    pub roles: BTreeSet<RoleName>,
    /// To what it is narrowed.
    pub scopes: Narrowing,
    /// When it was made.
    pub created_at: Timestamp,
    /// A person's or a key's id; none: the operator.
    pub created_by: Option<String>,
    /// When it stops to be valid; none: never.
    pub expires_at: Option<Timestamp>,
    /// Whether it can be used.
    pub enabled: bool,
    /// Requests with it in a minute; none: as many as the tenant may send.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<NonZeroU32>,
}

impl KeyDraft {
    /// A key that the caller may make.
    fn check(&self, tx: &mut Transaction, by: &Caller, id: KeyId, now: Timestamp) -> Result<ApiKey, StructureError> {
        check_name("a key's name", &self.name)?;
        if self.expires_in_days.is_some_and(|days| !(1..=DAYS_MAX).contains(&days)) {
            return Err(StructureError::Invalid(format!("a key expires in 1 to {DAYS_MAX} days, or never")));
        }
        if self.scopes.collections.as_ref().is_some_and(|names| names.len() > COLLECTIONS_MAX) {
            return Err(StructureError::TooMany { what: "collections of a key", limit: COLLECTIONS_MAX });
        }
        check_roles(tx, &self.roles)?;
        let (owner, person) = self.owner(tx, by)?;
        // All of its roles, not only what they are narrowed to: components decide by the roles' names.
        by.rights.covers(&standing::rights_of(tx, &self.roles, person)?)?;
        let expires = |days: u32| Timestamp(now.0.saturating_add(u64::from(days) * DAY_MS));
        let expires_at = self.expires_in_days.map(expires);
        check_outlives(tx, by, expires_at)?;
        Ok(ApiKey {
            id,
            name: self.name.clone(),
            owner,
            roles: self.roles.clone(),
            scopes: self.scopes.clone(),
            created_at: now,
            created_by: by.principal.user.clone(),
            expires_at,
            enabled: true,
            requests_per_minute: self.requests_per_minute,
        })
    }

    fn owner(&self, tx: &mut Transaction, by: &Caller) -> Result<(Option<UserId>, Person), StructureError> {
        if !self.personal {
            return Ok((None, Person::default()));
        }
        let person = by.rights.person();
        let standing = person.user.map(|user| standing::find(tx, user)).transpose()?.flatten();
        if standing.is_none_or(|standing| !self.roles.is_subset(&standing.roles)) {
            let rule = "a personal key is made by a person, with roles that the person has";
            return Err(StructureError::Invalid(rule.to_owned()));
        }
        Ok((person.user, person.clone()))
    }
}

/// A key that makes a key does not live on in it.
fn check_outlives(tx: &mut Transaction, by: &Caller, expires_at: Option<Timestamp>) -> Result<(), StructureError> {
    let maker = by.origin.key.map(|id| find(tx, id)).transpose()?.flatten();
    let end = maker.and_then(|maker| maker.expires_at);
    if end.is_none_or(|end| expires_at.is_some_and(|expires| expires <= end)) {
        return Ok(());
    }
    Err(StructureError::Invalid("a key that expires makes only keys that expire before it does".to_owned()))
}

impl ApiKey {
    /// Whether it can be used now, as far as it says itself.
    pub(crate) fn is_valid(&self, now: Timestamp) -> bool {
        self.enabled && self.expires_at.is_none_or(|expires| now < expires)
    }

    /// Whether the tenant can rely on it to be administrated.
    fn administrates(&self) -> bool {
        self.enabled && self.expires_at.is_none() && self.owner.is_none() && self.scopes == Narrowing::default()
    }

    /// What it may do, and the roles that count: a personal key's only as long as its owner has them.
    pub(crate) fn rights(
        &self,
        tx: &mut Transaction,
        owner: Option<&Standing>,
    ) -> Result<(Rights, BTreeSet<RoleName>), StoreError> {
        let Some((user, standing)) = self.owner.zip(owner) else {
            let rights = standing::rights_of(tx, &self.roles, Person::default())?;
            return Ok((self.narrowed(&rights), self.roles.clone()));
        };
        let roles: BTreeSet<_> = self.roles.intersection(&standing.roles).cloned().collect();
        let standing = Standing { roles: roles.clone(), ..standing.clone() };
        Ok((self.narrowed(&standing::rights(tx, user, &standing)?), roles))
    }

    fn narrowed(&self, rights: &Rights) -> Rights {
        rights.narrowed(self.scopes.permissions.as_ref(), self.scopes.collections.as_ref())
    }
}

/// Makes a key. The caller must have all rights of its roles.
///
/// # Errors
/// `Invalid`, `NoSuchRole`, `TooMany`, `NotYours`, or the store failed.
pub fn add(
    tx: &mut Transaction,
    by: &Caller,
    id: KeyId,
    draft: &KeyDraft,
    now: Timestamp,
) -> Result<ApiKey, StructureError> {
    let made = draft.check(tx, by, id, now)?;
    if tx.scan(Table::Keys, &[KEY], "", None, KEYS_MAX, usize::MAX)?.entries.len() >= KEYS_MAX {
        return Err(StructureError::TooMany { what: "keys", limit: KEYS_MAX });
    }
    save(tx, None, Some(&made))?;
    Ok(made)
}

/// Changes a key. Whoever turns one on must have all of its rights; turning it off is everybody's right who manages
/// keys, so that one that got lost can be stopped.
///
/// # Errors
/// `NoSuchKey`, `Invalid`, `NotYours`, `LastAdministrator`, or the store failed.
pub fn change(
    tx: &mut Transaction,
    by: &Caller,
    id: KeyId,
    asked: &KeyChange,
) -> Result<(ApiKey, ApiKey), StructureError> {
    let before = require(tx, id)?;
    let mut now = before.clone();
    if let Some(name) = &asked.name {
        check_name("a key's name", name)?;
        now.name.clone_from(name);
    }
    now.enabled = asked.enabled.unwrap_or(now.enabled);
    now.requests_per_minute = asked.requests_per_minute.or(now.requests_per_minute);
    if now.enabled && !before.enabled {
        by.rights.covers(&standing::rights_of(tx, &now.roles, Person::default())?)?;
    }
    keeping_administrators(tx, |tx| save(tx, Some(&before), Some(&now)))?;
    Ok((before, now))
}

/// Turns off the keys that act as somebody; each as it was and as it is.
///
/// # Errors
/// The store failed.
pub(crate) fn turn_off_all_of(tx: &mut Transaction, owner: UserId) -> Result<Vec<(ApiKey, ApiKey)>, StructureError> {
    let own = all(tx)?.into_iter().filter(|key| key.owner == Some(owner) && key.enabled);
    let mut changed = Vec::new();
    for before in own {
        let after = ApiKey { enabled: false, ..before.clone() };
        save(tx, Some(&before), Some(&after))?;
        changed.push((before, after));
    }
    Ok(changed)
}

/// Makes a key worthless.
///
/// # Errors
/// `NoSuchKey`, `LastAdministrator`, or the store failed.
pub fn remove(tx: &mut Transaction, id: KeyId, removal: Removal) -> Result<ApiKey, StructureError> {
    let before = require(tx, id)?;
    match removal {
        Removal::AtAnyPrice => save(tx, Some(&before), None)?,
        Removal::Guarded => keeping_administrators(tx, |tx| save(tx, Some(&before), None))?,
    }
    Ok(before)
}

/// One key.
///
/// # Errors
/// `NoSuchKey`, or the store failed.
pub fn require(tx: &mut Transaction, id: KeyId) -> Result<ApiKey, StructureError> {
    find(tx, id)?.ok_or(StructureError::NoSuchKey(id))
}

fn find(tx: &mut Transaction, id: KeyId) -> Result<Option<ApiKey>, StoreError> {
    read(tx, &key(id))
}

/// All keys, oldest first.
///
/// # Errors
/// The store failed.
pub fn all(tx: &mut Transaction) -> Result<Vec<ApiKey>, StoreError> {
    Ok(Listing::of(tx.scan(Table::Keys, &[KEY], "", None, KEYS_MAX, usize::MAX)?)?.items)
}

/// When the key was used last, to the hour.
///
/// # Errors
/// The store failed.
pub fn last_used(tx: &mut Transaction, id: KeyId) -> Result<Option<Timestamp>, StoreError> {
    read(tx, &used(id))
}

/// Notes that a key that is still there is used, unless that was noted within the hour.
///
/// # Errors
/// The store failed.
pub fn note_use(tx: &mut Transaction, id: KeyId, now: Timestamp) -> Result<(), StoreError> {
    let due = last_used(tx, id)?.is_none_or(|last| now.0.abs_diff(last.0) >= USE_NOTED_EVERY_MS);
    if due && find(tx, id)?.is_some() {
        write(tx, used(id), &now)?;
    }
    Ok(())
}

fn save(tx: &mut Transaction, before: Option<&ApiKey>, now: Option<&ApiKey>) -> Result<(), StructureError> {
    let (none, Some(any)) = (BTreeSet::new(), now.or(before)) else { return Ok(()) };
    let roles = |key: Option<&ApiKey>| key.map_or_else(|| none.clone(), |key| key.roles.clone());
    let counts = now.is_some_and(ApiKey::administrates);
    index_roles(tx, &any.id.to_string(), &roles(before), &roles(now), counts)?;
    match now {
        Some(now) => write(tx, key(now.id), now)?,
        None => {
            tx.delete(&key(any.id))?;
            tx.delete(&used(any.id))?;
        }
    }
    Ok(())
}

/// What a key is made up of.
pub(crate) fn rows(id: KeyId) -> [Key; 2] {
    [key(id), used(id)]
}

pub(crate) fn key(id: KeyId) -> Key {
    Key::new(Table::Keys, &[KEY, &id.to_string()])
}

fn used(id: KeyId) -> Key {
    Key::new(Table::Keys, &[USED, &id.to_string()])
}
