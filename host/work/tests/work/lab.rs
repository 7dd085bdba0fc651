//! An installation with tenants, a clock, and handlers that tell what they do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use signalsync_core::{Authority, Caller, Clock as _, SimulatedClock, TenantId, TenantScope, Tier, Timestamp, WorkId};
use signalsync_store::{EngineKind, Key, Store, Stores, StoresConfig, Table, Transaction};
use signalsync_work::{
    Claimed, Driver, DriverLimits, Ended, Figures, Handlers, New, Outcome, Outside, Policy, Setback, Standing,
    TenantPage, Tenants, Within, schedule,
};
use tempfile::TempDir;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

pub(crate) const START: Timestamp = Timestamp(1_700_000_000_000);

pub(crate) const POLICY: Policy =
    Policy { lease_ms: 60_000, attempts_max: 3, pause_first_ms: 10_000, pause_max_ms: 60_000, by_itself: false };

pub(crate) struct Lab {
    pub(crate) stores: Arc<Stores>,
    pub(crate) clock: SimulatedClock,
    pub(crate) tenants: Arc<Known>,
    authority: Authority,
    dir: TempDir,
    engine: EngineKind,
}

/// Tenants of a test, and those whose work waits.
#[derive(Default)]
pub(crate) struct Known {
    all: Mutex<BTreeSet<TenantId>>,
    pub(crate) held: Mutex<BTreeSet<TenantId>>,
    /// Those that reach nothing outside.
    pub(crate) neutral: Mutex<BTreeSet<TenantId>>,
}

impl Tenants for Known {
    fn page(&self, after: Option<TenantId>, _: usize) -> BoxFuture<'_, Result<TenantPage, String>> {
        // One at a time, so that pages are gone through.
        let found = self.all.lock().iter().find(|tenant| after.is_none_or(|after| **tenant > after)).copied();
        async move { Ok(TenantPage { tenants: found.into_iter().collect(), next: found }) }.boxed()
    }

    fn standing(&self, tenant: TenantId) -> BoxFuture<'_, Result<Standing, String>> {
        let standing = if self.held.lock().contains(&tenant) {
            Standing::Held
        } else if self.all.lock().contains(&tenant) {
            let reaches_outside = !self.neutral.lock().contains(&tenant);
            Standing::Active(Arc::new(Tier { reaches_outside, ..Tier::default() }))
        } else {
            Standing::Gone
        };
        async move { Ok(standing) }.boxed()
    }
}

#[expect(clippy::disallowed_methods, reason = "a test is a composition of its own")]
fn authority() -> Authority {
    Authority::ambient()
}

impl Lab {
    pub(crate) fn new() -> Self {
        Self::on(EngineKind::Memory)
    }

    pub(crate) fn on(engine: EngineKind) -> Self {
        let (dir, clock) = (tempfile::tempdir().unwrap(), SimulatedClock::at(START));
        let stores = open(&dir, engine);
        Self { stores, clock, tenants: Arc::default(), authority: authority(), dir, engine }
    }

    /// The same folder in another process.
    pub(crate) fn restart(self) -> Self {
        let Self { stores, clock, tenants, authority, dir, engine } = self;
        drop(stores);
        Self { stores: open(&dir, engine), clock, tenants, authority, dir, engine }
    }

    /// The same stores, seen by somebody whose clock is ahead.
    pub(crate) fn with_another_clock(&self, ahead_ms: u64) -> Another<'_> {
        let clock = SimulatedClock::at(Timestamp(self.clock.now().0 + ahead_ms));
        Another { lab: self, clock }
    }

    pub(crate) async fn tenant(&self) -> TenantId {
        let tenant = TenantId::new();
        self.stores.create_tenant(&self.authority, tenant).await.unwrap();
        self.tenants.all.lock().insert(tenant);
        tenant
    }

    pub(crate) fn scope(&self, tenant: TenantId) -> TenantScope {
        self.authority.scope(tenant, Arc::new(Tier::default()), Caller::host())
    }

    /// Somebody else's.
    pub(crate) fn scope_of(&self, tenant: TenantId, who: impl FnOnce(Caller) -> Caller) -> TenantScope {
        self.authority.scope(tenant, Arc::new(Tier::default()), who(Caller::host()))
    }

    pub(crate) async fn store(&self, tenant: TenantId) -> Store {
        self.stores.tenant(&self.scope(tenant)).await.unwrap()
    }

    /// Something read in a transaction of its own.
    pub(crate) async fn read<T>(&self, tenant: TenantId, look: impl FnOnce(&mut Transaction) -> T) -> T {
        look(&mut self.store(tenant).await.begin().await.unwrap())
    }

    /// Something changed in a transaction of its own.
    pub(crate) async fn change<T>(&self, tenant: TenantId, edit: impl FnOnce(&mut Transaction) -> T) -> T {
        let mut tx = self.store(tenant).await.begin().await.unwrap();
        let done = edit(&mut tx);
        tx.commit().await.unwrap();
        done
    }

    /// Schedules work, so long after now.
    pub(crate) async fn schedule(&self, tenant: TenantId, kind: &'static str, what: &str, later_ms: u64) -> WorkId {
        let due = Timestamp(self.clock.now().0 + later_ms);
        self.change(tenant, |tx| schedule(tx, New::of(kind, &what, due).unwrap()).unwrap()).await
    }

    /// Starts a driver.
    pub(crate) fn drive(&self, handlers: Handlers) -> Driving {
        self.drive_with(handlers, DriverLimits::default())
    }

    pub(crate) fn drive_with(&self, handlers: Handlers, limits: DriverLimits) -> Driving {
        self.drive_by(&self.clock, handlers, limits)
    }

    fn drive_by(&self, clock: &SimulatedClock, handlers: Handlers, limits: DriverLimits) -> Driving {
        let (stores, tenants) = (Arc::clone(&self.stores), Arc::clone(&self.tenants));
        let driver = Driver::new(authority(), stores, tenants, Arc::new(clock.clone()), handlers, limits);
        let (shutdown, ended) = oneshot::channel::<()>();
        let figures = driver.figures();
        let task = tokio::spawn(driver.run(async { drop(ended.await) }));
        Driving { figures, shutdown, task }
    }
}

/// The same stores, seen by somebody else.
pub(crate) struct Another<'a> {
    lab: &'a Lab,
    clock: SimulatedClock,
}

impl Another<'_> {
    pub(crate) fn drive(&self, handlers: Handlers) -> Driving {
        self.lab.drive_by(&self.clock, handlers, DriverLimits::default())
    }

    pub(crate) async fn read<T>(&self, tenant: TenantId, look: impl FnOnce(&mut Transaction) -> T) -> T {
        self.lab.read(tenant, look).await
    }
}

fn open(dir: &TempDir, engine: EngineKind) -> Arc<Stores> {
    Stores::open(StoresConfig { root: dir.path().to_owned(), engine, open_max: 2.try_into().unwrap() }).unwrap()
}

/// A driver at work.
pub(crate) struct Driving {
    pub(crate) figures: Arc<Figures>,
    shutdown: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Driving {
    /// Asks it to end, and waits for that.
    pub(crate) async fn end(self) {
        drop(self.shutdown);
        self.task.await.unwrap();
    }

    /// Asks it to end.
    pub(crate) fn ask_to_end(self) -> JoinHandle<()> {
        drop(self.shutdown);
        self.task
    }

    /// As in a crash: nothing of it goes on.
    pub(crate) async fn crash(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

/// Goes on when it is so. A test whose condition never holds is ended from outside.
pub(crate) async fn until(mut holds: impl FnMut() -> bool) {
    while !holds() {
        tokio::task::yield_now().await;
    }
}

/// What handlers of a test tell.
#[derive(Clone, Default)]
pub(crate) struct Told(Arc<Mutex<Vec<Run>>>);

/// One run of a handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) what: String,
    pub(crate) key: String,
    pub(crate) at: Timestamp,
    pub(crate) attempt: u32,
}

impl Told {
    fn tell(&self, claimed: &Claimed, at: Timestamp) {
        let what = claimed.payload().unwrap();
        self.0.lock().push(Run { what, key: claimed.key(), at, attempt: claimed.attempt });
    }

    pub(crate) fn runs(&self) -> Vec<Run> {
        self.0.lock().clone()
    }

    pub(crate) fn whats(&self) -> Vec<String> {
        self.runs().into_iter().map(|run| run.what).collect()
    }

    pub(crate) async fn until_so_many(&self, runs: usize) {
        until(|| self.0.lock().len() >= runs).await;
    }
}

/// Counts what happens by itself.
pub(crate) struct Rings(pub(crate) Count);

impl Within for Rings {
    fn policy(&self) -> Policy {
        Policy { by_itself: true, ..POLICY }
    }

    fn run<'a>(
        &'a self,
        scope: &'a TenantScope,
        claimed: &'a Claimed,
        tx: Transaction,
    ) -> BoxFuture<'a, Result<(Transaction, Outcome), Setback>> {
        self.0.run(scope, claimed, tx)
    }
}

/// Counts in the tenant's store how often each thing was done.
pub(crate) struct Count {
    pub(crate) told: Told,
    pub(crate) clock: SimulatedClock,
}

pub(crate) fn count_key(what: &str) -> Key {
    Key::new(Table::Records, &["counts", what])
}

pub(crate) fn count(tx: &mut Transaction, what: &str) -> u64 {
    let row = tx.get(&count_key(what)).unwrap();
    row.map_or(0, |row| std::str::from_utf8(&row.body).unwrap().parse().unwrap())
}

impl Within for Count {
    fn policy(&self) -> Policy {
        POLICY
    }

    fn run<'a>(
        &'a self,
        _: &'a TenantScope,
        claimed: &'a Claimed,
        mut tx: Transaction,
    ) -> BoxFuture<'a, Result<(Transaction, Outcome), Setback>> {
        async move {
            self.told.tell(claimed, self.clock.now());
            let what: String = claimed.payload()?;
            let before = count(&mut tx, &what);
            tx.put(count_key(&what), (before + 1).to_string());
            Ok((tx, Outcome::Done))
        }
        .boxed()
    }
}

/// What an effect outside comes to, by what is to be done. What is not listed works.
#[derive(Clone, Default)]
pub(crate) struct Effects {
    pub(crate) told: Told,
    pub(crate) clock: Option<SimulatedClock>,
    /// Answers, first one first; the last one stays.
    pub(crate) script: Arc<Mutex<BTreeMap<&'static str, Vec<Answer>>>>,
    pub(crate) open: Arc<Notify>,
    pub(crate) now: Arc<AtomicUsize>,
    pub(crate) most: Arc<AtomicUsize>,
}

#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Works,
    Fails,
    Never,
    Panics,
    /// Ends when it is let.
    Waits,
}

impl Effects {
    pub(crate) fn with(script: impl IntoIterator<Item = (&'static str, Vec<Answer>)>, clock: &SimulatedClock) -> Self {
        let script = Arc::new(Mutex::new(script.into_iter().collect()));
        Self { script, clock: Some(clock.clone()), ..Self::default() }
    }

    fn answer(&self, what: &str) -> Answer {
        let mut script = self.script.lock();
        match script.get_mut(what) {
            Some(answers) if answers.len() > 1 => answers.remove(0),
            Some(answers) => answers[0].clone(),
            None => Answer::Works,
        }
    }
}

impl Outside for Effects {
    fn policy(&self) -> Policy {
        POLICY
    }

    fn run<'a>(&'a self, _: &'a TenantScope, claimed: &'a Claimed) -> BoxFuture<'a, Result<Ended, Setback>> {
        async move {
            let what: String = claimed.payload()?;
            let running = self.now.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(running, Ordering::SeqCst);
            self.told.tell(claimed, self.clock.as_ref().map_or(START, |clock| clock.now()));
            let answer = self.answer(&what);
            if matches!(answer, Answer::Waits) {
                self.open.notified().await;
            }
            tokio::task::yield_now().await;
            self.now.fetch_sub(1, Ordering::SeqCst);
            let written = what.clone();
            match answer {
                Answer::Works | Answer::Waits => Ok(Ended::done().writing(move |tx| {
                    let before = count(tx, &written);
                    tx.put(count_key(&written), (before + 1).to_string());
                    Ok(())
                })),
                Answer::Fails => Err(Setback::again("busy")),
                Answer::Never => Err(Setback::never("no such address")),
                Answer::Panics => panic!("as the test wants it"),
            }
        }
        .boxed()
    }

    fn given_up(&self, claimed: &Claimed, why: &str, tx: &mut Transaction) -> Result<(), signalsync_store::StoreError> {
        tx.put(Key::new(Table::Records, &["given-up", &claimed.payload::<String>().unwrap()]), why.to_owned());
        Ok(())
    }
}
