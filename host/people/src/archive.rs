//! People and their structure on their way out of a tenant and into another one.
//!
//! What people prove themselves with stays behind: passwords, second factors, sessions, links and keys. Whoever could sign
//! in before asks for a new password.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use signalsync_core::{DepartmentId, RoleName};
use signalsync_store::lines::{Lines, Rows, Sink, Unfit, parse, put};
use signalsync_store::{Key, StoreError, Table, Transaction, row};

use crate::department::{self, Department};
use crate::organisation::{self, Organisation};
use crate::person::{self, PersonRow, PersonState};
use crate::policy::{self, SignInPolicy};
use crate::role;
use crate::standing::{self, Standing};
use crate::structure::write;
use crate::team;

/// The tenant's own roles.
pub fn roles() -> impl Lines {
    Rows { table: Table::Roles, parents: &[role::ROLE], take: role::bring }
}

/// Departments, with those that are closed; with who leads them, if people go along.
pub fn departments(with_people: bool) -> impl Lines {
    Departments { with_people }
}

/// Teams.
pub fn teams() -> impl Lines {
    Rows { table: Table::Teams, parents: &[team::TEAM], take: team::bring }
}

/// People, with where they stand.
pub fn people() -> impl Lines {
    People
}

/// What the tenant's administrators have set.
pub fn settings() -> impl Lines {
    Settings
}

struct Departments {
    with_people: bool,
}

impl Lines for Departments {
    fn out(&self, tx: &Transaction, to: Sink<'_>) -> Result<(), StoreError> {
        tx.each(Table::Departments, &[department::DEPARTMENT], &mut |_, found| {
            let department: Department = row::read(&found.body)?;
            put(to, &Department { lead: department.lead.filter(|_| self.with_people), ..department })
        })
    }

    fn take(&self, tx: &mut Transaction, line: &[u8]) -> Result<(), Unfit> {
        department::bring(tx, parse(line)?)
    }
}

struct People;

/// Somebody, and where they stand.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Member {
    #[serde(flatten)]
    row: PersonRow,
    roles: BTreeSet<RoleName>,
    departments: BTreeSet<DepartmentId>,
}

impl Lines for People {
    fn out(&self, tx: &Transaction, to: Sink<'_>) -> Result<(), StoreError> {
        tx.each(Table::People, &[person::PERSON], &mut |_, found| {
            let row: PersonRow = row::read(&found.body)?;
            let standing =
                tx.peek(&standing::key(row.id))?.map(|found| row::read::<Standing>(&found.body)).transpose()?;
            let Standing { roles, departments, .. } = standing.unwrap_or_default();
            put(to, &Member { row, roles, departments })
        })
    }

    fn take(&self, tx: &mut Transaction, line: &[u8]) -> Result<(), Unfit> {
        let Member { row, roles, departments } = parse(line)?;
        if person::find(tx, row.id)?.is_some() {
            return Err(Unfit::because("somebody with this id was there before"));
        }
        person::add(tx, &row, u32::MAX).map_err(Unfit::because)?;
        let standing = Standing { active: row.state == PersonState::Active, roles, departments };
        standing::bring(tx, row.id, &standing)
    }
}

struct Settings;

#[derive(Serialize, Deserialize)]
struct Setting {
    name: String,
    value: Value,
}

impl Lines for Settings {
    fn out(&self, tx: &Transaction, to: Sink<'_>) -> Result<(), StoreError> {
        for name in [organisation::NAME, policy::NAME] {
            if let Some(found) = tx.peek(&Key::new(Table::Settings, &[name]))? {
                put(to, &Setting { name: name.to_owned(), value: row::read(&found.body)? })?;
            }
        }
        Ok(())
    }

    fn take(&self, tx: &mut Transaction, line: &[u8]) -> Result<(), Unfit> {
        let Setting { name, value } = parse(line)?;
        let key = Key::new(Table::Settings, &[&name]);
        match name.as_str() {
            organisation::NAME => drop(serde_json::from_value::<Organisation>(value.clone()).map_err(Unfit::because)?),
            policy::NAME => {
                let policy: SignInPolicy = serde_json::from_value(value.clone()).map_err(Unfit::because)?;
                policy.check().map_err(Unfit::because)?;
            }
            _ => return Err(Unfit::because("there is no setting with this name")),
        }
        // What a new tenant was told to be comes before what its template says.
        if tx.get(&key)?.is_none() {
            write(tx, key, &value)?;
        }
        Ok(())
    }
}

/// Puts something in a place where nothing may be yet.
pub(crate) fn settle<T: Serialize>(tx: &mut Transaction, key: Key, value: &T) -> Result<(), Unfit> {
    if tx.get(&key)?.is_some() {
        return Err(Unfit::because("there are two with this name or id"));
    }
    Ok(write(tx, key, value)?)
}
