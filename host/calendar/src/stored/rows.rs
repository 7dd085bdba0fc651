//! Rows of calendars, and how a calendar is found.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use signalsync_core::{CalendarName, DepartmentId};
use signalsync_store::{Key, StoreError, Table, Transaction, row};

use crate::calendar::Calendar;

/// Calendars of a tenant.
pub const CALENDARS_MAX: usize = 100;

/// Departments that name the same calendar.
pub const DEPARTMENTS_MAX: usize = 1_000;

pub(crate) const CALENDAR: &str = "calendar";
const DEFAULT: &str = "default";
const DEPARTMENT: &str = "department";

/// A calendar as it is kept and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "KeptCalendar")]
#[serde(rename_all = "kebab-case")]
pub struct Kept {
    /// Never changes.
    pub name: CalendarName,
    /// For people; 1 to 100 bytes.
    pub title: String,
    /// Whether it is for whoever has no other one.
    pub default: bool,
    /// Departments whose own it is, and of those below them that have none.
    pub departments: BTreeSet<DepartmentId>,
    /// Hours, holidays and exceptions.
    pub calendar: Calendar,
}

/// A calendar by its name, with its version.
///
/// # Errors
/// The store failed.
pub fn find(tx: &mut Transaction, name: &CalendarName) -> Result<Option<(Kept, u64)>, StoreError> {
    let found = tx.get(&key(name))?;
    found.map(|found| Ok((row::read(&found.body)?, found.version))).transpose()
}

/// The calendar of a department: its own, or that of the nearest department above it, or the tenant's default; none when
/// the tenant has no calendar. The path goes from the department up.
///
/// # Errors
/// The store failed.
pub fn of(tx: &mut Transaction, path: &[DepartmentId]) -> Result<Option<Kept>, StoreError> {
    for department in path {
        if let Some(name) = of_department(tx, *department)? {
            return Ok(find(tx, &name)?.map(|(kept, _)| kept));
        }
    }
    let Some(name) = default(tx)? else { return Ok(None) };
    Ok(find(tx, &name)?.map(|(kept, _)| kept))
}

pub(super) fn default(tx: &mut Transaction) -> Result<Option<CalendarName>, StoreError> {
    read(tx, &Key::new(Table::Calendars, &[DEFAULT]))
}

pub(super) fn of_department(tx: &mut Transaction, id: DepartmentId) -> Result<Option<CalendarName>, StoreError> {
    read(tx, &department_key(id))
}

/// Writes a calendar, and who is led to it from now on.
pub(super) fn save(tx: &mut Transaction, before: Option<&Kept>, kept: &Kept) -> Result<(), StoreError> {
    leave(tx, before, &kept.departments)?;
    for department in &kept.departments {
        tx.put(department_key(*department), row::write(&kept.name)?);
    }
    if kept.default {
        tx.put(Key::new(Table::Calendars, &[DEFAULT]), row::write(&kept.name)?);
    }
    tx.put(key(&kept.name), row::write(kept)?);
    Ok(())
}

/// Removes a calendar, and the ways to it.
pub(super) fn remove(tx: &mut Transaction, kept: &Kept) -> Result<(), StoreError> {
    leave(tx, Some(kept), &BTreeSet::new())?;
    if kept.default {
        tx.delete(&Key::new(Table::Calendars, &[DEFAULT]))?;
    }
    tx.delete(&key(&kept.name)).map(drop)
}

/// Departments that are not led to the calendar any more.
fn leave(tx: &mut Transaction, before: Option<&Kept>, stay: &BTreeSet<DepartmentId>) -> Result<(), StoreError> {
    let departments = before.into_iter().flat_map(|before| before.departments.difference(stay));
    for department in departments {
        tx.delete(&department_key(*department))?;
    }
    Ok(())
}

fn read<T: DeserializeOwned>(tx: &mut Transaction, key: &Key) -> Result<Option<T>, StoreError> {
    tx.get(key)?.map(|found| row::read(&found.body)).transpose()
}

fn key(name: &CalendarName) -> Key {
    Key::new(Table::Calendars, &[CALENDAR, name.as_str()])
}

fn department_key(id: DepartmentId) -> Key {
    Key::new(Table::Calendars, &[DEPARTMENT, &id.to_string()])
}
