//! Taking what is due: one commit for many pieces of work.

use signalsync_core::{EventId, Tier, Timestamp, WorkId};
use signalsync_store::{Store, StoreError, Table, Transaction, parse_due};

use crate::error::WorkError;
use crate::handler::{Claimed, Handlers, Policy};
use crate::machine::{Event, Next, Row, State, step};
use crate::rows;

/// Claims that a look after the start looks at in one store: more than one process makes at a time.
const RELEASED_MAX: usize = 1_000;

/// How long what is held waits until somebody looks again whether its tenant reaches outside by now: each look is a write.
pub(crate) const HELD_MS: u64 = 60 * 60 * 1_000;

/// What was found in a tenant's store.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Now in the hands of the one who asked.
    pub(crate) claimed: Vec<Claimed>,
    /// When somebody has to look again, apart from the ends of these leases.
    pub(crate) next: Option<Timestamp>,
}

/// When somebody has to look at the store next.
///
/// # Errors
/// The store failed.
pub(crate) fn next(tx: &Transaction) -> Result<Option<Timestamp>, StoreError> {
    let first = tx.look(Table::WorkDue, 1)?;
    Ok(first.first().and_then(|(name, _)| parse_due(name)).map(|(at, _)| at))
}

/// Lets go of what an earlier process had claimed, so that it need not wait for the end of its lease. That process is
/// gone, because a store is open in one process only; if it were not, its epoch would still keep it from ending anything.
/// When its leases end does not matter: the clock may have been set back since they began.
///
/// # Errors
/// The store failed.
pub(crate) fn release(tx: &mut Transaction, now: Timestamp, me: EventId) -> Result<(), StoreError> {
    for id in rows::of_others(tx, me, RELEASED_MAX)? {
        let row = rows::read(tx, id)?.ok_or_else(damaged)?;
        if let Ok(next) = step(id, row.clone(), Event::Released { now }, &Policy::default()) {
            rows::replace(tx, id, &row, &next)?;
        }
    }
    Ok(())
}

/// Claims at most so many pieces of work that are due, the longest due first. What happens by itself is held in a tenant
/// that reaches nothing outside.
///
/// # Errors
/// `Conflict` when others claim the same again and again, or the store failed.
pub(crate) async fn claim(
    store: &Store,
    tier: &Tier,
    now: Timestamp,
    limit: usize,
    (me, handlers): (EventId, &Handlers),
) -> Result<Found, WorkError> {
    store.transact(|tx| Ok(take(tx, tier, now, limit, (me, handlers))?)).await
}

fn take(
    tx: &mut Transaction,
    tier: &Tier,
    now: Timestamp,
    limit: usize,
    (me, handlers): (EventId, &Handlers),
) -> Result<Found, StoreError> {
    let places = tx.look(Table::WorkDue, limit.saturating_add(1))?;
    // There may be more behind as many as were looked for.
    let mut found = Found { next: (places.len() > limit).then_some(now), ..Found::default() };
    let mut held_until = None;
    for (name, _) in places {
        let (at, id) = place(&name)?;
        if at > now || found.claimed.len() == limit {
            found.next = Some(at);
            break;
        }
        let row = rows::read(tx, id)?.ok_or_else(damaged)?;
        let policy = handlers.policy(&row.kind);
        let event = if policy.by_itself && !tier.reaches_outside {
            Event::Held { until: *held_until.insert(Timestamp(now.0.saturating_add(HELD_MS))) }
        } else {
            Event::Claimed { now, lease_ms: policy.lease_ms }
        };
        // Somebody else was faster, which the commit will find out.
        let Ok(next) = step(id, row.clone(), event, &policy) else { continue };
        rows::replace(tx, id, &row, &next)?;
        if let Some(claimed) = handed_over(id, next) {
            rows::note_owner(tx, id, me)?;
            found.claimed.push(claimed);
        }
    }
    found.next = found.next.into_iter().chain(held_until).min();
    Ok(found)
}

/// When somebody has to look at which piece of work.
fn place(name: &str) -> Result<(Timestamp, WorkId), StoreError> {
    parse_due(name).and_then(|(at, id)| Some((at, id.parse().ok()?))).ok_or_else(damaged)
}

fn damaged() -> StoreError {
    StoreError::Corrupt("the name of work that is due is damaged".to_owned())
}

/// A row that is claimed, for the one who claimed it.
pub(crate) fn handed_over(id: WorkId, next: Next) -> Option<Claimed> {
    let Next::Row(Row { kind, name, payload, state: State::Claimed { until }, attempts, epoch, .. }) = next else {
        return None;
    };
    Some(Claimed { id, kind, name, attempt: attempts, epoch, until, payload })
}
