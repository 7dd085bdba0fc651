//! Sessions: what a person who signed in shows with each request, kept on the server's side, so that each can be ended.
//!
//! A token is the session's id, which is no secret and finds the row, and 256 random bits, of which only a hash is kept.
//! When what a person may do changes, the session gets a new secret with its next request; the old one works a moment
//! longer, for requests that were under way.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_audit::{Action, Event, record};
use signalsync_core::{Caller, SessionId, Timestamp, UserId};
use signalsync_store::{Key, Listing, StoreError, Table, Transaction};

use crate::change::subject;
use crate::error::PeopleError;
use crate::policy::{SignInPolicy, policy};
use crate::secret::{Secret, SecretHash};
use crate::structure::{read, write};

/// Sessions that a person can have; beyond that the one that was used longest ago ends.
pub const SESSIONS_MAX: usize = 20;

/// How exactly it is kept when a session was used last.
pub const SEEN_EVERY_MS: u64 = 60_000;

/// How long the old secret of a session that got a new one still works.
pub const GRACE_MS: u64 = 60_000;

/// Bytes of what a client calls itself.
const CLIENT_BYTES_MAX: usize = 200;

const SESSION: &str = "session";
const OF: &str = "of";

/// What a client shows: `ses_…` and a secret, with a dot between.
#[derive(Debug)]
pub struct SessionToken {
    pub(crate) id: SessionId,
    secret: Secret,
}

impl SessionToken {
    /// None when it does not look like one, so that the store is not asked for nonsense.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.split_once('.')?;
        Some(Self { id: id.parse().ok()?, secret: Secret::parse(secret)? })
    }

    /// The token itself, to be handed to the client.
    pub fn text(&self) -> String {
        format!("{}.{}", self.id, self.secret.text())
    }

    /// Whose name is no secret.
    pub fn session(&self) -> SessionId {
        self.id
    }
}

/// A session, as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Session {
    /// Not secret.
    pub id: SessionId,
    /// When the person signed in.
    pub created_at: Timestamp,
    /// When it was used last, to the minute.
    pub seen_at: Timestamp,
    /// What the client calls itself.
    pub client: String,
    /// Where it was used from when it began.
    pub address: Option<std::net::IpAddr>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Row {
    id: SessionId,
    person: UserId,
    hash: SecretHash,
    /// The secret before, and until when it works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    old: Option<(SecretHash, Timestamp)>,
    /// Whether it gets a new secret with its next request.
    #[serde(default)]
    renew: bool,
    created_at: Timestamp,
    seen_at: Timestamp,
    client: String,
    address: Option<std::net::IpAddr>,
}

impl Row {
    fn is_alive(&self, policy: &SignInPolicy, now: Timestamp) -> bool {
        now.0.saturating_sub(self.created_at.0) < policy.absolute_ms()
            && now.0.saturating_sub(self.seen_at.0) < policy.idle_ms()
    }

    fn is_proved_by(&self, secret: &Secret, now: Timestamp) -> Option<Proof> {
        let hash = secret.hash();
        let old = self.old.as_ref().is_some_and(|(old, until)| old.is(&hash) && now < *until);
        if self.hash.is(&hash) { Some(Proof::Current) } else { old.then_some(Proof::Old) }
    }

    fn shown(self) -> Session {
        let Self { id, created_at, seen_at, client, address, .. } = self;
        Session { id, created_at, seen_at, client, address }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    Current,
    Old,
}

/// Whose session it is, and what is to be written about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proved {
    /// Which session.
    pub session: SessionId,
    /// Whose.
    pub person: UserId,
    /// What is due.
    pub due: Due,
}

/// What is to be written about a session that was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Nothing.
    Nothing,
    /// That it was used: [`touch`].
    Touch,
    /// A new secret: [`renew`].
    Renew,
}

/// Begins a session. The person's sessions that are too old, or too many, end.
///
/// # Errors
/// No random bytes, or the store failed.
pub(crate) fn begin(
    tx: &mut Transaction,
    by: &Caller,
    now: Timestamp,
    person: UserId,
    client: &str,
) -> Result<SessionToken, PeopleError> {
    make_room(tx, now, person)?;
    let token = SessionToken { id: SessionId::new(), secret: Secret::random()? };
    let row = Row {
        id: token.id,
        person,
        hash: token.secret.hash(),
        old: None,
        renew: false,
        created_at: now,
        seen_at: now,
        client: clean(client),
        address: by.origin.address,
    };
    write(tx, of_key(person, token.id), &token.id)?;
    write(tx, key(token.id), &row)?;
    Ok(token)
}

fn make_room(tx: &mut Transaction, now: Timestamp, person: UserId) -> Result<(), StoreError> {
    let policy = policy(tx)?;
    let (mut alive, dead): (Vec<_>, Vec<_>) = rows(tx, person)?.into_iter().partition(|row| row.is_alive(&policy, now));
    alive.sort_by_key(|row| (row.seen_at, row.id));
    let surplus = (alive.len() + 1).saturating_sub(SESSIONS_MAX);
    let mut ended = dead.into_iter().chain(alive.into_iter().take(surplus));
    ended.try_for_each(|row| remove(tx, person, row.id))
}

/// Whose token this is; none when it is nobody's any more. Takes as long for a wrong secret as for the right one.
///
/// # Errors
/// The store failed.
pub fn prove(tx: &mut Transaction, token: &SessionToken, now: Timestamp) -> Result<Option<Proved>, StoreError> {
    let Some(row) = read::<Row>(tx, &key(token.id))? else { return Ok(None) };
    let policy = policy(tx)?;
    let proof = row.is_proved_by(&token.secret, now).filter(|_| row.is_alive(&policy, now));
    let due = match proof {
        None => return Ok(None),
        Some(Proof::Current) if row.renew => Due::Renew,
        Some(_) if now.0.saturating_sub(row.seen_at.0) >= SEEN_EVERY_MS => Due::Touch,
        Some(_) => Due::Nothing,
    };
    Ok(Some(Proved { session: row.id, person: row.person, due }))
}

/// Notes that a session was used.
///
/// # Errors
/// The store failed.
pub fn touch(tx: &mut Transaction, id: SessionId, now: Timestamp) -> Result<(), StoreError> {
    let Some(row) = read::<Row>(tx, &key(id))? else { return Ok(()) };
    write(tx, key(id), &Row { seen_at: now.max(row.seen_at), ..row })
}

/// Gives a session a new secret. The old one works for [`GRACE_MS`] longer.
///
/// # Errors
/// `NoSuchSession`, no random bytes, or the store failed.
pub fn renew(tx: &mut Transaction, id: SessionId, now: Timestamp) -> Result<SessionToken, PeopleError> {
    let row: Row = read(tx, &key(id))?.ok_or(PeopleError::NoSuchSession)?;
    let token = SessionToken { id, secret: Secret::random()? };
    let until = Timestamp(now.0.saturating_add(GRACE_MS));
    let old = Some((row.hash, until));
    write(tx, key(id), &Row { hash: token.secret.hash(), old, renew: false, seen_at: now.max(row.seen_at), ..row })?;
    Ok(token)
}

/// All sessions of a person get new secrets with their next requests.
pub(crate) fn renew_all(tx: &mut Transaction, person: UserId) -> Result<(), StoreError> {
    for row in rows(tx, person)? {
        write(tx, key(row.id), &Row { renew: true, ..row })?;
    }
    Ok(())
}

/// The person's sessions that are alive, oldest first.
///
/// # Errors
/// The store failed.
pub fn list(tx: &mut Transaction, now: Timestamp, person: UserId) -> Result<Listing<Session>, StoreError> {
    let policy = policy(tx)?;
    let alive = rows(tx, person)?.into_iter().filter(|row| row.is_alive(&policy, now));
    Ok(Listing { items: alive.map(Row::shown).collect(), next: None })
}

/// Ends one session of a person: to sign out, or from afar.
///
/// # Errors
/// `NoSuchSession`, also for somebody else's; or the store failed.
pub fn end(
    tx: &mut Transaction,
    by: &Caller,
    now: Timestamp,
    person: UserId,
    id: SessionId,
) -> Result<(), PeopleError> {
    let row = read::<Row>(tx, &key(id))?.filter(|row| row.person == person);
    let row = row.ok_or(PeopleError::NoSuchSession)?;
    remove(tx, person, row.id)?;
    Ok(record(tx, by, now, ended(person, id))?)
}

/// Ends all sessions of a person but one; how many there were.
///
/// # Errors
/// The store failed.
pub fn end_others(
    tx: &mut Transaction,
    by: &Caller,
    now: Timestamp,
    person: UserId,
    but: Option<SessionId>,
) -> Result<usize, StoreError> {
    let others: Vec<_> = rows(tx, person)?.into_iter().filter(|row| Some(row.id) != but).collect();
    for row in &others {
        remove(tx, person, row.id)?;
        record(tx, by, now, ended(person, row.id))?;
    }
    Ok(others.len())
}

/// Ends all sessions of a person, as a part of something that the audit has already.
pub(crate) fn end_all(tx: &mut Transaction, person: UserId) -> Result<(), StoreError> {
    rows(tx, person)?.into_iter().try_for_each(|row| remove(tx, person, row.id))
}

fn ended(person: UserId, id: SessionId) -> Event {
    Event::new(Action::SignedOut, format!("{}/{id}", subject(person)))
}

fn rows(tx: &mut Transaction, person: UserId) -> Result<Vec<Row>, StoreError> {
    let page = tx.scan(Table::Sessions, &[OF, &person.to_string()], "", None, SESSIONS_MAX, usize::MAX)?;
    let ids = Listing::<SessionId>::of(page)?.items;
    Ok(ids.into_iter().map(|id| read(tx, &key(id))).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

fn remove(tx: &mut Transaction, person: UserId, id: SessionId) -> Result<(), StoreError> {
    tx.delete(&of_key(person, id))?;
    tx.delete(&key(id)).map(drop)
}

/// What a client calls itself, as far as it is kept.
fn clean(client: &str) -> String {
    let mut text: String = client.chars().filter(|c| !c.is_control()).take(CLIENT_BYTES_MAX).collect();
    while text.len() > CLIENT_BYTES_MAX {
        text.pop();
    }
    text
}

fn key(id: SessionId) -> Key {
    Key::new(Table::Sessions, &[SESSION, &id.to_string()])
}

fn of_key(person: UserId, id: SessionId) -> Key {
    Key::new(Table::Sessions, &[OF, &person.to_string(), &id.to_string()])
}
