//! The last way in.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::json;
use signalsync_core::{Caller, UserId};
use signalsync_people::change::{PersonChange, change};
use signalsync_people::glass::{GLASS_MS, break_glass};
use signalsync_people::person::{Person, PersonState};
use signalsync_people::{OutgoingMail, PeopleError, Refusal};

use crate::fixture::{Fixture, PASSWORD, PLACE, fixture, secret};

const NEW: &str = "seven tall ladders";

async fn open(fixture: &Fixture, mail: &str) -> (Person, Vec<OutgoingMail>) {
    let (scope, who) = (fixture.scope(), serde_json::from_value(json!({"mail": mail})).unwrap());
    let who: signalsync_people::invitation::Invite = who;
    fixture.edit(|tx| break_glass(tx, &scope, fixture.now(), PLACE, who.clone())).await.unwrap()
}

fn administrates(person: &Person) -> bool {
    person.roles.iter().any(|role| role.as_str() == "administrator")
}

#[tokio::test]
async fn somebody_who_is_there_becomes_an_administrator_and_nothing_of_before_lets_in() {
    let fixture = fixture().await;
    fixture.demand(json!({"alert-address": "security@example.org"})).await;
    let ann: UserId = fixture.person("ann@example.org", &[]).await;
    let session = fixture.sign_in("ann@example.org", PASSWORD).await.unwrap().token;
    let (person, mails) = open(&fixture, "ann@example.org").await;
    assert!(person.row.id == ann && person.row.break_glass && administrates(&person));
    assert!(!fixture.is_alive(&session).await);
    assert_eq!(fixture.sign_in("ann@example.org", PASSWORD).await.unwrap_err(), Refusal::Wrong);
    assert_eq!(mails[1].to.as_str(), "security@example.org");
    fixture.doorman.reset(&fixture.scope(), PLACE, &secret(&mails[0]), &NEW.into()).await.unwrap();
    fixture.sign_in("ann@example.org", NEW).await.unwrap();
    assert!(fixture.audited().await.contains(&"Done person.break-glass".to_owned()));
    let seen = PersonChange { break_glass: Some(false), ..PersonChange::default() };
    let done = fixture.edit(|tx| change(tx, &Caller::host(), fixture.now(), ann, seen.clone())).await.unwrap();
    assert!(!done.row.break_glass);
}

#[tokio::test]
async fn somebody_new_is_invited_and_the_link_ends_after_a_day() {
    let fixture = fixture().await;
    let (person, mails) = open(&fixture, "new@example.org").await;
    assert!(person.row.state == PersonState::Invited && administrates(&person));
    fixture.pass(GLASS_MS);
    let late = fixture.activate(&secret(&mails[0]), PASSWORD).await;
    assert!(matches!(late, Err(PeopleError::LinkInvalid)));
    let (again, mails) = open(&fixture, "new@example.org").await;
    assert_eq!(again.row.id, person.row.id);
    fixture.activate(&secret(&mails[0]), PASSWORD).await.unwrap();
    assert!(administrates(&fixture.doorman.person(&fixture.scope(), person.row.id).await.unwrap()));
}
