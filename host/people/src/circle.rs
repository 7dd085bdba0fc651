//! Groups of people, for those who ask people to do something: who belongs to them now, and to which of them somebody
//! belongs.

use std::collections::BTreeSet;

use signalsync_core::{DepartmentId, RoleName, TeamId, UserId};
use signalsync_store::{StoreError, Transaction};

use crate::department::Tree;
use crate::standing;
use crate::team;

/// People of one group that are looked at.
pub const PEOPLE_MAX: usize = 200;

/// Where somebody belongs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Circles {
    /// Roles.
    pub roles: BTreeSet<RoleName>,
    /// Teams.
    pub teams: BTreeSet<TeamId>,
    /// Departments.
    pub departments: BTreeSet<DepartmentId>,
}

/// Whether somebody is there and can come in.
///
/// # Errors
/// The store failed.
pub fn is_active(tx: &mut Transaction, user: UserId) -> Result<bool, StoreError> {
    Ok(standing::find(tx, user)?.is_some_and(|standing| standing.active))
}

/// Where somebody belongs; nowhere when there is no such person, or not an active one.
///
/// # Errors
/// The store failed.
pub fn of(tx: &mut Transaction, user: UserId) -> Result<Circles, StoreError> {
    let Some(standing) = standing::find(tx, user)?.filter(|standing| standing.active) else {
        return Ok(Circles::default());
    };
    Ok(Circles { roles: standing.roles, teams: team::ids_of(tx, user)?, departments: standing.departments })
}

/// Active people who have a role.
///
/// # Errors
/// The store failed.
pub fn with_role(tx: &mut Transaction, role: &RoleName) -> Result<Vec<UserId>, StoreError> {
    let holders = standing::holders(tx, role, None, PEOPLE_MAX)?.items;
    // Keys have roles too, and stand for nobody.
    active(tx, holders.iter().filter_map(|id| id.parse().ok()).collect())
}

/// Active people of a team.
///
/// # Errors
/// The store failed.
pub fn of_team(tx: &mut Transaction, team: TeamId) -> Result<Vec<UserId>, StoreError> {
    let members = team::members(tx, team)?;
    active(tx, members)
}

/// Active people of a department.
///
/// # Errors
/// The store failed.
pub fn of_department(tx: &mut Transaction, department: DepartmentId) -> Result<Vec<UserId>, StoreError> {
    let people = standing::people_of(tx, department, None, PEOPLE_MAX)?.items;
    active(tx, people)
}

/// Who leads the department of somebody, or the nearest one above that somebody else leads.
///
/// # Errors
/// The store failed.
pub fn manager_of(tx: &mut Transaction, user: UserId) -> Result<Option<UserId>, StoreError> {
    let Some(home) = standing::find(tx, user)?.and_then(|standing| standing.departments.first().copied()) else {
        return Ok(None);
    };
    let lead = Tree::read(tx)?.lead(home, user);
    Ok(active(tx, lead.into_iter().collect())?.pop())
}

/// The department that somebody's records belong to, and those above it, upwards.
///
/// # Errors
/// The store failed.
pub fn home_and_above(tx: &mut Transaction, user: UserId) -> Result<Vec<DepartmentId>, StoreError> {
    let home = standing::find(tx, user)?.and_then(|standing| standing.departments.first().copied());
    let Some(home) = home else { return Ok(Vec::new()) };
    Ok(Tree::read(tx)?.with_all_above(home))
}

fn active(tx: &mut Transaction, people: Vec<UserId>) -> Result<Vec<UserId>, StoreError> {
    let mut found = Vec::with_capacity(people.len());
    for user in people {
        if is_active(tx, user)? {
            found.push(user);
        }
    }
    Ok(found)
}
