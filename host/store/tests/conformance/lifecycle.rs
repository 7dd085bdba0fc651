//! Opening, closing and destroying stores.

use signalsync_core::TenantId;
use signalsync_store::{EngineKind, StoreError};

use crate::lab::{Lab, all, put, record};

pub(crate) async fn few_stores_are_open_and_none_in_use_closes(lab: Lab) {
    let (held, store) = lab.tenant().await;
    let mut old = store.begin().await.unwrap();
    put(&store, "c", "a", "held").await;
    let mut tenants = Vec::new();
    for n in 0..12 {
        let (tenant, store) = lab.tenant().await;
        put(&store, "c", "a", format!("{n}")).await;
        tenants.push(tenant);
    }
    for (n, tenant) in tenants.iter().enumerate() {
        let mut tx = lab.open(*tenant).await.unwrap().begin().await.unwrap();
        assert_eq!(all(&mut tx, "c"), [("a".to_owned(), n.to_string().into())]);
    }
    assert_eq!(all(&mut old, "c"), [], "the snapshot of a held store is still there");
    let again = lab.open(held).await.unwrap();
    assert_eq!(put(&again, "c", "b", "x").await, 2);
    assert_eq!(put(&store, "c", "b", "x").await, 3, "both are the same store");
    if lab.kind != EngineKind::Memory {
        // Closing is left to a thread that may wait for the disk.
        while open_files(&lab) > 5 {
            tokio::task::yield_now().await;
        }
    }
}

/// Databases of this installation that the process has open.
fn open_files(lab: &Lab) -> usize {
    let files = std::fs::read_dir("/proc/self/fd").unwrap();
    let targets = files.filter_map(|file| std::fs::read_link(file.ok()?.path()).ok());
    let databases = targets.filter(|target| target.starts_with(lab.root()) && target.ends_with(database(lab.kind)));
    databases.map(|path| path.parent().unwrap().to_owned()).collect::<std::collections::HashSet<_>>().len()
}

fn database(kind: EngineKind) -> &'static str {
    if kind == EngineKind::Redb { "data.redb" } else { "sled/db" }
}

pub(crate) async fn an_unknown_tenant_has_no_store(lab: Lab) {
    for _ in 0..10 {
        assert!(matches!(lab.open(TenantId::new()).await, Err(StoreError::NoSuchTenant)));
    }
    assert_eq!(lab.root().join("tenants").read_dir().unwrap().count(), 0);
}

pub(crate) async fn a_destroyed_tenant_is_gone_for_everyone(lab: Lab) {
    let (other, _) = lab.tenant().await;
    let (tenant, store) = lab.tenant().await;
    put(&store, "c", "a", "x").await;
    let mut late = store.begin().await.unwrap();
    late.put(record("c", "late"), "x");
    lab.stores.destroy_tenant(&lab.authority, tenant).await.unwrap();
    assert!(!lab.folder(tenant).exists());
    assert!(matches!(lab.open(tenant).await, Err(StoreError::NoSuchTenant)));
    assert!(late.commit().await.is_err(), "nothing is acknowledged any more");
    assert!(lab.open(other).await.is_ok());
    lab.stores.destroy_tenant(&lab.authority, tenant).await.unwrap();
    assert_eq!(lab.root().join("destroyed").read_dir().unwrap().count(), 0);
}

pub(crate) async fn a_new_tenant_under_an_old_id_is_empty(lab: Lab) {
    let (tenant, store) = lab.tenant().await;
    put(&store, "c", "a", "x").await;
    let key = std::fs::read(lab.folder(tenant).join("key")).unwrap();
    lab.stores.create_tenant(&lab.authority, tenant).await.unwrap();
    assert_eq!(std::fs::read(lab.folder(tenant).join("key")).unwrap(), key, "making it twice changes nothing");
    lab.stores.destroy_tenant(&lab.authority, tenant).await.unwrap();
    lab.stores.create_tenant(&lab.authority, tenant).await.unwrap();
    assert_ne!(std::fs::read(lab.folder(tenant).join("key")).unwrap(), key);
    let mut tx = lab.open(tenant).await.unwrap().begin().await.unwrap();
    assert_eq!(all(&mut tx, "c"), []);
}
