//! The second factor.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use signalsync_core::{Caller, UserId};
use signalsync_people::session::SessionToken;
use signalsync_people::{PeopleError, RECOVERY_CODES, Refusal};
use signalsync_store::{EngineKind, Table};
use totp_rs::{Builder, Secret};

use crate::fixture::{Fixture, HOME, MINUTE, PASSWORD, PLACE, on};

struct App(String);

impl App {
    /// The code that an app shows now, made from nothing but what the person typed into it.
    fn code(&self, fixture: &Fixture) -> String {
        let secret = Secret::try_from_base32(&self.0).unwrap();
        Builder::new().with_secret(secret).build_noncompliant().generate(fixture.now().0 / 1_000).to_string()
    }
}

async fn with_factor() -> (Fixture, UserId, App, Vec<String>, SessionToken) {
    let fixture = on(EngineKind::Redb, 300).await;
    let ann = fixture.person("ann@example.org", &[]).await;
    let before = fixture.sign_in("ann@example.org", PASSWORD).await.unwrap().token;
    let session = fixture.sign_in("ann@example.org", PASSWORD).await.unwrap().token;
    let scope = fixture.scope();
    let set_up = fixture.doorman.begin_factor(&scope, PLACE, ann, &PASSWORD.into()).await.unwrap();
    assert!(set_up.url.starts_with("otpauth://totp/Acme:ann%40example.org?"), "{}", set_up.url);
    assert!(set_up.url.contains(&set_up.secret));
    fixture.sign_in("ann@example.org", PASSWORD).await.unwrap();
    let app = App(set_up.secret);
    let who = (ann, session.session());
    let wrong = fixture.doorman.confirm_factor(&scope, PLACE, who, "000000").await;
    assert!(matches!(wrong, Err(PeopleError::CodeWrong)));
    let (codes, renewed) = fixture.doorman.confirm_factor(&scope, PLACE, who, &app.code(&fixture)).await.unwrap();
    assert!(fixture.is_alive(&renewed).await && !fixture.is_alive(&before).await);
    (fixture, ann, app, codes, renewed)
}

#[tokio::test]
async fn a_code_is_asked_for_after_the_password_and_works_once() {
    let (fixture, _, app, ..) = with_factor().await;
    let enter = async |password: &str, code: Option<&str>| {
        fixture.sign_in_from(HOME, "ann@example.org", password, code).await.map(drop)
    };
    assert_eq!(enter(PASSWORD, None).await, Err(Refusal::CodeNeeded));
    assert_eq!(enter("wrong", Some(&app.code(&fixture))).await, Err(Refusal::Wrong), "a code alone tells nothing");
    assert_eq!(enter(PASSWORD, Some(&app.code(&fixture))).await, Err(Refusal::CodeWrong), "used to set it up");
    fixture.pass(MINUTE);
    let code = app.code(&fixture);
    assert_eq!(enter(PASSWORD, Some(&format!(" {} {}", &code[..3], &code[3..]))).await, Ok(()));
    assert_eq!(enter(PASSWORD, Some(&code)).await, Err(Refusal::CodeWrong), "never twice");
    fixture.pass(MINUTE);
    assert_eq!(enter(PASSWORD, Some(&app.code(&fixture))).await, Ok(()));
}

#[tokio::test]
async fn the_same_code_at_the_same_time_lets_one_in() {
    let (fixture, _, app, ..) = with_factor().await;
    fixture.pass(MINUTE);
    let code = app.code(&fixture);
    let enter = || fixture.sign_in_from(HOME, "ann@example.org", PASSWORD, Some(&code));
    let (a, b, c) = tokio::join!(enter(), enter(), enter());
    assert_eq!([a, b, c].iter().filter(|done| done.is_ok()).count(), 1);
}

#[tokio::test]
async fn codes_cannot_be_guessed_even_with_the_password_and_from_many_places() {
    let (fixture, ..) = with_factor().await;
    let mut throttled = false;
    for n in 0..8 {
        let from = format!("198.51.100.{n}");
        let refused = fixture.sign_in_from(&from, "ann@example.org", PASSWORD, Some("000000")).await.unwrap_err();
        throttled |= matches!(refused, Refusal::Throttled { .. });
    }
    assert!(throttled);
}

#[tokio::test]
async fn a_recovery_code_works_once_and_is_told() {
    let (fixture, _, _, codes, _) = with_factor().await;
    assert_eq!(codes.len(), RECOVERY_CODES);
    let typed = codes[3].to_uppercase();
    fixture.sign_in_from(HOME, "ann@example.org", PASSWORD, Some(&typed)).await.unwrap();
    let mail = fixture.mails().await.pop().unwrap();
    assert_eq!(mail["data"]["what"]["left"], RECOVERY_CODES - 1);
    let again = fixture.sign_in_from(HOME, "ann@example.org", PASSWORD, Some(&typed)).await.unwrap_err();
    assert_eq!(again, Refusal::CodeWrong);
}

#[tokio::test]
async fn nothing_of_it_can_be_read_in_the_rows() {
    let (fixture, _, app, codes, session) = with_factor().await;
    let mut kept = String::new();
    for table in [Table::People, Table::Sessions, Table::Links] {
        for parents in [&["access"][..], &["session"], &[]] {
            let page = fixture.begin().await.scan(table, parents, "", None, 100, usize::MAX).unwrap();
            page.entries.iter().for_each(|(_, row)| kept.push_str(&String::from_utf8_lossy(&row.body)));
        }
    }
    assert!(kept.contains("argon2id") && kept.contains("recovery"));
    let (_, token) = session.text().split_once('.').map(|(id, token)| (id.to_owned(), token.to_owned())).unwrap();
    for secret in [&app.0, &codes[0], &token, PASSWORD] {
        assert!(!kept.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn it_is_removed_by_its_owner_with_both_or_by_who_manages_people() {
    let (fixture, ann, app, codes, session) = with_factor().await;
    let scope = fixture.scope();
    let remove = async |password: &str, code: &str| {
        fixture.doorman.remove_factor(&scope, PLACE, ann, &password.into(), code).await
    };
    assert!(matches!(remove("wrong", &codes[0]).await, Err(PeopleError::PasswordWrong)));
    assert!(matches!(remove(PASSWORD, "000000").await, Err(PeopleError::CodeWrong)));
    fixture.pass(MINUTE);
    remove(PASSWORD, &app.code(&fixture)).await.unwrap();
    fixture.sign_in("ann@example.org", PASSWORD).await.unwrap();
    assert!(fixture.is_alive(&session).await);

    let (fixture, ann, _, _, session) = with_factor().await;
    let scope = fixture.scope();
    fixture.edit(|tx| fixture.doorman.clear_factor(tx, &scope, PLACE, ann)).await.unwrap();
    assert!(!fixture.is_alive(&session).await);
    fixture.sign_in("ann@example.org", PASSWORD).await.unwrap();
    let nobody =
        Caller { rights: signalsync_core::Rights::of([].into(), vec![], Default::default()).into(), ..Caller::host() };
    assert!(nobody.rights.permissions().next().is_none());
}
