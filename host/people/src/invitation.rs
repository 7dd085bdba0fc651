//! How somebody becomes a person of the tenant: invited by mail, in by the link, with a password of their own.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use signalsync_audit::{Action, Event, record};
use signalsync_core::{Caller, DepartmentId, RoleName, TenantScope, Timestamp, UserId};
use signalsync_store::Transaction;

use crate::access;
use crate::change::{Kept, ProfileChange, revoke_links, set_state, subject};
use crate::error::PeopleError;
use crate::link::{self, LinkKind};
use crate::name::{Language, MailAddress};
use crate::organisation::organisation;
use crate::outgoing::{OutgoingMail, Place, Template, after};
use crate::person::{self, Person, PersonRow, PersonState};
use crate::policy::policy;
use crate::role::administrator;
use crate::secret::Secret;
use crate::standing::{self, Standing};
use crate::structure::check_name;

/// Who shall come in.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Invite {
    /// Where the link goes.
    pub mail: MailAddress,
    /// What stands before the `@`, when it is left out; the person can change it.
    #[serde(default)]
    pub name: Option<String>,
    /// The tenant's, when it is left out; the person can change it.
    #[serde(default)]
    pub language: Option<Language>,
    /// What the person may do.
    #[serde(default)]
    pub roles: BTreeSet<RoleName>,
    /// Where the person belongs.
    #[serde(default)]
    pub departments: BTreeSet<DepartmentId>,
}

/// Who administrates a new tenant.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FirstAdministrator {
    /// Where the invitation goes.
    pub mail: MailAddress,
    /// What stands before the `@`, when it is left out; the person can change it.
    #[serde(default)]
    pub name: Option<String>,
    /// Of the invitation; the tenant's, when it is left out.
    #[serde(default)]
    pub language: Option<Language>,
}

impl From<&FirstAdministrator> for Invite {
    fn from(first: &FirstAdministrator) -> Self {
        let FirstAdministrator { mail, name, language } = first.clone();
        Self { mail, name, language, roles: [administrator()].into(), departments: BTreeSet::new() }
    }
}

/// Invites somebody. The mail is to be queued in the same transaction.
///
/// # Errors
/// `MailTaken`, `Invalid`, `TooMany`, what [`standing::put`] answers, or the store failed. Do not commit then.
pub fn invite(
    tx: &mut Transaction,
    scope: &TenantScope,
    now: Timestamp,
    place: Place<'_>,
    new: Invite,
) -> Result<(Person, OutgoingMail), PeopleError> {
    let by = scope.caller();
    let row = invited(tx, &new, now)?;
    person::add(tx, &row, scope.tier().people_max)?;
    let stands = Standing { active: false, roles: new.roles, departments: new.departments };
    standing::put(tx, by, row.id, Some(&stands))?;
    let (mail, person) = (mail(tx, &row, place, now)?, person::view(tx, row.id)?);
    record(tx, by, now, Event::new(Action::PersonInvited, subject(row.id)).after(&Kept::of(&person))?)?;
    Ok((person, mail))
}

pub(crate) fn invited(tx: &mut Transaction, new: &Invite, now: Timestamp) -> Result<PersonRow, PeopleError> {
    let name = new.name.clone().unwrap_or_else(|| new.mail.halves().0.to_owned());
    check_name("a person's name", &name)?;
    Ok(PersonRow {
        id: UserId::new(),
        mail: new.mail.clone(),
        name,
        language: new.language.clone().map_or_else(|| organisation(tx).map(|own| own.language), Ok)?,
        state: PersonState::Invited,
        break_glass: false,
        created_at: now,
    })
}

/// Invites somebody again; the link before does not work any more.
///
/// # Errors
/// `NoSuchPerson`, `WrongState`, `Structure` when the caller may do less than the person; or the store failed.
pub fn invite_again(
    tx: &mut Transaction,
    by: &Caller,
    now: Timestamp,
    place: Place<'_>,
    id: UserId,
) -> Result<(Person, OutgoingMail), PeopleError> {
    let person = open_invitation(tx, by, id)?;
    let mail = mail(tx, &person.row, place, now)?;
    record(tx, by, now, Event::new(Action::PersonInvited, subject(id)))?;
    Ok((person, mail))
}

/// Takes an invitation back, and with it the person who never came.
///
/// # Errors
/// `NoSuchPerson`, `WrongState`, `Structure` when the caller may do less than the person; or the store failed.
pub fn withdraw(tx: &mut Transaction, by: &Caller, now: Timestamp, id: UserId) -> Result<(), PeopleError> {
    let person = open_invitation(tx, by, id)?;
    revoke_links(tx, id)?;
    standing::put(tx, by, id, None)?;
    person::remove(tx, &person.row)?;
    let event = Event::new(Action::InvitationWithdrawn, subject(id)).before(&Kept::of(&person))?;
    Ok(record(tx, by, now, event)?)
}

fn open_invitation(tx: &mut Transaction, by: &Caller, id: UserId) -> Result<Person, PeopleError> {
    let person = person::view(tx, id)?;
    standing::check_manages(tx, by, id)?;
    if person.row.state != PersonState::Invited {
        return Err(PeopleError::WrongState("the person has followed the invitation already"));
    }
    Ok(person)
}

pub(crate) fn mail(
    tx: &mut Transaction,
    row: &PersonRow,
    place: Place<'_>,
    now: Timestamp,
) -> Result<OutgoingMail, PeopleError> {
    let life_ms = policy(tx)?.invitation_ms();
    let secret = link::issue(tx, row.id, LinkKind::Invitation, now, life_ms)?;
    Ok(link_mail(row, Template::Invitation, place, "activate", &secret, after(now, life_ms)))
}

pub(crate) fn link_mail(
    row: &PersonRow,
    template: Template,
    place: Place<'_>,
    page: &str,
    secret: &Secret,
    expires_at: String,
) -> OutgoingMail {
    let link = place.link(page, secret);
    OutgoingMail {
        to: row.mail.clone(),
        language: row.language.clone(),
        template,
        data: json!({"name": row.name, "tenant": place.name, "link": link, "expires-at": expires_at}),
        secret: true,
    }
}

/// Whoever has the link comes in. `hash` is that of the password that they chose.
///
/// # Errors
/// `LinkInvalid`, `Invalid`, or the store failed.
pub(crate) fn activate(
    tx: &mut Transaction,
    by: &Caller,
    now: Timestamp,
    secret: &Secret,
    hash: String,
    profile: &ProfileChange,
) -> Result<Person, PeopleError> {
    let id = link::follow(tx, secret, LinkKind::Invitation, now)?;
    let mut invited = person::view(tx, id)?;
    if let Some(name) = &profile.name {
        check_name("a person's name", name)?;
        invited.row.name.clone_from(name);
    }
    if let Some(language) = &profile.language {
        invited.row.language = language.clone();
    }
    let old = person::require(tx, id)?;
    person::save(tx, Some(&old), &invited.row)?;
    set_state(tx, by, &invited, PersonState::Active)?;
    let mut access = access::of(tx, id)?;
    link::revoke(tx, &mut access)?;
    access.set_password(hash, now);
    access::put(tx, id, &access)?;
    let person = person::view(tx, id)?;
    record(tx, by, now, Event::new(Action::PersonActivated, subject(id)).after(&Kept::of(&person))?)?;
    Ok(person)
}
