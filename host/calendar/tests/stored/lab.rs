//! One tenant, a clock, a driver, and something that notes in the tenant's store what started.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use signalsync_calendar::starts::{Occurrence, Schedules, Starts};
use signalsync_core::{Authority, Caller, SimulatedClock, TenantId, TenantScope, Tier, Timestamp};
use signalsync_store::{EngineKind, Key, Stores, StoresConfig, Table, Transaction};
use signalsync_work::{Driver, DriverLimits, Figures, Handlers, Setback, Standing, TenantPage, Tenants};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) struct Lab {
    pub(crate) stores: Arc<Stores>,
    pub(crate) clock: SimulatedClock,
    pub(crate) scope: TenantScope,
    /// Whether what is to start cannot be started.
    pub(crate) broken: Arc<AtomicBool>,
    tenant: TenantId,
    dir: TempDir,
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[expect(clippy::disallowed_methods, reason = "a test is a composition of its own")]
fn authority() -> Authority {
    Authority::ambient()
}

fn open(dir: &TempDir) -> Arc<Stores> {
    let root = dir.path().to_owned();
    Stores::open(StoresConfig { root, engine: EngineKind::Redb, open_max: 2.try_into().unwrap() }).unwrap()
}

fn scope(tenant: TenantId) -> TenantScope {
    authority().scope(tenant, Arc::new(Tier::default()), Caller::host())
}

impl Lab {
    pub(crate) async fn at(now: &str) -> Self {
        let (dir, tenant) = (tempfile::tempdir().unwrap(), TenantId::new());
        let stores = open(&dir);
        stores.create_tenant(&authority(), tenant).await.unwrap();
        let clock = SimulatedClock::at(at(now));
        Self { stores, clock, scope: scope(tenant), broken: Arc::default(), tenant, dir }
    }

    /// The same folder in another process.
    pub(crate) fn restart(self) -> Self {
        let Self { stores, clock, scope, broken, tenant, dir } = self;
        drop(stores);
        Self { stores: open(&dir), clock, scope, broken, tenant, dir }
    }

    pub(crate) fn schedules(&self) -> Schedules<Noted> {
        let starts = Arc::new(Noted { broken: self.broken.clone() });
        Schedules::new(self.stores.clone(), Arc::new(self.clock.clone()), starts)
    }

    pub(crate) fn drive(&self) -> Driving {
        let handlers = self.schedules().register(Handlers::default());
        let (tenants, timer) = (Arc::new(One(self.tenant)), Arc::new(self.clock.clone()));
        let driver = Driver::new(authority(), self.stores.clone(), tenants, timer, handlers, DriverLimits::default());
        let (shutdown, ended) = oneshot::channel::<()>();
        let figures = driver.figures();
        Driving { figures, shutdown, task: tokio::spawn(driver.run(async { drop(ended.await) })) }
    }

    /// What started, with how often: `schedule@time what`.
    pub(crate) async fn started(&self) -> Vec<(String, String)> {
        let mut tx = self.stores.tenant(&self.scope).await.unwrap().begin().await.unwrap();
        let page = tx.scan(Table::Records, &["started"], "", None, 1_000, usize::MAX).unwrap();
        let text = |body: &[u8]| String::from_utf8(body.to_vec()).unwrap();
        page.entries.into_iter().map(|(key, found)| (key, text(&found.body))).collect()
    }
}

struct One(TenantId);

impl Tenants for One {
    fn page(&self, after: Option<TenantId>, _: usize) -> BoxFuture<'_, Result<TenantPage, String>> {
        let tenants = if after.is_none() { vec![self.0] } else { Vec::new() };
        async move { Ok(TenantPage { tenants, next: None }) }.boxed()
    }

    fn standing(&self, _: TenantId) -> BoxFuture<'_, Result<Standing, String>> {
        async { Ok(Standing::Active(Arc::new(Tier::default()))) }.boxed()
    }
}

/// A driver at work.
pub(crate) struct Driving {
    pub(crate) figures: Arc<Figures>,
    shutdown: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Driving {
    pub(crate) async fn end(self) {
        drop(self.shutdown);
        self.task.await.unwrap();
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

/// Starts texts: counts in the tenant's store how often each occurrence was started.
pub(crate) struct Noted {
    broken: Arc<AtomicBool>,
}

impl Starts for Noted {
    type What = String;

    fn check(&self, _: &TenantScope, what: &String, _: &mut Transaction) -> Result<(), String> {
        if what == "nonsense" { Err("nonsense cannot be started".to_owned()) } else { Ok(()) }
    }

    fn start<'a>(
        &'a self,
        _: &'a TenantScope,
        occurrence: Occurrence<'a, String>,
        mut tx: Transaction,
    ) -> BoxFuture<'a, Result<Transaction, Setback>> {
        async move {
            if self.broken.load(Ordering::SeqCst) {
                return Err(Setback::never("it is broken"));
            }
            let key = Key::new(Table::Records, &["started", &occurrence.key()]);
            let before = tx.get(&key)?.map_or(0, |row| row.body.len());
            tx.put(key, occurrence.what.repeat(before + 1));
            Ok(tx)
        }
        .boxed()
    }
}
