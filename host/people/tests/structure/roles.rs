//! Roles: defined, changed, in use, and never more than whoever gives them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::json;
use signalsync_core::{Permission, Rights, UserId};
use signalsync_people::StructureError;
use signalsync_people::role::{ROLES_MAX, RULES_MAX, system_roles};
use signalsync_people::standing::ROLES_PER_HOLDER_MAX;
use signalsync_store::{EngineKind, Terms};

use crate::fixture::{fixture, names, on, role, standing};

#[tokio::test]
async fn roles_are_defined_changed_and_deleted_on_every_engine() {
    for engine in [EngineKind::Memory, EngineKind::Redb] {
        let f = on(engine).await;
        let (host, clerk) = (f.host(), "clerk".parse().unwrap());
        let draft = json!({"permissions": ["files:read"], "records": [{"collection": "orders", "see": "all"}]});
        let (made, created) = f.roles.put(&host, &clerk, role(draft.clone()), Terms::default()).await.unwrap().value;
        assert!(created && made.title == "clerk" && !made.system);
        assert!(!f.roles.put(&host, &clerk, role(draft), Terms::default()).await.unwrap().value.1);
        let listed = f.roles.list(&host).await.unwrap().items;
        let listed: Vec<_> = listed.iter().map(|role| role.name.as_str()).collect();
        assert_eq!(listed, ["administrator", "developer", "member", "clerk"]);

        let person = f.person(standing(&["clerk"], &[])).await;
        let in_use = f.roles.delete(&host, &clerk, Terms::default()).await.unwrap_err();
        assert!(matches!(in_use, StructureError::RoleInUse { holder, .. } if holder == person.to_string()));
        f.place(&host, person, Some(&standing(&[], &[]))).await.unwrap();
        f.roles.delete(&host, &clerk, Terms::default()).await.unwrap();
        assert!(matches!(f.roles.get(&host, &clerk).await, Err(StructureError::NoSuchRole(_))));
        assert!(matches!(f.roles.delete(&host, &clerk, Terms::default()).await, Err(StructureError::NoSuchRole(_))));
    }
}

#[tokio::test]
async fn what_is_removed_from_a_role_is_removed_from_all_who_have_it() {
    let f = fixture().await;
    f.define("clerk", json!({"permissions": ["files:read"]})).await;
    let person = f.person(standing(&["clerk"], &[])).await;
    assert!(f.acting(person).await.caller().rights.allows(Permission::FilesRead));
    f.define("clerk", json!({})).await;
    assert!(!f.acting(person).await.caller().rights.allows(Permission::FilesRead));
    f.place(&f.host(), person, Some(&standing(&["clerk", "developer"], &[]))).await.unwrap();
    assert!(
        f.acting(person).await.caller().rights.allows(Permission::ComponentsManage),
        "what was kept is worked out anew"
    );
}

#[tokio::test]
async fn roles_of_the_platform_stay_as_they_are() {
    let f = fixture().await;
    for name in system_roles().map(|role| role.name) {
        let put = f.roles.put(&f.host(), &name, role(json!({})), Terms::default()).await;
        assert!(matches!(put, Err(StructureError::SystemRole(_))));
        assert!(matches!(f.roles.delete(&f.host(), &name, Terms::default()).await, Err(StructureError::SystemRole(_))));
    }
    let person = f.person(standing(&["administrator"], &[])).await;
    let rights = &f.acting(person).await.caller().rights.clone();
    assert!(Permission::ALL.iter().all(|permission| rights.allows(*permission)));
    let orders = "orders".parse().unwrap();
    assert!(rights.on(&orders).sees_all() && rights.on(&orders).creates());
}

#[tokio::test]
async fn nobody_defines_a_role_beyond_their_own_rights() {
    let f = fixture().await;
    f.define(
        "head",
        json!({"permissions": ["roles:manage", "files:read"], "records": [{"collection": "orders", "see": "all"}]}),
    )
    .await;
    f.define("boss", json!({"permissions": ["roles:manage", "audit:read"]})).await;
    let head = f.person(standing(&["head"], &[])).await;
    let head = f.acting(head).await;
    let put = async |name: &str, definition| {
        f.roles.put(&head, &name.parse().unwrap(), role(definition), Terms::default()).await
    };
    put("reader", json!({"permissions": ["files:read"], "records": [{"collection": "orders", "see": "own"}]}))
        .await
        .unwrap();
    for beyond in [
        json!({"permissions": ["audit:read"]}),
        json!({"records": [{"collection": "orders", "see": "all", "change": "all"}]}),
        json!({"records": [{"see": "own"}]}),
        json!({"records": [{"collection": "orders", "see": "all", "create": true}]}),
    ] {
        assert!(matches!(put("more", beyond.clone()).await, Err(StructureError::NotYours(_))), "{beyond}");
        assert!(matches!(put("head", beyond).await, Err(StructureError::NotYours(_))));
    }
    assert!(matches!(put("boss", json!({})).await, Err(StructureError::NotYours(_))), "nor takes it from others");
    assert!(matches!(
        f.roles.delete(&head, &"boss".parse().unwrap(), Terms::default()).await,
        Err(StructureError::NotYours(_))
    ));
}

#[tokio::test]
async fn nobody_gives_or_takes_what_they_do_not_have() {
    let f = fixture().await;
    f.define("hr", json!({"permissions": ["people:manage", "roles:manage"]})).await;
    let (hr, boss) =
        (f.person(standing(&["hr", "member"], &[])).await, f.person(standing(&["administrator"], &[])).await);
    let (hr_scope, newcomer) = (f.acting(hr).await, UserId::new());
    f.place(&hr_scope, newcomer, Some(&standing(&["member", "hr"], &[]))).await.unwrap();
    for (user, at) in [
        (newcomer, Some(standing(&["developer"], &[]))),
        (hr, Some(standing(&["hr", "administrator"], &[]))),
        (boss, Some(standing(&["member"], &[]))),
        (boss, None),
    ] {
        let refused = f.place(&hr_scope, user, at.as_ref()).await;
        assert!(matches!(refused, Err(StructureError::NotYours(_))), "{at:?}");
    }
    let manages = async |user| standing::check_manages(&mut f.begin().await, hr_scope.caller(), user);
    assert!(manages(newcomer).await.is_ok());
    assert!(
        matches!(manages(boss).await, Err(StructureError::NotYours(_))),
        "whoever resets a password has the account"
    );
    assert!(matches!(manages(UserId::new()).await, Err(StructureError::NoSuchPerson(_))));
}

use signalsync_people::standing;

#[tokio::test]
async fn roles_are_bounded() {
    let f = fixture().await;
    let put = async |name: String, definition| {
        f.roles.put(&f.host(), &name.parse().unwrap(), role(definition), Terms::default()).await
    };
    let rules = |count: usize| json!({"records": vec![json!({}); count]});
    put("r-0".to_owned(), rules(RULES_MAX)).await.unwrap();
    assert!(matches!(
        put("r-0".to_owned(), rules(RULES_MAX + 1)).await,
        Err(StructureError::TooMany { limit: RULES_MAX, .. })
    ));
    for bad in [
        json!({"title": ""}),
        json!({"title": "a\nb"}),
        json!({"title": "x".repeat(101)}),
        json!({"records": [{"hidden": ["x".repeat(17_000)]}]}),
        json!({"records": [{"see": {"where": {"field": "a", "equals": {}}}}]}),
        json!({"records": [{"delete": {"where": {"field": "a", "equals": "x".repeat(201)}}}]}),
    ] {
        assert!(matches!(put("bad".to_owned(), bad.clone()).await, Err(StructureError::Invalid(_))), "{bad}");
    }
    for n in 1..ROLES_MAX {
        put(format!("r-{n}"), json!({"title": "x".repeat(100)})).await.unwrap();
    }
    assert!(matches!(put("more".to_owned(), json!({})).await, Err(StructureError::TooMany { limit: ROLES_MAX, .. })));
    put("r-1".to_owned(), json!({})).await.unwrap();

    let many: Vec<String> = (0..=ROLES_PER_HOLDER_MAX).map(|n| format!("r-{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    f.person(standing(&many[1..], &[])).await;
    let surplus = f.place(&f.host(), UserId::new(), Some(&standing(&many, &[]))).await;
    assert!(matches!(surplus, Err(StructureError::TooMany { limit: ROLES_PER_HOLDER_MAX, .. })));
    let unknown = f.place(&f.host(), UserId::new(), Some(&standing(&["nothing"], &[]))).await;
    assert!(matches!(unknown, Err(StructureError::NoSuchRole(_))));
}

#[tokio::test]
async fn who_is_not_active_has_no_rights() {
    let f = fixture().await;
    let invited = signalsync_people::standing::Standing { active: false, ..standing(&["member"], &[]) };
    let person = f.person(invited).await;
    assert!(f.cache.of_person(&mut f.begin().await, f.tenant, person).unwrap().is_none());
    assert!(f.cache.of_person(&mut f.begin().await, f.tenant, UserId::new()).unwrap().is_none());
    let nobody = f.with(Rights::of(Default::default(), Vec::new(), Default::default()));
    assert!(matches!(
        f.place(&nobody, UserId::new(), Some(&standing(&["member"], &[]))).await,
        Err(StructureError::NotYours(_))
    ));
    assert_eq!(names(&["member"]).len(), 1);
}
