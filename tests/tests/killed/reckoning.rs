//! The reckoning: everybody does what is left to do, and then each thing that was asked for has happened once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use signalsync_tests::clock::{MINUTE, SECOND};
use signalsync_tests::everything::{all, history};
use signalsync_tests::{Client, Outside, Platform, wait_at_most};

use crate::books::{Books, Who};
use crate::load::{House, SCHEDULES};

pub(crate) fn of(platform: &mut Platform, house: &House, books: &Books, outside: &Outside) {
    // Nothing more starts by the clock.
    let client = &house.0.tenant.client;
    let last: Vec<_> = (0..SCHEDULES).map(|number| end_schedule(client, number)).collect();
    finish(house, books);
    house.repeat(books);
    let runs = Runs::of(client);
    for key in books.runs().iter().chain(&scheduled(&runs, &last)) {
        check_run(house, &runs, key, books.cancelled().contains(key));
        check_outside(outside, &runs, house, key);
    }
    check_all(house, platform, &runs);
    // Figures are added up five seconds later.
    platform.clock().jump(10 * SECOND);
    check_figures(client, &runs);
    assert_eq!(platform.health()["panics"], 0, "{}", platform.log());
}

/// Takes a schedule away; the occurrence that it started last.
fn end_schedule(client: &Client, number: u64) -> (String, Value) {
    let (name, path) = (format!("minute-{number}"), format!("/v1/schedules/minute-{number}"));
    let schedule = client.get(&path).expect(200).json();
    assert_eq!(schedule["problem"], Value::Null, "{schedule}");
    client.delete(&path).expect(204);
    (name, schedule["last"].clone())
}

/// People do what is left to do, until no run goes on.
fn finish(house: &House, books: &Books) {
    let client = &house.0.tenant.client;
    house.mend().unwrap();
    wait_at_most(100, || {
        house.check_all(books).unwrap();
        house.retry().unwrap();
        let open = client.get("/v1/runs?state=running&limit=200").expect(200).json();
        let open = open["items"].as_array().unwrap();
        for run in open {
            let (id, key) = (run["id"].as_str().unwrap(), run["key"].as_str().unwrap());
            if books.cancelled().contains(key) {
                house.cancel(id).unwrap();
            } else if !key.ends_with("-child") && !books.was_told(key) {
                house.go(books, key).unwrap();
            }
        }
        let stuck = client.get("/v1/runs?state=incident&limit=1").expect(200).json();
        (open.is_empty() && stuck["items"] == json!([])).then_some(())
    });
}

/// All runs by business key, each of which began once.
struct Runs(BTreeMap<String, Value>);

impl Runs {
    fn of(client: &Client) -> Self {
        let mut runs = BTreeMap::new();
        for run in all(client, "/v1/runs?", "before") {
            let key = run["key"].as_str().unwrap().to_owned();
            let before = runs.insert(key, run.clone());
            assert!(before.is_none(), "two runs have one key: {run} and {before:?}");
        }
        Self(runs)
    }

    #[track_caller]
    fn get(&self, key: &str) -> &Value {
        self.0.get(key).unwrap_or_else(|| panic!("the run {key} was lost"))
    }
}

/// Keys of the runs that schedules started: one for each minute until the last, and none left out.
fn scheduled(runs: &Runs, last: &[(String, Value)]) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for (name, last) in last {
        let prefix = format!("{name}@");
        let started = runs.0.keys().filter(|key| !key.ends_with("-child"));
        let started: Vec<_> = started.filter_map(|key| key.strip_prefix(&prefix)).collect();
        let times: Vec<_> = started.iter().map(|at| at.parse::<jiff::Timestamp>().unwrap().as_millisecond()).collect();
        assert!(times.windows(2).all(|pair| pair[1] - pair[0] == MINUTE), "a minute is missing of {started:?}");
        assert_eq!(started.last().copied(), last.as_str(), "{name}");
        keys.extend(started.iter().map(|at| format!("{prefix}{at}")));
    }
    keys
}

/// What a run heard but that its task is late: as its history tells it, and as its steps wrote it down themselves.
fn heard(house: &House, run: &Value, key: &str) -> Vec<String> {
    let heard = house.0.heard(run["id"].as_str().unwrap());
    let heard: Vec<_> = heard.into_iter().filter(|name| name != "task-due").collect();
    assert_eq!(heard, house.0.written(key), "{run}");
    heard
}

fn sorted(heard: &[String]) -> Vec<&str> {
    let mut sorted: Vec<_> = heard.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    sorted
}

fn check_run(house: &House, runs: &Runs, key: &str, cancelled: bool) {
    let run = runs.get(key);
    let heard = heard(house, run, key);
    assert_eq!(heard[0], "started", "{run}");
    let kinds: BTreeSet<_> = heard.iter().collect();
    assert_eq!(kinds.len(), heard.len(), "{key} heard something twice: {heard:?}");
    if cancelled {
        assert_eq!((&run["state"], heard.last().map(String::as_str)), (&json!("cancelled"), Some("cancel")), "{run}");
    } else {
        let parts = ["check", "child", "go", "pause", "tell"];
        assert_eq!((&run["state"], &run["result"]), (&json!("completed"), &json!(parts)), "{run}");
        assert_eq!(sorted(&heard), ["check", "child", "go", "pause", "started", "tell"], "{run}");
    }
    check_task(&house.0.tenant.client, run, cancelled);
    check_child(house, runs, &format!("{key}-child"), cancelled);
}

fn check_task(client: &Client, run: &Value, cancelled: bool) {
    let tasks = all(client, &format!("/v1/runs/{}/tasks?", run["id"].as_str().unwrap()), "after");
    assert_eq!(tasks.len(), 1, "{tasks:?}");
    let (task, is_done) = (&tasks[0], tasks[0]["state"] == "done");
    assert!(is_done || (cancelled && task["state"] == "closed"), "{task}");
    assert_eq!(task["votes"].as_array().map(Vec::len), Some(usize::from(is_done)), "{task}");
}

fn check_child(house: &House, runs: &Runs, key: &str, cancelled: bool) {
    let child = runs.get(key);
    let heard = heard(house, child, key);
    if child["state"] == "completed" {
        assert_eq!((heard.join(" ").as_str(), &child["result"]), ("started go", &json!(1)), "{child}");
    } else {
        assert!(cancelled && child["state"] == "cancelled", "{child}");
    }
}

/// The effect of a run was told outside at least once, always under one key, and is recorded once.
fn check_outside(outside: &Outside, runs: &Runs, house: &House, key: &str) {
    let told = outside.told();
    let of_run: Vec<_> = told.iter().filter(|(_, told)| told.body["key"] == key).collect();
    assert_eq!(of_run.len(), 1, "{key}: {of_run:?}");
    assert_eq!(house.0.recorded(key), 1, "{key}");
    let entries = history(&house.0.tenant.client, runs.get(key)["id"].as_str().unwrap());
    let done = entries.iter().filter_map(|entry| entry["event"]["effect-done"]["data"].as_str());
    let keys: Vec<_> = done.map(|data| serde_json::from_str::<String>(data).unwrap()).collect();
    let is_cancelled = runs.get(key)["state"] == "cancelled";
    assert!(keys == [of_run[0].0.as_str()] || (is_cancelled && keys.is_empty()), "{key}: {keys:?}");
}

/// Nothing is there that nobody asked for, and everybody was told once.
fn check_all(house: &House, platform: &Platform, runs: &Runs) {
    let client = &house.0.tenant.client;
    let parents: Vec<_> = runs.0.keys().filter(|key| !key.ends_with("-child")).collect();
    assert_eq!(parents.len() * 2, runs.0.len());
    let mut notices = BTreeMap::<String, u64>::new();
    for notice in all(&house.client(Who::Clerk), "/v1/notifications?", "before") {
        *notices.entry(notice["data"]["key"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    assert_eq!(notices, parents.iter().map(|key| ((*key).clone(), 1)).collect());
    assert_eq!(client.get("/v1/dead-letters").expect(200).json()["items"], json!([]), "{}", platform.log());
    client.get("/v1/audit/verify").expect(200);
}

fn check_figures(client: &Client, runs: &Runs) {
    let count = |state: &str| runs.0.values().filter(|run| run["state"] == state).count();
    let expected = json!({ "completed": count("completed"), "cancelled": count("cancelled") });
    let (all, mut seen) = (json!(runs.0.len()), Value::Null);
    wait_at_most(30, || {
        seen = client.get("/v1/workflows/everything/figures").expect(200).json();
        let ended = |state: &str| seen["ended"][state].as_u64().unwrap_or(0);
        let ended = json!({ "completed": ended("completed"), "cancelled": ended("cancelled") });
        let step = &seen["steps"]["check"];
        let is_whole = seen["began"] == all && seen["running"] == 0 && ended == expected;
        (is_whole && step["opened"] == json!(runs.0.len() / 2) && step["open"] == 0).then_some(())
    });
}
