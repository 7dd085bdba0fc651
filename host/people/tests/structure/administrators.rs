//! A tenant that had an administrator never ends without one.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use serde_json::{Value, json};
use signalsync_core::{KeyId, Timestamp, UserId};
use signalsync_people::StructureError;
use signalsync_people::key::{self, KeyChange};
use signalsync_people::keys::Removal;
use signalsync_people::standing::{self, Standing};

use crate::fixture::{Fixture, NOW, fixture, standing};

const LAST: fn(&StructureError) -> bool = |error| matches!(error, StructureError::LastAdministrator);

fn administrator(active: bool) -> Standing {
    Standing { active, ..standing(&["administrator"], &[]) }
}

#[tokio::test]
async fn the_last_administrator_neither_leaves_nor_sleeps_nor_steps_down() {
    let f = fixture().await;
    let (host, boss) = (f.host(), f.person(administrator(true)).await);
    f.person(administrator(false)).await;
    f.key(&host, json!({"name": "ci", "roles": ["administrator"]})).await.unwrap();
    let own = f.acting(boss).await;
    for scope in [&host, &own] {
        for at in [None, Some(administrator(false)), Some(standing(&["developer"], &[]))] {
            let refused = f.place(scope, boss, at.as_ref()).await.unwrap_err();
            assert!(LAST(&refused), "{at:?}: {refused}");
        }
    }
    f.person(administrator(true)).await;
    f.place(&own, boss, Some(&standing(&["member"], &[]))).await.unwrap();
}

#[tokio::test]
async fn the_last_key_that_administrates_stays_until_there_is_a_person() {
    let f = fixture().await;
    let host = f.host();
    let made = f.key(&host, json!({"name": "ci", "roles": ["administrator"]})).await.unwrap();
    for weak in [
        json!({"name": "narrow", "roles": ["administrator"], "scopes": {"permissions": ["files:read"]}}),
        json!({"name": "brief", "roles": ["administrator"], "expires-in-days": 1}),
        json!({"name": "plain", "roles": ["member"]}),
    ] {
        f.key(&host, weak).await.unwrap();
    }
    assert!(LAST(&remove(&f, made.id).await.unwrap_err()));
    assert!(LAST(&enable(&f, made.id, false).await.unwrap_err()));
    let boss = f.person(administrator(true)).await;
    remove(&f, made.id).await.unwrap();
    assert!(LAST(&f.place(&host, boss, None).await.unwrap_err()));
    let mut tx = f.begin().await;
    let other =
        key::add(&mut tx, host.caller(), KeyId::new(), &serde_json::from_value(json!({"name": "x"})).unwrap(), NOW);
    key::remove(&mut tx, other.unwrap().id, Removal::AtAnyPrice).unwrap();
}

async fn remove(f: &Fixture, id: KeyId) -> Result<(), StructureError> {
    let mut tx = f.begin().await;
    key::remove(&mut tx, id, Removal::Guarded)?;
    tx.commit().await.unwrap();
    Ok(())
}

async fn enable(f: &Fixture, id: KeyId, enabled: bool) -> Result<(), StructureError> {
    let mut tx = f.begin().await;
    key::change(&mut tx, f.host().caller(), id, &KeyChange { enabled: Some(enabled), ..KeyChange::default() })?;
    tx.commit().await.unwrap();
    Ok(())
}

/// Something that an administrator may try.
#[derive(Debug, Clone)]
enum Attempt {
    Place(usize, Option<(bool, bool)>),
    Issue(Value),
    Remove(usize),
    Enable(usize, bool),
}

fn attempt() -> impl Strategy<Value = Attempt> {
    let role = prop::sample::select(vec!["administrator", "member"]);
    let days = prop::sample::select(vec![json!(null), json!(1)]);
    prop_oneof![
        4 => (0..3usize, prop::option::of(any::<(bool, bool)>())).prop_map(|(who, at)| Attempt::Place(who, at)),
        1 => (role, days).prop_map(|(role, days)| Attempt::Issue(json!({"name": "k", "roles": [role], "expires-in-days": days}))),
        1 => (0..4usize).prop_map(Attempt::Remove),
        1 => (0..4usize, any::<bool>()).prop_map(|(which, on)| Attempt::Enable(which, on)),
    ]
}

/// Whoever can administrate, asked in another way than the index is: by the rights that callers really get.
async fn administrators(f: &Fixture, people: &[UserId], keys: &[KeyId]) -> (usize, usize) {
    let (mut persons, mut machines) = (0, 0);
    for user in people {
        let held = f.cache.of_person(&mut f.begin().await, f.tenant, *user).unwrap();
        persons += usize::from(held.is_some_and(|held| held.roles.contains(&"administrator".to_owned())));
    }
    for id in keys {
        let late = Timestamp(NOW.0 + (1 << 40));
        let held = f.acting_key(*id, late).await;
        machines +=
            usize::from(held.is_some_and(|scope| scope.caller().principal.roles.contains(&"administrator".to_owned())));
    }
    (persons, machines)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn nobody_ends_without_an_administrator(attempts in prop::collection::vec(attempt(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (f, people, mut keys) = (fixture().await, [UserId::new(), UserId::new(), UserId::new()], Vec::new());
            let mut had = (0, 0);
            for attempt in attempts {
                match attempt {
                    Attempt::Place(who, at) => {
                        let at = at.map(|(active, boss)| Standing { active, ..standing(if boss { &["administrator"] } else { &["member"] }, &[]) });
                        drop(f.place(&f.host(), people[who], at.as_ref()).await);
                    }
                    Attempt::Issue(draft) => keys.push(f.key(&f.host(), draft).await.unwrap().id),
                    Attempt::Remove(which) => if let Some(id) = keys.get(which) { drop(remove(&f, *id).await) },
                    Attempt::Enable(which, on) => if let Some(id) = keys.get(which) { drop(enable(&f, *id, on).await) },
                }
                let now = administrators(&f, &people, &keys).await;
                assert!(now.0 > 0 || had.0 == 0, "a person stays where a person was: {had:?} {now:?}");
                assert!(now.0 + now.1 > 0 || had.0 + had.1 == 0, "somebody stays: {had:?} {now:?}");
                had = now;
            }
            drop(standing::find(&mut f.begin().await, people[0]).unwrap());
        });
    }
}

#[tokio::test]
async fn two_administrators_who_leave_at_once_do_not_both_succeed() {
    let f = fixture().await;
    let (ann, ben) = (f.person(administrator(true)).await, f.person(administrator(true)).await);
    let (mut one, mut other) = (f.begin().await, f.begin().await);
    standing::put(&mut one, f.host().caller(), ann, None).unwrap();
    standing::put(&mut other, f.host().caller(), ben, None).unwrap();
    one.commit().await.unwrap();
    assert!(other.commit().await.is_err(), "its transaction looked for somebody who is gone");
}
