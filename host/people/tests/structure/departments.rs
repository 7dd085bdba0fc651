//! The tree of departments.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;
use signalsync_core::{DepartmentId, UserId};
use signalsync_people::StructureError;
use signalsync_people::department::{DEPARTMENTS_MAX, DEPTH_MAX, DepartmentDraft, Tree};
use signalsync_people::standing::{self, DEPARTMENTS_PER_PERSON_MAX, PEOPLE_MOVED_MAX};
use signalsync_store::Terms;

use crate::fixture::{Fixture, department, fixture, standing};

async fn departments_of(f: &Fixture, user: UserId) -> BTreeSet<DepartmentId> {
    standing::find(&mut f.begin().await, user).unwrap().unwrap().departments
}

#[tokio::test]
async fn a_person_reaches_the_own_departments_and_all_below() {
    let f = fixture().await;
    let sales = f.department("Sales", None).await;
    let north = f.department("North", Some(sales)).await;
    let finance = f.department("Finance", None).await;
    f.define("head", json!({"records": [{"see": "department"}]})).await;
    let head = f.person(standing(&["head"], &[sales])).await;
    let reached = f.acting(head).await.caller().rights.person().departments.clone();
    assert_eq!(reached, BTreeSet::from([sales, north]));
    f.departments.change(&f.host(), finance, &department("Finance", Some(north)), Terms::default()).await.unwrap();
    let reached = f.acting(head).await.caller().rights.person().departments.clone();
    assert_eq!(reached, BTreeSet::from([sales, north, finance]), "what was kept is worked out anew");
    let listed = f.departments.list(&f.host()).await.unwrap().items;
    assert_eq!(listed.iter().map(|department| department.id).collect::<Vec<_>>(), [sales, north, finance]);
}

#[tokio::test]
async fn a_department_is_deleted_when_it_is_empty_or_its_people_go_elsewhere() {
    let f = fixture().await;
    let (sales, finance) = (f.department("Sales", None).await, f.department("Finance", None).await);
    let north = f.department("North", Some(sales)).await;
    let clerk = f.person(standing(&["member"], &[north])).await;
    let delete = async |id, into| f.departments.delete(&f.host(), id, into, Terms::default()).await;
    assert!(matches!(delete(sales, None).await, Err(StructureError::HasDepartments)));
    assert!(matches!(delete(north, None).await, Err(StructureError::HasPeople)));
    assert!(matches!(delete(north, Some(north)).await, Err(StructureError::NoSuchDepartment(_))));
    delete(north, Some(finance)).await.unwrap();
    assert_eq!(departments_of(&f, clerk).await, BTreeSet::from([finance]));
    assert_eq!(f.departments.people(&f.host(), finance, None, 10).await.unwrap().items, [clerk]);
    let reached = f.acting(clerk).await.caller().rights.person().departments.clone();
    assert!(reached.contains(&north), "records of the deleted department are reached by whoever took its people");
    for gone in [delete(north, None).await, delete(DepartmentId::new(), None).await] {
        assert!(matches!(gone, Err(StructureError::NoSuchDepartment(_))));
    }
    delete(sales, None).await.unwrap();
    f.department("Sales", None).await;
    let into_closed = f.place(&f.host(), clerk, Some(&standing(&[], &[north]))).await;
    assert!(matches!(into_closed, Err(StructureError::NoSuchDepartment(_))));
}

#[tokio::test]
async fn many_people_do_not_move_at_once() {
    let f = fixture().await;
    let (from, into) = (f.department("From", None).await, f.department("Into", None).await);
    for _ in 0..PEOPLE_MOVED_MAX {
        f.person(standing(&[], &[from])).await;
    }
    let one_more = f.person(standing(&[], &[from])).await;
    let refused = f.departments.delete(&f.host(), from, Some(into), Terms::default()).await;
    assert!(matches!(refused, Err(StructureError::TooMany { limit: PEOPLE_MOVED_MAX, .. })));
    f.place(&f.host(), one_more, None).await.unwrap();
    f.departments.delete(&f.host(), from, Some(into), Terms::default()).await.unwrap();
    assert_eq!(f.departments.people(&f.host(), into, None, 1_000).await.unwrap().items.len(), PEOPLE_MOVED_MAX);
}

#[tokio::test]
async fn nobody_gets_at_records_by_moving_departments() {
    let f = fixture().await;
    let (sales, finance) = (f.department("Sales", None).await, f.department("Finance", None).await);
    f.define("head", json!({"permissions": ["people:manage"], "records": [{"see": "department"}]})).await;
    let (head, other) =
        (f.person(standing(&["head"], &[sales])).await, f.person(standing(&["head"], &[finance])).await);
    let scope = f.acting(head).await;
    let below = f.departments.change(&scope, finance, &department("Finance", Some(sales)), Terms::default()).await;
    assert!(matches!(below, Err(StructureError::NotYours(_))));
    assert!(matches!(
        f.place(&scope, head, Some(&standing(&["head"], &[sales, finance]))).await,
        Err(StructureError::NotYours(_))
    ));
    assert!(matches!(
        f.departments.delete(&scope, finance, Some(sales), Terms::default()).await,
        Err(StructureError::NotYours(_))
    ));
    f.place(&f.host(), other, None).await.unwrap();
    assert!(matches!(
        f.departments.delete(&scope, finance, Some(sales), Terms::default()).await,
        Err(StructureError::NotYours(_))
    ));
    f.departments.create(&scope, &department("South", Some(sales)), None).await.unwrap();
    f.departments.create(&scope, &department("Purchase", None), None).await.unwrap();
}

#[test]
fn the_tree_is_bounded_and_names_are_unique_beside_each_other() {
    let mut tree = Tree::default();
    let mut put = |name: &str, parent| tree.put(DepartmentId::new(), department(name, parent));
    let mut above = None;
    for level in 0..DEPTH_MAX {
        above = Some(put(&format!("level {level}"), above).unwrap().id);
    }
    assert!(matches!(put("too deep", above), Err(StructureError::Invalid(_))));
    assert!(matches!(put("LEVEL 0", None), Err(StructureError::NameTaken(_))));
    assert!(matches!(put(" x", None), Err(StructureError::Invalid(_))));
    assert!(matches!(put("x", Some(DepartmentId::new())), Err(StructureError::NoSuchDepartment(_))));
    put("Level 0", above.and(None)).unwrap_err();
    for n in DEPTH_MAX..DEPARTMENTS_MAX {
        put(&format!("beside {n}"), None).unwrap();
    }
    assert!(matches!(put("more", None), Err(StructureError::TooMany { limit: DEPARTMENTS_MAX, .. })));
    assert_eq!(tree.open().len(), DEPARTMENTS_MAX);
}

#[tokio::test]
async fn a_person_is_in_a_bounded_number_of_departments() {
    let f = fixture().await;
    let mut all = Vec::new();
    for n in 0..=DEPARTMENTS_PER_PERSON_MAX {
        all.push(f.department(&n.to_string(), None).await);
    }
    f.person(standing(&[], &all[1..])).await;
    let surplus = f.place(&f.host(), UserId::new(), Some(&standing(&[], &all))).await;
    assert!(matches!(surplus, Err(StructureError::TooMany { limit: DEPARTMENTS_PER_PERSON_MAX, .. })));
}

/// A change of the tree: departments are meant by their number.
#[derive(Debug, Clone)]
enum Change {
    Put { which: usize, parent: Option<usize> },
    Close { which: usize, into: Option<usize> },
}

fn change() -> impl Strategy<Value = Change> {
    let (which, other) = (0..20usize, prop::option::weighted(0.8, 0..20usize));
    (which, other, prop::bool::weighted(0.8)).prop_map(|(which, other, put)| {
        if put { Change::Put { which, parent: other } } else { Change::Close { which, into: other } }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    /// Whatever is asked for: no cycle, no department that is lost, not too deep, and a refused change changes nothing.
    #[test]
    fn the_tree_stays_a_tree(changes in prop::collection::vec(change(), 1..120)) {
        let ids: Vec<_> = (0..20).map(|_| DepartmentId::new()).collect();
        let mut tree = Tree::default();
        for change in changes {
            let before = tree.clone();
            let done = match change {
                Change::Put { which, parent } => {
                    let draft = DepartmentDraft { name: which.to_string(), parent: parent.map(|at| ids[at]), lead: None };
                    tree.put(ids[which], draft).map(drop)
                }
                Change::Close { which, into } => tree.close(ids[which], into.map(|at| ids[at])).map(drop),
            };
            prop_assert!(done.is_ok() || tree == before);
            let open = tree.open();
            for department in &open {
                let up = std::iter::successors(Some(department), |department| {
                    department.parent.map(|parent| tree.get(parent).unwrap())
                });
                prop_assert!(up.take(DEPTH_MAX + 1).count() <= DEPTH_MAX);
            }
            let tops = open.iter().filter(|department| department.parent.is_none()).map(|department| department.id);
            let reached = tree.with_all_below(&tops.collect());
            prop_assert!(open.iter().all(|department| reached.contains(&department.id)), "all hang together");
        }
    }
}
