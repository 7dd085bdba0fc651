//! Passwords that are changed and forgotten.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::json;
use signalsync_people::{Flaw, PeopleError, Refusal};

use crate::fixture::{HOME, HOUR, MINUTE, PASSWORD, PLACE, fixture};

const NEW: &str = "seven tall ladders";

#[tokio::test]
async fn a_forgotten_password_is_set_by_mail_and_ends_all_sessions() {
    let fixture = fixture().await;
    fixture.person("ann@example.org", &[]).await;
    let session = fixture.sign_in("ann@example.org", PASSWORD).await.unwrap().token;
    let scope = fixture.scope();
    fixture.doorman.forgot(&scope, PLACE, "Ann@example.org").await.unwrap();
    fixture.doorman.forgot(&scope, PLACE, "ann@example.org").await.unwrap();
    assert_eq!(fixture.mails().await.len(), 1, "one mail in two minutes");
    let secret = fixture.last_link().await;
    assert!(fixture.is_alive(&session).await, "who only asks changes nothing");
    fixture.doorman.reset(&scope, PLACE, &secret, &NEW.into()).await.unwrap();
    assert!(!fixture.is_alive(&session).await);
    assert!(matches!(
        fixture.doorman.reset(&scope, PLACE, &secret, &"once more with it".into()).await,
        Err(PeopleError::LinkInvalid)
    ));
    assert_eq!(fixture.sign_in("ann@example.org", PASSWORD).await.unwrap_err(), Refusal::Wrong);
    fixture.sign_in("ann@example.org", NEW).await.unwrap();
    assert_eq!(fixture.mails().await.last().unwrap()["template"], "password-changed");
}

#[tokio::test]
async fn asking_for_nobody_is_answered_alike_and_mails_nobody() {
    let fixture = fixture().await;
    fixture.invite("invited@example.org", &[]).await.unwrap();
    let scope = fixture.scope();
    for nobody in ["nobody@example.org", "invited@example.org", "no address"] {
        for _ in 0..3 {
            fixture.doorman.forgot(&scope, PLACE, nobody).await.unwrap();
        }
        let refused = fixture.doorman.forgot(&scope, PLACE, nobody).await;
        assert!(matches!(refused, Err(PeopleError::Throttled { retry_after_ms: 1_000 })), "{refused:?}");
    }
    assert_eq!(fixture.mails().await, [] as [serde_json::Value; 0]);
}

#[tokio::test]
async fn a_link_for_a_password_expires() {
    let fixture = fixture().await;
    fixture.person("ann@example.org", &[]).await;
    fixture.doorman.forgot(&fixture.scope(), PLACE, "ann@example.org").await.unwrap();
    let secret = fixture.last_link().await;
    fixture.pass(HOUR);
    let refused = fixture.doorman.reset(&fixture.scope(), PLACE, &secret, &NEW.into()).await;
    assert!(matches!(refused, Err(PeopleError::LinkInvalid)));
}

#[tokio::test]
async fn a_change_needs_the_old_one_ends_the_other_sessions_and_renews_this() {
    let fixture = fixture().await;
    fixture.demand(json!({"password-history": 1})).await;
    let ann = fixture.person("ann@example.org", &[]).await;
    let here = fixture.sign_in("ann@example.org", PASSWORD).await.unwrap().token;
    let there = fixture.sign_in_from("198.51.100.7", "ann@example.org", PASSWORD, None).await.unwrap().token;
    let scope = fixture.from(HOME);
    let change = async |old: &str, new: &str| {
        let who = (ann, here.session());
        fixture.doorman.change_password(&scope, PLACE, who, &old.into(), &new.into()).await
    };
    assert!(matches!(change("wrong", NEW).await, Err(PeopleError::PasswordWrong)));
    let refused = change(PASSWORD, PASSWORD).await;
    assert!(
        matches!(&refused, Err(PeopleError::PasswordRefused(flaws)) if flaws[..] == [Flaw::UsedBefore]),
        "{refused:?}"
    );
    let renewed = change(PASSWORD, NEW).await.unwrap();
    assert_eq!(renewed.session(), here.session());
    assert!(fixture.is_alive(&renewed).await && !fixture.is_alive(&there).await);
    fixture.pass(MINUTE);
    assert!(!fixture.is_alive(&here).await, "the old secret has had its time");
    for _ in 0..5 {
        assert!(matches!(change("wrong", "an old brass kettle").await, Err(PeopleError::PasswordWrong)));
    }
    let waits = change(NEW, "an old brass kettle").await;
    assert!(matches!(waits, Err(PeopleError::Throttled { .. })), "a session is no way to guess: {waits:?}");
}
