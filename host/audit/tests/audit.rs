//! The audit over real stores: it commits with the change, is found again, and proves itself.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::num::NonZeroUsize;
use std::sync::Arc;

use serde_json::json;
use signalsync_audit::{Action, Event, Filter, Kept, Outcome, VALUE_BYTES_MAX, list, record};
use signalsync_core::{Authority, Caller, TenantId, Tier, Timestamp};
use signalsync_store::{EngineKind, Store, Stores, StoresConfig, Table};

async fn store(folder: &std::path::Path) -> Store {
    #[expect(clippy::disallowed_methods, reason = "a test is a composition of its own")]
    let authority = Authority::ambient();
    let config =
        StoresConfig { root: folder.to_owned(), engine: EngineKind::Redb, open_max: NonZeroUsize::new(2).unwrap() };
    let (stores, tenant) = (Stores::open(config).unwrap(), TenantId::new());
    stores.create_tenant(&authority, tenant).await.unwrap();
    stores.tenant(&authority.scope(tenant, Arc::new(Tier::default()), Caller::host())).await.unwrap()
}

fn by(user: &str) -> Caller {
    let mut caller = Caller::host();
    caller.principal.user = Some(user.to_owned());
    caller
}

async fn write(store: &Store, user: &str, at: u64, event: Event) {
    let mut tx = store.begin().await.unwrap();
    record(&mut tx, &by(user), Timestamp(at), event).unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn entries_are_found_by_every_filter_and_prove_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    let changed = Event::new(Action::RecordChanged, "record/invoices/1");
    let changed = changed.before(&json!({"total": 1})).unwrap().after(&json!({"total": 2})).unwrap();
    write(&store, "usr_a", 10, changed).await;
    write(&store, "usr_b", 20, Event::new(Action::PersonInvited, "person/usr_c")).await;
    write(&store, "usr_a", 30, Event::denied(Action::RequestDenied, "GET /v1/keys")).await;

    let tx = store.begin().await.unwrap();
    let found = |filter: Filter| {
        let page = list(&tx, &filter, None, 10).unwrap();
        page.items.iter().map(|item| item.number).collect::<Vec<_>>()
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(found(Filter::default()), [3, 2, 1]);
    assert_eq!(found(Filter { action: text("person."), ..Filter::default() }), [2]);
    assert_eq!(found(Filter { actor: text("usr_a"), ..Filter::default() }), [3, 1]);
    assert_eq!(found(Filter { subject: text("record/invoices/"), ..Filter::default() }), [1]);
    assert_eq!(found(Filter { outcome: Some(Outcome::Denied), ..Filter::default() }), [3]);
    assert_eq!(found(Filter { since: Some(Timestamp(20)), until: Some(Timestamp(30)), ..Filter::default() }), [2]);

    let first = &list(&tx, &Filter::default(), Some(2), 10).unwrap().items[0];
    assert_eq!(first.entry.before, Some(Kept::Value(json!({"total": 1}))));
    assert_eq!(first.entry.after, Some(Kept::Value(json!({"total": 2}))));
    assert_eq!(tx.verify_chain(Table::Audit).unwrap().unwrap().number, 3);
}

#[tokio::test]
async fn an_entry_goes_with_the_change_that_failed() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    let mut tx = store.begin().await.unwrap();
    record(&mut tx, &Caller::host(), Timestamp(1), Event::new(Action::RoleChanged, "role/clerk")).unwrap();
    drop(tx);
    assert_eq!(store.begin().await.unwrap().verify_chain(Table::Audit).unwrap().unwrap().number, 0);
}

#[tokio::test]
async fn what_is_too_long_is_named_by_its_digest() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    let fits = "x".repeat(VALUE_BYTES_MAX - 2);
    let event =
        Event::new(Action::RecordChanged, "record/c/1").before(&fits).unwrap().after(&format!("{fits}y")).unwrap();
    write(&store, "usr_a", 1, event).await;
    let tx = store.begin().await.unwrap();
    let entry = list(&tx, &Filter::default(), None, 1).unwrap().items.remove(0).entry;
    assert_eq!(entry.before, Some(Kept::Value(json!(fits))));
    assert!(matches!(entry.after, Some(Kept::Digest { bytes, .. }) if bytes == VALUE_BYTES_MAX as u64 + 1));
}

#[test]
fn actions_have_one_text_each() {
    let mut texts: Vec<_> = Action::ALL.iter().map(|action| action.as_str()).collect();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), Action::ALL.len());
    assert!(
        texts.iter().all(|text| text.split_once('.').is_some_and(|(noun, verb)| !noun.is_empty() && !verb.is_empty()))
    );
}
