//! Departments: a tree, so that whoever is responsible for a department is so for all below it.
//!
//! A department that is deleted stays in the tree as closed, below the one that took its people: records remember their
//! owner's department, and must not get lost with it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_audit::{Action, Event, record};
use signalsync_core::{Clock, DepartmentId, TenantScope, UserId};
use signalsync_store::lines::Unfit;
use signalsync_store::{Done, Key, Listing, RequestKey, StoreError, Stores, Table, Terms, Transaction};

use crate::archive::settle;
use crate::standing::{self, PEOPLE_MOVED_MAX};
use crate::structure::{Desk, StructureError, changed, check_name, touch, versioned, write};

/// Departments of a tenant that are not closed.
pub const DEPARTMENTS_MAX: usize = 1_000;

/// Closed departments that a tenant's records may still remember.
pub const CLOSED_MAX: usize = 4_000;

/// Departments from the top to the lowest one.
pub const DEPTH_MAX: usize = 10;

pub(crate) const DEPARTMENT: &str = "department";

/// One department.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Department {
    pub id: DepartmentId,
    /// For people; no two open departments below the same one share it.
    pub name: String,
    /// The one above; none at the top.
    pub parent: Option<DepartmentId>,
    /// Who leads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<UserId>,
    /// Whether it was deleted, and stays for the sake of its records.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closed: bool,
}

/// What a department is asked to be.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DepartmentDraft {
    /// 1 to 100 bytes.
    pub name: String,
    /// The one above; none at the top.
    #[serde(default)]
    pub parent: Option<DepartmentId>,
    /// Who leads it: the manager of its people.
    #[serde(default)]
    pub lead: Option<UserId>,
}

/// All departments of a tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree(BTreeMap<DepartmentId, Department>);

impl Tree {
    pub(crate) fn read(tx: &mut Transaction) -> Result<Self, StoreError> {
        let rows = tx.scan(Table::Departments, &[DEPARTMENT], "", None, DEPARTMENTS_MAX + CLOSED_MAX, usize::MAX)?;
        let departments = Listing::<Department>::of(rows)?.items;
        Ok(Self(departments.into_iter().map(|department| (department.id, department)).collect()))
    }

    /// An open department.
    ///
    /// # Errors
    /// `NoSuchDepartment`.
    pub fn get(&self, id: DepartmentId) -> Result<&Department, StructureError> {
        self.0.get(&id).filter(|department| !department.closed).ok_or(StructureError::NoSuchDepartment(id))
    }

    /// Open departments, those above before those below, and by name on each level.
    pub fn open(&self) -> Vec<Department> {
        let mut listed: Vec<_> = self.0.values().filter(|department| !department.closed).cloned().collect();
        listed.sort_by_cached_key(|department| self.path(department.id));
        listed
    }

    /// These departments and all below them, closed ones included.
    pub fn with_all_below(&self, of: &BTreeSet<DepartmentId>) -> BTreeSet<DepartmentId> {
        let mut below: BTreeMap<DepartmentId, Vec<DepartmentId>> = BTreeMap::new();
        for department in self.0.values() {
            below.entry(department.parent.unwrap_or(department.id)).or_default().push(department.id);
        }
        let (mut reached, mut next) = (BTreeSet::new(), Vec::from_iter(of.iter().copied()));
        while let Some(id) = next.pop() {
            if self.0.contains_key(&id) && reached.insert(id) {
                next.extend(below.get(&id).into_iter().flatten());
            }
        }
        reached
    }

    /// Adds a department, or moves and renames one.
    ///
    /// # Errors
    /// `Invalid`, `NoSuchDepartment`, `NameTaken`, `Cycle`, `TooMany`; the tree is as it was.
    pub fn put(&mut self, id: DepartmentId, draft: DepartmentDraft) -> Result<Department, StructureError> {
        let department = self.checked(id, draft)?;
        let before = self.0.insert(id, department.clone());
        let open = self.0.values().filter(|department| !department.closed).count();
        let deepest = self.with_all_below(&BTreeSet::from([id])).into_iter().filter(|id| self.get(*id).is_ok());
        let deepest = deepest.map(|id| self.path(id).len()).max().unwrap_or(0);
        if open <= DEPARTMENTS_MAX && deepest <= DEPTH_MAX {
            return Ok(department);
        }
        match before {
            Some(before) => self.0.insert(id, before),
            None => self.0.remove(&id),
        };
        Err(if deepest > DEPTH_MAX {
            StructureError::Invalid(format!("departments are at most {DEPTH_MAX} levels deep"))
        } else {
            StructureError::TooMany { what: "departments", limit: DEPARTMENTS_MAX }
        })
    }

    fn checked(&self, id: DepartmentId, draft: DepartmentDraft) -> Result<Department, StructureError> {
        let DepartmentDraft { name, parent, lead } = draft;
        check_name("a department's name", &name)?;
        if let Some(parent) = parent {
            self.get(parent)?;
            if self.with_all_below(&BTreeSet::from([id])).contains(&parent) || parent == id {
                return Err(StructureError::Cycle);
            }
        }
        let mut beside = self.0.values().filter(|other| !other.closed && other.parent == parent && other.id != id);
        if beside.any(|other| other.name.to_lowercase() == name.to_lowercase()) {
            return Err(StructureError::NameTaken(name));
        }
        Ok(Department { id, name, parent, lead, closed: false })
    }

    /// Closes a department. Its records go on to whoever is responsible for `into`, or else for the one above.
    ///
    /// # Errors
    /// `NoSuchDepartment`, `HasDepartments`, `TooMany`; the tree is as it was.
    pub fn close(&mut self, id: DepartmentId, into: Option<DepartmentId>) -> Result<Department, StructureError> {
        let mut department = self.get(id)?.clone();
        if let Some(into) = into.filter(|into| *into == id || self.get(*into).is_err()) {
            return Err(StructureError::NoSuchDepartment(into));
        }
        if self.0.values().any(|other| other.parent == Some(id) && !other.closed) {
            return Err(StructureError::HasDepartments);
        }
        if self.0.values().filter(|other| other.closed).count() >= CLOSED_MAX {
            return Err(StructureError::TooMany { what: "deleted departments", limit: CLOSED_MAX });
        }
        department.closed = true;
        department.parent = into.or(department.parent);
        self.0.insert(id, department.clone());
        Ok(department)
    }

    /// A department and those above it, upwards. Bounded, should a row ever be damaged.
    pub(crate) fn with_all_above(&self, id: DepartmentId) -> Vec<DepartmentId> {
        let above = std::iter::successors(self.0.get(&id), |department| self.0.get(&department.parent?));
        above.map(|department| department.id).take(self.0.len()).collect()
    }

    /// Who leads a department, or the nearest one above it that somebody else than `but` leads.
    pub(crate) fn lead(&self, id: DepartmentId, but: UserId) -> Option<UserId> {
        let above = self.with_all_above(id).into_iter().filter_map(|id| self.0.get(&id));
        above.filter_map(|department| department.lead).find(|lead| *lead != but)
    }

    /// Names from the top down to this one. Bounded, should a row ever be damaged.
    fn path(&self, id: DepartmentId) -> Vec<&str> {
        let above = std::iter::successors(self.0.get(&id), |department| self.0.get(&department.parent?));
        let mut names: Vec<_> = above.map(|department| department.name.as_str()).take(self.0.len()).collect();
        names.reverse();
        names
    }
}

/// The departments of all tenants, each tenant's behind its scope.
#[derive(Clone)]
pub struct Departments(Desk);

impl Departments {
    pub fn new(stores: Arc<Stores>, clock: Arc<dyn Clock>) -> Self {
        Self(Desk { stores, clock })
    }

    /// All of them, those above before those below.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(&self, scope: &TenantScope) -> Result<Listing<Department>, StructureError> {
        Ok(Listing { items: Tree::read(&mut self.0.begin(scope).await?)?.open(), next: None })
    }

    /// One department and its version.
    ///
    /// # Errors
    /// `NoSuchDepartment`, or the store failed.
    pub async fn get(&self, scope: &TenantScope, id: DepartmentId) -> Result<(Department, u64), StructureError> {
        let mut tx = self.0.begin(scope).await?;
        let department = Tree::read(&mut tx)?.get(id)?.clone();
        Ok(versioned(&mut tx, department, &[key(id)])?)
    }

    /// People of one department, in the order of their ids.
    ///
    /// # Errors
    /// `NoSuchDepartment`, or the store failed.
    pub async fn people(
        &self,
        scope: &TenantScope,
        id: DepartmentId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listing<UserId>, StructureError> {
        let mut tx = self.0.begin(scope).await?;
        Tree::read(&mut tx)?.get(id)?;
        Ok(standing::people_of(&mut tx, id, after, limit)?)
    }

    /// Makes a department.
    ///
    /// # Errors
    /// As [`Tree::put`]; `Reused`, `Conflict`, or the store failed.
    pub async fn create(
        &self,
        scope: &TenantScope,
        draft: &DepartmentDraft,
        request: Option<&RequestKey>,
    ) -> Result<Done<Department>, StructureError> {
        let id = DepartmentId::new();
        self.0.edit(scope, request, |tx| self.put(tx, scope, id, draft.clone())).await
    }

    /// Renames a department, or moves it with all below it.
    ///
    /// # Errors
    /// As [`Tree::put`]; `NotYours` when the caller would get rights by it; `Precondition`, `Conflict`, or the store
    /// failed.
    pub async fn change(
        &self,
        scope: &TenantScope,
        id: DepartmentId,
        draft: &DepartmentDraft,
        terms: Terms<'_>,
    ) -> Result<Done<Department>, StructureError> {
        self.0
            .edit(scope, terms.request, |tx| {
                Tree::read(tx)?.get(id)?;
                terms.check::<StructureError>(tx, &[key(id)])?;
                let department = self.put(tx, scope, id, draft.clone())?;
                standing::check_own_reach(tx, scope.caller())?;
                Ok(department)
            })
            .await
    }

    fn put(
        &self,
        tx: &mut Transaction,
        scope: &TenantScope,
        id: DepartmentId,
        draft: DepartmentDraft,
    ) -> Result<Department, StructureError> {
        let mut tree = Tree::read(tx)?;
        let before = tree.get(id).ok().cloned();
        if let Some(lead) = draft.lead {
            standing::find(tx, lead)?.ok_or(StructureError::NoSuchPerson(lead))?;
        }
        let department = tree.put(id, draft)?;
        let event = changed(Action::DepartmentChanged, format!("department/{id}"), before.as_ref(), &department)?;
        self.save(tx, scope, &department, event)?;
        Ok(department)
    }

    /// Deletes a department. With `into`, its people go there, at most 200 at once.
    ///
    /// # Errors
    /// `NoSuchDepartment`, `HasDepartments`, `HasPeople`, `TooMany`, `NotYours`, `Precondition`, `Conflict`, or the
    /// store failed.
    pub async fn delete(
        &self,
        scope: &TenantScope,
        id: DepartmentId,
        into: Option<DepartmentId>,
        terms: Terms<'_>,
    ) -> Result<(), StructureError> {
        let deleted = self
            .0
            .edit(scope, terms.request, |tx| {
                let mut tree = Tree::read(tx)?;
                let before = tree.get(id)?.clone();
                terms.check::<StructureError>(tx, &[key(id)])?;
                let department = tree.close(id, into)?;
                let people = standing::people_of(tx, id, None, PEOPLE_MOVED_MAX)?;
                match into {
                    None if !people.items.is_empty() => return Err(StructureError::HasPeople),
                    _ if people.next.is_some() => {
                        return Err(StructureError::TooMany {
                            what: "people that are moved at once",
                            limit: PEOPLE_MOVED_MAX,
                        });
                    }
                    _ => {}
                }
                let transfer = standing::Transfer { tree: &tree, from: id, into };
                people.items.into_iter().try_for_each(|person| transfer.of(tx, scope.caller(), person))?;
                let event = Event::new(Action::DepartmentDeleted, format!("department/{id}")).before(&before)?;
                self.save(tx, scope, &department, event)?;
                standing::check_own_reach(tx, scope.caller())
            })
            .await;
        deleted.map(|done| done.value)
    }

    fn save(
        &self,
        tx: &mut Transaction,
        scope: &TenantScope,
        department: &Department,
        event: Event,
    ) -> Result<(), StructureError> {
        write(tx, key(department.id), department)?;
        touch(tx)?;
        Ok(record(tx, scope.caller(), self.0.clock.now(), event)?)
    }
}

/// Puts a department of another tenant into one that has none.
pub(crate) fn bring(tx: &mut Transaction, department: Department) -> Result<(), Unfit> {
    check_name("a department's name", &department.name).map_err(Unfit::because)?;
    touch(tx)?;
    settle(tx, key(department.id), &department)
}

fn key(id: DepartmentId) -> Key {
    Key::new(Table::Departments, &[DEPARTMENT, &id.to_string()])
}
