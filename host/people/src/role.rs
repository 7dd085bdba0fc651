//! Roles: what a tenant lets its people do, by name. Three belong to the platform and are the same everywhere.

use std::collections::BTreeSet;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use signalsync_audit::{Action, Event, record};
use signalsync_core::rights::{Person, Reach, RecordRule};
use signalsync_core::{Clock, Permission, Rights, RoleName, TenantScope};
use signalsync_store::lines::Unfit;
use signalsync_store::{Done, Key, Listing, StoreError, Stores, Table, Terms, Transaction, row};

use crate::archive::settle;
use crate::standing;
use crate::structure::{Desk, StructureError, changed, check_name, read, touch, versioned, write};

/// Roles that a tenant may define.
pub const ROLES_MAX: usize = 100;

/// Rules over records in one role.
pub const RULES_MAX: usize = 100;

/// Bytes of one role as JSON. Rights are worked out from all roles of a caller, and kept in memory.
pub const ROLE_BYTES_MAX: usize = 16 << 10;

/// Bytes of a value that a rule compares with.
const VALUE_BYTES_MAX: usize = 200;

pub(crate) const ROLE: &str = "role";

/// What whoever has the role may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Role {
    /// Never changes.
    pub name: RoleName,
    /// For people.
    pub title: String,
    /// Over the platform's own resources.
    pub permissions: BTreeSet<Permission>,
    /// Over records.
    pub records: Vec<RecordRule>,
    /// Whether it belongs to the platform and cannot be changed.
    #[serde(default)]
    pub system: bool,
}

/// What a role is asked to be.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RoleDraft {
    /// The name, when it is left out.
    #[serde(default)]
    pub title: Option<String>,
    /// Over the platform's own resources.
    #[serde(default)]
    pub permissions: BTreeSet<Permission>,
    /// Over records.
    #[serde(default)]
    pub records: Vec<RecordRule>,
}

/// The name of the role that has everything.
pub fn administrator() -> RoleName {
    named("administrator")
}

fn named(name: &'static str) -> RoleName {
    name.parse().unwrap_or_else(|error| unreachable!("the names of system roles are fixed: {error}"))
}

/// The roles of the platform, in the order of their names.
pub fn system_roles() -> [Role; 3] {
    let role = |name, title: &str, permissions: &[Permission], records| Role {
        name: named(name),
        title: title.to_owned(),
        permissions: permissions.iter().copied().collect(),
        records,
        system: true,
    };
    [
        role("administrator", "Administrator: everything", Permission::ALL, vec![reaching(&Reach::All)]),
        role("developer", "Developer: components and what they work on", DEVELOPER, Vec::new()),
        role("member", "Member: records of their own", &[], vec![reaching(&Reach::Own)]),
    ]
}

const DEVELOPER: &[Permission] = &[
    Permission::ComponentsRead,
    Permission::ComponentsManage,
    Permission::ExecutionsRead,
    Permission::MappingsCall,
    Permission::CollectionsDesign,
    Permission::WorkflowsStart,
    Permission::WorkflowsRead,
    Permission::WorkflowsManage,
    Permission::FilesRead,
    Permission::FilesWrite,
];

/// The same reach for every action, in every collection.
fn reaching(reach: &Reach) -> RecordRule {
    RecordRule {
        collection: None,
        see: reach.clone(),
        create: true,
        change: reach.clone(),
        delete: reach.clone(),
        hidden: BTreeSet::new(),
        fixed: BTreeSet::new(),
    }
}

impl Role {
    /// The rights of somebody who has this role and is nobody in particular.
    pub(crate) fn rights(&self) -> Rights {
        let rules = self.records.iter().map(|rule| (self.name.clone(), rule.clone())).collect();
        Rights::of(self.permissions.clone(), rules, Person::default())
    }
}

impl RoleDraft {
    fn check(self, name: &RoleName) -> Result<Role, StructureError> {
        let role = Role {
            title: self.title.unwrap_or_else(|| name.to_string()),
            name: name.clone(),
            permissions: self.permissions,
            records: self.records,
            system: false,
        };
        check_name("a role's title", &role.title)?;
        if role.records.len() > RULES_MAX {
            return Err(StructureError::TooMany { what: "rules in a role", limit: RULES_MAX });
        }
        role.records.iter().flat_map(|rule| [&rule.see, &rule.change, &rule.delete]).try_for_each(check_reach)?;
        if row::write(&role)?.len() > ROLE_BYTES_MAX {
            return Err(StructureError::Invalid(format!("a role has at most {ROLE_BYTES_MAX} bytes as JSON")));
        }
        Ok(role)
    }
}

fn check_reach(reach: &Reach) -> Result<(), StructureError> {
    let fits = match reach {
        Reach::Where { equals: Value::String(text), .. } => text.len() <= VALUE_BYTES_MAX,
        Reach::Where { equals: Value::Number(_) | Value::Bool(_), .. } => true,
        Reach::Where { .. } => false,
        Reach::None | Reach::Own | Reach::Department | Reach::All => true,
    };
    let rule = || format!("`equals` is a text of at most {VALUE_BYTES_MAX} bytes, a number or a truth value");
    if fits { Ok(()) } else { Err(StructureError::Invalid(rule())) }
}

/// The roles of all tenants, each tenant's behind its scope.
#[derive(Clone)]
pub struct Roles(Desk);

impl Roles {
    pub fn new(stores: Arc<Stores>, clock: Arc<dyn Clock>) -> Self {
        Self(Desk { stores, clock })
    }

    /// All roles: those of the platform, then the tenant's own by name.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(&self, scope: &TenantScope) -> Result<Listing<Role>, StructureError> {
        let own = own(&mut self.0.begin(scope).await?)?;
        Ok(Listing { items: system_roles().into_iter().chain(own).collect(), next: None })
    }

    /// One role and its version: 0 for a role of the platform, which changes with the program only.
    ///
    /// # Errors
    /// `NoSuchRole`, or the store failed.
    pub async fn get(&self, scope: &TenantScope, name: &RoleName) -> Result<(Role, u64), StructureError> {
        let mut tx = self.0.begin(scope).await?;
        let role = require(&mut tx, name)?;
        Ok(versioned(&mut tx, role, &[key(name)])?)
    }

    /// Defines a role, or changes it for all who have it; true when it is new.
    ///
    /// # Errors
    /// `SystemRole`; `Invalid`, `TooMany`; `NotYours` for what the caller does not have, before or after;
    /// `Precondition`, `Conflict`, or the store failed.
    pub async fn put(
        &self,
        scope: &TenantScope,
        name: &RoleName,
        draft: RoleDraft,
        terms: Terms<'_>,
    ) -> Result<Done<(Role, bool)>, StructureError> {
        not_system(name)?;
        let role = draft.check(name)?;
        let put = |tx: &mut Transaction| {
            terms.check::<StructureError>(tx, &[key(name)])?;
            Ok((role.clone(), self.define(tx, scope, &role)?))
        };
        self.0.edit(scope, terms.request, put).await
    }

    fn define(&self, tx: &mut Transaction, scope: &TenantScope, role: &Role) -> Result<bool, StructureError> {
        let rights = &scope.caller().rights;
        let before = find(tx, &role.name)?;
        if let Some(before) = &before {
            rights.covers(&before.rights())?;
        } else if own(tx)?.len() >= ROLES_MAX {
            return Err(StructureError::TooMany { what: "roles of your own", limit: ROLES_MAX });
        }
        rights.covers(&role.rights())?;
        write(tx, key(&role.name), role)?;
        touch(tx)?;
        let event = changed(Action::RoleChanged, format!("role/{}", role.name), before.as_ref(), role)?;
        record(tx, scope.caller(), self.0.clock.now(), event)?;
        Ok(before.is_none())
    }

    /// Deletes a role that nobody has.
    ///
    /// # Errors
    /// `NoSuchRole`, `SystemRole`, `RoleInUse`, `NotYours`, `Precondition`, `Conflict`, or the store failed.
    pub async fn delete(&self, scope: &TenantScope, name: &RoleName, terms: Terms<'_>) -> Result<(), StructureError> {
        not_system(name)?;
        let deleted = self
            .0
            .edit(scope, terms.request, |tx| {
                let role = require(tx, name)?;
                terms.check::<StructureError>(tx, &[key(name)])?;
                if let Some(holder) = standing::holders(tx, name, None, 1)?.items.pop() {
                    return Err(StructureError::RoleInUse { role: name.clone(), holder });
                }
                scope.caller().rights.covers(&role.rights())?;
                tx.delete(&key(name))?;
                touch(tx)?;
                let event = Event::new(Action::RoleDeleted, format!("role/{name}")).before(&role)?;
                Ok(record(tx, scope.caller(), self.0.clock.now(), event)?)
            })
            .await;
        deleted.map(|done| done.value)
    }
}

/// A role by its name, of the platform or of the tenant.
pub(crate) fn find(tx: &mut Transaction, name: &RoleName) -> Result<Option<Role>, StoreError> {
    let system = system_roles().into_iter().find(|role| role.name == *name);
    if system.is_some() { Ok(system) } else { read(tx, &key(name)) }
}

pub(crate) fn require(tx: &mut Transaction, name: &RoleName) -> Result<Role, StructureError> {
    find(tx, name)?.ok_or_else(|| StructureError::NoSuchRole(name.clone()))
}

/// Puts a role of another tenant into one that has none.
pub(crate) fn bring(tx: &mut Transaction, role: Role) -> Result<(), Unfit> {
    not_system(&role.name).map_err(Unfit::because)?;
    let Role { name, title, permissions, records, .. } = role;
    let role = RoleDraft { title: Some(title), permissions, records }.check(&name).map_err(Unfit::because)?;
    touch(tx)?;
    settle(tx, key(&name), &role)
}

fn own(tx: &mut Transaction) -> Result<Vec<Role>, StoreError> {
    Ok(Listing::of(tx.scan(Table::Roles, &[ROLE], "", None, ROLES_MAX, usize::MAX)?)?.items)
}

fn not_system(name: &RoleName) -> Result<(), StructureError> {
    let system = system_roles().iter().any(|role| role.name == *name);
    if system { Err(StructureError::SystemRole(name.clone())) } else { Ok(()) }
}

fn key(name: &RoleName) -> Key {
    Key::new(Table::Roles, &[ROLE, name.as_str()])
}
