//! A tenant with its store, and short words for what the cases do.

use std::num::NonZeroUsize;
use std::sync::Arc;

use serde_json::{Value, json};
use signalsync_core::rights::{Person, RecordRule};
use signalsync_core::{
    Authority, Caller, CollectionName, Origin, Principal, RecordId, Rights, TenantId, TenantScope, Tier, Timestamp,
    UserId,
};
use signalsync_data::{Change, Count, DataError, Definition, Found, Gate, Query, Schemas, Staged};
use signalsync_store::{CommitError, EngineKind, Precondition, Store, Stores, StoresConfig, Transaction};
use tempfile::TempDir;

/// A tenant.
pub(crate) struct Lab {
    authority: Authority,
    tenant: TenantId,
    schemas: Arc<Schemas>,
    pub(crate) store: Store,
    now: std::sync::atomic::AtomicU64,
    _stores: Arc<Stores>,
    _dir: TempDir,
}

#[expect(clippy::disallowed_methods, reason = "a test is a composition of its own")]
fn authority() -> Authority {
    Authority::ambient()
}

impl Lab {
    pub(crate) async fn new() -> Self {
        Self::on(EngineKind::Memory).await
    }

    pub(crate) async fn on(engine: EngineKind) -> Self {
        let (dir, authority, tenant) = (tempfile::tempdir().unwrap(), authority(), TenantId::new());
        let config = StoresConfig { root: dir.path().to_owned(), engine, open_max: NonZeroUsize::MIN };
        let stores = Stores::open(config).unwrap();
        stores.create_tenant(&authority, tenant).await.unwrap();
        let scope = authority.scope(tenant, Arc::new(Tier::default()), Caller::host());
        let store = stores.tenant(&scope).await.unwrap();
        let now = std::sync::atomic::AtomicU64::new(1_700_000_000_000);
        Self { authority, tenant, schemas: Arc::default(), store, now, _stores: stores, _dir: dir }
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, ms: u64) {
        self.now.fetch_add(ms, std::sync::atomic::Ordering::Relaxed);
    }

    fn scope(&self, caller: Caller) -> TenantScope {
        self.authority.scope(self.tenant, Arc::new(Tier::default()), caller)
    }

    fn now(&self) -> Timestamp {
        Timestamp(self.now.load(std::sync::atomic::Ordering::Relaxed))
    }

    /// The host itself.
    pub(crate) fn host(&self) -> Gate {
        Gate::of(&self.schemas, &self.scope(Caller::host()), self.now())
    }

    /// A person with these rules.
    pub(crate) fn person(&self, person: Person, rules: &[Value]) -> Gate {
        let rule =
            |rule: &Value| ("clerk".parse().unwrap(), serde_json::from_value::<RecordRule>(rule.clone()).unwrap());
        let principal = Principal { user: person.user.map(|user| user.to_string()), ..Principal::host() };
        let rights = Rights::of([].into(), rules.iter().map(rule).collect(), person);
        let caller = Caller { principal, rights: Arc::new(rights), origin: Origin::default() };
        Gate::of(&self.schemas, &self.scope(caller), self.now())
    }

    /// Does something and commits it; again when somebody else was faster.
    pub(crate) async fn write<T>(
        &self,
        mut act: impl FnMut(&mut Transaction) -> Result<T, DataError>,
    ) -> Result<T, DataError> {
        loop {
            let mut tx = self.store.begin().await.unwrap();
            let done = act(&mut tx)?;
            match tx.commit().await {
                Ok(_) => return Ok(done),
                Err(CommitError::Conflict) => {}
                Err(CommitError::Store(error)) => panic!("{error}"),
            }
        }
    }

    pub(crate) async fn read<T>(&self, act: impl FnOnce(&mut Transaction) -> T) -> T {
        act(&mut self.store.begin().await.unwrap())
    }

    pub(crate) async fn collection(&self, collection: &str) {
        let (host, name) = (self.host(), name(collection));
        self.write(|tx| signalsync_data::create(&host, tx, &name, collection)).await.unwrap();
    }

    /// Publishes a definition for a collection, which is made when it is not there.
    pub(crate) async fn define(&self, collection: &str, definition: Value) {
        self.collection(collection).await;
        self.publish(collection, definition).await.unwrap();
    }

    pub(crate) async fn publish(&self, collection: &str, definition: Value) -> Result<(), DataError> {
        let (host, name) = (self.host(), name(collection));
        let definition: Definition = serde_json::from_value(definition).unwrap();
        self.write(|tx| {
            signalsync_data::save(&host, tx, &name, &definition)?;
            signalsync_data::publish(&host, tx, &name).map(drop)
        })
        .await
    }

    /// Builds indexes until there is nothing to do.
    pub(crate) async fn build(&self, collection: &str) {
        let (host, name) = (self.host(), name(collection));
        while !self.write(|tx| signalsync_data::step(&host, tx, &name)).await.unwrap().done {}
    }

    pub(crate) async fn put(&self, gate: &Gate, collection: &str, id: &str, body: Value) -> Result<Staged, DataError> {
        let change = change(collection, id, &body);
        self.write(|tx| gate.put(tx, &change)).await
    }

    pub(crate) async fn patch(
        &self,
        gate: &Gate,
        collection: &str,
        id: &str,
        body: Value,
    ) -> Result<Staged, DataError> {
        let change = change(collection, id, &body);
        self.write(|tx| gate.patch(tx, &change)).await
    }

    pub(crate) async fn delete(&self, gate: &Gate, collection: &str, at: &str) -> Result<(), DataError> {
        let (name, id) = (name(collection), id(at));
        self.write(|tx| gate.delete(tx, &name, &id, Precondition::None)).await
    }

    pub(crate) async fn restore(&self, gate: &Gate, collection: &str, at: &str) -> Result<Staged, DataError> {
        let (name, id) = (name(collection), id(at));
        self.write(|tx| gate.restore(tx, &name, &id)).await
    }

    /// A record's document; none when it is not found.
    pub(crate) async fn get(&self, gate: &Gate, collection: &str, at: &str) -> Option<Value> {
        match self.read(|tx| gate.get(tx, &name(collection), &id(at))).await {
            Ok(record) => Some(serde_json::from_str(&record.body).unwrap()),
            Err(DataError::NotFound) => None,
            Err(error) => panic!("{error}"),
        }
    }

    pub(crate) async fn query(&self, gate: &Gate, collection: &str, query: &Query) -> Result<Found, DataError> {
        self.read(|tx| gate.query(tx, &name(collection), query)).await
    }

    pub(crate) async fn count(&self, gate: &Gate, collection: &str, query: &Query) -> Count {
        self.read(|tx| gate.count(tx, &name(collection), query)).await.unwrap()
    }

    /// All that a question finds, over all its pages.
    pub(crate) async fn all(&self, gate: &Gate, collection: &str, query: &Query) -> Vec<String> {
        let (mut query, mut ids) = (query.clone(), Vec::new());
        loop {
            let found = self.query(gate, collection, &query).await.unwrap();
            assert!(found.items.len() <= query.limit);
            ids.extend(found.items.iter().map(|record| record.id.to_string()));
            match found.next {
                Some(next) => query.after = Some(next),
                None => return ids,
            }
        }
    }
}

pub(crate) fn name(text: &str) -> CollectionName {
    text.parse().unwrap()
}

pub(crate) fn id(text: &str) -> RecordId {
    text.parse().unwrap()
}

pub(crate) fn change(collection: &str, at: &str, body: &Value) -> Change {
    Change { collection: name(collection), id: id(at), body: body.to_string(), precondition: Precondition::None }
}

/// A question for a filter, with small pages.
pub(crate) fn ask(filter: Value) -> Query {
    Query { filter: Some(serde_json::from_value(filter).unwrap()), limit: 3, ..Query::default() }
}

pub(crate) fn user() -> Person {
    Person { user: Some(UserId::new()), ..Person::default() }
}

/// A definition with these fields.
pub(crate) fn fields(properties: Value) -> Value {
    json!({"schema": {"properties": properties}})
}
