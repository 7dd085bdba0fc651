//! API keys: whose, how narrow, and how long.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::json;
use signalsync_core::{KeyId, Permission, Timestamp};
use signalsync_people::StructureError;
use signalsync_people::key::{self, KEYS_MAX, KeyChange, USE_NOTED_EVERY_MS};
use signalsync_people::standing::Standing;

use crate::fixture::{NOW, fixture, standing};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

#[tokio::test]
async fn a_key_has_the_rights_of_its_roles_narrowed() {
    let f = fixture().await;
    f.define("clerk", json!({"permissions": ["files:read", "files:write"], "records": [{"see": "all"}, {"collection": "bills", "create": true}]})).await;
    let wide = f.key(&f.host(), json!({"name": "ci", "roles": ["clerk"]})).await.unwrap();
    let scopes = json!({"permissions": ["files:read", "audit:read"], "collections": ["orders"]});
    let narrow = f.key(&f.host(), json!({"name": "ci", "roles": ["clerk"], "scopes": scopes})).await.unwrap();
    let (wide, narrow) = (f.acting_key(wide.id, NOW).await.unwrap(), f.acting_key(narrow.id, NOW).await.unwrap());
    let (wide, narrow) = (&wide.caller().rights, &narrow.caller().rights);
    assert_eq!(narrow.permissions().collect::<Vec<_>>(), [Permission::FilesRead], "narrowing adds nothing");
    assert!(wide.covers(narrow).is_ok() && narrow.covers(wide).is_err());
    let (orders, bills) = ("orders".parse().unwrap(), "bills".parse().unwrap());
    assert!(narrow.on(&orders).sees_all() && !narrow.on(&bills).sees_any() && !narrow.on(&bills).creates());
    assert!(wide.on(&bills).sees_all() && wide.on(&bills).creates());
}

#[tokio::test]
async fn a_key_ends_with_its_time_its_switch_and_its_owner() {
    let f = fixture().await;
    let ann = f.person(standing(&["developer", "member"], &[])).await;
    let draft = json!({"name": "mine", "personal": true, "roles": ["developer"], "expires-in-days": 2});
    let made = f.key(&f.acting(ann).await, draft).await.unwrap();
    assert_eq!((made.owner, made.created_by), (Some(ann), Some(ann.to_string())));
    let acts = async |now| f.acting_key(made.id, now).await;
    assert_eq!(acts(NOW).await.unwrap().caller().rights.person().user, Some(ann));
    assert!(
        acts(Timestamp(NOW.0 + 2 * DAY_MS - 1)).await.is_some() && acts(Timestamp(NOW.0 + 2 * DAY_MS)).await.is_none()
    );

    let switch = async |enabled| {
        let mut tx = f.begin().await;
        key::change(&mut tx, f.host().caller(), made.id, &KeyChange { enabled: Some(enabled), ..KeyChange::default() })
            .unwrap();
        tx.commit().await.unwrap();
    };
    switch(false).await;
    assert!(acts(NOW).await.is_none());
    switch(true).await;
    f.place(&f.host(), ann, Some(&standing(&["member"], &[]))).await.unwrap();
    let left = acts(NOW).await.unwrap();
    assert!(left.caller().principal.roles.is_empty() && !left.caller().rights.allows(Permission::ComponentsRead));
    f.place(&f.host(), ann, Some(&Standing { active: false, ..standing(&["developer"], &[]) })).await.unwrap();
    assert!(acts(NOW).await.is_none());
    assert!(f.acting_key(KeyId::new(), NOW).await.is_none());
}

#[tokio::test]
async fn nobody_makes_a_key_that_may_more() {
    let f = fixture().await;
    f.define("ops", json!({"permissions": ["keys:manage", "files:read"]})).await;
    let ops = f.person(standing(&["ops"], &[])).await;
    let scope = f.acting(ops).await;
    let made = f.key(&scope, json!({"name": "a", "roles": ["ops"], "expires-in-days": 5})).await.unwrap();
    let narrow = json!({"name": "a", "roles": ["administrator"], "scopes": {"permissions": ["files:read"]}});
    assert!(
        matches!(f.key(&scope, narrow).await, Err(StructureError::NotYours(_))),
        "components look at the role's name"
    );
    let personal = json!({"name": "a", "personal": true, "roles": ["member"]});
    assert!(matches!(f.key(&scope, personal).await, Err(StructureError::Invalid(_))), "not a role of theirs");
    let by_key = f.acting_key(made.id, NOW).await.unwrap();
    for bad in [
        json!({"name": "a", "personal": true}),
        json!({"name": "a", "roles": ["ops"]}),
        json!({"name": "a", "roles": ["ops"], "expires-in-days": 6}),
    ] {
        assert!(matches!(f.key(&by_key, bad.clone()).await, Err(StructureError::Invalid(_))), "{bad}");
    }
    f.key(&by_key, json!({"name": "a", "roles": ["ops"], "expires-in-days": 5})).await.unwrap();

    let boss = f.key(&f.host(), json!({"name": "a", "roles": ["administrator"]})).await.unwrap();
    f.key(&f.host(), json!({"name": "b", "roles": ["administrator"]})).await.unwrap();
    let switch = async |enabled| {
        let mut tx = f.begin().await;
        key::change(&mut tx, scope.caller(), boss.id, &KeyChange { enabled: Some(enabled), ..KeyChange::default() })?;
        tx.commit().await.unwrap();
        Ok::<_, StructureError>(())
    };
    switch(false).await.unwrap();
    assert!(matches!(switch(true).await, Err(StructureError::NotYours(_))), "stopped by anyone, not started by anyone");
}

#[tokio::test]
async fn keys_are_bounded() {
    let f = fixture().await;
    for bad in [
        json!({"name": ""}),
        json!({"name": "x".repeat(101)}),
        json!({"name": "x", "expires-in-days": 0}),
        json!({"name": "x", "expires-in-days": 3_651}),
    ] {
        assert!(matches!(f.key(&f.host(), bad.clone()).await, Err(StructureError::Invalid(_))), "{bad}");
    }
    let unknown = f.key(&f.host(), json!({"name": "x", "roles": ["nothing"]})).await;
    assert!(matches!(unknown, Err(StructureError::NoSuchRole(_))));
    for days in (0..KEYS_MAX).map(|n| if n == 0 { 3_650 } else { 1 }) {
        f.key(&f.host(), json!({"name": "x".repeat(100), "expires-in-days": days})).await.unwrap();
    }
    assert!(matches!(
        f.key(&f.host(), json!({"name": "x"})).await,
        Err(StructureError::TooMany { limit: KEYS_MAX, .. })
    ));
    assert_eq!(key::all(&mut f.begin().await).unwrap().len(), KEYS_MAX);
}

#[tokio::test]
async fn use_is_noted_once_an_hour() {
    let f = fixture().await;
    let made = f.key(&f.host(), json!({"name": "x"})).await.unwrap();
    let last = async || key::last_used(&mut f.begin().await, made.id).unwrap();
    assert_eq!(last().await, None);
    for (at, noted) in [(0, 0), (USE_NOTED_EVERY_MS - 1, 0), (USE_NOTED_EVERY_MS, USE_NOTED_EVERY_MS)] {
        let mut tx = f.begin().await;
        key::note_use(&mut tx, made.id, Timestamp(NOW.0 + at)).unwrap();
        tx.commit().await.unwrap();
        assert_eq!(last().await, Some(Timestamp(NOW.0 + noted)));
    }
}
