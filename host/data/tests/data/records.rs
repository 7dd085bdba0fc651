//! Records: writing, history, bin, unique fields.

use std::sync::Arc;

use serde_json::{Value, json};
use signalsync_core::UserId;
use signalsync_data::{Act, DataError, Query, VERSIONS_KEPT};
use signalsync_store::{EngineKind, Precondition};

use crate::lab::{Lab, change, fields, id, name, user};

fn unique() -> Value {
    let mut definition =
        fields(json!({"code": {"x-kind": "text"}, "group": {"x-kind": "text"}, "n": {"x-kind": "number"}}));
    definition["indexes"] = json!([{"fields": ["code", "group"], "unique": true}]);
    definition
}

#[tokio::test]
async fn a_document_stays_as_it_was_written() {
    let lab = Lab::new().await;
    lab.collection("things").await;
    let (host, mut written) = (lab.host(), change("things", "a", &json!({})));
    written.body = "{\"b\": 1.10, \"a\":\"\\u00e9\"}".to_owned();
    lab.write(|tx| host.put(tx, &written)).await.unwrap();
    let read = lab.read(|tx| host.get(tx, &name("things"), &id("a"))).await.unwrap();
    assert_eq!(read.body, written.body);
    written.body = "{\"a\":1,\"a\":2}".to_owned();
    assert!(matches!(lab.write(|tx| host.put(tx, &written)).await, Err(DataError::BadJson(_))));
    written.body = format!("\"{}\"", "x".repeat(1 << 20));
    assert!(matches!(lab.write(|tx| host.put(tx, &written)).await, Err(DataError::TooLarge { .. })));
}

#[tokio::test]
async fn a_patch_merges_and_history_says_what_changed() {
    let lab = Lab::new().await;
    lab.collection("things").await;
    let clerk = lab.person(user(), &[json!({"see": "all", "change": "all", "delete": "all", "create": true})]);
    lab.put(&clerk, "things", "a", json!({"x": 1, "y": {"z": 2}})).await.unwrap();
    lab.pass(10);
    lab.patch(&lab.host(), "things", "a", json!({"x": null, "y": {"w": 3}})).await.unwrap();
    assert_eq!(lab.get(&clerk, "things", "a").await, Some(json!({"y": {"z": 2, "w": 3}})));
    lab.delete(&clerk, "things", "a").await.unwrap();
    lab.restore(&clerk, "things", "a").await.unwrap();
    let history = lab.read(|tx| clerk.versions(tx, &name("things"), &id("a"), None, 10)).await.unwrap().items;
    let acts: Vec<_> = history.iter().map(|version| (version.number, version.act)).collect();
    assert_eq!(acts, [(4, Act::Restored), (3, Act::Deleted), (2, Act::Changed), (1, Act::Created)]);
    let changes = history[2].changes.clone().unwrap();
    assert!(changes.contains(&json!({"op": "remove", "path": "/x"})), "{changes:?}");
    assert!(changes.contains(&json!({"op": "add", "path": "/y/w", "value": 3})), "{changes:?}");
    assert_eq!((history[2].by.clone(), history[3].by.is_some()), (None, true));
    assert!(history[2].at > history[3].at);
    let page = lab.read(|tx| clerk.versions(tx, &name("things"), &id("a"), Some(3), 1)).await.unwrap();
    assert_eq!((page.items[0].number, page.next.as_deref()), (2, Some("2")));
}

#[tokio::test]
async fn history_is_bounded() {
    let lab = Lab::new().await;
    lab.collection("things").await;
    let host = lab.host();
    for n in 0..VERSIONS_KEPT + 5 {
        lab.put(&host, "things", "a", json!({"n": n})).await.unwrap();
    }
    let history = lab.read(|tx| host.versions(tx, &name("things"), &id("a"), None, 1_000)).await.unwrap().items;
    assert_eq!((history.len(), history[0].number), (VERSIONS_KEPT as usize, VERSIONS_KEPT + 5));
    lab.put(&host, "things", "a", json!({"long": "x".repeat(70_000)})).await.unwrap();
    let history = lab.read(|tx| host.versions(tx, &name("things"), &id("a"), None, 1)).await.unwrap().items;
    assert_eq!((history[0].act, &history[0].changes), (Act::Changed, &None), "too long to be kept");
}

#[tokio::test]
async fn the_bin_gives_back_and_forgets() {
    let lab = Lab::new().await;
    lab.define("things", unique()).await;
    let (host, things) = (lab.host(), name("things"));
    lab.put(&host, "things", "a", json!({"code": "x", "group": "g"})).await.unwrap();
    lab.delete(&host, "things", "a").await.unwrap();
    assert_eq!(lab.get(&host, "things", "a").await, None);
    let bin = lab.read(|tx| host.bin(tx, &things, None, 10)).await.unwrap();
    assert_eq!((bin.items.len(), bin.items[0].id.as_str(), bin.next), (1, "a", None));

    lab.put(&host, "things", "b", json!({"code": "X", "group": "G"})).await.unwrap();
    assert!(
        matches!(lab.restore(&host, "things", "a").await, Err(DataError::NotUnique { .. })),
        "the gate holds here, too"
    );
    lab.delete(&host, "things", "b").await.unwrap();
    lab.restore(&host, "things", "a").await.unwrap();
    assert!(matches!(lab.restore(&host, "things", "a").await, Err(DataError::Exists)));
    assert!(matches!(lab.restore(&host, "things", "c").await, Err(DataError::NotFound)));

    lab.put(&host, "things", "b", json!({"n": 1})).await.unwrap();
    assert!(lab.read(|tx| host.bin(tx, &things, None, 10)).await.unwrap().items.is_empty(), "a new one took its place");
    lab.delete(&host, "things", "b").await.unwrap();
    lab.pass(31 * 24 * 60 * 60 * 1_000);
    let later = lab.host();
    lab.delete(&later, "things", "a").await.unwrap();
    let bin = lab.read(|tx| later.bin(tx, &things, None, 10)).await.unwrap().items;
    assert_eq!(bin.iter().map(|found| found.id.as_str()).collect::<Vec<_>>(), ["a"]);
    assert!(matches!(lab.restore(&later, "things", "b").await, Err(DataError::NotFound)));
}

#[tokio::test]
async fn a_precondition_holds_for_every_change() {
    let lab = Lab::new().await;
    lab.collection("things").await;
    let (host, things, a) = (lab.host(), name("things"), id("a"));
    lab.put(&host, "things", "a", json!({})).await.unwrap();
    let version = lab.read(|tx| host.get(tx, &things, &a)).await.unwrap().version;
    for (precondition, holds) in [
        (Precondition::Absent, false),
        (Precondition::Version(version + 1), false),
        (Precondition::Exists, true),
        (Precondition::Version(version), true),
    ] {
        let change = signalsync_data::Change { precondition, ..change("things", "a", &json!({"n": 1})) };
        let mut tx = lab.store.begin().await.unwrap();
        assert_eq!(host.put(&mut tx, &change).is_ok(), holds, "{precondition:?}");
        assert_eq!(host.patch(&mut lab.store.begin().await.unwrap(), &change).is_ok(), holds, "{precondition:?}");
        let mut tx = lab.store.begin().await.unwrap();
        assert_eq!(host.delete(&mut tx, &things, &a, precondition).is_ok(), holds, "{precondition:?}");
        let mut tx = lab.store.begin().await.unwrap();
        let to = (Some(UserId::new()), None);
        assert_eq!(host.hand_over(&mut tx, &things, &a, to, precondition).is_ok(), holds, "{precondition:?}");
    }
}

#[tokio::test]
async fn unique_fields_name_themselves() {
    let lab = Lab::new().await;
    lab.define("things", unique()).await;
    let host = lab.host();
    lab.put(&host, "things", "a", json!({"code": "Straße", "group": "g"})).await.unwrap();
    lab.put(&host, "things", "a", json!({"code": "Straße", "group": "g", "n": 1})).await.unwrap();
    let refused = lab.put(&host, "things", "b", json!({"code": "STRASSE", "group": "G"})).await.unwrap_err();
    let DataError::NotUnique { fields } = refused else { panic!("{refused}") };
    assert_eq!(fields, ["/code", "/group"]);
    lab.put(&host, "things", "b", json!({"code": "Straße", "group": "other"})).await.unwrap();
    for at in ["c", "d"] {
        lab.put(&host, "things", at, json!({"code": "Straße"})).await.unwrap();
    }
    lab.patch(&host, "things", "a", json!({"code": "free"})).await.unwrap();
    lab.patch(&host, "things", "b", json!({"group": "g"})).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_want_the_same_value_one_gets_it() {
    for engine in [EngineKind::Memory, EngineKind::Redb] {
        let lab = Arc::new(Lab::on(engine).await);
        lab.define("things", unique()).await;
        let tasks: Vec<_> = (0..16)
            .map(|n| {
                let lab = Arc::clone(&lab);
                tokio::spawn(async move {
                    let body = json!({"code": "same", "group": "g", "n": n});
                    lab.put(&lab.host(), "things", &n.to_string(), body).await
                })
            })
            .collect();
        let mut won = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(_) => won += 1,
                Err(error) => assert!(matches!(error, DataError::NotUnique { .. }), "{error}"),
            }
        }
        let all = Query { limit: 100, ..Query::default() };
        assert_eq!((won, lab.all(&lab.host(), "things", &all).await.len()), (1, 1));
    }
}
