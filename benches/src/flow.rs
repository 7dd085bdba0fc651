//! Runs of the benches' workflow in this process. The real program sets everything up through its API; then this process
//! takes its folder over, with the crates that do runs there: stores, runtime, steps, timers and the driver.
//!
//! In one process the same store also makes the bare commits that runs are compared with, and no HTTP stands between.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all};
use serde_json::{Value, json};
use signalsync_components::Receipts;
use signalsync_core::contract::workflow::Event;
use signalsync_core::{
    Authority, Call, Caller, Clock, Completed, DeploymentName, ExecutionId, Input, Invoke, Recorded, Replayed, RunId,
    SystemClock, TenantId, TenantScope, Tier, Timer, Timestamp,
};
use signalsync_egress::{Egress, EgressConfig};
use signalsync_records::Judge;
use signalsync_runtime::Runtime;
use signalsync_store::{EngineKind, Key, Store, Stores, StoresConfig, Table as Rows, Transaction};
use signalsync_work::{Driver, DriverLimits, Handlers, Standing, TenantPage, Tenants, cancel, find};
use signalsync_workflow::{Filter, Order, RunAct, RunState, Runs, Signal, Start, Steps, begin, register_timers};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::Options;
use crate::host::settings;
use crate::platform::{Platform, Tenant, upload};

/// Runs that one transaction starts when many are wanted.
const STARTED_AT_ONCE: u64 = 50;

/// Between two looks at how runs stand.
const LOOK: Duration = Duration::from_micros(500);

/// What is measured is the work and not the limit.
const UNHURRIED: &str =
    "[tiers.standard]\nrequests_per_minute = 1000000000\ndisk_bytes_max = 1000000000000\nreaches_outside = false\n";

/// The workflow, as its component calls itself.
pub const WORKFLOW: &str = "steps";

/// The real program on a folder below `root`, with a tenant that has published the workflow.
pub fn installation(options: &Options, root: &Path) -> Result<(Platform, Tenant)> {
    let platform = Platform::start(&options.program, root, UNHURRIED)?;
    let tenant = platform.tenant("acme")?;
    let mut client = platform.client(&tenant)?;
    let digest = upload(&mut client, &options.component("bench-guest-workflow.wasm")?)?;
    let draft = json!({"component": digest, "grants": {"storage": {}, "files": {}, "http": []}});
    client.json("POST", &format!("/v1/deployments/{WORKFLOW}/versions"), &draft)?;
    client.json("PUT", &format!("/v1/workflows/{WORKFLOW}/draft"), &json!({}))?;
    client.json("POST", &format!("/v1/workflows/{WORKFLOW}/publish"), &json!({}))?;
    Ok((platform, tenant))
}

/// The machine's clock, which can be set forward.
#[derive(Debug, Clone, Default)]
pub struct Ahead(Arc<AtomicU64>);

impl Ahead {
    /// Sets it forward.
    pub fn by(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        Timestamp(SystemClock.now().0 + self.0.load(Ordering::SeqCst))
    }
}

impl Timer for Ahead {
    fn until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        let clock = self.clone();
        async move {
            loop {
                let left = at.0.saturating_sub(clock.now().0);
                if left == 0 {
                    return;
                }
                // It may be set forward meanwhile.
                tokio::time::sleep(Duration::from_millis(left.min(50))).await;
            }
        }
        .boxed()
    }
}

/// The real runtime, and when it was called because of which timer.
struct Watched {
    runtime: Arc<Runtime>,
    rang: Mutex<Vec<(String, Instant)>>,
}

impl Invoke<Transaction> for Watched {
    fn invoke<'a>(
        &'a self,
        scope: &'a TenantScope,
        call: Call,
        tx: Transaction,
    ) -> BoxFuture<'a, Completed<Transaction>> {
        if let Input::Advance { event: Event::Timer(id), .. } = &call.input {
            self.rang.lock().expect("nobody panics with it").push((id.clone(), Instant::now()));
        }
        self.runtime.invoke(scope, call, tx)
    }

    fn replay<'a>(&'a self, scope: &'a TenantScope, call: Call, recorded: Recorded) -> BoxFuture<'a, Replayed> {
        Invoke::<Transaction>::replay(&*self.runtime, scope, call, recorded)
    }
}

struct One(TenantId, Arc<Tier>);

impl Tenants for One {
    fn page(&self, after: Option<TenantId>, _: usize) -> BoxFuture<'_, Result<TenantPage, String>> {
        let tenants = if after.is_none() { vec![self.0] } else { Vec::new() };
        async move { Ok(TenantPage { tenants, next: None }) }.boxed()
    }

    fn standing(&self, _: TenantId) -> BoxFuture<'_, Result<Standing, String>> {
        async { Ok(Standing::Active(Arc::clone(&self.1))) }.boxed()
    }
}

/// Everything that does runs.
pub struct Flow {
    tokio: tokio::runtime::Runtime,
    runs: Runs,
    judge: Judge,
    steps: Steps,
    watched: Arc<Watched>,
    clock: Ahead,
    scope: TenantScope,
    store: Store,
    bare: Store,
    name: DeploymentName,
    next: AtomicU64,
    driving: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Flow {
    /// Takes over the folder of an installation that is stopped, and makes a tenant beside it for bare commits.
    pub fn start(data: &Path, tenant: TenantId) -> Result<Self> {
        let processors = std::thread::available_parallelism()?.get();
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let tokio = builder.worker_threads(2 * processors).enable_all().build()?;
        let (authority, clock) = (Authority::ambient(), Ahead::default());
        let time: Arc<dyn Clock> = Arc::new(clock.clone());
        let tier = Arc::new(Tier { disk_bytes_max: u64::MAX, ..Tier::default() });
        let scope = |tenant| authority.scope(tenant, Arc::clone(&tier), Caller::host());
        let (scope, beside) = (scope(tenant), scope(TenantId::new()));
        let entered = tokio.enter();
        let stores = Stores::open(StoresConfig {
            root: data.join("stores"),
            engine: EngineKind::Redb,
            open_max: NonZeroUsize::new(8).context("eight")?,
        })?;
        let runtime = Runtime::start(
            settings(data.join("components"))?,
            Arc::new(Egress::new(EgressConfig::default())),
            time.clone(),
        )?;
        let watched = Arc::new(Watched { runtime: Arc::clone(&runtime), rang: Default::default() });
        let judge = Judge::new(watched.clone(), Arc::clone(runtime.schemas()));
        let handlers = Steps::new(stores.clone(), judge.clone(), time.clone()).register(Handlers::default());
        let handlers = register_timers(&time, handlers);
        let (tenants, timer) = (Arc::new(One(tenant, tier)), Arc::new(clock.clone()));
        let limits = DriverLimits::default();
        let driver = Driver::new(Authority::ambient(), stores.clone(), tenants, timer, handlers, limits);
        let (end, ended) = oneshot::channel::<()>();
        let driving = tokio.spawn(driver.run(async { drop(ended.await) }));
        let (store, bare) = tokio.block_on(async {
            stores.create_tenant(&authority, beside.tenant()).await?;
            anyhow::Ok((stores.tenant(&scope).await?, stores.tenant(&beside).await?))
        })?;
        let steps = Steps::new(stores.clone(), judge.clone(), time.clone());
        let runs = Runs::new(stores, judge.clone(), time);
        drop(entered);
        let (name, next, driving) = (WORKFLOW.parse()?, AtomicU64::new(0), Some((end, driving)));
        Ok(Self { tokio, runs, judge, steps, watched, clock, scope, store, bare, name, next, driving })
    }

    /// The clock by which everything happens.
    pub fn clock(&self) -> &Ahead {
        &self.clock
    }

    /// Makes so many durable commits of one small row, each when the one before is durable.
    pub fn bare_commits(&self, times: u64) {
        let bare = self.bare.clone();
        // On the threads on which the driver runs too: waking another one for each commit would cost time of its own.
        let commits = self.tokio.spawn(async move {
            for number in 0..times {
                let mut tx = bare.begin().await.expect("the store is open");
                let key = Key::new(Rows::Records, &["bare", &format!("{:03}", number % 1_000)]);
                tx.put(key, format!("{{\"number\":{number},\"note\":\"{:0100}\"}}", 0));
                tx.commit().await.expect("nobody else writes");
            }
        });
        self.tokio.block_on(commits).expect("every commit is durable");
    }

    /// Makes so many durable commits that write what a step writes, without deciding anything: the run, its history, an
    /// event taken and one put, the work, when it is due, and a receipt.
    pub fn wide_commits(&self, times: u64) {
        let (bare, first) = (self.bare.clone(), self.next.fetch_add(times, Ordering::Relaxed));
        let commits = self.tokio.spawn(async move {
            let key = |what: &str, name: &str| Key::new(Rows::Records, &[what, name]);
            for number in first..first + times {
                let mut tx = bare.begin().await.expect("the store is open");
                let (this, next) = (format!("{number:020}"), format!("{:020}", number + 1));
                for (what, name, bytes) in [
                    ("run", "", 600),
                    ("work", "", 300),
                    ("history", &*this, 500),
                    ("inbox", &next, 200),
                    ("due", &next, 0),
                ] {
                    tx.put(key(what, &format!("w{name}")), "x".repeat(bytes));
                }
                for what in ["inbox", "due"] {
                    tx.delete(&key(what, &format!("w{this}"))).expect("the store is open");
                }
                tx.append(Rows::Executions, &ExecutionId::new().to_string(), "x".repeat(1_500), 10_000);
                tx.commit().await.expect("nobody else writes");
            }
        });
        self.tokio.block_on(commits).expect("every commit is durable");
    }

    /// Starts a run with this input and a key of its own.
    pub fn begin(&self, input: &Value) -> RunId {
        self.tokio.block_on(self.begin_one(input))
    }

    async fn begin_one(&self, input: &Value) -> RunId {
        let key = Some(format!("run-{}", self.next.fetch_add(1, Ordering::Relaxed)));
        let order = (key, input.to_string());
        self.runs.start(&self.scope, &self.name, order, None).await.expect("the workflow is published").run
    }

    /// Does so many runs, each when the one before has ended.
    pub fn one_after_another(&self, times: u64, input: &Value) {
        for _ in 0..times {
            let run = self.begin(input);
            while !self.look(run).0.has_ended() {
                std::thread::sleep(LOOK);
            }
        }
    }

    /// Does so many runs at once.
    pub fn at_once(&self, many: u64, input: &Value) {
        self.tokio.block_on(join_all((0..many).map(|_| self.begin_one(input))));
        self.until_none(RunState::Running);
    }

    /// Where a run stands, and how many steps it has taken.
    pub fn look(&self, run: RunId) -> (RunState, u64) {
        let run = self.tokio.block_on(self.runs.get(&self.scope, run)).expect("the run is there");
        assert!(run.incident.is_none(), "{:?}", run.incident);
        (run.state, run.steps)
    }

    /// Tells the run with this key to go on.
    pub fn signal(&self, key: &str) {
        let (workflow, key) = (self.name.clone(), key.to_owned());
        let signal = Signal { workflow, key, name: "next".to_owned(), data: "null".to_owned() };
        assert!(self.tokio.block_on(self.runs.signal(&self.scope, &signal, None)).expect("it is heard"));
    }

    /// A run that waits for signals: its key.
    pub fn listener(&self) -> (RunId, String) {
        let key = format!("run-{}", self.next.load(Ordering::Relaxed));
        let run = self.begin(&json!("signals"));
        while self.look(run).1 == 0 {
            std::thread::sleep(LOOK);
        }
        (run, key)
    }

    /// Ends a run before its time.
    pub fn cancel(&self, run: RunId) {
        let act = RunAct::Cancel("it is not needed any more".to_owned());
        self.tokio.block_on(self.runs.act(&self.scope, run, &act)).expect("the run has not ended");
        self.until_none(RunState::Running);
    }

    /// Starts so many runs that sleep until then, and has each take its first step, in large transactions of so many writers.
    /// Timers are named `t0`, `t1` and so on, and one writer sets them in this order.
    pub fn begin_asleep(&self, many: u64, at: Timestamp, writers: u64) -> Result<()> {
        let (base, share) = (self.next.fetch_add(many, Ordering::Relaxed), many.div_ceil(writers).max(1));
        std::thread::scope(|scope| {
            let parts = (0..many).step_by(share as usize).map(|from| from..many.min(from + share));
            let writing: Vec<_> = parts.map(|part| scope.spawn(|| self.begin_part(part, base, at))).collect();
            writing.into_iter().try_for_each(|writer| writer.join().expect("a writer does not panic"))
        })
    }

    fn begin_part(&self, numbers: Range<u64>, base: u64, at: Timestamp) -> Result<()> {
        for from in numbers.clone().step_by(STARTED_AT_ONCE as usize) {
            let start = async |mut tx: Transaction| {
                for number in from..numbers.end.min(from + STARTED_AT_ONCE) {
                    let input = json!({"sleeps": {"timer": format!("t{number}"), "at": at.0}}).to_string();
                    tx = self.first_step(tx, format!("run-{}", base + number), input).await?;
                }
                anyhow::Ok((tx, ()))
            };
            self.tokio.block_on(self.store.transact_async(start))?;
        }
        Ok(())
    }

    async fn first_step(&self, tx: Transaction, key: String, input: String) -> Result<Transaction> {
        let (now, receipts) = (self.clock.now(), Receipts::default());
        let order = Order { workflow: self.name.clone(), key: Some(key), input, by: None, parent: None };
        let (tx, Start { run, .. }) = begin(&self.judge.on(&self.scope, now, &receipts), tx, order, now).await?;
        let stepped = self.steps.step(&self.scope, run, tx).await;
        let (mut tx, _) = stepped.map_err(|setback| anyhow::anyhow!("{setback:?}"))?;
        let work = find(&mut tx, "workflow-step", &run.to_string())?.context("a run that begins has work")?;
        ensure!(cancel(&mut tx, work)?, "the work is gone");
        Ok(tx)
    }

    /// Waits until no run is in this state.
    pub fn until_none(&self, state: RunState) {
        let filter = Filter { state: Some(state), ..Filter::default() };
        let some = || {
            let found = self.tokio.block_on(self.runs.list(&self.scope, &filter, None, 1));
            !found.expect("the store is open").items.is_empty()
        };
        while some() {
            std::thread::sleep(10 * LOOK);
        }
    }

    /// Waits until so many pieces of work wait for later, and nothing is due now.
    pub fn until_asleep(&self) -> Result<()> {
        let due = || {
            let tx = self.tokio.block_on(self.store.begin())?;
            let first = tx.look(Rows::WorkDue, 1)?;
            let at = first.first().and_then(|(name, _)| signalsync_store::parse_due(name)).map(|(at, _)| at);
            // Leases and figures are over within a minute.
            anyhow::Ok(at.is_some_and(|at| at.0 < self.clock.now().0 + 120_000))
        };
        while due()? {
            std::thread::sleep(200 * LOOK);
        }
        Ok(())
    }

    /// Timers that rang so far, in the order in which their runs heard them.
    pub fn rang(&self) -> Vec<(String, Instant)> {
        std::mem::take(&mut *self.watched.rang.lock().expect("nobody panics with it"))
    }

    /// Ends in good order, so that the folder can be taken over again.
    pub fn end(mut self) -> Result<()> {
        let (end, driving) = self.driving.take().context("it is driven")?;
        drop(end);
        self.tokio.block_on(driving)?;
        let Self { tokio, runs, judge, steps, watched, store, bare, .. } = self;
        let runtime = Arc::downgrade(&watched.runtime);
        drop((runs, judge, steps, watched, store, bare));
        // Stores close on threads of the runtime, which waits for them.
        tokio.shutdown_timeout(Duration::from_secs(60));
        ensure!(runtime.upgrade().is_none(), "something still holds what was taken over");
        Ok(())
    }
}
