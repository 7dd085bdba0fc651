//! What requests are answered with: everything that lives as long as the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use schemars::JsonSchema;
use serde::Serialize;
use signalsync_archive::Archives;
use signalsync_audit::Audits;
use signalsync_calendar::starts::Schedules;
use signalsync_calendar::stored::Calendars;
use signalsync_components::{Components, Deployments, Executions};
use signalsync_core::{Admit, Authority, Clock, Invoke, SystemClock, TenantScope, TenantSlug};
use signalsync_egress::{Egress, Origin};
use signalsync_integration::Messages;
use signalsync_mail::{Office, Outbox, Sender};
use signalsync_people::department::Departments;
use signalsync_people::doorman::GUESSES_PER_MINUTE_MAX;
use signalsync_people::invitation::{self, FirstAdministrator};
use signalsync_people::keys::Keys;
use signalsync_people::organisation::organisation;
use signalsync_people::rights::Reasons;
use signalsync_people::role::Roles;
use signalsync_people::team::Teams;
use signalsync_people::{Doorman, PeopleError, Place};
use signalsync_records::{
    Collections, Exports, Files, HandOvers, Imports, Judge, OwnedRecords, Records, Upkeep, Uploads,
};
use signalsync_runtime::{Runtime, RuntimeError, RuntimeFigures};
use signalsync_store::{StoreError, Stores, Transaction};
use signalsync_tenancy::Directory;
use signalsync_work::desk::Desk;
use signalsync_work::jobs::Jobs;
use signalsync_work::{Driver, Figures, Handlers, SystemTimer};
use signalsync_workflow::{
    Absences, BulkJob, Deliveries, Effects, Notices, Runs, Starter, Steps, Tasks, Templates as Wordings, Workflows,
    register_timers,
};
use tokio::sync::watch;

use crate::config::{ListenerConfig, PublicUrl, Resolved};
use crate::listener::CertificateError;
use crate::mails;
use crate::templates::Templates;
use crate::tenants::Listed;

/// The process could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The folder of the stores cannot be used.
    #[error("the stores do not open: {0}")]
    Store(#[from] StoreError),
    /// What runs components does not start.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// Mail cannot be sent as it is configured.
    #[error(transparent)]
    Mail(#[from] signalsync_mail::ConfigError),
    /// Passwords cannot be hashed as configured.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// Certificates cannot be used.
    #[error("TLS cannot be spoken: {0}")]
    Certificate(#[from] CertificateError),
    /// The address cannot be listened at.
    #[error("the address {address} cannot be listened at: {error}")]
    Listen { address: std::net::SocketAddr, error: std::io::Error },
}

/// Everything that handlers use.
pub struct App {
    pub(crate) base_domain: String,
    pub(crate) limits: ListenerConfig,
    pub(crate) directory: Arc<Directory>,
    pub(crate) doorman: Doorman,
    pub(crate) roles: Roles,
    pub(crate) departments: Departments,
    pub(crate) teams: Teams,
    pub(crate) keys: Keys,
    pub(crate) reasons: Reasons,
    pub(crate) components: Components,
    pub(crate) deployments: Deployments,
    pub(crate) collections: Collections,
    pub(crate) records: Records,
    pub(crate) exports: Exports,
    pub(crate) imports: Imports,
    pub(crate) files: Files,
    pub(crate) uploads: Uploads,
    pub(crate) archives: Archives,
    pub(crate) templates: Templates,
    pub(crate) messages: Messages,
    pub(crate) workflows: Workflows,
    pub(crate) runs: Runs,
    pub(crate) tasks: Tasks,
    pub(crate) absences: Absences,
    pub(crate) notices: Notices,
    pub(crate) wordings: Wordings,
    pub(crate) deliveries: Deliveries,
    pub(crate) schedules: Schedules<Starter>,
    pub(crate) executions: Executions,
    pub(crate) audits: Audits,
    pub(crate) calendars: Calendars,
    pub(crate) mails: Office,
    pub(crate) desk: Desk,
    public: PublicUrl,
    pub(crate) runtime: Arc<Runtime>,
    work: Arc<Figures>,
    panics: AtomicU64,
    draining: watch::Sender<bool>,
}

/// How the process is doing, for its operator.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Health {
    /// Requests that ended in a mistake of ours; each deserves a look.
    pub panics: u64,
    /// What runs components.
    pub runtime: RuntimeFigures,
    /// Work that waited for its time.
    pub work: WorkFigures,
}

/// Work since the start.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct WorkFigures {
    /// Pieces, or parts of them, that went well.
    pub done: u64,
    /// Attempts that did not work and are tried again.
    pub set_back: u64,
    /// Pieces that were given up.
    pub dead: u64,
}

impl App {
    /// Opens and starts everything but the listener and the driver of work, which is handed out. Call it inside of a
    /// tokio runtime.
    ///
    /// # Errors
    /// A folder, a key or a thread could not be made.
    pub fn start(config: &Resolved) -> Result<(Arc<Self>, Driver), StartError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let stores = Stores::open(config.stores.clone())?;
        let egress = Arc::new(Egress::new(config.egress.clone()));
        let runtime = Runtime::start(config.runtime.clone(), egress, Arc::clone(&clock))?;
        let admit: Arc<dyn Admit> = runtime.clone();
        let invoke: Arc<dyn Invoke<Transaction>> = runtime.clone();
        let directory = Arc::new(directory(config, &stores, &clock));
        let judge = Judge::new(invoke.clone(), Arc::clone(runtime.schemas()));
        let imports = Imports::new(stores.clone(), judge.clone(), clock.clone());
        let components = Components::new(stores.clone(), admit, clock.clone());
        let donors = Arc::new(Listed::new(Arc::clone(&directory)));
        let schemas = Arc::clone(runtime.schemas());
        let archives = Archives::new(stores.clone(), components.clone(), schemas, donors, clock.clone());
        let outbox = Outbox::new(&config.mail, Arc::clone(&clock));
        let deliveries = Deliveries::new(stores.clone(), outbox.clone());
        let starter = Arc::new(Starter::new(judge.clone(), clock.clone()));
        let schedules = Schedules::new(stores.clone(), clock.clone(), starter);
        let does = (&imports, &archives, &deliveries, &schedules);
        let driver = driver(config, &directory, &stores, &judge, does, &clock)?;
        let mails = mails::queue(outbox);
        let files = Files::new(stores.clone(), judge.clone(), clock.clone());
        let app = Self {
            base_domain: config.base_domain.clone(),
            limits: config.listener,
            directory,
            doorman: Doorman::new(stores.clone(), clock.clone(), config.passwords, GUESSES_PER_MINUTE_MAX, mails)?,
            roles: Roles::new(stores.clone(), clock.clone()),
            departments: Departments::new(stores.clone(), clock.clone()),
            teams: Teams::new(stores.clone(), clock.clone()),
            keys: Keys::new(stores.clone(), clock.clone()),
            reasons: Reasons::new(stores.clone(), clock.clone()),
            components,
            deployments: Deployments::new(stores.clone(), invoke, clock.clone(), check_origin),
            collections: Collections::new(stores.clone(), judge.clone(), clock.clone()),
            records: Records::new(stores.clone(), judge.clone(), clock.clone()),
            exports: Exports::new(stores.clone(), judge.clone(), clock.clone()),
            imports,
            archives,
            templates: Templates::new(config.templates.clone()),
            uploads: Uploads::new(files.clone(), clock.clone()),
            files,
            messages: Messages::new(stores.clone(), judge.clone(), clock.clone()),
            workflows: Workflows::new(stores.clone(), clock.clone()),
            runs: Runs::new(stores.clone(), judge.clone(), clock.clone()),
            tasks: Tasks::new(stores.clone(), judge, clock.clone()),
            absences: Absences::new(stores.clone(), clock.clone()),
            notices: Notices::new(stores.clone()),
            wordings: Wordings::new(stores.clone(), clock.clone()),
            deliveries,
            schedules,
            mails: Office::new(stores.clone(), clock.clone()),
            calendars: Calendars::new(stores.clone(), clock.clone()),
            desk: Desk::new(stores.clone(), clock),
            audits: Audits::new(stores.clone()),
            executions: Executions::new(stores),
            public: PublicUrl::of(config),
            runtime,
            work: driver.figures(),
            panics: AtomicU64::new(0),
            draining: watch::Sender::new(false),
        };
        Ok((Arc::new(app), driver))
    }

    /// How the process is doing.
    pub fn health(&self) -> Health {
        let work = WorkFigures { done: self.work.done(), set_back: self.work.set_back(), dead: self.work.dead() };
        Health { panics: self.panics.load(Ordering::Relaxed), runtime: self.runtime.figures(), work }
    }

    /// The tenant as its people know it.
    ///
    /// # Errors
    /// The store failed.
    pub(crate) async fn place(&self, scope: &TenantScope, slug: &TenantSlug) -> Result<PlaceBuf, StoreError> {
        let organisation = organisation(&mut self.doorman.begin(scope).await?)?;
        Ok(self.place_called(slug, organisation.name))
    }

    /// A tenant with this name for its people; without it, the one in its address.
    pub(crate) fn place_called(&self, slug: &TenantSlug, name: Option<String>) -> PlaceBuf {
        let place = self.public.place(slug, &self.base_domain);
        PlaceBuf { name: name.unwrap_or(place.name), ..place }
    }

    /// Counts a request that ended in a mistake of ours.
    pub(crate) fn note_panic(&self) {
        self.panics.fetch_add(1, Ordering::Relaxed);
    }

    /// Says that the process is going away.
    pub(crate) fn drain(&self) {
        self.draining.send_replace(true);
    }

    /// Whether it is.
    pub(crate) fn is_draining(&self) -> bool {
        *self.draining.borrow()
    }
}

impl PublicUrl {
    /// As configured, else as it follows from where we listen.
    fn of(config: &Resolved) -> Self {
        if let Some(public) = &config.public {
            return public.clone();
        }
        let behind_tls = config.certificates.is_some() || !config.proxies.is_empty();
        let (scheme, usual) = if behind_tls { ("https", 443) } else { ("http", 80) };
        // Proxies listen at the usual port, whatever we listen at behind them.
        let ours = config.proxies.is_empty() && config.listen.port() != usual;
        Self { scheme: scheme.to_owned(), port: ours.then_some(config.listen.port()) }
    }

    fn place(&self, slug: &TenantSlug, base_domain: &str) -> PlaceBuf {
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        PlaceBuf { name: slug.to_string(), url: format!("{}://{slug}.{base_domain}{port}", self.scheme) }
    }
}

/// A tenant as its people know it.
pub(crate) struct PlaceBuf {
    name: String,
    url: String,
}

impl PlaceBuf {
    /// As it is handed on.
    pub(crate) fn lent(&self) -> Place<'_> {
        Place { name: &self.name, url: &self.url }
    }
}

/// The directory alone, for work on it while nothing is served.
///
/// # Errors
/// The stores do not open.
pub fn offline_directory(config: &Resolved) -> Result<Directory, StartError> {
    let stores = Stores::open(config.stores.clone())?;
    Ok(directory(config, &stores, &(Arc::new(SystemClock) as Arc<dyn Clock>)))
}

/// Invites the first administrator of a tenant that is created while nothing is served. The mail leaves when the server
/// runs.
pub fn offline_invitation(
    config: &Resolved,
    slug: &TenantSlug,
    first: FirstAdministrator,
) -> impl Fn(&mut Transaction, &TenantScope) -> Result<(), PeopleError> + Send + Sync + use<> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let place = PublicUrl::of(config).place(slug, &config.base_domain);
    let queue = mails::queue(Outbox::new(&config.mail, Arc::clone(&clock)));
    move |tx, scope| {
        let (_, mail) = invitation::invite(tx, scope, clock.now(), place.lent(), (&first).into())?;
        queue(tx, scope, clock.now(), mail)
    }
}

#[expect(clippy::disallowed_methods, reason = "this is where the process is composed")]
fn directory(config: &Resolved, stores: &Arc<Stores>, clock: &Arc<dyn Clock>) -> Directory {
    let directory = Directory::new(Authority::ambient(), Arc::clone(stores), Arc::clone(clock), config.tiers.clone());
    directory.with_grace(config.grace_ms)
}

/// Everything that is done when its time has come.
#[expect(clippy::disallowed_methods, reason = "this is where the process is composed")]
fn driver(
    config: &Resolved,
    directory: &Arc<Directory>,
    stores: &Arc<Stores>,
    judge: &Judge,
    (imports, archives, deliveries, schedules): (&Imports, &Archives, &Deliveries, &Schedules<Starter>),
    clock: &Arc<dyn Clock>,
) -> Result<Driver, StartError> {
    let sender = Sender::new(&config.mail, config.mail_folder.clone(), Arc::clone(stores), Arc::clone(clock))?;
    let tenants = Arc::new(Listed::new(Arc::clone(directory)));
    let jobs = imports.clone().register(Jobs::new(tenants.clone(), Arc::clone(clock)));
    let jobs = archives.clone().register(jobs);
    // What people leave behind who do not come in any more. Whatever else somebody can own or have to do is one line here.
    let estates = HandOvers::of(vec![Box::new(OwnedRecords::new(judge.clone(), Arc::clone(clock)))]);
    let jobs = estates.register(jobs);
    let jobs = BulkJob::register(clock, jobs);
    let handlers = Uploads::register(jobs.register(sender.register(Handlers::default())));
    let handlers = Upkeep::new(judge.clone(), Arc::clone(clock)).register(handlers);
    let handlers = Steps::new(Arc::clone(stores), judge.clone(), Arc::clone(clock)).register(handlers);
    let messages = Arc::new(Messages::new(Arc::clone(stores), judge.clone(), Arc::clone(clock)));
    let handlers = Effects::new(Arc::clone(stores), messages, Arc::clone(clock)).register(handlers);
    let handlers = schedules.clone().register(deliveries.clone().register(register_timers(clock, handlers)));
    let timer = Arc::new(SystemTimer);
    Ok(Driver::new(Authority::ambient(), Arc::clone(stores), tenants, timer, handlers, config.work))
}

fn check_origin(text: &str) -> Result<(), String> {
    text.parse::<Origin>().map(drop).map_err(|error| error.to_string())
}
