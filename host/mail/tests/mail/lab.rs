//! One tenant with an outbox, a clock, and a driver that sends.

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use signalsync_core::{Authority, Caller, Clock as _, MailId, SimulatedClock, TenantId, TenantScope, Tier, Timestamp};
use signalsync_mail::{
    Entry, Mail, MailAddress, MailConfig, MailError, Outbox, Secret, Sender, SmtpConfig, SmtpTls, Status, Template, get,
};
use signalsync_store::{EngineKind, Stores, StoresConfig, Transaction};
use signalsync_work::{Driver, DriverLimits, Figures, Handlers, Standing, TenantPage, Tenants};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::relay::{Protection, Relay};

pub(crate) const START: Timestamp = Timestamp(1_700_000_000_000);
pub(crate) const LINK: &str = "https://acme.example.com/join#AbCdEfGhIjKlMnOpQrStUvWxYz";

pub(crate) struct Lab {
    pub(crate) stores: Arc<Stores>,
    pub(crate) clock: SimulatedClock,
    pub(crate) outbox: Outbox,
    pub(crate) config: MailConfig,
    pub(crate) tenant: TenantId,
    dir: TempDir,
}

#[expect(clippy::disallowed_methods, reason = "a test is a composition of its own")]
fn authority() -> Authority {
    Authority::ambient()
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

pub(crate) fn address(text: &str) -> MailAddress {
    text.parse().unwrap()
}

/// How to reach a relay, signed in.
pub(crate) fn smtp(relay: &Relay, tls: SmtpTls, authority: Option<PathBuf>) -> SmtpConfig {
    SmtpConfig {
        host: "localhost".to_owned(),
        port: Some(relay.port),
        tls,
        ca_file: authority,
        user: Some("user".to_owned()),
        password: Some(Secret::from("password".to_owned())),
        timeout_ms: 10_000,
        connections_max: 2,
    }
}

/// A relay without protection, and who sends by it.
pub(crate) async fn with_relay() -> (Relay, Lab) {
    let relay = Relay::start(Protection::None).await;
    let config = MailConfig { smtp: Some(smtp(&relay, SmtpTls::None, None)), ..MailConfig::default() };
    (relay, Lab::new(config).await)
}

impl Lab {
    pub(crate) async fn new(config: MailConfig) -> Self {
        let (dir, clock, tenant) = (tempfile::tempdir().unwrap(), SimulatedClock::at(START), TenantId::new());
        let stores = open(&dir);
        stores.create_tenant(&authority(), tenant).await.unwrap();
        let outbox = Outbox::new(&config, Arc::new(clock.clone()));
        Self { stores, clock, outbox, config, tenant, dir }
    }

    /// The same folder in another process.
    pub(crate) fn restart(self) -> Self {
        let Self { stores, dir, outbox, .. } = self;
        drop((stores, outbox));
        let stores = open(&dir);
        let outbox = Outbox::new(&self.config, Arc::new(self.clock.clone()));
        Self { stores, outbox, dir, ..self }
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.dir.path().join("mails")
    }

    pub(crate) fn scope(&self) -> TenantScope {
        authority().scope(self.tenant, Arc::new(Tier::default()), Caller::host())
    }

    pub(crate) async fn begin(&self) -> Transaction {
        self.stores.tenant(&self.scope()).await.unwrap().begin().await.unwrap()
    }

    pub(crate) async fn change<T>(&self, edit: impl FnOnce(&mut Transaction) -> T) -> T {
        let mut tx = self.begin().await;
        let done = edit(&mut tx);
        tx.commit().await.unwrap();
        done
    }

    /// Queues an invitation.
    pub(crate) async fn queue(&self, to: &str) -> Result<MailId, MailError> {
        let mail = Mail {
            to: &address(to),
            template: Template::Invitation,
            language: "de-AT",
            data: &[("tenant", "Acme & Söhne"), ("inviter", "Ada"), ("expires", "2026-11-30")],
            secret_link: Some(LINK),
        };
        self.change(|tx| self.outbox.queue(tx, &self.scope(), &mail)).await
    }

    pub(crate) async fn entry(&self, id: MailId) -> Entry {
        get(&mut self.begin().await, id).unwrap()
    }

    pub(crate) async fn until(&self, id: MailId, status: Status) -> Entry {
        loop {
            let entry = self.entry(id).await;
            if entry.status == status {
                return entry;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Moves the clock to the next attempt.
    pub(crate) async fn to_next_attempt(&self) {
        while self.stores.due().next().is_none_or(|at| at <= self.clock.now()) {
            tokio::task::yield_now().await;
        }
        self.clock.set(self.stores.due().next().unwrap());
    }

    pub(crate) fn drive(&self) -> Driving {
        let clock = Arc::new(self.clock.clone());
        let sender = Sender::new(&self.config, self.folder(), Arc::clone(&self.stores), clock.clone()).unwrap();
        let handlers = sender.register(Handlers::default());
        let (tenants, stores) = (Arc::new(One(self.tenant)), Arc::clone(&self.stores));
        let driver = Driver::new(authority(), stores, tenants, clock, handlers, DriverLimits::default());
        let (shutdown, ended) = oneshot::channel::<()>();
        Driving { figures: driver.figures(), shutdown, task: tokio::spawn(driver.run(async { drop(ended.await) })) }
    }
}

fn open(dir: &TempDir) -> Arc<Stores> {
    let (root, open_max) = (dir.path().to_owned(), 4.try_into().unwrap());
    Stores::open(StoresConfig { root, engine: EngineKind::Redb, open_max }).unwrap()
}

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

    pub(crate) async fn until_set_back(&self, times: u64) {
        while self.figures.set_back() < times {
            tokio::task::yield_now().await;
        }
    }
}
