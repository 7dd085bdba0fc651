//! Where a person stands: roles and departments, and whether they count. Who has a role, who is in a department and
//! who can administrate are indexes over it, written with it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use signalsync_core::rights::Person;
use signalsync_core::{Caller, DepartmentId, KeyId, Rights, RoleName, UserId};
use signalsync_store::lines::Unfit;
use signalsync_store::{Key, Listing, StoreError, Table, Transaction};

use crate::department::Tree;
use crate::role::{self, administrator};
use crate::structure::{StructureError, read, write};
use crate::team;

/// Roles of one person, or of one key.
pub const ROLES_PER_HOLDER_MAX: usize = 16;

/// Departments of one person.
pub const DEPARTMENTS_PER_PERSON_MAX: usize = 16;

/// People that go from one department to another at once.
pub const PEOPLE_MOVED_MAX: usize = 200;

const STANDING: &str = "standing";
const HOLDER: &str = "holder";
const ADMINISTRATOR: &str = "administrator";
const MEMBER: &str = "member";

/// Where a person stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Standing {
    /// Whether the person can sign in: not while an invitation is open, and not after deactivation.
    pub active: bool,
    /// Add up.
    #[serde(default)]
    pub roles: BTreeSet<RoleName>,
    /// Those that the person belongs to; rules over departments reach all below them too. New records belong to the
    /// first one, which is the oldest.
    #[serde(default)]
    pub departments: BTreeSet<DepartmentId>,
}

/// Where a person stands; none when there is no such person.
///
/// # Errors
/// The store failed.
pub fn find(tx: &mut Transaction, user: UserId) -> Result<Option<Standing>, StoreError> {
    read(tx, &key(user))
}

/// Puts a person somewhere else: the one way in which roles and departments are given and taken. None: the person
/// is removed.
///
/// Nobody gives, or takes away, what they do not have, so nobody manages those who may do more. Somebody who can
/// administrate the tenant is always left. It is all checked here; the permission for it is checked at the route.
///
/// # Errors
/// `NoSuchRole`, `NoSuchDepartment`, `TooMany`, `NotYours`, `LastAdministrator`, or the store failed. Do not commit
/// the transaction then.
pub fn put(tx: &mut Transaction, by: &Caller, user: UserId, new: Option<&Standing>) -> Result<(), StructureError> {
    if let Some(new) = new {
        check(tx, new)?;
    }
    let before = find(tx, user)?;
    for standing in before.iter().chain(new) {
        by.rights.covers(&rights(tx, user, standing)?)?;
    }
    keeping_administrators(tx, |tx| save(tx, user, before.as_ref(), new))
}

/// Whether the caller may change a person's way in: address, password, second factor. Whoever can take over an
/// account has its rights, so the caller must have them all.
///
/// # Errors
/// `NoSuchPerson`, `NotYours`, or the store failed.
pub fn check_manages(tx: &mut Transaction, by: &Caller, user: UserId) -> Result<(), StructureError> {
    let standing = find(tx, user)?.ok_or(StructureError::NoSuchPerson(user))?;
    Ok(by.rights.covers(&rights(tx, user, &standing)?)?)
}

/// What somebody who stands there may do.
pub(crate) fn rights(tx: &mut Transaction, user: UserId, standing: &Standing) -> Result<Rights, StoreError> {
    let departments = match standing.departments.is_empty() {
        true => BTreeSet::new(),
        false => Tree::read(tx)?.with_all_below(&standing.departments),
    };
    let home = standing.departments.first().copied();
    rights_of(tx, &standing.roles, Person { user: Some(user), home, departments })
}

/// The rights of roles together. A role that is not there gives nothing.
pub(crate) fn rights_of(
    tx: &mut Transaction,
    roles: &BTreeSet<RoleName>,
    person: Person,
) -> Result<Rights, StoreError> {
    let (mut permissions, mut rules) = (BTreeSet::new(), Vec::new());
    for name in roles {
        if let Some(role) = role::find(tx, name)? {
            permissions.extend(role.permissions);
            rules.extend(role.records.into_iter().map(|rule| (name.clone(), rule)));
        }
    }
    Ok(Rights::of(permissions, rules, person))
}

/// Refuses a change of departments by which the caller itself comes to reach more.
pub(crate) fn check_own_reach(tx: &mut Transaction, by: &Caller) -> Result<(), StructureError> {
    let Some(user) = by.rights.person().user else { return Ok(()) };
    let Some(standing) = find(tx, user)? else { return Ok(()) };
    let departments = Tree::read(tx)?.with_all_below(&standing.departments);
    Ok(by.rights.covers(&by.rights.of_person(Person { user: Some(user), departments, ..Person::default() }))?)
}

fn check(tx: &mut Transaction, standing: &Standing) -> Result<(), StructureError> {
    if standing.departments.len() > DEPARTMENTS_PER_PERSON_MAX {
        return Err(StructureError::TooMany { what: "departments of one person", limit: DEPARTMENTS_PER_PERSON_MAX });
    }
    check_roles(tx, &standing.roles)?;
    if !standing.departments.is_empty() {
        let tree = Tree::read(tx)?;
        standing.departments.iter().try_for_each(|id| tree.get(*id).map(drop))?;
    }
    Ok(())
}

/// Roles that are there, and not too many of them.
pub(crate) fn check_roles(tx: &mut Transaction, roles: &BTreeSet<RoleName>) -> Result<(), StructureError> {
    if roles.len() > ROLES_PER_HOLDER_MAX {
        return Err(StructureError::TooMany { what: "roles of one person or key", limit: ROLES_PER_HOLDER_MAX });
    }
    roles.iter().try_for_each(|name| role::require(tx, name).map(drop))
}

fn save(
    tx: &mut Transaction,
    user: UserId,
    before: Option<&Standing>,
    new: Option<&Standing>,
) -> Result<(), StructureError> {
    let (id, none) = (user.to_string(), Standing::default());
    let (old, now) = (before.unwrap_or(&none), new.unwrap_or(&none));
    index_roles(tx, &id, &old.roles, &now.roles, now.active)?;
    for gone in old.departments.difference(&now.departments) {
        tx.delete(&member(*gone, &id))?;
    }
    for come in now.departments.difference(&old.departments) {
        write(tx, member(*come, &id), &user)?;
    }
    if new.is_none() {
        team::leave_all(tx, user)?;
        tx.delete(&key(user))?;
        return Ok(());
    }
    Ok(write(tx, key(user), now)?)
}

/// Puts somebody where they stood in another tenant. Roles and departments are there already.
pub(crate) fn bring(tx: &mut Transaction, user: UserId, standing: &Standing) -> Result<(), Unfit> {
    check(tx, standing).and_then(|()| save(tx, user, None, Some(standing))).map_err(Unfit::because)
}

/// People go from a department that is deleted to another one.
pub(crate) struct Transfer<'a> {
    /// As it is afterwards.
    pub(crate) tree: &'a Tree,
    pub(crate) from: DepartmentId,
    pub(crate) into: Option<DepartmentId>,
}

impl Transfer<'_> {
    /// Takes one of them along.
    pub(crate) fn of(&self, tx: &mut Transaction, by: &Caller, user: UserId) -> Result<(), StructureError> {
        let before = find(tx, user)?;
        let mut now = before.clone().unwrap_or_default();
        now.departments.remove(&self.from);
        now.departments.extend(self.into);
        let departments = self.tree.with_all_below(&now.departments);
        by.rights.covers(&rights_of(tx, &now.roles, Person { user: Some(user), departments, ..Person::default() })?)?;
        save(tx, user, before.as_ref(), Some(&now))
    }
}

/// Notes who has which role, and whether they can administrate by it.
pub(crate) fn index_roles(
    tx: &mut Transaction,
    holder: &str,
    before: &BTreeSet<RoleName>,
    now: &BTreeSet<RoleName>,
    counts: bool,
) -> Result<(), StoreError> {
    for gone in before.difference(now) {
        tx.delete(&holding(gone, holder))?;
    }
    for come in now.difference(before) {
        write(tx, holding(come, holder), holder)?;
    }
    let administrates = Key::new(Table::Roles, &[ADMINISTRATOR, holder]);
    if counts && now.contains(&administrator()) {
        return write(tx, administrates, holder);
    }
    tx.delete(&administrates).map(drop)
}

/// Ids of the people and keys that have a role.
pub(crate) fn holders(
    tx: &mut Transaction,
    role: &RoleName,
    after: Option<&str>,
    limit: usize,
) -> Result<Listing<String>, StoreError> {
    Listing::of(tx.scan(Table::Roles, &[HOLDER, role.as_str()], "", after, limit, usize::MAX)?)
}

pub(crate) fn people_of(
    tx: &mut Transaction,
    department: DepartmentId,
    after: Option<&str>,
    limit: usize,
) -> Result<Listing<UserId>, StoreError> {
    Listing::of(tx.scan(Table::Departments, &[MEMBER, &department.to_string()], "", after, limit, usize::MAX)?)
}

/// Does something after which a tenant that had an administrator still has one. A key does not stand in for the last
/// person: nobody may know any more where it is.
///
/// # Errors
/// `LastAdministrator`, or what `edit` answers.
pub(crate) fn keeping_administrators<T>(
    tx: &mut Transaction,
    edit: impl FnOnce(&mut Transaction) -> Result<T, StructureError>,
) -> Result<T, StructureError> {
    let before = Administrators::look(tx)?;
    let done = edit(tx)?;
    if before.may_become(Administrators::look(tx)?) { Ok(done) } else { Err(StructureError::LastAdministrator) }
}

/// Whether there is one of each kind.
#[derive(Debug, Clone, Copy)]
struct Administrators {
    person: bool,
    key: bool,
}

impl Administrators {
    fn look(tx: &mut Transaction) -> Result<Self, StoreError> {
        let mut any = |prefix: &str| -> Result<bool, StoreError> {
            Ok(!tx.scan(Table::Roles, &[ADMINISTRATOR], prefix, None, 1, usize::MAX)?.entries.is_empty())
        };
        Ok(Self { person: any(UserId::PREFIX)?, key: any(KeyId::PREFIX)? })
    }

    fn may_become(self, after: Self) -> bool {
        after.person || (!self.person && (after.key || !self.key))
    }
}

pub(crate) fn key(user: UserId) -> Key {
    Key::new(Table::Roles, &[STANDING, &user.to_string()])
}

fn holding(role: &RoleName, holder: &str) -> Key {
    Key::new(Table::Roles, &[HOLDER, role.as_str(), holder])
}

fn member(department: DepartmentId, user: &str) -> Key {
    Key::new(Table::Departments, &[MEMBER, &department.to_string(), user])
}
