//! All stores of an installation, opened when they are needed.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lru::LruCache;
use serde::{Deserialize, Serialize};
use signalsync_core::{Authority, TenantId, TenantScope};
use tokio::sync::Mutex;

use crate::due::Due;
use crate::error::StoreError;
use crate::home::{Home, Homes, Opened};
use crate::store::{Store, Tells, blocking};
use crate::watch::Watch;

/// Where and how stores are kept.
#[derive(Debug, Clone)]
pub struct StoresConfig {
    /// The folder; it is made when it is not there.
    pub root: PathBuf,
    /// What keeps the rows.
    pub engine: EngineKind,
    /// Stores that are open at the same time. One that is in use is never closed, so there can be more for a while.
    pub open_max: NonZeroUsize,
}

/// What keeps the rows of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EngineKind {
    /// redb: one file for each tenant.
    Redb,
    /// sled 0.34: one folder for each tenant. Slower for large rows, and its tenants wait for each other.
    Sled,
    /// Nothing survives the process: for tests and measurements. Files are on disk all the same.
    Memory,
}

/// All stores of an installation.
pub struct Stores {
    homes: Arc<Homes>,
    open_max: NonZeroUsize,
    open: parking_lot::Mutex<LruCache<Home, Arc<Slot>>>,
    due: Arc<Due>,
    watch: Arc<Watch>,
}

/// Where a store is while it is open. Whoever opens it holds the lock, so that it is opened once and nobody
/// else's store waits for it.
type Slot = Mutex<Option<Store>>;

/// How often opening is tried while the last ones who held the store are letting it go.
const OPEN_ATTEMPTS: u32 = 100;

/// Between two of them.
const OPEN_PAUSE: Duration = Duration::from_millis(20);

impl Stores {
    /// Opens the folder, and ends destructions that were interrupted; no store is opened yet.
    ///
    /// # Errors
    /// The folder or the master key cannot be read or made.
    pub fn open(config: StoresConfig) -> Result<Arc<Self>, StoreError> {
        let homes = Arc::new(Homes::new(config.root, config.engine)?);
        let open = parking_lot::Mutex::new(LruCache::unbounded());
        Ok(Arc::new(Self { homes, open_max: config.open_max, open, due: Arc::default(), watch: Arc::default() }))
    }

    /// When tenants are due, as far as their stores have been written since the start.
    pub fn due(&self) -> &Arc<Due> {
        &self.due
    }

    /// What is committed from now on, for those who watch it.
    pub fn watch(&self) -> &Arc<Watch> {
        &self.watch
    }

    /// The tenant's store.
    ///
    /// # Errors
    /// `NoSuchTenant`, or the store cannot be opened.
    pub async fn tenant(&self, scope: &TenantScope) -> Result<Store, StoreError> {
        let store = self.home(Home::Tenant(scope.tenant())).await?;
        store.allow(scope.tier().disk_bytes_max);
        Ok(store)
    }

    /// What belongs to no tenant.
    ///
    /// # Errors
    /// The store cannot be opened.
    pub async fn platform(&self, _: &Authority) -> Result<Store, StoreError> {
        self.home(Home::Platform).await
    }

    /// Makes an empty store with a key of its own, durably. Does nothing when it is there.
    ///
    /// # Errors
    /// The folder or the key cannot be made.
    pub async fn create_tenant(&self, _: &Authority, tenant: TenantId) -> Result<(), StoreError> {
        let slot = self.slot(Home::Tenant(tenant));
        let _only_one = slot.lock().await;
        let homes = Arc::clone(&self.homes);
        blocking(move || homes.create(Home::Tenant(tenant))).await
    }

    /// Closes the tenant's store under whoever uses it, destroys its key, then its data. What is left of
    /// files on worn-out sectors or in backups is noise. Does nothing when there is no such tenant.
    ///
    /// # Errors
    /// Something could not be removed; call it again, or open the stores again.
    pub async fn destroy_tenant(&self, _: &Authority, tenant: TenantId) -> Result<(), StoreError> {
        let home = Home::Tenant(tenant);
        let slot = self.slot(home);
        let mut open = slot.lock().await;
        if let Some(store) = open.take() {
            store.stop().await?;
        }
        let homes = Arc::clone(&self.homes);
        blocking(move || homes.destroy(home)).await
    }

    fn slot(&self, home: Home) -> Arc<Slot> {
        Arc::clone(self.open.lock().get_or_insert_mut(home, Arc::default))
    }

    async fn home(&self, home: Home) -> Result<Store, StoreError> {
        let slot = self.slot(home);
        let mut open = slot.lock().await;
        if let Some(store) = open.as_ref().filter(|store| !store.is_stopped()) {
            return Ok(store.clone());
        }
        *open = None;
        let store = self.open_patiently(home).await.map(|opened| Store::new(opened, self.tells(home)));
        *open = store.as_ref().ok().cloned();
        close_idle(&mut self.open.lock(), self.open_max);
        store
    }

    fn tells(&self, home: Home) -> Option<Tells> {
        match home {
            Home::Platform => None,
            Home::Tenant(tenant) => Some(Tells { tenant, due: Arc::clone(&self.due), watch: Arc::clone(&self.watch) }),
        }
    }

    /// The engine that was closed last may still be letting go of its files.
    async fn open_patiently(&self, home: Home) -> Result<Opened, StoreError> {
        for _ in 1..OPEN_ATTEMPTS {
            let homes = Arc::clone(&self.homes);
            match blocking(move || homes.open(home)).await {
                Err(StoreError::InUse) => tokio::time::sleep(OPEN_PAUSE).await,
                result => return result,
            }
        }
        Err(StoreError::InUse)
    }
}

/// Closes the stores that were used longest ago and that nobody holds, until few enough are open.
fn close_idle(open: &mut LruCache<Home, Arc<Slot>>, max: NonZeroUsize) {
    let surplus = open.len().saturating_sub(max.get());
    let idle: Vec<Home> =
        open.iter().rev().filter(|(_, slot)| is_idle(slot)).map(|(home, _)| *home).take(surplus).collect();
    for home in idle {
        open.pop(&home);
    }
}

fn is_idle(slot: &Arc<Slot>) -> bool {
    let held = Arc::strong_count(slot) > 1;
    !held && slot.try_lock().is_ok_and(|store| store.as_ref().is_none_or(|store| !store.is_in_use()))
}
