//! What victims and those who find them share.

use std::future::Future;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use signalsync_core::{Authority, Caller, TenantId, Tier};
use signalsync_store::{EngineKind, Key, Store, StoreError, Stores, StoresConfig, Table};

pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    block_on_with(8, work)
}

/// With so many threads that wait for the disk.
pub(crate) fn block_on_with<T>(threads: usize, work: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2).max_blocking_threads(threads).enable_all().build().unwrap().block_on(work)
}

pub(crate) fn engine_name(kind: EngineKind) -> &'static str {
    if kind == EngineKind::Sled { "sled" } else { "redb" }
}

/// One tenant of an installation.
pub(crate) struct Lab {
    authority: Authority,
    pub(crate) stores: Arc<Stores>,
    pub(crate) tenant: TenantId,
}

impl Lab {
    /// Opens the installation below a folder; makes the tenant when it is not there.
    #[expect(clippy::disallowed_methods, reason = "a test is a composition of its own")]
    pub(crate) async fn open(root: &Path, engine: &str, tenant: &str) -> Self {
        let engine = if engine == "sled" { EngineKind::Sled } else { EngineKind::Redb };
        let open_max = NonZeroUsize::new(4).unwrap();
        let stores = Stores::open(StoresConfig { root: root.to_owned(), engine, open_max }).unwrap();
        let (authority, tenant) = (Authority::ambient(), tenant.parse().unwrap());
        stores.create_tenant(&authority, tenant).await.unwrap();
        Self { authority, stores, tenant }
    }

    pub(crate) async fn store(&self) -> Result<Store, StoreError> {
        let scope = self.authority.scope(self.tenant, Arc::new(Tier::default()), Caller::host());
        self.stores.tenant(&scope).await
    }
}

pub(crate) fn record(collection: &str, id: &str) -> Key {
    Key::new(Table::Records, &[collection, id])
}

/// This program as a victim.
pub(crate) fn victim(what: &str, root: &Path, engine: EngineKind, tenant: TenantId) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["victim", what]).arg(root).args([engine_name(engine), &tenant.to_string()]);
    command
}
