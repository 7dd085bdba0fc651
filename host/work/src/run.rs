//! One claimed piece of work, from its handler to the commit that ends the claim.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use signalsync_core::{TenantScope, Timestamp};
use signalsync_store::{CommitError, Store, StoreError, Transaction};

use crate::claim::handed_over;
use crate::driver::Shared;
use crate::handler::{Claimed, Ended, Handler, Outcome, Outside, Policy, Setback, Within};
use crate::machine::{Event, Next, Row, State, step};
use crate::{rows, work};

/// How often the end of an effect is written anew when others change the same: often, because otherwise the effect
/// happens again.
const NOTE_ROUNDS: usize = 10;

/// How long work that goes on at once keeps its claim. Each part would cost a claim of its own otherwise, which is a commit;
/// and behind this, others of the tenant have their turn.
const TURN_MS: u64 = 500;

/// Parts of one piece of work that are done under one claim, however short they are.
const PARTS_PER_TURN_MAX: u32 = 100;

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
#[error(transparent)]
pub(crate) struct NotEnded(#[from] CommitError);

impl From<StoreError> for NotEnded {
    fn from(error: StoreError) -> Self {
        Self(error.into())
    }
}

/// Why an attempt did not come to its own end.
enum Cut {
    /// The claim is not ours any more.
    Stale,
    /// Others change the same all the time.
    Conflict,
    Setback(Setback),
}

impl From<CommitError> for Cut {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict => Self::Conflict,
            CommitError::Store(error) => error.into(),
        }
    }
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

/// What an attempt came to.
enum Came {
    /// The claim is over.
    To(End),
    /// A part is done, and this is the claim of the next one.
    Next(Claimed),
}

/// How long a claim is kept by work that goes on at once.
struct Turn {
    until: Timestamp,
    parts_left: u32,
}

impl Turn {
    fn is_over(&self, now: Timestamp) -> bool {
        self.parts_left == 0 || now >= self.until
    }
}

/// Does a piece of work, part by part while its turn lasts, and ends the claim however that went.
pub(crate) async fn run(shared: &Shared, scope: &TenantScope, mut claimed: Claimed) -> Result<End, NotEnded> {
    let until = Timestamp(shared.timer.now().0.saturating_add(TURN_MS));
    let mut turn = Turn { until, parts_left: PARTS_PER_TURN_MAX };
    loop {
        turn.parts_left = turn.parts_left.saturating_sub(1);
        match part(shared, scope, &claimed, &turn).await? {
            Came::To(end) => return Ok(end),
            Came::Next(next) => claimed = next,
        }
        shared.figures.note_part();
    }
}

async fn part(shared: &Shared, scope: &TenantScope, claimed: &Claimed, turn: &Turn) -> Result<Came, NotEnded> {
    let setback = match attempt(shared, scope, claimed, turn).await {
        Ok(came) => return Ok(came),
        Err(Cut::Stale) => return Ok(Came::To(End::Stale)),
        Err(Cut::Conflict) => Setback::again("others change all the time what it depends on"),
        Err(Cut::Setback(setback)) => setback,
    };
    let store = shared.stores.tenant(scope).await?;
    store.transact(|tx| set_back(shared, claimed, &setback, tx)).await.map(Came::To)
}

async fn attempt(shared: &Shared, scope: &TenantScope, claimed: &Claimed, turn: &Turn) -> Result<Came, Cut> {
    let Some(handler) = shared.handlers.get(&claimed.kind) else {
        return Err(Setback::again(format!("nobody here does work of the kind `{}`", claimed.kind)).into());
    };
    if claimed.attempt > handler.policy().attempts_max {
        let why = format!("it was begun {} times and never came to an end", claimed.attempt - 1);
        return Err(Setback::Never { why }.into());
    }
    let store = shared.stores.tenant(scope).await?;
    let work = async {
        match handler {
            Handler::Within(handler) => within(shared, &store, scope, claimed, (&**handler, turn)).await,
            Handler::Outside(handler) => outside(&store, scope, claimed, &**handler).await.map(Came::To),
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

async fn within(
    shared: &Shared,
    store: &Store,
    scope: &TenantScope,
    claimed: &Claimed,
    (handler, turn): (&dyn Within, &Turn),
) -> Result<Came, Cut> {
    let work = async |mut tx: Transaction| {
        require_owned(&mut tx, claimed)?;
        let (mut tx, outcome) = handler.run(scope, claimed, tx).await?;
        let now = shared.timer.now();
        let came = match outcome {
            Outcome::GoesOn { at } if at <= now && !turn.is_over(now) => {
                keep(&mut tx, claimed, now, handler.policy().lease_ms)?
            }
            outcome => Came::To(end_well(&mut tx, claimed, outcome)?),
        };
        Ok::<_, Cut>((tx, came))
    };
    let (came, _) = store.transact_async(work).await?;
    Ok(came)
}

/// Ends a part and claims the next one, in its commit.
fn keep(tx: &mut Transaction, claimed: &Claimed, now: Timestamp, lease_ms: u64) -> Result<Came, Cut> {
    let event = Event::Kept { epoch: claimed.epoch, now, lease_ms };
    // The work itself took it back.
    let Some(row) = rows::read(tx, claimed.id)? else { return Ok(Came::To(End::WentOn)) };
    let next = step(claimed.id, row.clone(), event, &Policy::default()).map_err(|_| Cut::Stale)?;
    rows::replace(tx, claimed.id, &row, &next)?;
    handed_over(claimed.id, next).map(Came::Next).ok_or(Cut::Stale)
}

async fn outside(store: &Store, scope: &TenantScope, claimed: &Claimed, handler: &dyn Outside) -> Result<End, Cut> {
    require_owned(&mut store.begin().await?, claimed)?;
    let Ended { outcome, write } = handler.run(scope, claimed).await?;
    // The effect has happened; what fails from here on makes it happen again, under the same key.
    let note = |tx: &mut Transaction| {
        require_owned(tx, claimed)?;
        write.as_ref().map_or(Ok(()), |write| write(tx))?;
        end_well(tx, claimed, outcome)
    };
    for _ in 1..NOTE_ROUNDS {
        match store.transact(note).await {
            Err(Cut::Conflict) => {}
            ended => return ended,
        }
    }
    store.transact(note).await
}

fn set_back(shared: &Shared, claimed: &Claimed, setback: &Setback, tx: &mut Transaction) -> Result<End, NotEnded> {
    let now = shared.timer.now();
    let Some(row) = rows::read(tx, claimed.id)? else { return Ok(End::Stale) };
    let policy = shared.handlers.policy(&claimed.kind);
    let Ok(next) = step(claimed.id, row.clone(), event(claimed.epoch, now, setback), &policy) else {
        return Ok(End::Stale);
    };
    rows::replace(tx, claimed.id, &row, &next)?;
    if !is_dead(&next) {
        return Ok(End::SetBack);
    }
    bury(shared, tx, claimed, &next, now)?;
    Ok(End::Dead)
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

/// The claim still holds. The read is part of what the commit expects, so it holds at the commit too.
fn require_owned(tx: &mut Transaction, claimed: &Claimed) -> Result<(), Cut> {
    let row = rows::read(tx, claimed.id)?;
    let is_owned = row.is_some_and(|row| row.epoch == claimed.epoch && matches!(row.state, State::Claimed { .. }));
    if is_owned { Ok(()) } else { Err(Cut::Stale) }
}

/// Puts the end into the transaction. Nothing is left to end when the work itself took it back.
fn end_well(tx: &mut Transaction, claimed: &Claimed, outcome: Outcome) -> Result<End, Cut> {
    let (event, end) = match outcome {
        Outcome::Done => (Event::Done { epoch: claimed.epoch }, End::Done),
        Outcome::GoesOn { at } => (Event::WentOn { epoch: claimed.epoch, at }, End::WentOn),
    };
    if let Some(row) = rows::read(tx, claimed.id)? {
        let next = step(claimed.id, row.clone(), event, &Policy::default()).map_err(|_| Cut::Stale)?;
        rows::replace(tx, claimed.id, &row, &next)?;
    }
    Ok(end)
}
