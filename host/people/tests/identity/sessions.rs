//! Sessions against a model of what they should be.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use signalsync_core::{Caller, SessionId, UserId};
use signalsync_people::change::{PersonChange, change};
use signalsync_people::session::{self, Due, GRACE_MS, SESSIONS_MAX, SessionToken};
use signalsync_store::EngineKind;

use crate::fixture::{Fixture, HOUR, MINUTE, PASSWORD, fixture, on};

const IDLE: u64 = 30 * MINUTE;
const LIFE: u64 = 2 * HOUR;

#[derive(Debug, Clone)]
enum Step {
    SignIn,
    Pass(u64),
    Use(usize),
    End(usize),
    EndOthers(usize),
    EndAll,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => Just(Step::SignIn),
        3 => (0..40 * MINUTE).prop_map(Step::Pass),
        4 => any::<usize>().prop_map(Step::Use),
        2 => any::<usize>().prop_map(Step::End),
        1 => any::<usize>().prop_map(Step::EndOthers),
        1 => Just(Step::EndAll),
    ];
    proptest::collection::vec(step, 1..40)
}

/// What is known of a session: when it began and when it was seen last.
type Model = BTreeMap<SessionId, (u64, u64)>;

async fn run(engine: EngineKind, steps: Vec<Step>) {
    let fixture = on(engine, 300).await;
    fixture.demand(serde_json::json!({"session-idle-minutes": 30, "session-hours-max": 2})).await;
    let ann = fixture.person("ann@example.org", &[]).await;
    let (by, mut tokens, mut model) = (Caller::host(), Vec::<SessionToken>::new(), Model::new());
    fixture.edit(|tx| Ok(session::end_others(tx, &by, fixture.now(), ann, None)?)).await.unwrap();
    for step in steps {
        let now = fixture.now().0;
        model.retain(|_, (began, seen)| now - *began < LIFE && now - *seen < IDLE);
        let pick = |n: usize| tokens.get(n % tokens.len().max(1)).map(SessionToken::session);
        match step {
            Step::Pass(ms) => fixture.pass(ms),
            Step::SignIn => {
                let token = fixture.sign_in("ann@example.org", PASSWORD).await.unwrap().token;
                model.insert(token.session(), (now, now));
                tokens.push(token);
            }
            Step::Use(n) => {
                let Some(token) = tokens.get(n % tokens.len().max(1)) else { continue };
                let proved = session::prove(&mut fixture.begin().await, token, fixture.now()).unwrap();
                assert_eq!(proved.is_some(), model.contains_key(&token.session()));
                if let Some(seen) = model.get_mut(&token.session()) {
                    let due = proved.unwrap().due;
                    assert_eq!(due == Due::Touch, now - seen.1 >= MINUTE);
                    if due == Due::Touch {
                        fixture.edit(|tx| Ok(session::touch(tx, token.session(), fixture.now())?)).await.unwrap();
                        seen.1 = now;
                    }
                }
            }
            Step::End(n) => {
                let Some(id) = pick(n) else { continue };
                // One that is too old can still be there until somebody signs in: then it ends as well.
                let ended = fixture.edit(|tx| session::end(tx, &by, fixture.now(), ann, id)).await;
                assert!(model.remove(&id).is_none() || ended.is_ok());
            }
            Step::EndOthers(n) => {
                let Some(id) = pick(n) else { continue };
                fixture.edit(|tx| Ok(session::end_others(tx, &by, fixture.now(), ann, Some(id))?)).await.unwrap();
                model.retain(|kept, _| *kept == id);
            }
            Step::EndAll => {
                fixture.edit(|tx| Ok(session::end_others(tx, &by, fixture.now(), ann, None)?)).await.unwrap();
                model.clear();
            }
        }
        check(&fixture, ann, &tokens, &model).await;
    }
}

async fn check(fixture: &Fixture, ann: UserId, tokens: &[SessionToken], model: &Model) {
    let now = fixture.now().0;
    let alive = |id: &SessionId| model.get(id).is_some_and(|(began, seen)| now - began < LIFE && now - seen < IDLE);
    for token in tokens {
        assert_eq!(fixture.is_alive(token).await, alive(&token.session()));
    }
    let listed = session::list(&mut fixture.begin().await, fixture.now(), ann).unwrap().items;
    let expected: Vec<_> = model.keys().filter(|id| alive(id)).copied().collect();
    assert_eq!(listed.iter().map(|session| session.id).collect::<Vec<_>>(), expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn sessions_are_what_the_model_says(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run(EngineKind::Memory, steps));
    }
}

#[tokio::test]
async fn the_model_holds_on_disk() {
    let steps = [Step::SignIn, Step::Pass(MINUTE), Step::SignIn, Step::Use(0), Step::Pass(29 * MINUTE), Step::Use(1)];
    run(EngineKind::Redb, steps.into_iter().chain([Step::EndOthers(1), Step::Use(0), Step::EndAll]).collect()).await;
}

#[tokio::test]
async fn beyond_so_many_the_one_that_was_used_longest_ago_ends() {
    let fixture = fixture().await;
    fixture.person("ann@example.org", &[]).await;
    let mut tokens = Vec::new();
    for _ in 0..SESSIONS_MAX {
        fixture.pass(1);
        tokens.push(fixture.sign_in("ann@example.org", PASSWORD).await.unwrap().token);
    }
    assert!(fixture.is_alive(&tokens[0]).await);
    tokens.push(fixture.sign_in("ann@example.org", PASSWORD).await.unwrap().token);
    assert!(!fixture.is_alive(&tokens[0]).await && fixture.is_alive(&tokens[1]).await);
}

#[tokio::test]
async fn new_roles_give_the_session_a_new_secret_and_the_old_one_a_moment() {
    let fixture = fixture().await;
    let ann = fixture.person("ann@example.org", &[]).await;
    let old = fixture.sign_in("ann@example.org", PASSWORD).await.unwrap().token;
    let promoted: PersonChange = serde_json::from_value(serde_json::json!({"roles": ["developer"]})).unwrap();
    fixture.edit(|tx| change(tx, &Caller::host(), fixture.now(), ann, promoted.clone())).await.unwrap();
    let proved = session::prove(&mut fixture.begin().await, &old, fixture.now()).unwrap().unwrap();
    assert_eq!(proved.due, Due::Renew);
    let new = fixture.edit(|tx| session::renew(tx, old.session(), fixture.now())).await.unwrap();
    assert!(fixture.is_alive(&new).await && fixture.is_alive(&old).await);
    let proved = session::prove(&mut fixture.begin().await, &new, fixture.now()).unwrap().unwrap();
    assert_eq!(proved.due, Due::Nothing);
    fixture.pass(GRACE_MS);
    assert!(fixture.is_alive(&new).await && !fixture.is_alive(&old).await);
}

#[tokio::test]
async fn nobody_ends_somebody_elses_and_a_wrong_secret_proves_nothing() {
    let fixture = fixture().await;
    let (ann, bea) = (fixture.person("ann@example.org", &[]).await, fixture.person("bea@example.org", &[]).await);
    let of_ann = fixture.sign_in("ann@example.org", PASSWORD).await.unwrap().token;
    let of_bea = fixture.sign_in("bea@example.org", PASSWORD).await.unwrap().token;
    let by = Caller::host();
    fixture.edit(|tx| session::end(tx, &by, fixture.now(), bea, of_ann.session())).await.unwrap_err();
    let secret = of_bea.text().split_once('.').unwrap().1.to_owned();
    let mixed = SessionToken::parse(&format!("{}.{secret}", of_ann.session())).unwrap();
    assert!(!fixture.is_alive(&mixed).await && fixture.is_alive(&of_ann).await);
    fixture.edit(|tx| session::end(tx, &by, fixture.now(), ann, of_ann.session())).await.unwrap();
    assert!(!fixture.is_alive(&of_ann).await);
    for bad in ["", ".", "ses_1.x", &of_bea.text()[1..], &format!("{}x", of_bea.text())] {
        assert!(SessionToken::parse(bad).is_none(), "{bad}");
    }
}
