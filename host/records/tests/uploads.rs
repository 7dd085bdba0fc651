//! What becomes of an upload that nobody brings to its end.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use signalsync_core::{
    Authority, Call, Caller, Clock as _, Completed, Invoke, Recorded, Replayed, SimulatedClock, TenantId, TenantScope,
    Tier, Timestamp,
};
use signalsync_data::Schemas;
use signalsync_records::{Files, Judge, Place, RecordError, UPLOAD_MS, Uploads};
use signalsync_store::{EngineKind, Shelf, Stores, StoresConfig, Transaction};
use signalsync_work::{Driver, DriverLimits, Handlers, Standing, TenantPage, Tenants};
use tokio::sync::oneshot;

/// Files are judged by no component.
struct Nobody;

impl Invoke<Transaction> for Nobody {
    fn invoke<'a>(&'a self, _: &'a TenantScope, call: Call, _: Transaction) -> BoxFuture<'a, Completed<Transaction>> {
        unreachable!("nothing is deployed: {call:?}")
    }

    fn replay<'a>(&'a self, _: &'a TenantScope, call: Call, _: Recorded) -> BoxFuture<'a, Replayed> {
        unreachable!("nothing ran: {call:?}")
    }
}

/// One tenant.
struct Only(TenantId);

impl Tenants for Only {
    fn page(&self, _: Option<TenantId>, _: usize) -> BoxFuture<'_, Result<TenantPage, String>> {
        async { Ok(TenantPage { tenants: vec![self.0], next: None }) }.boxed()
    }

    fn standing(&self, _: TenantId) -> BoxFuture<'_, Result<Standing, String>> {
        async { Ok(Standing::Active(Arc::new(Tier::default()))) }.boxed()
    }
}

#[expect(clippy::disallowed_methods, reason = "a test is a composition of its own")]
fn authority() -> Authority {
    Authority::ambient()
}

#[tokio::test]
async fn an_upload_is_forgotten_a_day_after_its_beginning_and_what_had_arrived_with_it() {
    let (dir, clock, tenant) =
        (tempfile::tempdir().unwrap(), SimulatedClock::at(Timestamp(1_700_000_000_000)), TenantId::new());
    let config =
        StoresConfig { root: dir.path().to_owned(), engine: EngineKind::Redb, open_max: 2.try_into().unwrap() };
    let stores = Stores::open(config).unwrap();
    stores.create_tenant(&authority(), tenant).await.unwrap();
    let scope = Arc::new(authority().scope(tenant, Arc::new(Tier::default()), Caller::host()));
    let judge = Judge::new(Arc::new(Nobody), Arc::new(Schemas::default()));
    let uploads = Uploads::new(Files::new(stores.clone(), judge, Arc::new(clock.clone())), Arc::new(clock.clone()));

    let (place, file) = (Place::Folder("docs".parse().unwrap()), ("a.txt".parse().unwrap(), "text/plain".to_owned()));
    let (id, begun) = uploads.begin(&scope, place, file, 10, None).await.unwrap();
    assert_eq!(begun.expires_at, Timestamp(clock.now().0 + UPLOAD_MS));
    let mut part = uploads.append(&scope, id, 0).await.unwrap();
    part.write("12345".into()).await.unwrap();
    assert_eq!(part.finish().await.unwrap().offset, 5);

    let timer = Arc::new(clock.clone());
    let handlers = Uploads::register(Handlers::default());
    let driver =
        Driver::new(authority(), stores.clone(), Arc::new(Only(tenant)), timer, handlers, DriverLimits::default());
    let (figures, (shutdown, ended)) = (driver.figures(), oneshot::channel::<()>());
    let working = tokio::spawn(driver.run(async { drop(ended.await) }));
    clock.set(Timestamp(begun.expires_at.0 - 1));
    assert_eq!(uploads.get(&scope, id).await.unwrap().offset, 5, "it can go on until then");
    clock.set(begun.expires_at);
    while figures.done() == 0 {
        tokio::task::yield_now().await;
    }
    assert!(matches!(uploads.get(&scope, id).await, Err(RecordError::NotFound)));
    assert!(matches!(uploads.append(&scope, id, 5).await, Err(RecordError::NotFound)));
    let mut tx = stores.tenant(&scope).await.unwrap().begin().await.unwrap();
    assert!(tx.list_files(Shelf::upload(id), None, 10).unwrap().is_empty(), "nothing of it is left");
    drop(shutdown);
    working.await.unwrap();
}
