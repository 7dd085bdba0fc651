//! The one that is killed: it schedules, does what is due, and tells both.

use std::collections::BTreeMap;
use std::future::Future;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::json;
use signalsync_core::{Authority, Caller, Clock as _, JobId, KeyId, TenantId, TenantScope, Tier, Timestamp};
use signalsync_store::{EngineKind, Key, Store, Stores, StoresConfig, Table, Transaction};
use signalsync_work::jobs::{self, Chunk, Job, JobKind, Jobs, NewJob, Starters};
use signalsync_work::{
    Claimed, Driver, DriverLimits, Ended, Handlers, New, Outcome, Outside, Policy, Setback, Standing, SystemTimer,
    TenantPage, Tenants, Within, list, schedule,
};
use tokio::sync::oneshot;

/// Claims of a killed process run out soon.
const POLICY: Policy =
    Policy { lease_ms: 400, attempts_max: 1_000, pause_first_ms: 20, pause_max_ms: 50, by_itself: false };

/// Items of the one job, and of each of its chunks.
pub(crate) const JOB_ITEMS: u64 = 2_000;
const CHUNK: u64 = 7;

pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(work)
}

pub(crate) struct Lab {
    stores: Arc<Stores>,
    tenant: TenantId,
}

#[expect(clippy::disallowed_methods, reason = "a test is a composition of its own")]
fn authority() -> Authority {
    Authority::ambient()
}

impl Lab {
    pub(crate) async fn open(root: &Path, engine: EngineKind, tenant: TenantId) -> Self {
        let stores =
            Stores::open(StoresConfig { root: root.to_owned(), engine, open_max: 4.try_into().unwrap() }).unwrap();
        stores.create_tenant(&authority(), tenant).await.unwrap();
        Self { stores, tenant }
    }

    fn scope(&self) -> TenantScope {
        authority().scope(self.tenant, Arc::new(Tier::default()), Caller::host())
    }

    pub(crate) async fn store(&self) -> Store {
        self.stores.tenant(&self.scope()).await.unwrap()
    }
}

pub(crate) async fn run(arguments: &[String]) {
    let [root, engine, tenant, first] = arguments else { panic!("root, engine, tenant and first") };
    let engine = if engine == "sled" { EngineKind::Sled } else { EngineKind::Redb };
    let lab = Lab::open(Path::new(root), engine, tenant.parse().unwrap()).await;
    let handlers = Handlers::default().within("count", Count).outside("deliver", Deliver);
    let handlers = Jobs::new(Arc::new(Nobody), Arc::new(SystemTimer)).with("numbers", Numbers).register(handlers);
    let (tenants, timer) = (Arc::new(One(lab.tenant)), Arc::new(SystemTimer));
    let driver = Driver::new(authority(), lab.stores.clone(), tenants, timer, handlers, DriverLimits::default());
    let (_alive, ended) = oneshot::channel::<()>();
    let driving = tokio::spawn(driver.run(async { drop(ended.await) }));
    match first.parse() {
        Ok(first) => schedule_for_ever(&lab, first).await,
        Err(_) => until_nothing_is_left(&lab).await,
    }
    driving.abort();
}

async fn schedule_for_ever(lab: &Lab, first: u64) {
    let store = lab.store().await;
    if first == 0 {
        let mut tx = store.begin().await.unwrap();
        let new = NewJob { kind: "numbers", input: json!(JOB_ITEMS), can_undo: false, all_or_nothing: false };
        jobs::start(&mut tx, &lab.scope(), new, SystemTimer.now()).unwrap();
        tx.commit().await.unwrap();
    }
    for n in first.. {
        let mut tx = store.begin().await.unwrap();
        let due = Timestamp(SystemTimer.now().0 + n % 5 * 10);
        schedule(&mut tx, New::of("count", &n, due).unwrap()).unwrap();
        schedule(&mut tx, New::of("deliver", &n, due).unwrap()).unwrap();
        tx.commit().await.unwrap();
        tell(&format!("scheduled {n}"));
    }
}

/// But the removal of the job, in months.
async fn until_nothing_is_left(lab: &Lab) {
    let store = lab.store().await;
    loop {
        let left = list(&mut store.begin().await.unwrap(), None, 200).unwrap().items;
        if left.iter().all(|item| item.kind == "job-forget") {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

fn tell(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").unwrap();
}

fn count_key(what: &str, n: u64) -> Key {
    Key::new(Table::Records, &[what, &n.to_string()])
}

pub(crate) fn count(tx: &mut Transaction, what: &str, n: u64) -> u64 {
    let row = tx.get(&count_key(what, n)).unwrap();
    row.map_or(0, |row| std::str::from_utf8(&row.body).unwrap().parse().unwrap())
}

/// How often each number was counted.
pub(crate) fn counted(tx: &mut Transaction, what: &str) -> BTreeMap<u64, u64> {
    let page = tx.scan(Table::Records, &[what], "", None, usize::MAX, usize::MAX).unwrap();
    let number = |text: &[u8]| std::str::from_utf8(text).unwrap().parse().unwrap();
    page.entries.iter().map(|(n, row)| (number(n.as_bytes()), number(&row.body[..]))).collect()
}

fn add(tx: &mut Transaction, what: &str, n: u64) {
    let before = count(tx, what, n);
    tx.put(count_key(what, n), (before + 1).to_string());
}

/// Numbers that the job has written.
pub(crate) fn numbers(tx: &mut Transaction) -> u64 {
    tx.scan(Table::Records, &["numbers"], "", None, usize::MAX, usize::MAX).unwrap().entries.len() as u64
}

struct One(TenantId);

impl Tenants for One {
    fn page(&self, _: Option<TenantId>, _: usize) -> BoxFuture<'_, Result<TenantPage, String>> {
        async { Ok(TenantPage { tenants: vec![self.0], next: None }) }.boxed()
    }

    fn standing(&self, _: TenantId) -> BoxFuture<'_, Result<Standing, String>> {
        async { Ok(Standing::Active(Arc::new(Tier::default()))) }.boxed()
    }
}

struct Count;

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
            add(&mut tx, "within", claimed.payload()?);
            Ok((tx, Outcome::Done))
        }
        .boxed()
    }
}

struct Deliver;

impl Outside for Deliver {
    fn policy(&self) -> Policy {
        POLICY
    }

    fn run<'a>(&'a self, _: &'a TenantScope, claimed: &'a Claimed) -> BoxFuture<'a, Result<Ended, Setback>> {
        async move {
            let n: u64 = claimed.payload()?;
            tell(&format!("delivered {n} {}", claimed.key()));
            Ok(Ended::done().writing(move |tx| {
                add(tx, "noted", n);
                Ok(())
            }))
        }
        .boxed()
    }
}

/// All jobs here are the host's.
struct Nobody;

impl Starters for Nobody {
    fn scope<'a>(
        &'a self,
        _: &'a TenantScope,
        _: &'a str,
        _: Option<KeyId>,
    ) -> BoxFuture<'a, Result<Option<TenantScope>, String>> {
        async { Ok(None) }.boxed()
    }
}

struct Numbers;

impl JobKind for Numbers {
    fn policy(&self) -> Policy {
        POLICY
    }

    fn step<'a>(
        &'a self,
        _: &'a TenantScope,
        _: JobId,
        job: &'a Job,
        mut tx: Transaction,
    ) -> BoxFuture<'a, Result<(Transaction, Chunk), Setback>> {
        async move {
            let first = job.cursor.as_u64().unwrap_or(0);
            let next = (first + CHUNK).min(JOB_ITEMS);
            (first..next).for_each(|n| tx.put(Key::new(Table::Records, &["numbers", &n.to_string()]), ""));
            let end = (next == JOB_ITEMS).then(|| json!("all"));
            Ok((tx, Chunk { done: next - first, cursor: json!(next), end, ..Chunk::default() }))
        }
        .boxed()
    }
}
