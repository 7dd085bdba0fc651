//! Signing in: what is decided, as pure functions over one transaction. Hashing stands between the two, in
//! [`crate::doorman`].
//!
//! Nobody learns whether an address is known: an unknown one costs the same slow hash, the same writes and gets the
//! same answer as a wrong password, and so does a person who was deactivated or has not followed the invitation.

use serde_json::json;
use signalsync_audit::{Action, Event, record};
use signalsync_core::{Caller, Timestamp, UserId};
use signalsync_store::{StoreError, Transaction};

use crate::access::{self, Access, Stored};
use crate::change::subject;
use crate::error::PeopleError;
use crate::link::{self, LinkKind};
use crate::name::MAIL_BYTES_MAX;
use crate::name::MailAddress;
use crate::outgoing::{OutgoingMail, Place, Template};
use crate::password::Match;
use crate::person::{self, PersonRow, PersonState, fold};
use crate::policy::{SignInPolicy, policy};
use crate::secret::Secret;
use crate::session::{self, SessionToken};
use crate::throttle::{self, Counted};
use crate::totp::{self, Used};

/// Why somebody is not let in, as far as they are told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody comes in with this address and password. It is not said why.
    #[error("nobody can sign in with this mail address and password")]
    Wrong,
    /// The password is right; the second factor is missing.
    #[error("a code of your second factor is needed")]
    CodeNeeded,
    /// The password is right; the code is not, or was used before.
    #[error("the code is not the right one, or was used before")]
    CodeWrong,
    /// All is right, but the password is too old.
    #[error("the password is too old; set a new one")]
    PasswordExpired {
        /// The secret with which a new one can be set, as if it had been mailed.
        reset: String,
    },
    /// Too many attempts failed before.
    #[error("too many attempts failed; try again in {} s", .retry_after_ms.div_ceil(1_000))]
    Throttled {
        /// How long to wait.
        retry_after_ms: u64,
    },
}

/// Who tries to come in, from where.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    /// The address in one spelling, whether it is one or not.
    account: String,
    mail: Option<MailAddress>,
    place: String,
}

/// An attempt that may be made.
#[derive(Debug)]
pub(crate) struct Admitted {
    /// What the password must fit; none when nobody could come in with any.
    pub(crate) hash: Option<String>,
    /// Whether the account's owner signed in from there before.
    pub(crate) known_place: bool,
}

/// What is decided about an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    Enter,
    Wrong,
    CodeNeeded,
    CodeWrong,
    Wait(u64),
    Expired,
}

/// What an attempt is decided by.
#[derive(Debug, Clone, Copy)]
struct Facts {
    /// Whether the person is there and can come in.
    active: bool,
    /// Whether the password fits.
    right: bool,
    code: Code,
    /// Whether the password is too old.
    too_old: bool,
}

/// How the second factor stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Code {
    /// There is none.
    NotAsked,
    Missing,
    Wrong,
    /// Too many were wrong.
    Wait(u64),
    Right,
}

fn decide(facts: Facts) -> Decision {
    match facts {
        Facts { active: false, .. } | Facts { right: false, .. } => Decision::Wrong,
        Facts { code: Code::Missing, .. } => Decision::CodeNeeded,
        Facts { code: Code::Wrong, .. } => Decision::CodeWrong,
        Facts { code: Code::Wait(ms), .. } => Decision::Wait(ms),
        Facts { too_old: true, .. } => Decision::Expired,
        Facts { code: Code::Right | Code::NotAsked, .. } => Decision::Enter,
    }
}

impl Attempt {
    pub(crate) fn new(mail: &str, by: &Caller) -> Self {
        let parsed: Option<MailAddress> = mail.parse().ok();
        let account = parsed.as_ref().map_or_else(|| fold(mail), MailAddress::to_string);
        let account = account.chars().take(MAIL_BYTES_MAX).collect();
        Self { account, mail: parsed, place: throttle::place(by.origin.address) }
    }

    fn pair(&self) -> Counted<'_> {
        Counted::Pair(&self.account, &self.place)
    }

    fn from(&self) -> Counted<'_> {
        Counted::Place(&self.place)
    }

    fn person(&self, tx: &mut Transaction) -> Result<Option<PersonRow>, StoreError> {
        self.mail.as_ref().map_or(Ok(None), |mail| person::by_mail(tx, mail))
    }
}

/// Whether the attempt may be made now. It counts as failed from here on.
///
/// # Errors
/// The store failed. Inside: how long to wait.
pub(crate) fn admit(
    tx: &mut Transaction,
    attempt: &Attempt,
    now: Timestamp,
) -> Result<Result<Admitted, u64>, StoreError> {
    let free = policy(tx)?.attempts_free;
    let person = attempt.person(tx)?;
    // Somebody who is nobody has the rows of nobody: the same reads.
    let access = access::of(tx, person.as_ref().map_or_else(UserId::new, |row| row.id))?;
    let known_place = access.places.contains(&attempt.place);
    let wait = throttle::wait_ms(tx, &attempt.account, &attempt.place, free, known_place, now)?;
    if wait > 0 {
        return Ok(Err(wait));
    }
    throttle::note(tx, &attempt.pair(), now)?;
    throttle::note(tx, &attempt.from(), now)?;
    Ok(Ok(Admitted { hash: access.password.map(|stored| stored.hash), known_place }))
}

/// What the slow hash said.
#[derive(Debug)]
pub(crate) struct Compared {
    /// With what the password was compared.
    pub(crate) hash: Option<String>,
    pub(crate) matched: Match,
    /// The same password at today's cost, when it was hashed at another one.
    pub(crate) fresh: Option<String>,
}

/// What else belongs to an attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Circumstances<'a> {
    pub(crate) by: &'a Caller,
    pub(crate) now: Timestamp,
    pub(crate) place: Place<'a>,
    pub(crate) code: Option<&'a str>,
    /// What the client calls itself.
    pub(crate) client: &'a str,
    /// Whether a refusal is recorded in the audit.
    pub(crate) recorded: bool,
}

/// How an attempt ended.
#[derive(Debug)]
pub(crate) struct Concluded {
    pub(crate) entered: Result<(SessionToken, UserId), Refusal>,
    pub(crate) mails: Vec<OutgoingMail>,
}

/// Decides an attempt and writes what follows from it.
///
/// # Errors
/// No random bytes, or the store failed.
pub(crate) fn conclude(
    tx: &mut Transaction,
    attempt: &Attempt,
    compared: &Compared,
    what: Circumstances<'_>,
) -> Result<Concluded, PeopleError> {
    let policy = policy(tx)?;
    let person = attempt.person(tx)?;
    let mut access = access::of(tx, person.as_ref().map_or_else(UserId::new, |row| row.id))?;
    let facts = facts(tx, &policy, person.as_ref(), &mut access, compared, what)?;
    let decision = decide(facts.0);
    let Some(row) = person.filter(|_| decision != Decision::Wrong) else {
        return refuse(tx, &policy, attempt, what);
    };
    access.last_sign_in = if decision == Decision::Enter { Some(what.now) } else { access.last_sign_in };
    if let (Some(fresh), Some(stored)) = (&compared.fresh, &mut access.password) {
        stored.hash.clone_from(fresh);
    }
    if matches!(decision, Decision::Enter | Decision::Expired) {
        access.note_place(attempt.place.clone());
    }
    access::put(tx, row.id, &access)?;
    let by = acting(what.by, &row);
    let entered = match decision {
        Decision::Enter => Ok((welcome(tx, attempt, &row, &by, what)?, row.id)),
        Decision::Expired => Err(expired(tx, attempt, &policy, &row, what.now)?),
        Decision::CodeNeeded => {
            throttle::take_back(tx, &attempt.from(), what.now)?;
            Err(Refusal::CodeNeeded)
        }
        Decision::CodeWrong => Err(Refusal::CodeWrong),
        Decision::Wait(retry_after_ms) => Err(Refusal::Throttled { retry_after_ms }),
        Decision::Wrong => Err(Refusal::Wrong),
    };
    if decision == Decision::CodeWrong {
        throttle::note(tx, &Counted::Proofs(row.id), what.now)?;
        record(tx, &by, what.now, Event::denied(Action::SignInRefused, subject(row.id)))?;
    }
    let mails = facts.1.and_then(|used| recovery_mail(&row, what.place, used)).into_iter().collect();
    Ok(Concluded { entered, mails })
}

/// The facts, and what proved the second factor, which is used up by this.
fn facts(
    tx: &mut Transaction,
    policy: &SignInPolicy,
    person: Option<&PersonRow>,
    access: &mut Access,
    compared: &Compared,
    what: Circumstances<'_>,
) -> Result<(Facts, Option<Used>), PeopleError> {
    let stored: Option<&Stored> = access.password.as_ref();
    let compared_this = stored.map(|stored| &stored.hash) == compared.hash.as_ref();
    let too_old = stored.is_some_and(|stored| policy.is_too_old(stored.set_at, what.now));
    let active = person.is_some_and(|row| row.state == PersonState::Active);
    let right = compared.matched != Match::Wrong && compared_this;
    let facts = Facts { active, right, code: Code::NotAsked, too_old };
    let (Some(row), true) = (person, active && right) else { return Ok((facts, None)) };
    let (code, used) = check_code(tx, access, row.id, what)?;
    Ok((Facts { code, ..facts }, used))
}

fn check_code(
    tx: &mut Transaction,
    access: &mut Access,
    person: UserId,
    what: Circumstances<'_>,
) -> Result<(Code, Option<Used>), StoreError> {
    let Some(factor) = &mut access.factor else { return Ok((Code::NotAsked, None)) };
    let Some(code) = what.code else { return Ok((Code::Missing, None)) };
    let wait = throttle::proofs_wait_ms(tx, person, what.now)?;
    if wait > 0 {
        return Ok((Code::Wait(wait), None));
    }
    let used = totp::use_code(tx, factor, person, code, what.now)?;
    Ok((if used.is_some() { Code::Right } else { Code::Wrong }, used))
}

fn welcome(
    tx: &mut Transaction,
    attempt: &Attempt,
    row: &PersonRow,
    by: &Caller,
    what: Circumstances<'_>,
) -> Result<SessionToken, PeopleError> {
    clear(tx, attempt, row.id, what.now)?;
    let token = session::begin(tx, by, what.now, row.id, what.client)?;
    record(tx, by, what.now, Event::new(Action::SignedIn, format!("{}/{}", subject(row.id), token.session())))?;
    Ok(token)
}

/// Whoever proved everything but is too late gets the link that would be mailed.
fn expired(
    tx: &mut Transaction,
    attempt: &Attempt,
    policy: &SignInPolicy,
    row: &PersonRow,
    now: Timestamp,
) -> Result<Refusal, PeopleError> {
    clear(tx, attempt, row.id, now)?;
    let secret: Secret = link::issue(tx, row.id, LinkKind::Reset, now, policy.reset_ms())?;
    Ok(Refusal::PasswordExpired { reset: secret.text() })
}

fn clear(tx: &mut Transaction, attempt: &Attempt, person: UserId, now: Timestamp) -> Result<(), StoreError> {
    throttle::forget(tx, &attempt.pair(), now)?;
    throttle::take_back(tx, &attempt.from(), now)?;
    throttle::forget(tx, &Counted::Account(&attempt.account), now)?;
    throttle::forget(tx, &Counted::Proofs(person), now)
}

/// Refuses without saying why, with the same writes for everybody.
fn refuse(
    tx: &mut Transaction,
    policy: &SignInPolicy,
    attempt: &Attempt,
    what: Circumstances<'_>,
) -> Result<Concluded, PeopleError> {
    let person = attempt.person(tx)?;
    let failed = throttle::note(tx, &Counted::Account(&attempt.account), what.now)?.count;
    if what.recorded {
        let whom = person.as_ref().map_or_else(|| "person/unknown".to_owned(), |row| subject(row.id));
        record(tx, what.by, what.now, Event::denied(Action::SignInRefused, whom))?;
    }
    let alerted = person.filter(|_| failed == policy.attempts_alert);
    let mails = alerted.and_then(|row| alert(policy, &row, what.place, failed, attempt)).into_iter().collect();
    Ok(Concluded { entered: Err(Refusal::Wrong), mails })
}

fn alert(
    policy: &SignInPolicy,
    row: &PersonRow,
    place: Place<'_>,
    attempts: u32,
    attempt: &Attempt,
) -> Option<OutgoingMail> {
    Some(OutgoingMail {
        to: policy.alert_address.clone()?,
        language: row.language.clone(),
        template: Template::SignInAlert,
        data: json!({"tenant": place.name, "mail": row.mail, "attempts": attempts, "address": attempt.place}),
        secret: false,
    })
}

/// A recovery code that was used is told to the person: if it was not them, they must know.
fn recovery_mail(row: &PersonRow, place: Place<'_>, used: Used) -> Option<OutgoingMail> {
    let Used::Recovery(left) = used else { return None };
    Some(factor_mail(row, place, &json!({"recovery-code-used": true, "left": left})))
}

pub(crate) fn factor_mail(row: &PersonRow, place: Place<'_>, what: &serde_json::Value) -> OutgoingMail {
    OutgoingMail {
        to: row.mail.clone(),
        language: row.language.clone(),
        template: Template::SecondFactorChanged,
        data: json!({"name": row.name, "tenant": place.name, "what": what}),
        secret: false,
    }
}

/// Somebody who proved who they are, for the audit and for changes of their own way in.
pub(crate) fn acting(by: &Caller, row: &PersonRow) -> Caller {
    let mut caller = Caller::host();
    caller.principal.user = Some(row.id.to_string());
    caller.principal.language = row.language.to_string();
    caller.origin = by.origin.clone();
    caller
}

/// Asks for a link by mail. The same writes whoever asks, whether there is somebody or not.
///
/// # Errors
/// `Throttled`, no random bytes, or the store failed.
pub(crate) fn forgot(
    tx: &mut Transaction,
    attempt: &Attempt,
    place: Place<'_>,
    now: Timestamp,
) -> Result<Option<OutgoingMail>, PeopleError> {
    let asked = format!("forgot {}", attempt.account);
    let pair = Counted::Pair(&asked, &attempt.place);
    let retry_after_ms = throttle::wait_ms(tx, &asked, &attempt.place, LINKS_FREE, false, now)?;
    if retry_after_ms > 0 {
        return Err(PeopleError::Throttled { retry_after_ms });
    }
    throttle::note(tx, &pair, now)?;
    throttle::note(tx, &attempt.from(), now)?;
    let Some(row) = attempt.person(tx)?.filter(|row| row.state == PersonState::Active) else { return Ok(None) };
    let access = access::of(tx, row.id)?;
    let made = link::made_at(tx, &access, LinkKind::Reset)?;
    if made.is_some_and(|made| now.0.saturating_sub(made.0) < LINK_EVERY_MS) {
        return Ok(None);
    }
    let life_ms = policy(tx)?.reset_ms();
    let secret = link::issue(tx, row.id, LinkKind::Reset, now, life_ms)?;
    let expires_at = crate::outgoing::after(now, life_ms);
    Ok(Some(crate::invitation::link_mail(&row, Template::PasswordReset, place, "reset-password", &secret, expires_at)))
}

/// Links for one account that can be asked for from one place before the next has to wait.
const LINKS_FREE: u32 = 3;

/// However many ask, from wherever: one mail in this time.
const LINK_EVERY_MS: u64 = 2 * 60_000;

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    #[test]
    fn every_case_is_decided() {
        let facts = |active, right, code, too_old| decide(Facts { active, right, code, too_old });
        for code in [Code::NotAsked, Code::Missing, Code::Wrong, Code::Wait(5), Code::Right] {
            for too_old in [false, true] {
                assert_eq!(facts(false, true, code, too_old), Decision::Wrong, "who cannot come in learns nothing");
                assert_eq!(
                    facts(true, false, code, too_old),
                    Decision::Wrong,
                    "without the password nothing is learnt"
                );
            }
        }
        for (code, too_old, expected) in [
            (Code::NotAsked, false, Decision::Enter),
            (Code::Right, false, Decision::Enter),
            (Code::NotAsked, true, Decision::Expired),
            (Code::Right, true, Decision::Expired),
            (Code::Missing, true, Decision::CodeNeeded),
            (Code::Wrong, true, Decision::CodeWrong),
            (Code::Wait(5), false, Decision::Wait(5)),
        ] {
            assert_eq!(facts(true, true, code, too_old), expected);
        }
    }

    #[test]
    fn one_account_has_one_name_however_it_is_typed() {
        let account = |text: &str| Attempt::new(text, &Caller::host()).account;
        assert_eq!(account("Ann@Example.org "), account("ann@example.org"));
        assert_eq!(account(&"x".repeat(10_000)).len(), 254);
        assert!(Attempt::new("nobody", &Caller::host()).mail.is_none());
    }

    #[test]
    fn places_are_kept_newest_first_and_only_so_many() {
        let mut access = Access::default();
        (0..20).chain([15]).for_each(|n| access.note_place(n.to_string()));
        assert_eq!(access.places, VecDeque::from(["15", "19", "18", "17", "16", "14", "13", "12"].map(str::to_owned)));
    }
}
