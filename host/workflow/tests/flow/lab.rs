//! An installation with one tenant, its people, workflows that are functions, and a driver.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use serde_json::json;
use signalsync_calendar::starts::Schedules;
use signalsync_components::{Deployment, Receipts, Version};
use signalsync_core::contract::workflow::{
    Action, Choice, Decision, Definition, Event, Leaning, OpenTask, Priority, Role, Signing, Status, Step, Transition,
    Turn,
};
use signalsync_core::contract::{Json, Message};
use signalsync_core::rights::Person;
use signalsync_core::{
    Authority, Call, Caller, Clock, Completed, Deployed, DeploymentName, Digest, End, Execution, ExecutionId, Failure,
    Grants, Input, Invoke, Kind, Output, Permission, Principal, Recorded, Replayed, Rights, RunId, SimulatedClock,
    TaskId, TenantId, TenantScope, Tier, Timestamp, Usage, UserId,
};
use signalsync_data::Schemas;
use signalsync_people::standing::{self, Standing};
use signalsync_records::Judge;
use signalsync_store::{EngineKind, Key, Precondition, Store, Stores, StoresConfig, Table, Transaction, row};
use signalsync_work::{Driver, DriverLimits, Figures, Handlers, TenantPage, Tenants};
use signalsync_workflow::{
    Absences, Answer, Binding, Detail, DraftOrder, Effects, Mappings, NotMapped, Notices, RunState, Runs, Shown, Start,
    Starter, Steps, TaskFilter, Tasks as Desk, Templates, Workflows, register_timers,
};
use tempfile::TempDir;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

pub(crate) const START: Timestamp = Timestamp(1_700_000_000_000);
pub(crate) const MINUTE: u64 = 60_000;
pub(crate) const DAY: u64 = 24 * 60 * MINUTE;

/// What a workflow decides.
pub(crate) type Script = Arc<dyn Fn(Option<&str>, &Event) -> Result<Decision, Failure> + Send + Sync>;

/// Functions in the place of components.
#[derive(Default)]
pub(crate) struct Scripts {
    scripts: Mutex<BTreeMap<DeploymentName, Script>>,
    pub(crate) calls: AtomicUsize,
    /// Whoever advances waits for it, while it is there.
    pub(crate) gate: Mutex<Option<Gate>>,
}

/// Holds a step up.
#[derive(Clone, Default)]
pub(crate) struct Gate {
    pub(crate) arrived: Arc<Notify>,
    pub(crate) open: Arc<Notify>,
}

impl Invoke<Transaction> for Scripts {
    fn invoke<'a>(&'a self, _: &'a TenantScope, call: Call, tx: Transaction) -> BoxFuture<'a, Completed<Transaction>> {
        async move {
            let name = call.deployed.deployment.clone();
            let answer = match &call.input {
                Input::Advance { state, event } => {
                    self.calls.fetch_add(1, Ordering::SeqCst);
                    let gate = self.gate.lock().take();
                    if let Some(gate) = gate {
                        gate.arrived.notify_one();
                        gate.open.notified().await;
                    }
                    let script = Arc::clone(&self.scripts.lock()[&name]);
                    script(state.as_deref(), event).map(Output::Decision)
                }
                Input::Describe | Input::Validate(_) | Input::Transform(_) => {
                    unreachable!("nothing else is asked here")
                }
            };
            let end = answer.as_ref().map_or_else(|failure| End::Failed(failure.clone()), |_| End::Done);
            Completed { tx: Some(tx), execution: execution(&call, end), answer, touched: Vec::new() }
        }
        .boxed()
    }

    fn replay<'a>(&'a self, _: &'a TenantScope, call: Call, _: Recorded) -> BoxFuture<'a, Replayed> {
        let Input::Advance { state, event } = &call.input else { unreachable!("nothing else is asked here") };
        let script = Arc::clone(&self.scripts.lock()[&call.deployed.deployment]);
        let answer = script(state.as_deref(), event).map(Output::Decision);
        async { Replayed { answer, strayed: None, left_out: Vec::new(), fuel: 1_000, log: Vec::new() } }.boxed()
    }
}

fn execution(call: &Call, end: End) -> Execution {
    let Deployed { deployment, version, component, kind, .. } = (*call.deployed).clone();
    let replay = signalsync_core::execution::Replay {
        input: Some(call.input.clone()),
        deployed: (*call.deployed).clone(),
        caller: Principal::host(),
        now: call.now,
        seed: call.seed,
        observed: Vec::new(),
        truncated: false,
    };
    Execution {
        id: ExecutionId::new(),
        deployment,
        version,
        component,
        kind,
        started_at: call.now,
        end,
        usage: Usage { fuel: 1_000, ..Usage::default() },
        log: Vec::new(),
        log_truncated: false,
        replay,
    }
}

/// A mapping that does what it is told, and what it was called with.
#[derive(Default)]
pub(crate) struct Mapped {
    pub(crate) calls: Mutex<Vec<(String, Message)>>,
    /// How often it fails before it works; and whether it can pass.
    pub(crate) fails: Mutex<Option<(usize, bool)>>,
}

impl Mapped {
    pub(crate) fn keys(&self) -> Vec<String> {
        let key = |message: &Message| message.headers.iter().find(|header| header.name == "idempotency-key").cloned();
        self.calls.lock().iter().map(|(_, message)| key(message).unwrap().value).collect()
    }
}

impl Mappings for Mapped {
    fn call<'a>(
        &'a self,
        _: &'a TenantScope,
        tx: Transaction,
        mapping: &'a DeploymentName,
        message: &'a Message,
        _: &'a Receipts,
    ) -> BoxFuture<'a, Result<(Transaction, Option<Json>), NotMapped>> {
        async move {
            self.calls.lock().push((mapping.to_string(), message.clone()));
            let mut fails = self.fails.lock();
            match &mut *fails {
                Some((left, can_pass)) if *left > 0 => {
                    *left -= 1;
                    Err(NotMapped { why: "the other side is down".to_owned(), can_pass: *can_pass })
                }
                _ => Ok((tx, Some("{\"sent\":true}".to_owned()))),
            }
        }
        .boxed()
    }
}

pub(crate) struct Lab {
    pub(crate) stores: Arc<Stores>,
    pub(crate) clock: SimulatedClock,
    pub(crate) scripts: Arc<Scripts>,
    pub(crate) mapped: Arc<Mapped>,
    pub(crate) tenant: TenantId,
    pub(crate) workflows: Workflows,
    pub(crate) runs: Runs,
    pub(crate) tasks: Desk,
    pub(crate) absences: Absences,
    pub(crate) notices: Notices,
    /// Whether nothing reaches outside.
    pub(crate) neutral: Arc<AtomicBool>,
    authority: Authority,
    _dir: TempDir,
}

struct One(TenantId, Arc<AtomicBool>);

impl Tenants for One {
    fn page(&self, after: Option<TenantId>, _: usize) -> BoxFuture<'_, Result<TenantPage, String>> {
        let tenants = if after.is_none() { vec![self.0] } else { Vec::new() };
        async move { Ok(TenantPage { tenants, next: None }) }.boxed()
    }

    fn standing(&self, _: TenantId) -> BoxFuture<'_, Result<signalsync_work::Standing, String>> {
        let reaches_outside = !self.1.load(Ordering::SeqCst);
        let tier = Arc::new(Tier { reaches_outside, ..Tier::default() });
        async move { Ok(signalsync_work::Standing::Active(tier)) }.boxed()
    }
}

#[expect(clippy::disallowed_methods, reason = "a test is a composition of its own")]
fn authority() -> Authority {
    Authority::ambient()
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
}

impl Lab {
    pub(crate) async fn new() -> Self {
        let (dir, clock) = (tempfile::tempdir().unwrap(), SimulatedClock::at(START));
        let config =
            StoresConfig { root: dir.path().to_owned(), engine: EngineKind::Memory, open_max: 2.try_into().unwrap() };
        let stores = Stores::open(config).unwrap();
        let (authority, tenant, scripts) = (authority(), TenantId::new(), Arc::new(Scripts::default()));
        stores.create_tenant(&authority, tenant).await.unwrap();
        let judge = judge(&scripts);
        let time: Arc<dyn Clock> = Arc::new(clock.clone());
        Self {
            workflows: Workflows::new(stores.clone(), time.clone()),
            runs: Runs::new(stores.clone(), judge.clone(), time.clone()),
            tasks: Desk::new(stores.clone(), judge, time.clone()),
            absences: Absences::new(stores.clone(), time),
            notices: Notices::new(stores.clone()),
            stores,
            clock,
            scripts,
            mapped: Arc::default(),
            neutral: Arc::default(),
            tenant,
            authority,
            _dir: dir,
        }
    }

    pub(crate) fn host(&self) -> TenantScope {
        self.authority.scope(self.tenant, Arc::new(Tier::default()), Caller::host())
    }

    /// Somebody's access, without any permission.
    pub(crate) fn of(&self, user: UserId) -> TenantScope {
        self.with(user, &[])
    }

    pub(crate) fn with(&self, user: UserId, permissions: &[Permission]) -> TenantScope {
        let person = Person { user: Some(user), ..Person::default() };
        let rights = Arc::new(Rights::of(permissions.iter().copied().collect(), Vec::new(), person));
        let principal = Principal { user: Some(user.to_string()), ..Principal::host() };
        self.authority.scope(self.tenant, Arc::new(Tier::default()), Caller { principal, rights, ..Caller::host() })
    }

    pub(crate) async fn store(&self) -> Store {
        self.stores.tenant(&self.host()).await.unwrap()
    }

    pub(crate) async fn change<T>(&self, edit: impl FnOnce(&mut Transaction) -> T) -> T {
        let mut tx = self.store().await.begin().await.unwrap();
        let done = edit(&mut tx);
        tx.commit().await.unwrap();
        done
    }

    /// Somebody who can come in, with these roles.
    pub(crate) async fn person(&self, roles: &[&str]) -> UserId {
        let user = UserId::new();
        self.let_in(user, roles).await;
        user
    }

    /// Somebody with this id can come in.
    pub(crate) async fn let_in(&self, user: UserId, roles: &[&str]) {
        let roles: BTreeSet<_> = roles.iter().map(|role| role.parse().unwrap()).collect();
        let standing = Standing { active: true, roles, departments: BTreeSet::new() };
        self.change(|tx| standing::put(tx, &Caller::host(), user, Some(&standing)).unwrap()).await;
    }

    /// A workflow whose roles stand for these people, published.
    pub(crate) async fn publish(
        &self,
        definition: Definition,
        people: &[UserId],
        script: impl Fn(Option<&str>, &Event) -> Result<Decision, Failure> + Send + Sync + 'static,
    ) {
        let name: DeploymentName = definition.name.parse().unwrap();
        self.deploy(&name).await;
        self.describe(&definition).await;
        self.scripts.scripts.lock().insert(name.clone(), Arc::new(script));
        self.say("please").await;
        self.workflows.save_draft(&self.host(), &name, &DraftOrder::default()).await.unwrap();
        let binding = Binding { users: people.iter().copied().collect(), ..Binding::default() };
        for role in &definition.roles {
            self.workflows.bind(&self.host(), &name, &role.name.parse().unwrap(), &binding).await.unwrap();
        }
        self.workflows.publish(&self.host(), &name).await.unwrap();
    }

    /// The tenant works from nine to five in Greenwich, from Monday to Friday.
    pub(crate) async fn nine_to_five(&self) {
        let hours = json!(["09:00-17:00"]);
        let week = json!({"monday": hours, "tuesday": hours, "wednesday": hours, "thursday": hours, "friday": hours});
        let draft = json!({"default": true, "calendar": {"zone": "UTC", "hours": week}});
        let calendars = signalsync_calendar::stored::Calendars::new(self.stores.clone(), Arc::new(self.clock.clone()));
        let name = "usual".parse().unwrap();
        calendars.put(&self.host(), &name, serde_json::from_value(draft).unwrap(), Precondition::None).await.unwrap();
    }

    /// A template that says little.
    pub(crate) async fn say(&self, name: &str) {
        let said = json!({"languages": {"en": {"subject": "Please look", "text": "It is {{ n }}."}}});
        let templates = Templates::new(self.stores.clone(), Arc::new(self.clock.clone()));
        templates.put(&self.host(), &name.parse().unwrap(), &serde_json::from_value(said).unwrap()).await.unwrap();
    }

    /// What a workflow says of itself.
    pub(crate) async fn describe(&self, definition: &Definition) {
        let digest = Digest::of(definition.name.as_bytes()).to_string();
        let said = row::write(definition).unwrap();
        self.change(|tx| tx.put(Key::new(Table::ComponentDefinitions, &[&digest]), said)).await;
    }

    /// Another decision from now on, of the same version.
    pub(crate) fn mend(
        &self,
        name: &str,
        script: impl Fn(Option<&str>, &Event) -> Result<Decision, Failure> + Send + Sync + 'static,
    ) {
        self.scripts.scripts.lock().insert(name.parse().unwrap(), Arc::new(script));
    }

    /// The rows of a deployment, as the crate `components` writes them.
    pub(crate) async fn deploy(&self, name: &DeploymentName) {
        let kind = if name.as_str() == "export" { Kind::Mapping } else { Kind::Workflow };
        let deployed = Deployed {
            deployment: name.clone(),
            version: 1,
            component: Digest::of(name.as_str().as_bytes()),
            kind,
            grants: Grants::default(),
            settings: "{}".to_owned(),
        };
        let version = Version { deployed, validates: BTreeSet::new(), on_failure: None, created_at: START };
        let (history, validates) = (Vec::new(), BTreeSet::new());
        let deployment = Deployment { name: name.clone(), kind, active: Some(1), newest: 1, history, validates };
        self.change(|tx| {
            let key = Key::new(Table::DeploymentVersions, &[name.as_str(), "00000001"]);
            tx.put(key, row::write(&version).unwrap());
            tx.put(Key::new(Table::Deployments, &[name.as_str()]), row::write(&deployment).unwrap());
        })
        .await;
    }

    pub(crate) async fn start(&self, name: &str) -> RunId {
        self.start_as(&self.host(), name, None).await.run
    }

    pub(crate) async fn start_as(&self, scope: &TenantScope, name: &str, key: Option<&str>) -> Start {
        let order = (key.map(str::to_owned), json!({"amount": 7}).to_string());
        self.runs.start(scope, &name.parse().unwrap(), order, None).await.unwrap()
    }

    pub(crate) fn drive(&self) -> Driving {
        self.drive_by(&self.clock)
    }

    /// Somebody else on the same stores, with a clock of their own.
    pub(crate) fn drive_by(&self, clock: &SimulatedClock) -> Driving {
        let time: Arc<dyn Clock> = Arc::new(clock.clone());
        let handlers =
            Steps::new(self.stores.clone(), judge(&self.scripts), time.clone()).register(Handlers::default());
        let mapped: Arc<dyn Mappings> = self.mapped.clone();
        let handlers = Effects::new(self.stores.clone(), mapped, time.clone()).register(handlers);
        let handlers = self.schedules(&time).register(register_timers(&time, handlers));
        let (timer, tenants) = (Arc::new(clock.clone()), Arc::new(One(self.tenant, self.neutral.clone())));
        let driver = Driver::new(authority(), self.stores.clone(), tenants, timer, handlers, DriverLimits::default());
        let (shutdown, ended) = oneshot::channel::<()>();
        let figures = driver.figures();
        let task = tokio::spawn(driver.run(async { drop(ended.await) }));
        Driving { figures, shutdown, task }
    }

    /// What starts by this clock.
    pub(crate) fn schedules(&self, time: &Arc<dyn Clock>) -> Schedules<Starter> {
        let starter = Arc::new(Starter::new(judge(&self.scripts), time.clone()));
        Schedules::new(self.stores.clone(), time.clone(), starter)
    }

    pub(crate) async fn run(&self, id: RunId) -> Detail {
        self.runs.get(&self.host(), id).await.unwrap()
    }

    /// The run once it is so. A test whose condition never holds is ended from outside.
    pub(crate) async fn until(&self, id: RunId, holds: impl Fn(&Detail) -> bool) -> Detail {
        loop {
            let run = self.run(id).await;
            if holds(&run) {
                return run;
            }
            tokio::task::yield_now().await;
        }
    }

    pub(crate) async fn until_state(&self, id: RunId, state: RunState) -> Detail {
        self.until(id, |run| run.state == state).await
    }

    /// The id of an open task, once it is there.
    pub(crate) async fn task(&self, run: RunId, name: &str) -> TaskId {
        self.until(run, |run| run.tasks.contains_key(name)).await.tasks[name]
    }

    pub(crate) async fn inbox(&self, user: UserId) -> Vec<Shown> {
        self.tasks.inbox(&self.of(user), &TaskFilter::default(), None, 100).await.unwrap().items
    }

    pub(crate) async fn choose(
        &self,
        user: UserId,
        task: TaskId,
        choice: &str,
    ) -> Result<Shown, signalsync_workflow::WorkflowError> {
        self.tasks.complete(&self.of(user), task, &answer(choice), None).await
    }

    /// Goes on when nothing is left to do before some more time has passed.
    pub(crate) async fn settled(&self) {
        loop {
            let mut tx = self.store().await.begin().await.unwrap();
            let now = self.clock.now();
            let work = signalsync_work::list(&mut tx, None, 200).unwrap().items;
            let later = |state| matches!(state, signalsync_work::State::Waiting { due } if due > now);
            if work.into_iter().all(|work| later(work.state)) {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    /// What happened to a run, in words.
    pub(crate) async fn story(&self, id: RunId) -> Vec<String> {
        let entries = self.runs.history(&self.host(), id, None, 200).await.unwrap().items;
        let tell = |entry| {
            let entry = serde_json::to_value(entry).unwrap();
            let what = entry["what"].as_str().unwrap().to_owned();
            let event = entry["event"].as_object().and_then(|event| event.keys().next().cloned());
            event.map_or(what.clone(), |event| format!("{what} {event}"))
        };
        entries.into_iter().map(tell).collect()
    }
}

fn judge(scripts: &Arc<Scripts>) -> Judge {
    let invoke: Arc<dyn Invoke<Transaction>> = scripts.clone();
    Judge::new(invoke, Arc::new(Schemas::default()))
}

pub(crate) fn answer(choice: &str) -> Answer {
    serde_json::from_value(json!({"choice": choice})).unwrap()
}

fn text(text: &str) -> String {
    text.to_owned()
}

/// A definition with this name, one role, and a step `approve` that one decides.
pub(crate) fn definition(name: &str) -> Definition {
    let status = |name: &str| Status { name: text(name), label: text(name), color: text("blue") };
    let way = |from: &str, to: &str| Transition { from: text(from), to: text(to), label: text("On") };
    Definition {
        name: text(name),
        label: text("A workflow"),
        input_form: None,
        statuses: vec![status("open"), status("done")],
        roles: vec![Role { name: text("boss"), label: text("Boss") }],
        steps: vec![step("approve", Signing::Any)],
        transitions: vec![way("open", "done")],
        service_levels: vec![],
        templates: vec![text("please")],
        mappings: vec![],
        children: vec![],
        signals: vec![text("paid")],
    }
}

pub(crate) fn step(id: &str, signing: Signing) -> Step {
    let choice = |id: &str, leaning| Choice { id: text(id), label: text(id), leaning };
    Step {
        id: text(id),
        label: text(id),
        role: text("boss"),
        form: None,
        choices: vec![choice("yes", Leaning::Positive), choice("no", Leaning::Negative)],
        signing,
        turn: Turn::Together,
        not_by: vec![],
        due: None,
    }
}

pub(crate) fn decide(status: &str, actions: Vec<Action>) -> Result<Decision, Failure> {
    Ok(Decision { state: text("{}"), status: text(status), actions })
}

pub(crate) fn go_on(actions: Vec<Action>) -> Result<Decision, Failure> {
    decide("open", actions)
}

pub(crate) fn finish() -> Result<Decision, Failure> {
    decide("done", vec![Action::Complete(text("{\"good\":true}"))])
}

pub(crate) fn open_task(id: &str, step: &str) -> Action {
    let (id, step, data) = (text(id), text(step), text("{\"shown\":1}"));
    Action::OpenTask(OpenTask { id, step, people: vec![], due: None, priority: Priority::Normal, data })
}

/// Asks for one approval and ends with it.
pub(crate) fn approval(_: Option<&str>, event: &Event) -> Result<Decision, Failure> {
    match event {
        Event::Started(_) => go_on(vec![open_task("first", "approve")]),
        Event::TaskDone(_) => finish(),
        Event::Cancel(reason) => go_on(vec![Action::Fail(reason.clone())]),
        _ => go_on(vec![]),
    }
}
