//! What a deletion does to records that refer to the deleted one.

use serde_json::{Value, json};
use signalsync_data::{DataError, EFFECTS_MAX};

use crate::lab::{Lab, change, fields, id, name, user};

fn to(collection: &str, on_delete: &str) -> Value {
    json!({"x-kind": "reference", "x-collection": collection, "x-on-delete": on_delete})
}

async fn shop() -> Lab {
    let lab = Lab::new().await;
    lab.define("customers", fields(json!({"boss": to("customers", "clear")}))).await;
    lab.define("orders", fields(json!({"customer": to("customers", "cascade"), "n": {"x-kind": "number"}}))).await;
    let lines = json!({"x-kind": "table", "items": {"properties": {"order": to("orders", "clear"), "n": {"x-kind": "number"}}}});
    lab.define("notes", fields(json!({"lines": lines, "keep": to("orders", "refuse")}))).await;
    lab
}

#[tokio::test]
async fn references_are_cleared_cascaded_or_refused() {
    let lab = shop().await;
    let host = lab.host();
    lab.put(&host, "customers", "a", json!({"boss": "a"})).await.unwrap();
    lab.put(&host, "customers", "b", json!({"boss": "a"})).await.unwrap();
    lab.put(&host, "orders", "1", json!({"customer": "a"})).await.unwrap();
    lab.put(&host, "orders", "2", json!({"customer": "b"})).await.unwrap();
    lab.put(&host, "notes", "x", json!({"lines": [{"order": "1", "n": 1}, {"order": "2", "n": 2}]})).await.unwrap();
    lab.put(&host, "notes", "y", json!({"keep": "1"})).await.unwrap();

    let refused = lab.delete(&host, "customers", "a").await.unwrap_err();
    let DataError::Referenced { by } = refused else { panic!("{refused}") };
    assert_eq!(by, [(name("notes"), id("y"))], "the order would go with its customer, but the note keeps it");
    assert!(lab.get(&host, "orders", "1").await.is_some() && lab.get(&host, "customers", "a").await.is_some());

    lab.patch(&host, "notes", "y", json!({"keep": null})).await.unwrap();
    lab.delete(&host, "customers", "a").await.unwrap();
    assert_eq!(lab.get(&host, "orders", "1").await, None);
    assert_eq!(lab.get(&host, "customers", "b").await, Some(json!({})));
    assert_eq!(lab.get(&host, "notes", "x").await, Some(json!({"lines": [{"n": 1}, {"order": "2", "n": 2}]})));
    assert_eq!(lab.get(&host, "orders", "2").await, Some(json!({"customer": "b"})));
    // It comes back by itself; what was cleared stays so.
    lab.restore(&host, "customers", "a").await.unwrap();
    lab.restore(&host, "orders", "1").await.unwrap();
}

#[tokio::test]
async fn a_reference_that_must_not_be_empty_refuses() {
    let lab = Lab::new().await;
    lab.collection("customers").await;
    let mut definition = fields(json!({"customer": to("customers", "clear")}));
    definition["schema"]["required"] = json!(["customer"]);
    lab.define("orders", definition).await;
    let host = lab.host();
    lab.put(&host, "customers", "a", json!({})).await.unwrap();
    lab.put(&host, "orders", "1", json!({"customer": "a"})).await.unwrap();
    assert!(matches!(lab.delete(&host, "customers", "a").await, Err(DataError::Referenced { .. })));
    lab.delete(&host, "orders", "1").await.unwrap();
    lab.delete(&host, "customers", "a").await.unwrap();
    let gone = lab.restore(&host, "orders", "1").await.unwrap_err();
    assert!(matches!(gone, DataError::NotValid { .. }), "its customer is gone");
}

#[tokio::test]
async fn a_deletion_has_a_bounded_effect() {
    let lab = shop().await;
    let host = lab.host();
    lab.put(&host, "customers", "a", json!({})).await.unwrap();
    lab.write(|tx| {
        for n in 0..EFFECTS_MAX {
            host.put(tx, &change("orders", &format!("{n:05}"), &json!({"customer": "a"})))?;
        }
        Ok(())
    })
    .await
    .unwrap();
    assert!(matches!(lab.delete(&host, "customers", "a").await, Err(DataError::TooManyEffects { .. })));
    lab.delete(&host, "orders", "00000").await.unwrap();
    lab.delete(&host, "customers", "a").await.unwrap();
    assert_eq!(lab.get(&host, "orders", "00999").await, None);
}

#[tokio::test]
async fn a_refusal_does_not_name_what_the_caller_does_not_see() {
    let lab = shop().await;
    let host = lab.host();
    lab.put(&host, "orders", "1", json!({})).await.unwrap();
    lab.put(&host, "notes", "secret", json!({"keep": "1"})).await.unwrap();
    let clerk = lab.person(user(), &[json!({"collection": "orders", "see": "all", "delete": "all"})]);
    let refused = lab.delete(&clerk, "orders", "1").await.unwrap_err();
    let DataError::Referenced { by } = &refused else { panic!("{refused}") };
    assert!(by.is_empty() && !refused.to_string().contains("secret"));
}

#[tokio::test]
async fn nothing_is_referred_to_that_the_caller_does_not_see() {
    let lab = shop().await;
    lab.put(&lab.host(), "customers", "hidden", json!({})).await.unwrap();
    let clerk = lab.person(user(), &[json!({"collection": "orders", "see": "all", "create": true, "change": "all"})]);
    let refused = async |at: &str| match lab.put(&clerk, "orders", "1", json!({"customer": at})).await.unwrap_err() {
        DataError::NotValid { violations } => violations,
        other => panic!("{other}"),
    };
    assert_eq!(refused("hidden").await, refused("missing").await);
    lab.put(&lab.host(), "orders", "1", json!({"customer": "hidden"})).await.unwrap();
    lab.patch(&clerk, "orders", "1", json!({"n": 1})).await.unwrap();
}

#[tokio::test]
async fn references_of_records_from_before_are_found() {
    let lab = Lab::new().await;
    lab.collection("customers").await;
    lab.collection("orders").await;
    let host = lab.host();
    lab.put(&host, "customers", "a", json!({})).await.unwrap();
    lab.write(|tx| {
        for n in 0..600 {
            host.put(
                tx,
                &change("orders", &format!("{n:05}"), &json!({"customer": if n == 599 { "a" } else { "b" }})),
            )?;
        }
        Ok(())
    })
    .await
    .unwrap();
    lab.publish("orders", fields(json!({"customer": to("customers", "refuse")}))).await.unwrap();
    assert!(matches!(lab.delete(&host, "customers", "a").await, Err(DataError::IndexNotReady(_))));
    lab.build("orders").await;
    assert!(matches!(lab.delete(&host, "customers", "a").await, Err(DataError::Referenced { .. })));
    // A definition without the reference lets it go.
    lab.publish("orders", fields(json!({}))).await.unwrap();
    lab.delete(&host, "customers", "a").await.unwrap();
}
