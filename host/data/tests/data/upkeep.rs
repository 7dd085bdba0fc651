//! Indexes of records from before, and the bounds of lists.

use serde_json::{Value, json};
use signalsync_data::{DataError, IndexState, LOOKS_MAX, Query, STEP_RECORDS, Sort};
use signalsync_store::EngineKind;

use crate::lab::{Lab, ask, change, fields, name};

fn indexed(indexes: Value) -> Value {
    let mut definition = fields(json!({"n": {"x-kind": "number"}, "code": {"x-kind": "text"}}));
    definition["indexes"] = indexes;
    definition
}

/// Writes many records in few commits.
async fn fill(lab: &Lab, count: usize) {
    let host = lab.host();
    for first in (0..count).step_by(500) {
        lab.write(|tx| {
            for n in first..count.min(first + 500) {
                host.put(tx, &change("things", &format!("{n:05}"), &json!({"n": n % 7, "code": format!("c{n}")})))?;
            }
            Ok(())
        })
        .await
        .unwrap();
    }
}

fn by_n() -> Query {
    Query { sort: Some(Sort { field: Some("n".to_owned()), backwards: false }), limit: 1_000, ..Query::default() }
}

#[tokio::test]
async fn an_index_is_built_in_steps_and_not_relied_on_before() {
    let lab = Lab::new().await;
    let (host, things) = (lab.host(), name("things"));
    lab.collection("things").await;
    fill(&lab, 2 * STEP_RECORDS + 10).await;
    lab.publish("things", indexed(json!([{"fields": ["n"]}]))).await.unwrap();
    assert!(matches!(lab.query(&host, "things", &by_n()).await, Err(DataError::IndexNotReady(_))));
    let filtered = ask(json!({"field": "n", "op": "eq", "value": 3}));
    let before = lab.all(&host, "things", &filtered).await;
    // What is written meanwhile is in the index, whether the building has passed it or not.
    lab.put(&host, "things", "00000", json!({"n": 6})).await.unwrap();
    lab.put(&host, "things", "99999", json!({"n": -1})).await.unwrap();
    let progress = lab.write(|tx| signalsync_data::step(&host, tx, &things)).await.unwrap();
    assert!(!progress.done && matches!(progress.indexes["`n`"], IndexState::Building { after: Some(_) }));
    lab.build("things").await;
    assert_eq!(lab.all(&host, "things", &filtered).await, before);
    let all = lab.all(&host, "things", &by_n()).await;
    assert_eq!((all.len(), all[0].as_str()), (2 * STEP_RECORDS + 11, "99999"));

    // Another kind is another index; the old one goes.
    let mut other = indexed(json!([{"fields": ["n"]}]));
    other["schema"]["properties"]["n"] = json!({"x-kind": "rating", "x-max": 10});
    lab.publish("things", other).await.unwrap();
    assert!(matches!(lab.query(&host, "things", &by_n()).await, Err(DataError::IndexNotReady(_))));
    lab.build("things").await;
    assert_eq!(lab.query(&host, "things", &by_n()).await.unwrap().items.len(), 1_000);
}

#[tokio::test]
async fn an_index_that_cannot_be_unique_says_which_record_is_the_second() {
    let lab = Lab::on(EngineKind::Redb).await;
    let (host, things) = (lab.host(), name("things"));
    lab.collection("things").await;
    lab.put(&host, "things", "a", json!({"code": "X1"})).await.unwrap();
    lab.put(&host, "things", "b", json!({"code": "x1"})).await.unwrap();
    let unique = indexed(json!([{"fields": ["code"], "unique": true}]));
    lab.publish("things", unique.clone()).await.unwrap();
    let progress = lab.write(|tx| signalsync_data::step(&host, tx, &things)).await.unwrap();
    assert!(progress.done);
    let IndexState::Refused { one, .. } = &progress.indexes["`code`"] else { panic!("{progress:?}") };
    assert_eq!(one.as_str(), "b");
    // From its publication on it holds for what is written.
    assert!(matches!(lab.put(&host, "things", "c", json!({"code": "X1"})).await, Err(DataError::NotUnique { .. })));
    lab.put(&host, "things", "b", json!({"code": "X2"})).await.unwrap();
    lab.publish("things", unique).await.unwrap();
    let progress = lab.write(|tx| signalsync_data::step(&host, tx, &things)).await.unwrap();
    assert_eq!(progress.indexes["`code`"], IndexState::Ready);
}

#[tokio::test]
async fn a_page_looks_at_so_many_records_and_goes_on_where_it_stopped() {
    let lab = Lab::new().await;
    lab.collection("things").await;
    fill(&lab, LOOKS_MAX + 10).await;
    let host = lab.host();
    let last = ask(json!({"field": "code", "op": "eq", "value": format!("c{}", LOOKS_MAX + 5)}));
    let first_page = lab.query(&host, "things", &last).await.unwrap();
    assert!(first_page.items.is_empty() && first_page.next.is_some(), "an empty page that goes on");
    assert_eq!(lab.all(&host, "things", &last).await, [format!("{:05}", LOOKS_MAX + 5)]);
    let within = ask(json!({"field": "code", "op": "eq", "value": format!("c{}", LOOKS_MAX - 1)}));
    assert_eq!(lab.query(&host, "things", &within).await.unwrap().items.len(), 1, "the last one that is looked at");
}

#[tokio::test]
async fn a_count_says_when_it_is_not_exact() {
    let lab = Lab::new().await;
    lab.collection("things").await;
    fill(&lab, 10_001).await;
    let host = lab.host();
    let all = Query { limit: 1, ..Query::default() };
    let count = lab.count(&host, "things", &all).await;
    assert_eq!((count.count, count.exact), (10_000, false));
    lab.delete(&host, "things", "00000").await.unwrap();
    let count = lab.count(&host, "things", &all).await;
    assert_eq!((count.count, count.exact), (10_000, true));
}

#[tokio::test]
async fn a_deleted_collection_leaves_nothing_to_the_next_of_its_name() {
    let lab = Lab::new().await;
    let (host, things) = (lab.host(), name("things"));
    lab.define("things", indexed(json!([{"fields": ["n"]}]))).await;
    lab.put(&host, "things", "a", json!({"n": 1})).await.unwrap();
    assert!(matches!(lab.write(|tx| signalsync_data::delete(&host, tx, &things)).await, Err(DataError::NotEmpty(_))));
    lab.delete(&host, "things", "a").await.unwrap();
    assert!(lab.write(|tx| signalsync_data::delete(&host, tx, &things)).await.unwrap());
    lab.collection("things").await;
    assert!(matches!(lab.restore(&host, "things", "a").await, Err(DataError::NotFound)));
    assert!(lab.read(|tx| host.bin(tx, &things, None, 10)).await.unwrap().items.is_empty());
    assert!(matches!(
        lab.read(|tx| host.versions(tx, &things, &"a".parse().unwrap(), None, 10)).await,
        Err(DataError::NotFound)
    ));
    assert!(matches!(lab.query(&host, "things", &by_n()).await, Err(DataError::BadQuery(_))), "the definition is gone");
}
