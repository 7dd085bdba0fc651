//! Rows of work, and the names under which they are found.
//!
//! | key | holds |
//! | --- | --- |
//! | `Work`, `row`, id | the row |
//! | `Work`, `name`, kind, name | the id of the one that has the name |
//! | `Work`, `dead`, time and id | nothing; dead letters in the order of time |
//! | `WorkDue`, time and id | nothing; when somebody has to look at it |
//! | `WorkClaims`, id | who is at it |

use signalsync_core::{EventId, Timestamp, WorkId};
use signalsync_store::{Key, StoreError, Table, Transaction, due_key, due_name, row};

use crate::machine::{Next, Row, State};

pub(crate) const ROWS: &str = "row";
pub(crate) const DEAD: &str = "dead";
const NAMES: &str = "name";

pub(crate) fn read(tx: &mut Transaction, id: WorkId) -> Result<Option<Row>, StoreError> {
    tx.get(&row_key(id))?.map(|found| row::read(&found.body)).transpose()
}

/// As it was when the transaction began.
pub(crate) fn peek(tx: &Transaction, id: WorkId) -> Result<Option<Row>, StoreError> {
    tx.peek(&row_key(id))?.map(|found| row::read(&found.body)).transpose()
}

/// Who has the name.
pub(crate) fn named(tx: &mut Transaction, kind: &str, name: &str) -> Result<Option<WorkId>, StoreError> {
    tx.get(&name_key(kind, name))?.map(|found| row::read(&found.body)).transpose()
}

/// Puts in a new row.
pub(crate) fn insert(tx: &mut Transaction, id: WorkId, new: &Row) -> Result<(), StoreError> {
    take_name(tx, id, new)?;
    place(tx, id, new.state);
    tx.put(row_key(id), row::write(new)?);
    Ok(())
}

/// Puts what a row is next in its place.
pub(crate) fn replace(tx: &mut Transaction, id: WorkId, before: &Row, next: &Next) -> Result<(), StoreError> {
    tx.delete(&place_key(id, before.state))?;
    if is_claimed(before) && !matches!(next, Next::Row(row) if is_claimed(row)) {
        tx.delete(&claim_key(id))?;
    }
    let (was_live, is_live) = (!is_dead(before), matches!(next, Next::Row(row) if !is_dead(row)));
    if was_live && !is_live {
        release_name(tx, id, before)?;
    }
    match next {
        Next::Gone => drop(tx.delete(&row_key(id))?),
        Next::Row(after) => {
            if !was_live && is_live {
                take_name(tx, id, after)?;
            }
            place(tx, id, after.state);
            tx.put(row_key(id), row::write(after)?);
        }
    }
    Ok(())
}

/// Notes who is at it, once its row says that somebody is.
pub(crate) fn note_owner(tx: &mut Transaction, id: WorkId, owner: EventId) -> Result<(), StoreError> {
    tx.put(claim_key(id), row::write(&owner)?);
    Ok(())
}

/// Work that others than `me` are at, the first so many of all that somebody is at.
pub(crate) fn of_others(tx: &Transaction, me: EventId, limit: usize) -> Result<Vec<WorkId>, StoreError> {
    let mut found = Vec::new();
    for (id, owner) in tx.look(Table::WorkClaims, limit)? {
        if row::read::<EventId>(&owner.body)? != me {
            found.push(id.parse().map_err(|_| StoreError::Corrupt("the name of a claim is damaged".to_owned()))?);
        }
    }
    Ok(found)
}

/// When a dead letter's place says that it died, and which one it is.
pub(crate) fn parse_dead(name: &str) -> Option<(Timestamp, WorkId)> {
    let (at, id) = signalsync_store::parse_due(name)?;
    Some((at, id.parse().ok()?))
}

fn is_claimed(row: &Row) -> bool {
    matches!(row.state, State::Claimed { .. })
}

fn is_dead(row: &Row) -> bool {
    matches!(row.state, State::Dead { .. })
}

fn take_name(tx: &mut Transaction, id: WorkId, row: &Row) -> Result<(), StoreError> {
    if let Some(name) = &row.name {
        tx.put(name_key(&row.kind, name), row::write(&id)?);
    }
    Ok(())
}

/// A dead letter leaves its name to those who come after it.
fn release_name(tx: &mut Transaction, id: WorkId, row: &Row) -> Result<(), StoreError> {
    let Some(name) = &row.name else { return Ok(()) };
    if named(tx, &row.kind, name)? == Some(id) {
        tx.delete(&name_key(&row.kind, name))?;
    }
    Ok(())
}

fn place(tx: &mut Transaction, id: WorkId, state: State) {
    tx.put(place_key(id, state), "");
}

fn place_key(id: WorkId, state: State) -> Key {
    match state {
        State::Waiting { due: at } | State::Claimed { until: at } => due_key(at, &id.to_string()),
        State::Dead { at } => Key::new(Table::Work, &[DEAD, &due_name(at, id)]),
    }
}

fn claim_key(id: WorkId) -> Key {
    Key::new(Table::WorkClaims, &[&id.to_string()])
}

fn row_key(id: WorkId) -> Key {
    Key::new(Table::Work, &[ROWS, &id.to_string()])
}

fn name_key(kind: &str, name: &str) -> Key {
    Key::new(Table::Work, &[NAMES, kind, name])
}
