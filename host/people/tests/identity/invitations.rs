//! Who is invited comes in once, by the newest link, for as long as it lasts.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::json;
use signalsync_core::{Caller, Permission, Rights};
use signalsync_people::change::{Deactivation, PersonChange, change, deactivate, reactivate};
use signalsync_people::person::{self, Find, PersonState};
use signalsync_people::{PeopleError, StructureError, invitation};
use signalsync_store::EngineKind;

use crate::fixture::{HOUR, PASSWORD, PLACE, fixture, on, secret};

#[tokio::test]
async fn an_invitation_is_followed_once_on_disk() {
    let fixture = on(EngineKind::Redb, 300).await;
    let (id, secret) = fixture.invite("ann@example.org", &["administrator"]).await.unwrap();
    let person = fixture.doorman.person(&fixture.scope(), id).await.unwrap();
    assert_eq!((person.row.state, person.row.name.as_str()), (PersonState::Invited, "ann"));
    let signed_in = fixture.activate(&secret, PASSWORD).await.unwrap();
    assert_eq!(signed_in.person, id);
    assert!(fixture.is_alive(&signed_in.token).await);
    assert!(matches!(fixture.activate(&secret, PASSWORD).await, Err(PeopleError::LinkInvalid)), "once");
    fixture.sign_in("ann@example.org", PASSWORD).await.unwrap();
    let expected = ["Done person.invite", "Done person.activate", "Done session.sign-in", "Done session.sign-in"];
    assert_eq!(fixture.audited().await, expected);
}

#[tokio::test]
async fn the_same_link_followed_by_many_at_once_lets_one_in() {
    let fixture = fixture().await;
    let (_, secret) = fixture.invite("ann@example.org", &[]).await.unwrap();
    let (a, b, c) = tokio::join!(
        fixture.activate(&secret, "many green parrots"),
        fixture.activate(&secret, "seven tall ladders"),
        fixture.activate(&secret, "an old brass kettle")
    );
    assert_eq!([a, b, c].iter().filter(|done| done.is_ok()).count(), 1);
}

#[tokio::test]
async fn links_expire_are_replaced_and_taken_back() {
    let fixture = fixture().await;
    let (id, first) = fixture.invite("ann@example.org", &[]).await.unwrap();
    let again = fixture.edit(|tx| invitation::invite_again(tx, &Caller::host(), fixture.now(), PLACE, id)).await;
    let second = secret(&again.unwrap().1);
    assert!(matches!(fixture.activate(&first, PASSWORD).await, Err(PeopleError::LinkInvalid)), "replaced");
    fixture.pass(7 * 24 * HOUR);
    assert!(matches!(fixture.activate(&second, PASSWORD).await, Err(PeopleError::LinkInvalid)), "expired");
    fixture.edit(|tx| invitation::withdraw(tx, &Caller::host(), fixture.now(), id)).await.unwrap();
    assert!(person::find(&mut fixture.begin().await, id).unwrap().is_none());
    let (_, third) = fixture.invite("ann@example.org", &[]).await.unwrap();
    fixture.activate(&third, PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_password_that_is_refused_does_not_use_the_link_up() {
    let fixture = fixture().await;
    let (_, secret) = fixture.invite("ann.miller@example.org", &[]).await.unwrap();
    for bad in ["short", "password123456", "miller rides a bike"] {
        assert!(matches!(fixture.activate(&secret, bad).await, Err(PeopleError::PasswordRefused(_))), "{bad}");
    }
    fixture.activate(&secret, PASSWORD).await.unwrap();
}

#[tokio::test]
async fn an_address_belongs_to_one_person_of_one_tenant() {
    let (one, other) = (fixture().await, fixture().await);
    let ann = one.person("ann@example.org", &[]).await;
    assert!(matches!(one.invite("ANN@Example.org", &[]).await, Err(PeopleError::MailTaken)));
    let other_ann = other.person("ann@example.org", &[]).await;
    assert_ne!(ann, other_ann);
    let signed_in = one.sign_in("ann@example.org", PASSWORD).await.unwrap();
    assert!(!other.is_alive(&signed_in.token).await, "a session of one tenant is nothing in another");
}

#[tokio::test]
async fn nobody_invites_or_changes_somebody_who_may_do_more() {
    let fixture = fixture().await;
    let boss = fixture.person("boss@example.org", &["administrator"]).await;
    let rights = Rights::of([Permission::PeopleManage].into(), Vec::new(), Default::default());
    let clerk = Caller { rights: rights.into(), ..Caller::host() };
    let renamed = PersonChange { name: Some("New".to_owned()), ..PersonChange::default() };
    let done = fixture.edit(|tx| change(tx, &clerk, fixture.now(), boss, renamed.clone())).await;
    assert!(matches!(done, Err(PeopleError::Structure(StructureError::NotYours(_)))), "{done:?}");
    let done = fixture.edit(|tx| deactivate(tx, &clerk, fixture.now(), boss, &Deactivation::default())).await;
    assert!(matches!(done, Err(PeopleError::Structure(StructureError::NotYours(_)))), "{done:?}");
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let fixture = fixture().await;
    let boss = fixture.person("boss@example.org", &["administrator"]).await;
    let done = fixture.edit(|tx| deactivate(tx, &Caller::host(), fixture.now(), boss, &Deactivation::default())).await;
    assert!(matches!(done, Err(PeopleError::Structure(StructureError::LastAdministrator))), "{done:?}");
    let second = fixture.person("second@example.org", &["administrator"]).await;
    fixture.edit(|tx| deactivate(tx, &Caller::host(), fixture.now(), boss, &Deactivation::default())).await.unwrap();
    let done =
        fixture.edit(|tx| deactivate(tx, &Caller::host(), fixture.now(), second, &Deactivation::default())).await;
    assert!(matches!(done, Err(PeopleError::Structure(StructureError::LastAdministrator))), "{done:?}");
}

#[tokio::test]
async fn who_was_deactivated_looks_like_nobody_and_comes_back_with_the_same_password() {
    let fixture = fixture().await;
    fixture.person("boss@example.org", &["administrator"]).await;
    let ann = fixture.person("ann@example.org", &[]).await;
    let session = fixture.sign_in("ann@example.org", PASSWORD).await.unwrap().token;
    fixture.edit(|tx| deactivate(tx, &Caller::host(), fixture.now(), ann, &Deactivation::default())).await.unwrap();
    assert!(!fixture.is_alive(&session).await, "at once");
    let refused = fixture.sign_in("ann@example.org", PASSWORD).await.unwrap_err();
    assert_eq!(refused, fixture.sign_in("nobody@example.org", PASSWORD).await.unwrap_err());
    let wanted = Find { state: Some(PersonState::Deactivated), search: None };
    let gone = person::list(&mut fixture.begin().await, &wanted, None, 10).unwrap().items;
    assert_eq!(gone.iter().map(|person| person.row.id).collect::<Vec<_>>(), [ann]);
    fixture.edit(|tx| reactivate(tx, &Caller::host(), fixture.now(), ann)).await.unwrap();
    assert!(!fixture.is_alive(&session).await, "what ended does not begin again");
    fixture.sign_in("ann@example.org", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_change_is_checked_and_told_apart_from_what_is_not_ones_own() {
    let fixture = fixture().await;
    let ann = fixture.person("ann@example.org", &[]).await;
    fixture.person("bea@example.org", &[]).await;
    let mut refused = Vec::new();
    for document in [json!({"name": ""}), json!({"break-glass": true}), json!({"mail": "bea@example.org"})] {
        let document: PersonChange = serde_json::from_value(document).unwrap();
        let done = fixture.edit(|tx| change(tx, &Caller::host(), fixture.now(), ann, document.clone())).await;
        refused.push(done.is_err());
    }
    assert_eq!(refused, [true; 3]);
    for unknown in [json!({"id": "x"}), json!({"state": "active"}), json!({"tenant": "x"})] {
        assert!(serde_json::from_value::<PersonChange>(unknown).is_err());
    }
    let moved: PersonChange =
        serde_json::from_value(json!({"mail": "Ann.Lee@example.org", "language": "de-at"})).unwrap();
    let done = fixture.edit(|tx| change(tx, &Caller::host(), fixture.now(), ann, moved.clone())).await.unwrap();
    assert_eq!((done.row.mail.as_str(), done.row.language.as_str()), ("ann.lee@example.org", "de-AT"));
    fixture.sign_in("ann.lee@example.org", PASSWORD).await.unwrap();
    assert!(fixture.sign_in("ann@example.org", PASSWORD).await.is_err());
}
