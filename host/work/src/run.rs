//! One claimed piece of work, from its handler to the commit that ends the claim.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use signalsync_core::{TenantScope, Timestamp};
use signalsync_store::{ATTEMPTS_MAX, CommitError, StoreError, Transaction};

use crate::driver::Shared;
use crate::handler::{Claimed, Ended, Handler, Outcome, Outside, Setback, Within, Write};
use crate::machine::{Event, Next, Refused, Row, State, step};
use crate::{rows, work};

/// How often the end of an effect is written before it is given up: often, because the effect would happen again.
const NOTE_ATTEMPTS_MAX: u32 = 50;

/// How a claim ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Done,
    WentOn,
    SetBack,
    Dead,
    /// Somebody else has claimed it since, or it was taken back: nothing was written.
    Stale,
}

/// Why the claim could not be ended; its lease will run out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotEnded {
    #[error("others changed the same at the same time, again and again")]
    Conflict,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an attempt did not come to its own end.
enum Cut {
    /// The claim is not ours any more.
    Stale,
    Setback(Setback),
}

impl From<StoreError> for Cut {
    fn from(error: StoreError) -> Self {
        Self::Setback(error.into())
    }
}

impl From<Setback> for Cut {
    fn from(setback: Setback) -> Self {
        Self::Setback(setback)
    }
}

/// Does a piece of work, and ends the claim however that went.
pub(crate) async fn run(shared: &Shared, scope: &TenantScope, claimed: &Claimed) -> Result<End, NotEnded> {
    match attempt(shared, scope, claimed).await {
        Ok(end) => Ok(end),
        Err(Cut::Stale) => Ok(End::Stale),
        Err(Cut::Setback(setback)) => set_back(shared, scope, claimed, &setback).await,
    }
}

async fn attempt(shared: &Shared, scope: &TenantScope, claimed: &Claimed) -> Result<End, Cut> {
    let Some(handler) = shared.handlers.get(&claimed.kind) else {
        return Err(Setback::again(format!("nobody here does work of the kind `{}`", claimed.kind)).into());
    };
    if claimed.attempt > handler.policy().attempts_max {
        let why = format!("it was begun {} times and never came to an end", claimed.attempt - 1);
        return Err(Setback::Never { why }.into());
    }
    let work = async {
        match handler {
            Handler::Within(handler) => within(shared, scope, claimed, &**handler).await,
            Handler::Outside(handler) => outside(shared, scope, claimed, &**handler).await,
        }
    };
    let guarded = AssertUnwindSafe(work).catch_unwind();
    tokio::select! {
        ended = guarded => ended.unwrap_or_else(|_| Err(panicked(claimed).into())),
        () = shared.timer.until(claimed.until) => Err(Setback::again("it took longer than its lease").into()),
    }
}

fn panicked(claimed: &Claimed) -> Setback {
    tracing::error!(work = %claimed.id, kind = claimed.kind, "a handler panicked: this is a mistake of ours");
    Setback::again("the handler panicked")
}

async fn within(shared: &Shared, scope: &TenantScope, claimed: &Claimed, handler: &dyn Within) -> Result<End, Cut> {
    for _ in 0..ATTEMPTS_MAX {
        let mut tx = begin(shared, scope).await?;
        if !is_owned(&mut tx, claimed)? {
            return Err(Cut::Stale);
        }
        let (mut tx, outcome) = handler.run(scope, claimed, tx).await?;
        end_well(&mut tx, claimed, outcome)?;
        match tx.commit().await {
            Err(CommitError::Conflict) => {}
            Err(CommitError::Store(error)) => return Err(error.into()),
            Ok(_) => return Ok(ended_as(outcome)),
        }
    }
    Err(Setback::again("what it reads is changed by others all the time").into())
}

async fn outside(shared: &Shared, scope: &TenantScope, claimed: &Claimed, handler: &dyn Outside) -> Result<End, Cut> {
    if !is_owned(&mut begin(shared, scope).await?, claimed)? {
        return Err(Cut::Stale);
    }
    let Ended { outcome, write } = handler.run(scope, claimed).await?;
    note_effect(shared, scope, claimed, outcome, write.as_ref()).await
}

/// The effect has happened; what fails from here on makes it happen again, under the same key.
async fn note_effect(
    shared: &Shared,
    scope: &TenantScope,
    claimed: &Claimed,
    outcome: Outcome,
    write: Option<&Write>,
) -> Result<End, Cut> {
    for _ in 0..NOTE_ATTEMPTS_MAX {
        let mut tx = begin(shared, scope).await?;
        if !is_owned(&mut tx, claimed)? {
            return Err(Cut::Stale);
        }
        if let Some(write) = write {
            write(&mut tx)?;
        }
        end_well(&mut tx, claimed, outcome)?;
        match tx.commit().await {
            Err(CommitError::Conflict) => {}
            Err(CommitError::Store(error)) => return Err(error.into()),
            Ok(_) => return Ok(ended_as(outcome)),
        }
    }
    Err(Setback::again("its end could not be written, because others change the same all the time").into())
}

async fn set_back(shared: &Shared, scope: &TenantScope, claimed: &Claimed, setback: &Setback) -> Result<End, NotEnded> {
    for _ in 0..ATTEMPTS_MAX {
        let now = shared.timer.now();
        let mut tx = begin(shared, scope).await?;
        let Some(row) = rows::read(&mut tx, claimed.id)? else { return Ok(End::Stale) };
        let policy = shared.handlers.policy(&claimed.kind);
        let next = match step(claimed.id, row.clone(), event(claimed.epoch, now, setback), &policy) {
            Ok(next) => next,
            Err(Refused::Stale | Refused::NotDue | Refused::NotDead) => return Ok(End::Stale),
        };
        rows::replace(&mut tx, claimed.id, &row, &next)?;
        let end = if is_dead(&next) { End::Dead } else { End::SetBack };
        if end == End::Dead {
            bury(shared, &mut tx, claimed, &next, now)?;
        }
        match tx.commit().await {
            Err(CommitError::Conflict) => {}
            Err(CommitError::Store(error)) => return Err(error.into()),
            Ok(_) => return Ok(end),
        }
    }
    Err(NotEnded::Conflict)
}

fn event(epoch: u64, now: Timestamp, setback: &Setback) -> Event<'_> {
    match setback {
        Setback::Again { why, not_before } => Event::SetBack { epoch, now, not_before: *not_before, why },
        Setback::Never { why } => Event::GivenUp { epoch, now, why },
    }
}

fn is_dead(next: &Next) -> bool {
    matches!(next, Next::Row(Row { state: State::Dead { .. }, .. }))
}

fn bury(
    shared: &Shared,
    tx: &mut Transaction,
    claimed: &Claimed,
    next: &Next,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Next::Row(Row { problem: Some(why), .. }) = next else { return Ok(()) };
    tracing::warn!(work = %claimed.id, kind = claimed.kind, why, "a piece of work was given up");
    if let Some(handler) = shared.handlers.get(&claimed.kind) {
        handler.given_up(claimed, why, tx)?;
    }
    work::sweep_dead(tx, now)
}

async fn begin(shared: &Shared, scope: &TenantScope) -> Result<Transaction, StoreError> {
    shared.stores.tenant(scope).await?.begin().await
}

/// Whether the claim still holds. The read is part of what the commit expects, so it holds at the commit too.
fn is_owned(tx: &mut Transaction, claimed: &Claimed) -> Result<bool, StoreError> {
    let row = rows::read(tx, claimed.id)?;
    Ok(row.is_some_and(|row| row.epoch == claimed.epoch && matches!(row.state, State::Claimed { .. })))
}

/// Puts the end into the transaction. Nothing is left to end when the work itself took it back.
fn end_well(tx: &mut Transaction, claimed: &Claimed, outcome: Outcome) -> Result<(), Cut> {
    let Some(row) = rows::read(tx, claimed.id)? else { return Ok(()) };
    let event = match outcome {
        Outcome::Done => Event::Done { epoch: claimed.epoch },
        Outcome::GoesOn { at } => Event::WentOn { epoch: claimed.epoch, at },
    };
    let next = step(claimed.id, row.clone(), event, &crate::Policy::default()).map_err(|_| Cut::Stale)?;
    Ok(rows::replace(tx, claimed.id, &row, &next)?)
}

fn ended_as(outcome: Outcome) -> End {
    match outcome {
        Outcome::Done => End::Done,
        Outcome::GoesOn { .. } => End::WentOn,
    }
}
