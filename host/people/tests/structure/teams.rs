//! Teams and their members.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use signalsync_core::{TeamId, UserId};
use signalsync_people::StructureError;
use signalsync_people::team::{MEMBERS_MAX, TEAMS_PER_PERSON_MAX, TeamDraft};
use signalsync_store::Terms;

use crate::fixture::{fixture, standing};

fn team(name: &str, lead: Option<UserId>, members: &[UserId]) -> TeamDraft {
    TeamDraft { name: name.to_owned(), lead, members: members.iter().copied().collect() }
}

#[tokio::test]
async fn teams_have_members_and_a_lead_of_them() {
    let f = fixture().await;
    let (ann, ben) = (f.person(standing(&[], &[])).await, f.person(standing(&[], &[])).await);
    let made = f.teams.create(&f.host(), &team("Rollout", Some(ann), &[ann, ben]), None).await.unwrap().value;
    let create = async |draft: TeamDraft| f.teams.create(&f.host(), &draft, None).await;
    assert!(matches!(create(team("ROLLOUT", None, &[])).await, Err(StructureError::NameTaken(_))));
    assert!(matches!(create(team("B", Some(ann), &[ben])).await, Err(StructureError::Invalid(_))));
    assert!(matches!(create(team("C", None, &[UserId::new()])).await, Err(StructureError::NoSuchPerson(_))));

    f.place(&f.host(), ann, None).await.unwrap();
    let left = f.teams.get(&f.host(), made.id).await.unwrap().0;
    assert_eq!((left.lead, left.members.into_iter().collect::<Vec<_>>()), (None, vec![ben]));
    let draft = team("Rollout 2", Some(ben), &[ben]);
    let changed = f.teams.change(&f.host(), made.id, &draft, Terms::default()).await.unwrap().value;
    assert_eq!(f.teams.list(&f.host(), None, 10).await.unwrap().items, [changed]);
    f.teams.delete(&f.host(), made.id, Terms::default()).await.unwrap();
    assert!(matches!(f.teams.delete(&f.host(), made.id, Terms::default()).await, Err(StructureError::NoSuchTeam(_))));
    assert!(matches!(f.teams.get(&f.host(), TeamId::new()).await, Err(StructureError::NoSuchTeam(_))));
}

#[tokio::test]
async fn teams_are_bounded() {
    let f = fixture().await;
    let mut people = Vec::new();
    for _ in 0..=MEMBERS_MAX {
        people.push(f.person(standing(&[], &[])).await);
    }
    let surplus = f.teams.create(&f.host(), &team("all", None, &people), None).await;
    assert!(matches!(surplus, Err(StructureError::TooMany { limit: MEMBERS_MAX, .. })));
    f.teams.create(&f.host(), &team("all", None, &people[1..]), None).await.unwrap();
    for n in 1..TEAMS_PER_PERSON_MAX {
        f.teams.create(&f.host(), &team(&n.to_string(), None, &people[1..2]), None).await.unwrap();
    }
    let surplus = f.teams.create(&f.host(), &team("more", None, &people[1..2]), None).await;
    assert!(matches!(surplus, Err(StructureError::TooMany { limit: TEAMS_PER_PERSON_MAX, .. })));
    f.place(&f.host(), people[1], None).await.unwrap();
    assert!(
        f.teams.list(&f.host(), None, 1_000).await.unwrap().items.iter().all(|team| !team.members.contains(&people[1]))
    );
}
