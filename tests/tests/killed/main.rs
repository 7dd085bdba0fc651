//! The program is killed in the middle of its work, again and again: what it acknowledged is there afterwards, whole, and
//! what it did not is there whole or not at all.
//!
//! `records` is about records, imports and tenants; `load`, `books` and `reckoning` are about processes: what people and the clock
//! do to them, what is written down of that, and what has to be true of it at the end.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod books;
mod load;
mod reckoning;
mod records;

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use signalsync_tests::clock::{MINUTE, SECOND};
use signalsync_tests::{Outside, Platform, wait_at_most, wait_for};

use crate::books::{Books, Ledger};
use crate::load::House;

const JSON: &[(&str, &str)] = &[("content-type", "application/json")];
const MERGE: &[(&str, &str)] = &[("content-type", "application/merge-patch+json")];

/// How often the program is killed. The nightly run kills more often.
#[expect(clippy::disallowed_methods, reason = "the nightly run speaks to the tests in a variable")]
fn rounds(few: u64) -> u64 {
    std::env::var("SIGNALSYNC_CRASH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(few)
}

/// A number below `end`, another one each time.
fn any_below(end: u64) -> u64 {
    RandomState::new().hash_one(end) % end
}

#[test]
fn what_was_acknowledged_outlives_a_kill_and_nothing_is_half_done() {
    for engine in ["redb", "sled"].into_iter().cycle().take(rounds(2) as usize) {
        let mut platform = Platform::with(&format!("engine = \"{engine}\""));
        let tenant = records::orders(&platform);
        let (acknowledgements, goal) = (&AtomicU64::new(0), 1 + any_below(150));
        let (mut written, mut counted, mut provisioned) = (Ledger::default(), Ledger::default(), Ledger::default());
        let mut imported = Ledger::default();
        let (client, console) = (&tenant.client, platform.console());
        std::thread::scope(|scope| {
            scope.spawn(|| written.work(acknowledgements, |number| records::write(client, number)));
            scope.spawn(|| counted.work(acknowledgements, |number| records::count(client, number)));
            scope.spawn(|| provisioned.work(acknowledgements, |number| records::provision(&console, number)));
            scope.spawn(|| imported.work(acknowledgements, |number| records::import(client, number)));
            wait_for(|| (acknowledgements.load(Ordering::SeqCst) >= goal).then_some(()));
            platform.kill();
        });
        platform.resume();
        let tenant = platform.again(&tenant);
        records::check_orders(&tenant.client, &written);
        records::check_counter(&tenant.client, &counted);
        records::check_tenants(&platform, &provisioned);
        records::check_imports(&tenant.client, &imported);
    }
}

/// Most kills of one installation, one after the other, before it is reckoned up.
const KILLS_MAX: u64 = 5;

/// All that a workflow can do, started and told in all ways, while the program is killed: what was asked for happened once.
#[test]
fn processes_outlive_kills_and_nothing_of_them_is_lost_or_doubled() {
    let rounds = rounds(4);
    let kills = (rounds / 2).clamp(1, KILLS_MAX);
    for (round, engine) in (0..rounds.div_ceil(kills)).zip(["redb", "sled"].into_iter().cycle()) {
        let outside = Outside::open();
        let mut platform = Platform::timed(&format!("engine = \"{engine}\"\n{}", outside.configuration()));
        let mut house = House::build(&platform, &outside);
        let books = Books::default();
        for kill in 0..kills {
            // A little before the minute is full, at which all schedules are due.
            platform.clock().jump_into(MINUTE, 59 * SECOND);
            let goal = books.acknowledged() + 1 + any_below(150);
            std::thread::scope(|scope| {
                let numbers = (round * kills + kill) * 1_000_000..;
                house.work(scope, &books, numbers);
                wait_at_most(60, || (books.acknowledged() >= goal).then_some(()));
                std::thread::sleep(Duration::from_micros(any_below(50_000)));
                platform.kill();
            });
            platform.clock().jump(any_below(90) as i64 * SECOND);
            platform.resume();
            house = house.again(&platform);
            house.repeat(&books);
        }
        reckoning::of(&mut platform, &house, &books, &outside);
    }
}

/// What an operator does beside the server: with the program, on its data.
#[test]
fn an_operator_verifies_and_changes_what_a_killed_server_left() {
    // The link in an invitation leads somewhere although the port is any free one.
    let mut platform = Platform::with("public_url = \"http://localhost:8080\"");
    let tenant = records::orders(&platform);
    records::write(&tenant.client, 1).unwrap();
    let (listed, text) = platform.command(&["tenant", "list"]);
    assert!(!listed && text.contains("stop the server first"), "{text}");
    platform.kill();
    let (verified, text) = platform.command(&["audit", "verify"]);
    assert!(verified, "{text}");
    assert!(text.contains("(platform)\t") && text.contains("acme\t"), "{text}");
    let (renamed, text) = platform.command(&["tenant", "rename", "acme", "apex"]);
    assert!(renamed && text.starts_with("apex\t"), "{text}");
    let (found, text) = platform.command(&["tenant", "suspend", "apex", "--reason", "unpaid"]);
    assert!(found && text.contains("suspended: unpaid"), "{text}");
    let (created, text) = platform.command(&["tenant", "create", "new", "--administrator", "first@new.example"]);
    assert!(created && text.starts_with("new\t"), "{text}");
    let (found, text) = platform.command(&["tenant", "show", "acme"]);
    assert!(!found && text.contains("there is no such tenant"), "{text}");
}
