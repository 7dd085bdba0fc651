//! A tenant with people of its own for each test, a clock that is set by hand, and a letter box.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and composes a process")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use signalsync_core::{Authority, Caller, Clock, Origin, TenantId, TenantScope, Tier, Timestamp, UserId};
use signalsync_people::change::ProfileChange;
use signalsync_people::invitation::{self, Invite};
use signalsync_people::policy::{SignInPolicy, set_policy};
use signalsync_people::session::SessionToken;
use signalsync_people::{
    Credentials, Doorman, HashCost, OutgoingMail, PeopleError, Place, Refusal, Secret, SignInError, SignedIn, session,
};
use signalsync_store::{EngineKind, Key, Precondition, Stores, StoresConfig, Table, Transaction, row};
use tempfile::TempDir;

pub(crate) const PASSWORD: &str = "fleeting blue moons";
pub(crate) const PLACE: Place<'static> = Place { name: "Acme", url: "https://acme.example.org" };
pub(crate) const HOME: &str = "192.0.2.1";
pub(crate) const MINUTE: u64 = 60_000;
pub(crate) const HOUR: u64 = 60 * MINUTE;

pub(crate) struct Set(AtomicU64);

impl Clock for Set {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

pub(crate) struct Fixture {
    pub(crate) doorman: Arc<Doorman>,
    pub(crate) stores: Arc<Stores>,
    clock: Arc<Set>,
    authority: Authority,
    pub(crate) tenant: TenantId,
    _root: TempDir,
}

/// Keeps mails where the tests find them.
fn queue(tx: &mut Transaction, _: &TenantScope, _: Timestamp, mail: OutgoingMail) -> Result<(), PeopleError> {
    let place = tx.scan(Table::Mails, &[], "", None, 1_000, usize::MAX)?.entries.len();
    tx.put(Key::new(Table::Mails, &[&format!("{place:04}")]), row::write(&mail)?);
    Ok(())
}

pub(crate) async fn fixture() -> Fixture {
    on(EngineKind::Memory, 300).await
}

pub(crate) async fn on(engine: EngineKind, guesses: u32) -> Fixture {
    let root = tempfile::tempdir().unwrap();
    let stores =
        Stores::open(StoresConfig { root: root.path().to_owned(), engine, open_max: 8.try_into().unwrap() }).unwrap();
    let (authority, tenant) = (Authority::ambient(), TenantId::new());
    stores.create_tenant(&authority, tenant).await.unwrap();
    let clock = Arc::new(Set(AtomicU64::new(1_700_000_000_000)));
    let cost = HashCost { memory_kib: 64, passes: 1, ..HashCost::default() };
    let doorman = Arc::new(Doorman::new(stores.clone(), clock.clone(), cost, guesses, Arc::new(queue)).unwrap());
    Fixture { doorman, stores, clock, authority, tenant, _root: root }
}

impl Fixture {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn pass(&self, ms: u64) {
        self.clock.0.fetch_add(ms, Ordering::SeqCst);
    }

    /// The host itself, as if it had been asked from this address.
    pub(crate) fn from(&self, address: &str) -> TenantScope {
        let origin = Origin { address: Some(address.parse().unwrap()), ..Origin::default() };
        self.authority.scope(self.tenant, Arc::new(Tier::default()), Caller { origin, ..Caller::host() })
    }

    pub(crate) fn scope(&self) -> TenantScope {
        self.from(HOME)
    }

    pub(crate) async fn edit<T>(
        &self,
        edit: impl Fn(&mut Transaction) -> Result<T, PeopleError>,
    ) -> Result<T, PeopleError> {
        self.doorman.edit(&self.scope(), edit).await
    }

    pub(crate) async fn demand(&self, demand: Value) {
        let policy: SignInPolicy = serde_json::from_value(demand).unwrap();
        self.edit(|tx| set_policy(tx, &Caller::host(), self.now(), &policy, Precondition::None)).await.unwrap();
    }

    /// Invites somebody; their id, and the secret that they are mailed.
    pub(crate) async fn invite(&self, mail: &str, roles: &[&str]) -> Result<(UserId, Secret), PeopleError> {
        let new: Invite = serde_json::from_value(json!({"mail": mail, "roles": roles})).unwrap();
        let scope = self.scope();
        let (person, mail) = self.edit(|tx| invitation::invite(tx, &scope, self.now(), PLACE, new.clone())).await?;
        Ok((person.row.id, secret(&mail)))
    }

    pub(crate) async fn activate(&self, secret: &Secret, password: &str) -> Result<SignedIn, PeopleError> {
        let profile = ProfileChange::default();
        self.doorman.activate(&self.scope(), PLACE, secret, &password.into(), &profile, "test").await
    }

    /// Somebody who can sign in with [`PASSWORD`].
    pub(crate) async fn person(&self, mail: &str, roles: &[&str]) -> UserId {
        let (id, secret) = self.invite(mail, roles).await.unwrap();
        self.activate(&secret, PASSWORD).await.unwrap();
        id
    }

    pub(crate) async fn sign_in(&self, mail: &str, password: &str) -> Result<SignedIn, Refusal> {
        self.sign_in_from(HOME, mail, password, None).await
    }

    pub(crate) async fn sign_in_from(
        &self,
        address: &str,
        mail: &str,
        password: &str,
        code: Option<&str>,
    ) -> Result<SignedIn, Refusal> {
        let shown = Credentials { mail, password: &password.into(), code, client: "test" };
        match self.doorman.sign_in(&self.from(address), PLACE, shown).await {
            Ok(signed_in) => Ok(signed_in),
            Err(SignInError::Refused(refusal)) => Err(refusal),
            Err(SignInError::Failed(error)) => panic!("{error}"),
        }
    }

    pub(crate) async fn begin(&self) -> Transaction {
        self.doorman.begin(&self.scope()).await.unwrap()
    }

    pub(crate) async fn is_alive(&self, token: &SessionToken) -> bool {
        session::prove(&mut self.begin().await, token, self.now()).unwrap().is_some()
    }

    /// All mails that were queued, oldest first.
    pub(crate) async fn mails(&self) -> Vec<Value> {
        let page = self.begin().await.scan(Table::Mails, &[], "", None, 1_000, usize::MAX).unwrap();
        page.entries.iter().map(|(_, found)| row::read(&found.body).unwrap()).collect()
    }

    pub(crate) async fn last_link(&self) -> Secret {
        let mails = self.mails().await;
        link(mails.last().unwrap()["data"]["link"].as_str().unwrap())
    }

    pub(crate) async fn audited(&self) -> Vec<String> {
        let entries = signalsync_audit::list(&self.begin().await, &signalsync_audit::Filter::default(), None, 100);
        let entries = entries.unwrap().items.into_iter().rev();
        entries.map(|found| format!("{:?} {}", found.entry.outcome, found.entry.action.as_str())).collect()
    }
}

pub(crate) fn secret(mail: &OutgoingMail) -> Secret {
    assert!(mail.secret, "whoever reads it comes in");
    link(mail.data["link"].as_str().unwrap())
}

fn link(link: &str) -> Secret {
    Secret::parse(link.split_once('#').unwrap().1).unwrap()
}
