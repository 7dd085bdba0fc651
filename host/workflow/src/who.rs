//! Who is meant by a role or a rule: from what a workflow says to people and groups of the tenant.

use std::collections::BTreeSet;

use signalsync_core::contract::workflow::Who;
use signalsync_core::{Timestamp, UserId};
use signalsync_people::circle;
use signalsync_store::{StoreError, Transaction};

use crate::absence;
use crate::machine::{Holder, Run};
use crate::types::{Rule, binding};

/// Who is meant, each once and in the order in which they are named. Ids were checked before.
pub(crate) fn holders(tx: &mut Transaction, run: &Run, who: &[Who]) -> Result<Vec<Holder>, StoreError> {
    let mut found = Vec::new();
    for who in who {
        found.extend(meant(tx, run, who)?);
    }
    let mut seen = BTreeSet::new();
    found.retain(|holder| seen.insert(holder.clone()));
    Ok(found)
}

fn meant(tx: &mut Transaction, run: &Run, who: &Who) -> Result<Vec<Holder>, StoreError> {
    Ok(match who {
        Who::Role(name) => bound(tx, run, name)?,
        Who::User(id) => id.parse().ok().map(Holder::User).into_iter().collect(),
        Who::TenantRole(name) => name.parse().ok().map(Holder::Role).into_iter().collect(),
        Who::Team(id) => id.parse().ok().map(Holder::Team).into_iter().collect(),
        Who::Department(id) => id.parse().ok().map(Holder::Department).into_iter().collect(),
        Who::ManagerOf(id) => manager(tx, id.parse().ok())?,
        Who::Starter => run.starter.map(Holder::User).into_iter().collect(),
    })
}

/// Whom the tenant has bound a role to.
fn bound(tx: &mut Transaction, run: &Run, role: &str) -> Result<Vec<Holder>, StoreError> {
    let binding = binding(tx, &run.workflow, role)?;
    let users = binding.users.into_iter().map(Holder::User);
    let roles = binding.roles.into_iter().map(Holder::Role);
    let teams = binding.teams.into_iter().map(Holder::Team);
    let departments = binding.departments.into_iter().map(Holder::Department);
    let mut found: Vec<_> = users.chain(roles).chain(teams).chain(departments).collect();
    for rule in binding.rules {
        found.extend(ruled(tx, run.starter, rule)?);
    }
    Ok(found)
}

fn ruled(tx: &mut Transaction, starter: Option<UserId>, rule: Rule) -> Result<Vec<Holder>, StoreError> {
    let Some(starter) = starter else { return Ok(Vec::new()) };
    Ok(match rule {
        Rule::Starter => vec![Holder::User(starter)],
        Rule::ManagerOfStarter => manager(tx, Some(starter))?,
        Rule::DepartmentOfStarter => {
            circle::of(tx, starter)?.departments.into_iter().map(Holder::Department).take(1).collect()
        }
    })
}

fn manager(tx: &mut Transaction, user: Option<UserId>) -> Result<Vec<Holder>, StoreError> {
    let Some(user) = user else { return Ok(Vec::new()) };
    Ok(circle::manager_of(tx, user)?.map(Holder::User).into_iter().collect())
}

/// Active people who are meant now, each once.
pub(crate) fn people(tx: &mut Transaction, holders: &[Holder]) -> Result<Vec<UserId>, StoreError> {
    let mut found = Vec::new();
    for holder in holders {
        found.extend(match holder {
            Holder::User(user) if circle::is_active(tx, *user)? => vec![*user],
            Holder::User(_) => Vec::new(),
            Holder::Role(role) => circle::with_role(tx, role)?,
            Holder::Team(team) => circle::of_team(tx, *team)?,
            Holder::Department(department) => circle::of_department(tx, *department)?,
        });
    }
    let mut seen = BTreeSet::new();
    found.retain(|user| seen.insert(*user));
    Ok(found)
}

/// All by which somebody may be meant now: themselves, their groups, and those whom they stand in for.
pub(crate) fn mine(tx: &mut Transaction, user: UserId, now: Timestamp) -> Result<BTreeSet<Holder>, StoreError> {
    let circle::Circles { roles, teams, departments } = circle::of(tx, user)?;
    let groups = roles.into_iter().map(Holder::Role).chain(teams.into_iter().map(Holder::Team));
    let groups = groups.chain(departments.into_iter().map(Holder::Department));
    let represented = absence::represented(tx, user, now)?.into_iter().map(Holder::User);
    Ok(groups.chain(represented).chain([Holder::User(user)]).collect())
}
