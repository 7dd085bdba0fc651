//! A tenant that has used up its disk can read, make room, and be told so.

use std::sync::Arc;

use signalsync_core::{Caller, Tier};
use signalsync_store::{CommitError, StoreError, Table};

use crate::lab::{Lab, put, record};

pub(crate) async fn who_has_used_up_its_disk_can_only_make_room(lab: Lab) {
    let (tenant, store) = lab.tenant().await;
    put(&store, "c", "kept", "body").await;
    // A file lies on the disk, whatever keeps the rows.
    let (folder, path) = ("f".parse::<signalsync_core::FolderName>().unwrap(), "p".parse().unwrap());
    let mut tx = store.begin().await.unwrap();
    tx.write_file(&folder, &path, "text/plain", "content".into()).unwrap();
    tx.commit().await.unwrap();
    let limit = store.disk_bytes().await.unwrap();
    let small = Arc::new(Tier { disk_bytes_max: limit, ..Tier::default() });
    let store = lab.stores.tenant(&lab.authority.scope(tenant, small, Caller::host())).await.unwrap();

    let mut tx = store.begin().await.unwrap();
    tx.put(record("c", "more"), "body");
    let refused = tx.commit().await.unwrap_err();
    assert!(
        matches!(refused, CommitError::Store(StoreError::QuotaUsedUp { limit: said }) if said == limit),
        "{refused}"
    );
    assert!(matches!(store.stage_file().await, Err(StoreError::QuotaUsedUp { .. })));

    let mut tx = store.begin().await.unwrap();
    assert!(tx.get(&record("c", "kept")).unwrap().is_some());
    tx.delete(&record("c", "kept")).unwrap();
    tx.append(Table::Executions, "receipt", "of a call that failed", 10);
    tx.commit().await.unwrap();

    let larger = Arc::new(Tier { disk_bytes_max: limit + (64 << 20), ..Tier::default() });
    let store = lab.stores.tenant(&lab.authority.scope(tenant, larger, Caller::host())).await.unwrap();
    put(&store, "c", "more", "body").await;
}
