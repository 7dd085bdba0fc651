//! The last way in: an operator gives a tenant an administrator when no administrator can come in any more.
//!
//! The operator names a mail address. Whoever has it becomes an administrator, with an invitation if they are new, else
//! with a link for a new password. Everything that proved them before is void, so that nobody else comes in with it. The
//! tenant sees it: in the audit, by a mail to the address that it wants to be alerted at, and by a mark on the person that stays
//! until an administrator takes it away.

use signalsync_audit::{Action, Event, record};
use signalsync_core::{TenantScope, Timestamp};
use signalsync_store::Transaction;

use crate::access;
use crate::change::{Kept, subject};
use crate::error::PeopleError;
use crate::invitation::{self, Invite, link_mail};
use crate::link::{self, LinkKind};
use crate::outgoing::{OutgoingMail, Place, Template, after};
use crate::person::{self, Person, PersonRow, PersonState};
use crate::policy::policy;
use crate::role::administrator;
use crate::session;
use crate::standing::{self, Standing};

/// How long the link can be followed.
pub const GLASS_MS: u64 = 24 * 60 * 60_000;

/// Makes the owner of a mail address an administrator. The scope's caller is the operator, with the host's own
/// rights. The mails are to be queued in the same transaction.
///
/// # Errors
/// `TooMany`, `Invalid`, or the store failed.
pub fn break_glass(
    tx: &mut Transaction,
    scope: &TenantScope,
    now: Timestamp,
    place: Place<'_>,
    who: Invite,
) -> Result<(Person, Vec<OutgoingMail>), PeopleError> {
    let by = scope.caller();
    let row = match person::by_mail(tx, &who.mail)? {
        Some(row) => row,
        None => {
            let row = invitation::invited(tx, &who, now)?;
            person::add(tx, &row, scope.tier().people_max.saturating_add(1))?;
            row
        }
    };
    let row = lift(tx, scope, row)?;
    let (kind, page, template) = match row.state {
        PersonState::Invited => (LinkKind::Invitation, "activate", Template::Invitation),
        PersonState::Active | PersonState::Deactivated => (LinkKind::Reset, "reset-password", Template::PasswordReset),
    };
    let secret = link::issue(tx, row.id, kind, now, GLASS_MS)?;
    let mut mails = vec![link_mail(&row, template, place, page, &secret, after(now, GLASS_MS))];
    mails.extend(alert(tx, &row, place)?);
    let person = person::view(tx, row.id)?;
    record(tx, by, now, Event::new(Action::GlassBroken, subject(row.id)).after(&Kept::of(&person))?)?;
    Ok((person, mails))
}

/// Makes somebody an administrator who can prove it by nothing but the new link.
fn lift(tx: &mut Transaction, scope: &TenantScope, old: PersonRow) -> Result<PersonRow, PeopleError> {
    let state = if old.state == PersonState::Invited { PersonState::Invited } else { PersonState::Active };
    let row = PersonRow { state, break_glass: true, ..old.clone() };
    person::save(tx, Some(&old), &row)?;
    let mut stands = standing::find(tx, row.id)?.unwrap_or_default();
    stands.roles.insert(administrator());
    standing::put(tx, scope.caller(), row.id, Some(&Standing { active: state == PersonState::Active, ..stands }))?;
    let mut access = access::of(tx, row.id)?;
    link::revoke(tx, &mut access)?;
    access.forget_proofs();
    access::put(tx, row.id, &access)?;
    session::end_all(tx, row.id)?;
    Ok(row)
}

fn alert(tx: &mut Transaction, row: &PersonRow, place: Place<'_>) -> Result<Option<OutgoingMail>, PeopleError> {
    let to = policy(tx)?.alert_address;
    Ok(to.map(|to| OutgoingMail {
        to,
        language: row.language.clone(),
        template: Template::GlassBroken,
        data: serde_json::json!({"tenant": place.name, "mail": row.mail}),
        secret: false,
    }))
}
