//! The one who does the work of all tenants: who is due, whose turn it is, and what runs.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::FutureExt as _;
use serde::{Deserialize, Serialize};
use signalsync_core::{Authority, Caller, EventId, TenantId, TenantScope, Tier, Timer, Timestamp};
use signalsync_store::Stores;
use tokio::task::{AbortHandle, JoinSet};

use crate::board::{Board, Turn};
use crate::claim::{self, Found};
use crate::error::WorkError;
use crate::handler::{Claimed, Handlers};
use crate::run::{End, run};
use crate::sweep;
use crate::tenants::{Standing, Tenants};

/// When a tenant whose store failed is looked at again.
const STORE_FAILED_PAUSE_MS: u64 = 30_000;

/// How often the driver looks around when nobody is due.
const LOOK_AROUND_MS: u64 = 60_000;

/// How much is done at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DriverLimits {
    /// Pieces of work at the same time.
    pub running_max: usize,
    /// Pieces of work of one tenant at the same time.
    pub running_per_tenant_max: usize,
}

impl Default for DriverLimits {
    fn default() -> Self {
        Self { running_max: 64, running_per_tenant_max: 16 }
    }
}

/// What a driver did since it was started.
#[derive(Debug, Default)]
pub struct Figures {
    claimed: AtomicU64,
    done: AtomicU64,
    set_back: AtomicU64,
    dead: AtomicU64,
    stale: AtomicU64,
    swept: AtomicU64,
}

impl Figures {
    /// Claims.
    pub fn claimed(&self) -> u64 {
        self.claimed.load(Ordering::Relaxed)
    }

    /// Pieces of work, or parts of them, that went well.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Attempts that did not work.
    pub fn set_back(&self) -> u64 {
        self.set_back.load(Ordering::Relaxed)
    }

    /// Pieces of work that were given up.
    pub fn dead(&self) -> u64 {
        self.dead.load(Ordering::Relaxed)
    }

    /// Claims that somebody else had taken over, or that were taken back.
    pub fn stale(&self) -> u64 {
        self.stale.load(Ordering::Relaxed)
    }

    /// Tenants whose stores were looked into after the start.
    pub fn swept(&self) -> u64 {
        self.swept.load(Ordering::Relaxed)
    }

    pub(crate) fn note_swept(&self) {
        self.swept.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn note_part(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    fn note(&self, end: End) {
        let figure = match end {
            End::Done | End::WentOn => &self.done,
            End::SetBack => &self.set_back,
            End::Dead => &self.dead,
            End::Stale => &self.stale,
        };
        figure.fetch_add(1, Ordering::Relaxed);
    }
}

/// Does the work of all tenants when it is due.
pub struct Driver {
    shared: Arc<Shared>,
    limits: DriverLimits,
}

/// What the driver and everything that it runs use.
pub(crate) struct Shared {
    authority: Authority,
    /// Made anew for each driver: what is claimed under another one is a process's that is gone.
    pub(crate) me: EventId,
    pub(crate) stores: Arc<Stores>,
    pub(crate) tenants: Arc<dyn Tenants>,
    pub(crate) timer: Arc<dyn Timer>,
    pub(crate) handlers: Handlers,
    pub(crate) figures: Arc<Figures>,
}

/// Something that the driver had started is at its end.
enum Event {
    Claimed(Turn, Vec<(TenantScope, Claimed)>, bool),
    Ended(TenantId),
    Swept,
}

impl Driver {
    /// Nothing runs yet.
    pub fn new(
        authority: Authority,
        stores: Arc<Stores>,
        tenants: Arc<dyn Tenants>,
        timer: Arc<dyn Timer>,
        handlers: Handlers,
        limits: DriverLimits,
    ) -> Self {
        let (me, figures) = (EventId::new(), Arc::default());
        Self { shared: Arc::new(Shared { authority, me, stores, tenants, timer, handlers, figures }), limits }
    }

    /// What it does, to be looked at while it runs.
    pub fn figures(&self) -> Arc<Figures> {
        Arc::clone(&self.shared.figures)
    }

    /// Does what is due until `shutdown`, and returns when all that had begun is at its end. Dropped before that, it
    /// leaves claims behind, which run out by themselves.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let Self { shared, limits } = self;
        let mut board = Board::new(limits.running_max, limits.running_per_tenant_max);
        let mut tasks = JoinSet::new();
        // Commits before the start have told nobody, so all stores are looked into once.
        let (mut sweep, mut sweep_wanted) = (None, true);
        let mut shutdown = pin!(shutdown);
        loop {
            if sweep_wanted && sweep.is_none() {
                (sweep, sweep_wanted) = (Some(spawn_sweep(&mut tasks, &shared)), false);
            }
            let now = shared.timer.now();
            shared.stores.due().take(now, board.room()).into_iter().for_each(|tenant| board.add(tenant));
            while let Some(turn) = board.next() {
                spawn_claim(&mut tasks, &shared, turn);
            }
            let look_at = next_look(&shared, now);
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                Some(event) = tasks.join_next() => {
                    if take_in(&mut board, &mut tasks, &shared, event) {
                        sweep = None;
                    }
                }
                () = shared.stores.due().earlier(), if board.room() > 0 => {}
                () = shared.timer.until(look_at), if board.room() > 0 => {
                    sweep_wanted |= shared.stores.due().take_overflowed();
                }
            }
        }
        if let Some(sweep) = sweep {
            sweep.abort();
        }
        while let Some(event) = tasks.join_next().await {
            take_in(&mut board, &mut tasks, &shared, event);
        }
    }
}

/// When somebody is due next, and not much later than now, because the clock may be set.
fn next_look(shared: &Shared, now: Timestamp) -> Timestamp {
    let around = Timestamp(now.0.saturating_add(LOOK_AROUND_MS));
    shared.stores.due().next().map_or(around, |at| at.min(around))
}

/// True when a sweep has ended.
fn take_in(
    board: &mut Board,
    tasks: &mut JoinSet<Event>,
    shared: &Arc<Shared>,
    event: Result<Event, tokio::task::JoinError>,
) -> bool {
    match event {
        Ok(Event::Claimed(turn, claimed, more)) => {
            board.claimed(turn, turn.places - claimed.len());
            claimed.into_iter().for_each(|(scope, claimed)| spawn_run(tasks, shared, scope, claimed));
            if more {
                board.add(turn.tenant);
            }
            false
        }
        Ok(Event::Ended(tenant)) => {
            // A last look, so that the ends of leases that are over wake nobody.
            if board.ended(tenant) {
                board.add(tenant);
            }
            false
        }
        // What can panic is caught below, so what is cut off here is a sweep.
        Ok(Event::Swept) | Err(_) => true,
    }
}

fn spawn_claim(tasks: &mut JoinSet<Event>, shared: &Arc<Shared>, turn: Turn) {
    let shared = Arc::clone(shared);
    tasks.spawn(async move {
        let (claimed, more) = caught(shared.take_turn(turn)).await.unwrap_or_default();
        Event::Claimed(turn, claimed, more)
    });
}

fn spawn_run(tasks: &mut JoinSet<Event>, shared: &Arc<Shared>, scope: TenantScope, claimed: Claimed) {
    let shared = Arc::clone(shared);
    tasks.spawn(async move {
        let id = claimed.id;
        match caught(run(&shared, &scope, claimed)).await {
            Some(Ok(end)) => shared.figures.note(end),
            Some(Err(error)) => tracing::error!(work = %id, %error, "a claim was not ended; it will run out"),
            None => {}
        }
        Event::Ended(scope.tenant())
    });
}

fn spawn_sweep(tasks: &mut JoinSet<Event>, shared: &Arc<Shared>) -> AbortHandle {
    let shared = Arc::clone(shared);
    tasks.spawn(async move {
        caught(sweep::all(&shared)).await;
        Event::Swept
    })
}

/// A mistake of ours ends what it is in, and not the driver.
async fn caught<T>(work: impl Future<Output = T>) -> Option<T> {
    let done = AssertUnwindSafe(work).catch_unwind().await;
    done.inspect_err(|_| tracing::error!("something panicked while it did work: this is a mistake of ours")).ok()
}

impl Shared {
    pub(crate) fn scope(&self, tenant: TenantId, tier: Arc<Tier>) -> TenantScope {
        self.authority.scope(tenant, tier, Caller::host())
    }

    /// Claims for a tenant; true when more is due already.
    async fn take_turn(&self, Turn { tenant, places }: Turn) -> (Vec<(TenantScope, Claimed)>, bool) {
        let (due, notes, now) = (self.stores.due(), self.stores.due().notes(), self.timer.now());
        let tier = match self.tenants.standing(tenant).await {
            Ok(Standing::Active(tier)) => tier,
            Ok(Standing::Held | Standing::Gone) => return (Vec::new(), false),
            Err(error) => {
                tracing::error!(%tenant, error, "it is not known how it stands with a tenant; its work waits");
                due.note(tenant, Timestamp(now.0 + STORE_FAILED_PAUSE_MS));
                return (Vec::new(), false);
            }
        };
        match self.claim(tenant, &tier, now, places).await {
            Ok(Found { claimed, next }) => {
                let more = next.is_some_and(|at| at <= now);
                due.settle(tenant, notes, next.filter(|_| !more));
                self.figures.claimed.fetch_add(claimed.len() as u64, Ordering::Relaxed);
                let scoped = claimed.into_iter().map(|claimed| (self.scope(tenant, Arc::clone(&tier)), claimed));
                (scoped.collect(), more)
            }
            Err(error) => {
                tracing::warn!(%tenant, %error, "a tenant's work could not be claimed; it waits");
                due.note(tenant, Timestamp(now.0 + STORE_FAILED_PAUSE_MS));
                (Vec::new(), false)
            }
        }
    }

    async fn claim(
        &self,
        tenant: TenantId,
        tier: &Arc<Tier>,
        now: Timestamp,
        places: usize,
    ) -> Result<Found, WorkError> {
        let store = self.stores.tenant(&self.scope(tenant, Arc::clone(tier))).await?;
        claim::claim(&store, tier, now, places, (self.me, &self.handlers)).await
    }
}
