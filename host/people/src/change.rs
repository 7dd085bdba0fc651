//! Changes of people who are there: by those who manage them, and by themselves.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_audit::{Action, Event, record};
use signalsync_core::{Caller, DepartmentId, RoleName, Timestamp, UserId};
use signalsync_store::Transaction;

use crate::access;
use crate::error::PeopleError;
use crate::link;
use crate::name::{Language, MailAddress};
use crate::person::{self, Person, PersonRow, PersonState};
use crate::session;
use crate::standing::{self, Standing};
use crate::structure::check_name;
use crate::{key, team};

/// What shall become different of a person. What is left out stays.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct PersonChange {
    /// The address; links that were mailed to the old one stop to work.
    pub mail: Option<MailAddress>,
    /// The name.
    pub name: Option<String>,
    /// The language.
    pub language: Option<Language>,
    /// All roles.
    pub roles: Option<BTreeSet<RoleName>>,
    /// All departments.
    pub departments: Option<BTreeSet<DepartmentId>>,
    /// `false`: somebody has looked at why an operator let this person in.
    pub break_glass: Option<bool>,
}

/// What people change of themselves.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct ProfileChange {
    /// The name.
    pub name: Option<String>,
    /// The language.
    pub language: Option<Language>,
}

/// Changes somebody. New roles hold with the next request; the person's sessions get new secrets with it.
///
/// # Errors
/// `NoSuchPerson`, `MailTaken`, `Invalid`, what [`standing::put`] answers, or the store failed. Do not commit then.
pub fn change(
    tx: &mut Transaction,
    by: &Caller,
    now: Timestamp,
    id: UserId,
    change: PersonChange,
) -> Result<Person, PeopleError> {
    let before = person::view(tx, id)?;
    standing::check_manages(tx, by, id)?;
    let PersonChange { mail, name, language, roles, departments, break_glass } = change;
    if break_glass == Some(true) {
        return Err(PeopleError::Invalid("`break-glass` is set by operators; it can only be taken away".to_owned()));
    }
    let old = &before.row;
    let row = PersonRow {
        mail: mail.unwrap_or_else(|| old.mail.clone()),
        name: name.unwrap_or_else(|| old.name.clone()),
        language: language.unwrap_or_else(|| old.language.clone()),
        break_glass: break_glass.unwrap_or(old.break_glass),
        ..old.clone()
    };
    check_name("a person's name", &row.name)?;
    if row.mail != old.mail {
        revoke_links(tx, id)?;
    }
    person::save(tx, Some(old), &row)?;
    let stands = Standing {
        active: row.state == PersonState::Active,
        roles: roles.unwrap_or_else(|| before.roles.clone()),
        departments: departments.unwrap_or_else(|| before.departments.clone()),
    };
    if (&stands.roles, &stands.departments) != (&before.roles, &before.departments) {
        standing::put(tx, by, id, Some(&stands))?;
        session::renew_all(tx, id)?;
    }
    finish(tx, by, now, Action::PersonChanged, &before)
}

/// Changes oneself.
///
/// # Errors
/// `NoSuchPerson`, `Invalid`, or the store failed.
pub fn change_profile(
    tx: &mut Transaction,
    by: &Caller,
    now: Timestamp,
    id: UserId,
    change: ProfileChange,
) -> Result<Person, PeopleError> {
    let before = person::view(tx, id)?;
    let old = &before.row;
    let row = PersonRow {
        name: change.name.unwrap_or_else(|| old.name.clone()),
        language: change.language.unwrap_or_else(|| old.language.clone()),
        ..old.clone()
    };
    check_name("a person's name", &row.name)?;
    person::save(tx, Some(old), &row)?;
    finish(tx, by, now, Action::PersonChanged, &before)
}

/// What is asked for besides somebody's deactivation.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Deactivation {
    /// An active person to whom all goes that they leave behind. What they own stays theirs without.
    pub hand_over_to: Option<UserId>,
}

/// Locks somebody out: sessions, links and keys of their own end with the commit. Keys are not handed over, because their
/// secrets are known to whoever leaves: they are turned off, and stay so when the person comes back. Teams that they led
/// get the successor as their lead. All else that they own is for the composition to hand over.
///
/// # Errors
/// `NoSuchPerson`, `WrongState`, `Invalid` for a successor who is not active, what [`standing::put`] answers (the last
/// administrator stays), `Structure` when the caller may do less than the successor; or the store failed.
pub fn deactivate(
    tx: &mut Transaction,
    by: &Caller,
    now: Timestamp,
    id: UserId,
    asked: &Deactivation,
) -> Result<Person, PeopleError> {
    let before = in_state(tx, id, PersonState::Active, "only an active person can be deactivated")?;
    if let Some(successor) = asked.hand_over_to {
        check_successor(tx, by, id, successor)?;
        team::succeed(tx, by, now, id, successor)?;
    }
    session::end_all(tx, id)?;
    revoke_links(tx, id)?;
    set_state(tx, by, &before, PersonState::Deactivated)?;
    for (before, after) in key::turn_off_all_of(tx, id)? {
        let event = Event::new(Action::KeyChanged, format!("key/{}", after.id));
        record(tx, by, now, event.before(&before)?.after(&after)?)?;
    }
    finish(tx, by, now, Action::PersonDeactivated, &before)
}

/// Whoever gets what somebody had may do more by it, so the caller must have the rights of both.
fn check_successor(tx: &mut Transaction, by: &Caller, id: UserId, successor: UserId) -> Result<(), PeopleError> {
    let found = person::find(tx, successor)?;
    let is_active = found.is_some_and(|row| row.state == PersonState::Active) && successor != id;
    if !is_active {
        return Err(PeopleError::Invalid("`hand-over-to` is another person, who is active".to_owned()));
    }
    Ok(standing::check_manages(tx, by, successor)?)
}

/// Lets somebody in again, with the password that they had.
///
/// # Errors
/// `NoSuchPerson`, `WrongState`, what [`standing::put`] answers, or the store failed.
pub fn reactivate(tx: &mut Transaction, by: &Caller, now: Timestamp, id: UserId) -> Result<Person, PeopleError> {
    let before = in_state(tx, id, PersonState::Deactivated, "only a deactivated person can be reactivated")?;
    set_state(tx, by, &before, PersonState::Active)?;
    finish(tx, by, now, Action::PersonReactivated, &before)
}

fn in_state(tx: &mut Transaction, id: UserId, state: PersonState, rule: &'static str) -> Result<Person, PeopleError> {
    let person = person::view(tx, id)?;
    if person.row.state == state { Ok(person) } else { Err(PeopleError::WrongState(rule)) }
}

/// The person's row and standing, which must say the same.
pub(crate) fn set_state(
    tx: &mut Transaction,
    by: &Caller,
    person: &Person,
    state: PersonState,
) -> Result<(), PeopleError> {
    person::save(tx, Some(&person.row), &PersonRow { state, ..person.row.clone() })?;
    let stands = Standing {
        active: state == PersonState::Active,
        roles: person.roles.clone(),
        departments: person.departments.clone(),
    };
    Ok(standing::put(tx, by, person.row.id, Some(&stands))?)
}

pub(crate) fn revoke_links(tx: &mut Transaction, id: UserId) -> Result<(), PeopleError> {
    let mut access = access::of(tx, id)?;
    link::revoke(tx, &mut access)?;
    Ok(access::put(tx, id, &access)?)
}

/// What the audit keeps of somebody: what an administrator decides.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Kept<'a> {
    #[serde(flatten)]
    row: &'a PersonRow,
    roles: &'a BTreeSet<RoleName>,
    departments: &'a BTreeSet<DepartmentId>,
}

impl<'a> Kept<'a> {
    pub(crate) fn of(person: &'a Person) -> Self {
        Self { row: &person.row, roles: &person.roles, departments: &person.departments }
    }
}

/// The audit's entry, and the person as they are now.
fn finish(
    tx: &mut Transaction,
    by: &Caller,
    now: Timestamp,
    action: Action,
    before: &Person,
) -> Result<Person, PeopleError> {
    let after = person::view(tx, before.row.id)?;
    let event = Event::new(action, subject(after.row.id));
    record(tx, by, now, event.before(&Kept::of(before))?.after(&Kept::of(&after))?)?;
    Ok(after)
}

/// A person in the audit.
pub(crate) fn subject(id: UserId) -> String {
    format!("person/{id}")
}
