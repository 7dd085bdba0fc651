//! Whatever happens to a piece of work in whatever order, these things hold.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;

use super::*;

const POLICY: Policy = Policy { lease_ms: 50, attempts_max: 4, pause_first_ms: 10, pause_max_ms: 35, by_itself: false };

fn new(due: u64) -> Row {
    let state = State::Waiting { due: Timestamp(due) };
    let (kind, payload) = ("k".to_owned(), Value::Null);
    Row { kind, name: None, payload, state, attempts: 0, epoch: 0, problem: None, held_from: None }
}

/// What somebody tries, at what time later, in the name of which claim.
#[derive(Debug, Clone, Copy)]
struct Try {
    what: What,
    /// The clock may be set back.
    later_ms: i64,
    /// Counted back from the newest claim.
    claim: u64,
}

#[derive(Debug, Clone, Copy)]
enum What {
    Claim,
    End,
    GoOn,
    Keep,
    SetBack,
    GiveUp,
    Revive,
}

fn tries() -> impl Strategy<Value = Vec<Try>> {
    let what = prop_oneof![
        4 => Just(What::Claim),
        1 => Just(What::End),
        2 => Just(What::GoOn),
        2 => Just(What::Keep),
        4 => Just(What::SetBack),
        1 => Just(What::GiveUp),
        1 => Just(What::Revive),
    ];
    let one = (what, -30_i64..90, 0_u64..3);
    prop::collection::vec(one.prop_map(|(what, later_ms, claim)| Try { what, later_ms, claim }), 1..60)
}

fn event(what: What, now: Timestamp, epoch: u64) -> Event<'static> {
    match what {
        What::Claim => Event::Claimed { now, lease_ms: POLICY.lease_ms },
        What::End => Event::Done { epoch },
        What::GoOn => Event::WentOn { epoch, at: now },
        What::Keep => Event::Kept { epoch, now, lease_ms: POLICY.lease_ms },
        What::SetBack => Event::SetBack { epoch, now, not_before: None, why: "why" },
        What::GiveUp => Event::GivenUp { epoch, now, why: "why" },
        What::Revive => Event::Revived { now },
    }
}

proptest! {
    #[test]
    fn what_always_holds(tries in tries()) {
        let (id, mut row, mut now) = (WorkId::new(), new(1_000), 1_000_u64);
        for Try { what, later_ms, claim } in tries {
            now = now.saturating_add_signed(later_ms);
            let epoch = row.epoch.saturating_sub(claim);
            let before = row.clone();
            let is_claimed = matches!(before.state, State::Claimed { .. });
            let is_dead = matches!(before.state, State::Dead { .. });
            let result = step(id, row.clone(), event(what, Timestamp(now), epoch), &POLICY);
            match (what, &result) {
                (What::Claim, Ok(Next::Row(after))) => {
                    prop_assert!(before.state.look_at().is_some_and(|at| at.0 <= now), "nobody claims early");
                    prop_assert_eq!(after.epoch, before.epoch + 1, "each claim has its own number");
                    prop_assert_eq!(after.state, State::Claimed { until: Timestamp(now + POLICY.lease_ms) });
                    prop_assert_eq!(after.attempts, before.attempts + 1);
                }
                (What::Claim, _) => {
                    prop_assert_eq!(&result, &Err(Refused::NotDue));
                    prop_assert!(before.state.look_at().is_none_or(|at| at.0 > now), "what is due can be claimed");
                }
                (What::Revive, Ok(Next::Row(after))) => prop_assert!(is_dead && after.attempts == 0),
                (What::Revive, _) => prop_assert!(!is_dead && result == Err(Refused::NotDead)),
                (_, Err(refused)) => {
                    prop_assert_eq!(*refused, Refused::Stale);
                    prop_assert!(!is_claimed || epoch != before.epoch, "who claimed last can end it");
                }
                (_, Ok(next)) => {
                    prop_assert!(is_claimed && epoch == before.epoch, "nobody else can");
                    if let (What::SetBack, Next::Row(after)) = (what, next) {
                        let gives_up = before.attempts >= POLICY.attempts_max;
                        prop_assert_eq!(matches!(after.state, State::Dead { .. }), gives_up);
                        if let State::Waiting { due } = after.state {
                            prop_assert!((now + 5..=now + POLICY.pause_max_ms).contains(&due.0));
                        }
                    }
                    if let (What::Keep, Next::Row(after)) = (what, next) {
                        prop_assert_eq!(after.epoch, before.epoch + 1, "the next part is a claim of its own");
                        prop_assert_eq!(after.state, State::Claimed { until: Timestamp(now + POLICY.lease_ms) });
                        prop_assert_eq!(after.attempts, 1);
                    }
                }
            }
            match result {
                Ok(Next::Gone) => return Ok(()),
                Ok(Next::Row(after)) => row = after,
                Err(_) => {}
            }
            prop_assert!(row.epoch >= before.epoch);
        }
    }

    #[test]
    fn pauses_grow_to_their_limit_and_differ(attempts in 1_u32..100) {
        let policy = Policy { pause_first_ms: 1_000, pause_max_ms: 60_000, ..POLICY };
        let whole = 1_000_u64.saturating_mul(1 << (attempts - 1).min(40)).min(60_000);
        let ids: Vec<_> = (0..50).map(|_| WorkId::new()).collect();
        let pauses: std::collections::BTreeSet<_> = ids.iter().map(|id| pause_ms(*id, attempts, &policy)).collect();
        prop_assert!(pauses.iter().all(|pause| (whole / 2..=whole).contains(pause)));
        prop_assert!(pauses.len() > 25, "what failed together is not tried again together");
    }

    #[test]
    fn reasons_are_cut_between_characters(why in ".{0,400}") {
        let kept = shortened(&why);
        prop_assert!(why.starts_with(&kept) && kept.len() <= WHY_BYTES_MAX);
        prop_assert!(kept == why || kept.len() > WHY_BYTES_MAX - 4);
    }
}

#[test]
fn the_other_side_may_ask_for_a_longer_pause_but_not_for_a_shorter_one() {
    let id = WorkId::new();
    let Ok(Next::Row(row)) = step(id, new(0), Event::Claimed { now: Timestamp(0), lease_ms: 50 }, &POLICY) else {
        unreachable!("it is due")
    };
    let due = |not_before| {
        let event =
            Event::SetBack { epoch: 1, now: Timestamp(0), not_before: Some(Timestamp(not_before)), why: "busy" };
        match step(id, row.clone(), event, &POLICY) {
            Ok(Next::Row(Row { state: State::Waiting { due }, .. })) => due.0,
            other => unreachable!("{other:?}"),
        }
    };
    assert_eq!(due(5_000), 5_000);
    assert!((5..=10).contains(&due(1)));
}

#[test]
fn rows_are_written_as_they_always_were() {
    let row = Row { name: Some("n".to_owned()), problem: Some("p".to_owned()), epoch: 2, attempts: 1, ..new(7) };
    let text = r#"{"kind":"k","name":"n","payload":null,"state":{"waiting":{"due":"1970-01-01T00:00:00.007Z"}},"attempts":1,"epoch":2,"problem":"p"}"#;
    assert_eq!(serde_json::to_string(&row).unwrap(), text);
    assert_eq!(serde_json::from_str::<Row>(text).unwrap(), row);
}

#[test]
fn what_is_let_go_is_due_and_fences_whoever_had_it() {
    let id = WorkId::new();
    let Ok(Next::Row(row)) = step(id, new(1), Event::Claimed { now: Timestamp(100), lease_ms: 50 }, &POLICY) else {
        panic!("it is due")
    };
    let release = |row: &Row, now| step(id, row.clone(), Event::Released { now: Timestamp(now) }, &POLICY);
    let due = State::Waiting { due: Timestamp(20) };
    assert_eq!(release(&row, 20), Ok(Next::Row(Row { state: due, ..row.clone() })), "also when the clock was set back");
    assert_eq!(release(&new(1), 20), Err(Refused::Stale), "nobody is at it");
    let released = Row { state: due, ..row };
    assert_eq!(step(id, released, Event::Done { epoch: 1 }, &POLICY), Err(Refused::Stale), "whoever had it is fenced");
}

#[test]
fn what_is_held_keeps_its_time_until_it_is_claimed() {
    let id = WorkId::new();
    let row = |next| match next {
        Ok(Next::Row(row)) => row,
        other => panic!("{other:?}"),
    };
    let once = row(step(id, new(10), Event::Held { until: Timestamp(100) }, &POLICY));
    let twice = row(step(id, once, Event::Held { until: Timestamp(200) }, &POLICY));
    assert_eq!((twice.state, twice.held_from), (State::Waiting { due: Timestamp(200) }, Some(Timestamp(10))));
    let claim = Event::Claimed { now: Timestamp(200), lease_ms: 50 };
    let claimed = row(step(id, twice, claim, &POLICY));
    assert_eq!((claimed.attempts, claimed.held_from), (1, None));
    let late = row(step(id, claimed, Event::Held { until: Timestamp(300) }, &POLICY));
    assert_eq!(step(id, late, Event::Done { epoch: 1 }, &POLICY), Err(Refused::Stale), "its owner is out of time");
}
