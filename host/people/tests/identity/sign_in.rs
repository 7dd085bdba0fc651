//! Who comes in, who does not, and what those learn who try.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::json;
use signalsync_people::Refusal;
use signalsync_people::session;
use signalsync_store::EngineKind;

use crate::fixture::{HOUR, MINUTE, PASSWORD, fixture, on};

#[tokio::test]
async fn nobody_learns_why() {
    let fixture = fixture().await;
    fixture.person("ann@example.org", &[]).await;
    fixture.invite("invited@example.org", &[]).await.unwrap();
    for (mail, password) in [
        ("ann@example.org", "not the password"),
        ("ann@example.org", ""),
        ("nobody@example.org", PASSWORD),
        ("invited@example.org", PASSWORD),
        ("not an address", PASSWORD),
        ("", ""),
    ] {
        let refused = fixture.sign_in(mail, password).await.unwrap_err();
        assert_eq!(refused, Refusal::Wrong, "{mail}");
    }
    let audited = fixture.audited().await;
    assert_eq!(audited.iter().filter(|entry| *entry == "Denied session.refuse").count(), 6);
    fixture.sign_in("Ann@Example.ORG", PASSWORD).await.unwrap();
}

/// The same rows for everybody: what can be measured of the store's work says nothing.
#[tokio::test]
async fn an_unknown_address_costs_the_same_commits() {
    let fixture = fixture().await;
    fixture.person("ann@example.org", &[]).await;
    let mut written = Vec::new();
    for mail in ["ann@example.org", "nobody@example.org"] {
        let before = version(&fixture).await;
        fixture.sign_in(mail, "not the password").await.unwrap_err();
        written.push(version(&fixture).await - before);
    }
    assert_eq!(written[0], written[1]);
}

async fn version(fixture: &crate::fixture::Fixture) -> u64 {
    fixture.begin().await.commit().await.unwrap().version
}

#[tokio::test]
async fn guessing_at_an_account_waits_longer_and_longer_but_not_for_its_owner_elsewhere() {
    let fixture = on(EngineKind::Redb, 300).await;
    fixture.person("ann@example.org", &[]).await;
    for mail in ["ann@example.org", "nobody@example.org"] {
        for _ in 0..5 {
            let refused = fixture.sign_in_from("198.51.100.7", mail, "wrong", None).await.unwrap_err();
            assert_eq!(refused, Refusal::Wrong);
        }
        let waits = fixture.sign_in_from("198.51.100.7", mail, PASSWORD, None).await.unwrap_err();
        assert_eq!(waits, Refusal::Throttled { retry_after_ms: 1_000 }, "{mail}: known or not, it is slowed down");
    }
    fixture.sign_in("ann@example.org", PASSWORD).await.unwrap();
    fixture.pass(1_000);
    let refused = fixture.sign_in_from("198.51.100.7", "ann@example.org", "wrong", None).await.unwrap_err();
    assert_eq!(refused, Refusal::Wrong);
    fixture.pass(1_999);
    let waits = fixture.sign_in_from("198.51.100.7", "ann@example.org", PASSWORD, None).await.unwrap_err();
    assert_eq!(waits, Refusal::Throttled { retry_after_ms: 1 });
    fixture.pass(1);
    fixture.sign_in_from("198.51.100.7", "ann@example.org", PASSWORD, None).await.unwrap();
    for _ in 0..5 {
        let refused = fixture.sign_in_from("198.51.100.7", "ann@example.org", "wrong", None).await.unwrap_err();
        assert_eq!(refused, Refusal::Wrong, "success forgets");
    }
}

#[tokio::test]
async fn many_attempts_at_once_are_not_one() {
    let fixture = fixture().await;
    fixture.person("ann@example.org", &[]).await;
    let attempts = (0..40).map(|_| fixture.sign_in_from("198.51.100.7", "ann@example.org", "wrong", None));
    let mut tried = 0;
    let mut all: Vec<_> = attempts.map(Box::pin).collect();
    // Polled together.
    for refused in futures_join(&mut all).await {
        tried += usize::from(refused == Refusal::Wrong);
    }
    assert_eq!(tried, 5, "the others were not even looked at");
}

async fn futures_join<T, E, F: Future<Output = Result<T, E>> + Unpin>(all: &mut [F]) -> Vec<E> {
    let mut done: Vec<Option<E>> = all.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, slot) in all.iter_mut().zip(&mut done) {
            if slot.is_none()
                && let std::task::Poll::Ready(outcome) = std::pin::Pin::new(future).poll(context)
            {
                *slot = outcome.err();
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[tokio::test]
async fn a_flood_from_many_places_is_bounded_and_the_owners_come_in() {
    let fixture = on(EngineKind::Memory, 10).await;
    fixture.person("ann@example.org", &[]).await;
    fixture.sign_in("ann@example.org", PASSWORD).await.unwrap();
    for n in 0..10 {
        let from = format!("198.51.100.{n}");
        fixture.sign_in_from(&from, &format!("guess{n}@example.org"), "wrong", None).await.unwrap_err();
    }
    let refused = fixture.sign_in_from("203.0.113.1", "ann@example.org", PASSWORD, None).await.unwrap_err();
    assert!(matches!(refused, Refusal::Throttled { .. }), "{refused:?}");
    fixture.sign_in("ann@example.org", PASSWORD).await.unwrap();
    fixture.pass(MINUTE);
    fixture.sign_in_from("203.0.113.2", "ann@example.org", PASSWORD, None).await.unwrap();
}

#[tokio::test]
async fn so_many_failures_are_told_to_whom_the_tenant_wants_once() {
    let fixture = fixture().await;
    fixture.demand(json!({"attempts-alert": 3, "alert-address": "security@example.org"})).await;
    fixture.person("ann@example.org", &[]).await;
    for n in 0..6 {
        for mail in ["ann@example.org", "nobody@example.org"] {
            fixture.sign_in_from(&format!("198.51.100.{n}"), mail, "wrong", None).await.unwrap_err();
        }
    }
    let mails = fixture.mails().await;
    let alerts: Vec<_> = mails.iter().filter(|mail| mail["template"] == "sign-in-alert").collect();
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    assert_eq!(
        (&alerts[0]["to"], &alerts[0]["data"]["mail"]),
        (&json!("security@example.org"), &json!("ann@example.org"))
    );
}

#[tokio::test]
async fn a_password_that_is_too_old_is_changed_by_the_link_that_signing_in_gives() {
    let fixture = fixture().await;
    fixture.demand(json!({"password-days-max": 1, "password-history": 2})).await;
    fixture.person("ann@example.org", &[]).await;
    fixture.pass(24 * HOUR + 1);
    assert_eq!(fixture.sign_in("ann@example.org", "wrong").await.unwrap_err(), Refusal::Wrong);
    let refused = fixture.sign_in("ann@example.org", PASSWORD).await.unwrap_err();
    let Refusal::PasswordExpired { reset } = refused else { panic!("{refused:?}") };
    let secret = signalsync_people::Secret::parse(&reset).unwrap();
    let set = |password: &'static str| {
        let (fixture, secret) = (&fixture, &secret);
        async move { fixture.doorman.reset(&fixture.scope(), crate::fixture::PLACE, secret, &password.into()).await }
    };
    set(PASSWORD).await.unwrap_err();
    set("seven tall ladders").await.unwrap();
    set("an old brass kettle").await.unwrap_err();
    fixture.sign_in("ann@example.org", "seven tall ladders").await.unwrap();
}

#[tokio::test]
async fn hashes_of_another_cost_are_made_anew() {
    let fixture = fixture().await;
    fixture.person("ann@example.org", &[]).await;
    let cost = signalsync_people::HashCost { memory_kib: 128, passes: 1, ..Default::default() };
    let clock = std::sync::Arc::new(signalsync_core::SystemClock);
    let no_mail: signalsync_people::doorman::Queue = std::sync::Arc::new(|_, _, _, _| Ok(()));
    let dearer = signalsync_people::Doorman::new(fixture.stores.clone(), clock, cost, 300, no_mail).unwrap();
    let password = PASSWORD.into();
    let shown =
        || signalsync_people::Credentials { mail: "ann@example.org", password: &password, code: None, client: "" };
    for _ in 0..2 {
        let scope = fixture.scope();
        let done = dearer.sign_in(&scope, crate::fixture::PLACE, shown()).await.unwrap();
        let alive = session::prove(
            &mut fixture.begin().await,
            &done.token,
            signalsync_core::Clock::now(&signalsync_core::SystemClock),
        );
        assert!(alive.unwrap().is_some());
    }
    let page =
        fixture.begin().await.scan(signalsync_store::Table::People, &["access"], "", None, 10, usize::MAX).unwrap();
    let kept = String::from_utf8(page.entries[0].1.body.to_vec()).unwrap();
    assert!(kept.contains("m=128") && !kept.contains("m=64"), "{kept}");
    assert!(!kept.contains(PASSWORD));
}
