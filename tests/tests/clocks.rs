//! The host's clock jumps, and the host stops and goes on without knowing: timers ring once, what was missed follows its rule,
//! nothing is lost or doubled, nobody is kept out, and work goes on.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use serde_json::{Value, json};
use signalsync_tests::clock::{DAY, HOUR, MINUTE, SECOND};
use signalsync_tests::everything::{Everything, all};
use signalsync_tests::{Client, Outside, Platform, wait_at_most, wait_for};

/// What a run of `everything` hears until it is done, sorted.
const WHOLE: [&str; 6] = ["check", "child", "go", "pause", "started", "tell"];

/// Mappings may wait for the server outside as long as a test likes.
const PATIENT: &str = "[tiers.standard.mapping]\nfuel = 500000000\nmemory_bytes = 67108864\nwall_ms = 100000\n";

/// A tier whose workflows get nowhere.
const STARVED: &str = "[tiers.starved.workflow]\nfuel = 1000\nmemory_bytes = 67108864\nwall_ms = 5000\n";

/// A host with a clock, the server outside that its components tell things, and a tenant.
fn prepare() -> (Platform, Outside, Everything) {
    let outside = Outside::open();
    let mut platform = Platform::timed(&format!("{}total_ms = 100000\n{PATIENT}{STARVED}", outside.configuration()));
    platform.clock().jump_into(DAY, 12 * HOUR);
    let house = Everything::build(&platform, &outside);
    (platform, outside, house)
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}

/// Does what is left to do of a run: it ends well, and has heard everything once.
#[track_caller]
fn complete(house: &Everything, run: &str, key: &str) {
    house.go(key);
    house.check(run);
    house.until(run, |run| run["state"] == "completed");
    let heard: Vec<_> = house.heard(run).into_iter().filter(|name| name != "task-due").collect();
    assert_eq!((heard[0].as_str(), &heard), ("started", &house.written(key)));
    assert_eq!((sorted(heard), house.recorded(key)), (WHOLE.map(str::to_owned).to_vec(), json!(1)));
}

/// When the runs that a schedule started were due, in milliseconds.
fn occurrences(client: &Client, schedule: &str) -> Vec<i64> {
    let runs = all(client, "/v1/runs?workflow=everything&", "before");
    let keys = runs.iter().filter_map(|run| run["key"].as_str()).filter(|key| !key.ends_with("-child"));
    let at = keys.filter_map(|key| key.strip_prefix(schedule)?.strip_prefix('@'));
    let mut at: Vec<_> = at.map(|at| at.parse::<jiff::Timestamp>().unwrap().as_millisecond()).collect();
    at.sort_unstable();
    assert_eq!(at.iter().collect::<BTreeSet<_>>().len(), at.len(), "each occurrence starts once");
    at
}

fn at(text: &Value) -> i64 {
    text.as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

/// Goes on once a schedule has made up for what was missed.
fn caught_up(platform: &mut Platform, house: &Everything, schedule: &str) {
    let path = format!("/v1/schedules/{schedule}");
    wait_at_most(60, || {
        let schedule = house.tenant.client.get(&path).expect(200).json();
        (at(&schedule["next"]) > platform.clock().now()).then_some(())
    });
}

/// The lease of an effect ends while the program is stopped. It finds out when it goes on, does the effect again, and the one who
/// was at it before cannot end it any more.
#[test]
fn an_owner_that_was_stopped_past_its_lease_changes_nothing() {
    let (mut platform, outside, house) = prepare();
    outside.hold();
    let run = house.start("stopped", 0);
    wait_for(|| (outside.requests() == 1).then_some(()));
    platform.freeze();
    platform.clock().jump(61 * SECOND);
    platform.thaw();
    wait_at_most(30, || (outside.requests() == 2).then_some(()));
    outside.let_go();
    complete(&house, &run, "stopped");
    // At least twice: a mapping is called again when somebody else changed what it read.
    assert_eq!(outside.told().len(), 1, "always under one key");
    platform.assert_unharmed();
}

#[test]
fn what_was_due_while_the_clock_jumped_forward_happens_once_or_by_its_rule() {
    let (mut platform, _outside, house) = prepare();
    let client = &house.tenant.client;
    for missed in ["skip", "once", "all"] {
        house.schedule(missed, "0 6 * * *", missed);
    }
    house.go("too-late");
    let run = house.start("patient", 12 * HOUR);
    house.until(&run, |run| run["steps"] == 3);
    let cookie = house.clerk.sign_in();
    let task = format!("/v1/runs/{run}/tasks");
    assert_eq!(client.get(&task).expect(200).json()["items"][0]["is-late"], false);

    platform.clock().jump(DAY);
    house.until(&run, |run| run["steps"] == 5);
    let heard = house.heard(&run);
    assert_eq!(sorted(heard[3..].to_vec()), ["pause", "task-due"], "{heard:?}");
    assert_eq!(client.get(&task).expect(200).json()["items"][0]["is-late"], true);
    let started = |platform: &mut Platform| {
        ["skip", "once", "all"].map(|schedule| {
            caught_up(platform, &house, schedule);
            occurrences(client, schedule)
        })
    };
    let [skipped, once, each] = started(&mut platform);
    assert_eq!((skipped.len(), once.len(), &once), (0, 1, &each));
    assert!(!house.clerk.is_let_in(&cookie), "a session that nobody used for a day is over");

    platform.clock().jump(31 * DAY);
    let [skipped, once_more, each] = started(&mut platform);
    assert_eq!((skipped.len(), once_more.len(), each.len()), (0, 2, 32));
    assert!(each.windows(2).all(|pair| pair[1] - pair[0] == DAY), "{each:?}");
    assert_eq!((once_more[0], once_more.last()), (once[0], each.last()), "of many, the newest");
    assert!(house.clerk.is_let_in(&house.clerk.sign_in()));

    complete(&house, &run, "patient");
    // A signal waits for its run for 30 days.
    let late = house.start("too-late", 0);
    house.check(&late);
    house.until(&late, |run| run["steps"] == 5);
    assert!(!house.heard(&late).contains(&"go".to_owned()));
    complete_what_is_told(&house, &late);
    platform.assert_unharmed();
}

fn complete_what_is_told(house: &Everything, run: &str) {
    house.go("too-late");
    house.until(run, |run| run["state"] == "completed");
}

#[test]
fn a_clock_that_is_set_back_keeps_nobody_out_and_work_goes_on() {
    let (mut platform, outside, house) = prepare();
    let client = &house.tenant.client;
    house.schedule("minute", "* * * * *", "once");
    platform.clock().jump(MINUTE);
    wait_at_most(30, || (!occurrences(client, "minute").is_empty()).then_some(()));
    for (name, back) in [("hour", HOUR), ("day", DAY)] {
        let cookie = house.clerk.sign_in();
        let (timed, held) = (format!("timed-{name}"), format!("held-{name}"));
        let timer = house.start(&timed, 10 * MINUTE);
        house.until(&timer, |run| run["steps"] == 3);
        outside.hold();
        let (requests, effect) = (outside.requests(), house.start(&held, 0));
        wait_for(|| (outside.requests() > requests).then_some(()));
        house.until(&effect, |run| run["steps"] == 3);
        let once = [("content-type", "application/json"), ("idempotency-key", name)];
        let start = json!({ "key": format!("once-{name}"), "input": house.input(0) }).to_string();
        let ask = || client.send("POST", "/v1/workflows/everything/runs", &once, start.as_bytes()).expect(201).json();
        let (asked, before) = (ask(), occurrences(client, "minute"));

        platform.clock().jump(-back);
        assert!(house.clerk.is_let_in(&cookie));
        assert_eq!(ask(), asked, "it was asked for before");
        outside.let_go();
        let fresh = format!("fresh-{name}");
        complete(&house, &house.start(&fresh, 0), &fresh);
        complete(&house, &effect, &held);
        assert!(house.clerk.is_let_in(&house.clerk.sign_in()));
        assert_eq!(occurrences(client, "minute"), before, "what was started is not started again");
        assert_eq!(client.get(&format!("/v1/runs/{timer}")).expect(200).json()["timers"], json!(["pause"]));

        platform.clock().jump(back + 10 * MINUTE);
        house.until(&timer, |run| run["timers"] == json!([]));
        complete(&house, &timer, &timed);
        caught_up(&mut platform, &house, "minute");
        assert!(occurrences(client, "minute").starts_with(&before), "and it goes on where it was");
    }
    platform.assert_unharmed();
}

/// A lease from before would last a day, and ids that follow the clock would say that later events came first.
#[test]
fn what_a_killed_program_had_begun_goes_on_although_the_clock_was_set_back() {
    let (mut platform, outside, house) = prepare();
    outside.hold();
    let held = house.start("held", 0);
    wait_for(|| (outside.requests() == 1).then_some(()));
    house.until(&held, |run| run["steps"] == 3);
    platform.set_tier(&house.tenant, "starved");
    let starved = house.start("starved", 0);
    let incident = house.until(&starved, |run| run["state"] == "incident");
    assert_eq!(incident["incident"]["code"], "out-of-fuel", "{incident}");
    platform.set_tier(&house.tenant, "standard");
    platform.kill();
    platform.clock().jump(-DAY);
    outside.let_go();
    platform.resume();
    let house = house.again(&platform);
    wait_at_most(30, || (outside.requests() == 2).then_some(()));
    complete(&house, &held, "held");
    assert_eq!(outside.told().len(), 1, "under one key");

    house.go("starved");
    house.tenant.client.post(&format!("/v1/runs/{starved}/retry"), &json!({})).expect(200);
    house.check(&starved);
    house.until(&starved, |run| run["state"] == "completed");
    let heard = house.heard(&starved);
    assert_eq!((heard[0].as_str(), sorted(heard.clone())), ("started", WHOLE.map(str::to_owned).to_vec()));
}
