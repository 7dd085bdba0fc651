//! Why somebody sees something.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::json;
use signalsync_core::UserId;
use signalsync_core::rights::{RecordAction, RecordFacts};
use signalsync_people::StructureError;
use signalsync_people::rights::why;

use crate::fixture::{fixture, standing};

#[tokio::test]
async fn the_answer_names_role_rule_and_departments() {
    let f = fixture().await;
    let sales = f.department("Sales", None).await;
    let north = f.department("North", Some(sales)).await;
    f.define(
        "head",
        json!({"records": [{"collection": "orders", "see": "department", "change": "department", "hidden": ["iban"]}]}),
    )
    .await;
    f.define("auditor", json!({"records": [{"collection": "bills", "see": "all"}]})).await;
    let ann = f.person(standing(&["head", "auditor", "member"], &[sales])).await;
    let (orders, body) = ("orders".parse().unwrap(), json!({}));
    let ask = async |action, department, owner| {
        let facts = RecordFacts { owner, department, body: &body };
        why(&mut f.begin().await, ann, &orders, action, Some(&facts)).unwrap()
    };
    let seen = ask(RecordAction::See, Some(north), None).await;
    let because: Vec<_> = seen.because.iter().map(|because| because.role.as_str()).collect();
    assert_eq!((seen.allowed, because), (true, vec!["head"]));
    assert_eq!(seen.departments, [sales, north].into());
    assert_eq!(serde_json::to_value(&seen).unwrap()["because"][0]["rule"]["see"], "department");
    assert_eq!(seen.hidden, ["iban".to_owned()].into());
    let own = ask(RecordAction::See, Some(north), Some(ann)).await;
    assert_eq!((own.because.len(), own.hidden.len()), (2, 0), "as a member everything of her own");
    let other = ask(RecordAction::See, None, None).await;
    assert!(!other.allowed && other.because.is_empty());
    assert!(!ask(RecordAction::Delete, Some(north), None).await.allowed);

    let any = why(&mut f.begin().await, ann, &"bills".parse().unwrap(), RecordAction::See, None).unwrap();
    assert_eq!((any.allowed, any.because.len()), (true, 2));
    let nobody = why(&mut f.begin().await, UserId::new(), &orders, RecordAction::See, None);
    assert!(matches!(nobody, Err(StructureError::NoSuchPerson(_))));
}
