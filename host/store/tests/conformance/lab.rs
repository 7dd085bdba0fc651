//! Stores in a folder of their own, and short words for what the cases do.

use std::future::Future;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use signalsync_core::{Authority, Caller, TenantId, TenantScope, Tier};
use signalsync_store::{EngineKind, Key, Store, StoreError, Stores, StoresConfig, Table, Transaction};
use tempfile::TempDir;

/// An installation.
pub(crate) struct Lab {
    pub(crate) kind: EngineKind,
    pub(crate) authority: Authority,
    pub(crate) stores: Arc<Stores>,
    open_max: NonZeroUsize,
    dir: TempDir,
}

/// Runs a case in an installation of its own, on several threads.
pub(crate) fn run<F: Future<Output = ()>>(kind: EngineKind, case: impl FnOnce(Lab) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async { case(Lab::new(kind)).await });
}

#[expect(clippy::disallowed_methods, reason = "a test is a composition of its own")]
fn authority() -> Authority {
    Authority::ambient()
}

impl Lab {
    pub(crate) fn new(kind: EngineKind) -> Self {
        let (dir, open_max) = (tempfile::tempdir().unwrap(), NonZeroUsize::new(4).unwrap());
        let stores = open(dir.path().to_owned(), kind, open_max).unwrap();
        Self { kind, authority: authority(), stores, open_max, dir }
    }

    /// The same folder after a restart.
    pub(crate) fn restart(self) -> Self {
        let Self { kind, authority, stores, open_max, dir } = self;
        drop(stores);
        let stores = open(dir.path().to_owned(), kind, open_max).unwrap();
        Self { kind, authority, stores, open_max, dir }
    }

    /// The same folder with another engine.
    pub(crate) fn with_engine(&self, kind: EngineKind) -> Arc<Stores> {
        open(self.root(), kind, self.open_max).unwrap()
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.dir.path().to_owned()
    }

    pub(crate) fn folder(&self, tenant: TenantId) -> PathBuf {
        self.root().join("tenants").join(tenant.to_string())
    }

    /// Names of what lies in the tenant's folder of contents.
    pub(crate) fn contents(&self, tenant: TenantId) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.folder(tenant).join("files")).unwrap();
        let mut contents: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        contents.sort();
        contents
    }

    pub(crate) fn scope(&self, tenant: TenantId) -> TenantScope {
        self.authority.scope(tenant, Arc::new(Tier::default()), Caller::host())
    }

    pub(crate) async fn open(&self, tenant: TenantId) -> Result<Store, StoreError> {
        self.stores.tenant(&self.scope(tenant)).await
    }

    /// A new tenant.
    pub(crate) async fn tenant(&self) -> (TenantId, Store) {
        let tenant = TenantId::new();
        self.stores.create_tenant(&self.authority, tenant).await.unwrap();
        (tenant, self.open(tenant).await.unwrap())
    }
}

pub(crate) fn open(root: PathBuf, engine: EngineKind, open_max: NonZeroUsize) -> Result<Arc<Stores>, StoreError> {
    Stores::open(StoresConfig { root, engine, open_max })
}

pub(crate) fn record(collection: &str, id: &str) -> Key {
    Key::new(Table::Records, &[collection, id])
}

/// Rows of a collection, without a limit.
pub(crate) fn all(tx: &mut Transaction, collection: &str) -> Vec<(String, Bytes)> {
    let page = tx.scan(Table::Records, &[collection], "", None, usize::MAX, usize::MAX).unwrap();
    page.entries.into_iter().map(|(id, row)| (id, row.body)).collect()
}

/// Writes one row in a transaction of its own; answers its version.
pub(crate) async fn put(store: &Store, collection: &str, id: &str, body: impl Into<Bytes>) -> u64 {
    let mut tx = store.begin().await.unwrap();
    tx.put(record(collection, id), body);
    tx.commit().await.unwrap().version
}
