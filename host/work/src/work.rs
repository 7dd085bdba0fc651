//! Scheduling work in a transaction, taking it back, and looking at it.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use signalsync_core::{Timestamp, WorkId};
use signalsync_store::{Listing, StoreError, Table, Transaction, row};

use crate::error::WorkError;
use crate::handler::Policy;
use crate::machine::{Event, Next, Row, State, step};
use crate::rows;

/// Bytes of a piece of work's payload as JSON. It says where the work is, and is not the work itself.
pub const PAYLOAD_BYTES_MAX: usize = 64 << 10;

/// Bytes of a name.
pub const NAME_BYTES_MAX: usize = 200;

/// Most rows in one part of a list.
const PAGE_MAX: usize = 200;

/// Bytes of rows in one part of a list.
const PAGE_BYTES_MAX: usize = 2 << 20;

/// How long a dead letter is kept.
const DEAD_KEPT_MS: u64 = 90 * 24 * 60 * 60 * 1_000;

/// Dead letters beyond that which each new one removes.
const SWEPT_PER_DEAD: usize = 4;

/// A piece of work that is wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct New {
    kind: &'static str,
    name: Option<String>,
    payload: Value,
    due: Timestamp,
}

impl New {
    /// Work for the handler of this kind, to be done when it is due; a time that has passed stands for now.
    ///
    /// # Errors
    /// `TooLarge`, or the payload is no JSON.
    pub fn of(kind: &'static str, payload: &impl Serialize, due: Timestamp) -> Result<Self, WorkError> {
        let text = row::write(payload)?;
        at_most("the payload", text.len(), PAYLOAD_BYTES_MAX)?;
        Ok(Self { kind, name: None, payload: row::read(&text)?, due })
    }

    /// While a piece of work with this kind and name waits or runs, scheduling it again changes nothing.
    ///
    /// # Errors
    /// `TooLarge`.
    pub fn named(self, name: impl Into<String>) -> Result<Self, WorkError> {
        let name = name.into();
        at_most("the name", name.len(), NAME_BYTES_MAX)?;
        Ok(Self { name: Some(name), ..self })
    }
}

fn at_most(what: &'static str, bytes: usize, limit: usize) -> Result<(), WorkError> {
    if bytes > limit { Err(WorkError::TooLarge { what, bytes, limit }) } else { Ok(()) }
}

/// A piece of work in a list. Payloads are not shown: there may be a secret in them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "DeadLetter")]
#[serde(rename_all = "kebab-case")]
pub struct Listed {
    /// Its id.
    pub id: WorkId,
    /// Which handler does it.
    pub kind: String,
    /// There is one at a time with this kind and name.
    pub name: Option<String>,
    /// Where it stands.
    pub state: State,
    /// How often it was begun since it last went well.
    pub attempts: u32,
    /// Why it did not work the last time.
    pub problem: Option<String>,
}

impl Listed {
    fn new(id: WorkId, row: Row) -> Self {
        let Row { kind, name, state, attempts, problem, payload: _, epoch: _, held_from: _ } = row;
        Self { id, kind, name, state, attempts, problem }
    }
}

/// Puts work into the transaction: it is there exactly when the transaction commits. Answers its id, or that of the
/// one which has the same kind and name.
///
/// # Errors
/// The store failed.
pub fn schedule(tx: &mut Transaction, new: New) -> Result<WorkId, WorkError> {
    if let Some(name) = &new.name
        && let Some(before) = rows::named(tx, new.kind, name)?
    {
        return Ok(before);
    }
    let id = WorkId::new();
    insert(tx, id, new)?;
    Ok(id)
}

fn insert(tx: &mut Transaction, id: WorkId, new: New) -> Result<(), StoreError> {
    let New { kind, name, payload, due } = new;
    let (kind, state) = (kind.to_owned(), State::Waiting { due });
    rows::insert(tx, id, &Row { kind, name, payload, state, attempts: 0, epoch: 0, problem: None, held_from: None })
}

/// Puts work into the transaction under the id that it had in another store, where rows know it by; false when there is
/// some with this id already.
///
/// # Errors
/// The store failed.
pub fn bring(tx: &mut Transaction, id: WorkId, new: New) -> Result<bool, WorkError> {
    let is_new = rows::read(tx, id)?.is_none();
    if is_new {
        insert(tx, id, new)?;
    }
    Ok(is_new)
}

/// When a piece of work is to be done, and what it was scheduled with; none when it is done or given up. What is held
/// keeps its time. It is read as it was when the transaction began.
///
/// # Errors
/// The store failed, or it was scheduled with something else.
pub fn peek<T: DeserializeOwned>(tx: &Transaction, id: WorkId) -> Result<Option<(Timestamp, T)>, StoreError> {
    let Some(Row { payload, state, held_from, .. }) = rows::peek(tx, id)? else { return Ok(None) };
    let Some(at) = state.look_at() else { return Ok(None) };
    let payload = serde_json::from_value(payload).map_err(|_| damaged("what work was scheduled with"))?;
    Ok(Some((held_from.unwrap_or(at), payload)))
}

/// Takes work back, also a dead letter; false when it is done or gone. Somebody who is at it cannot end it any more;
/// an effect outside that has begun may still happen.
///
/// # Errors
/// The store failed.
pub fn cancel(tx: &mut Transaction, id: WorkId) -> Result<bool, WorkError> {
    let Some(row) = rows::read(tx, id)? else { return Ok(false) };
    rows::replace(tx, id, &row, &Next::Gone)?;
    Ok(true)
}

/// One piece of work; none when it is done.
///
/// # Errors
/// The store failed.
pub fn get(tx: &mut Transaction, id: WorkId) -> Result<Option<Listed>, WorkError> {
    Ok(rows::read(tx, id)?.map(|row| Listed::new(id, row)))
}

/// The work that waits or runs under this name.
///
/// # Errors
/// The store failed.
pub fn find(tx: &mut Transaction, kind: &str, name: &str) -> Result<Option<WorkId>, WorkError> {
    Ok(rows::named(tx, kind, name)?)
}

/// All work, oldest first.
///
/// # Errors
/// The store failed.
pub fn list(tx: &mut Transaction, after: Option<&str>, limit: usize) -> Result<Listing<Listed>, WorkError> {
    let page = tx.scan(Table::Work, &[rows::ROWS], "", after, limit.clamp(1, PAGE_MAX), PAGE_BYTES_MAX)?;
    let items = page.entries.iter().map(|(id, found)| Ok(Listed::new(parsed(id)?, row::read(&found.body)?)));
    Ok(Listing { items: items.collect::<Result<_, StoreError>>()?, next: page.next })
}

/// Work that was given up, the longest ago first.
///
/// # Errors
/// The store failed.
pub fn dead_letters(tx: &mut Transaction, after: Option<&str>, limit: usize) -> Result<Listing<Listed>, WorkError> {
    let page = tx.scan(Table::Work, &[rows::DEAD], "", after, limit.clamp(1, PAGE_MAX), PAGE_BYTES_MAX)?;
    let mut items = Vec::with_capacity(page.entries.len());
    for (place, _) in &page.entries {
        let (_, id) = rows::parse_dead(place).ok_or_else(|| damaged("a dead letter's name"))?;
        let row = rows::read(tx, id)?.ok_or_else(|| damaged("a dead letter's place"))?;
        items.push(Listed::new(id, row));
    }
    Ok(Listing { items, next: page.next })
}

/// Has a dead letter tried again, with all its attempts.
///
/// # Errors
/// `NotFound`, `NotDead`, `Replaced`, or the store failed.
pub fn retry(tx: &mut Transaction, id: WorkId, now: Timestamp) -> Result<(), WorkError> {
    let row = rows::read(tx, id)?.ok_or(WorkError::NotFound)?;
    let next = step(id, row.clone(), Event::Revived { now }, &Policy::default()).map_err(|_| WorkError::NotDead)?;
    if let Some(name) = &row.name
        && rows::named(tx, &row.kind, name)?.is_some()
    {
        return Err(WorkError::Replaced);
    }
    Ok(rows::replace(tx, id, &row, &next)?)
}

/// Removes a dead letter for good.
///
/// # Errors
/// `NotFound`, `NotDead`, or the store failed.
pub fn forget(tx: &mut Transaction, id: WorkId) -> Result<(), WorkError> {
    let row = rows::read(tx, id)?.ok_or(WorkError::NotFound)?;
    match row.state {
        State::Dead { .. } => Ok(rows::replace(tx, id, &row, &Next::Gone)?),
        State::Waiting { .. } | State::Claimed { .. } => Err(WorkError::NotDead),
    }
}

/// Removes some dead letters that are kept long enough. With each new one, so that they stay few.
pub(crate) fn sweep_dead(tx: &mut Transaction, now: Timestamp) -> Result<(), StoreError> {
    let page = tx.scan(Table::Work, &[rows::DEAD], "", None, SWEPT_PER_DEAD, PAGE_BYTES_MAX)?;
    for (place, _) in &page.entries {
        let Some((at, id)) = rows::parse_dead(place) else { return Err(damaged("a dead letter's name")) };
        if at.0.saturating_add(DEAD_KEPT_MS) <= now.0
            && let Some(row) = rows::read(tx, id)?
        {
            rows::replace(tx, id, &row, &Next::Gone)?;
        }
    }
    Ok(())
}

fn parsed(id: &str) -> Result<WorkId, StoreError> {
    id.parse().map_err(|_| damaged("an id of work"))
}

fn damaged(what: &str) -> StoreError {
    StoreError::Corrupt(format!("{what} is damaged"))
}
