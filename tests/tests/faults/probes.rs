//! The probes, one for each shape of a process.

use serde_json::{Value, json};
use signalsync_tests::clock::MINUTE;
use signalsync_tests::guests::*;
use signalsync_tests::{Outside, Platform};

use crate::process::{Act, Cast, Process};

/// Deploys a workflow, binds its roles and publishes it; and `family`, which wakes the clock's watchers.
fn publish(cast: &Cast, name: &str, guest: &str, grants: &Value, roles: &[(&str, &[&str])]) {
    let client = &cast.tenant.client;
    let none = json!({ "storage": {}, "files": {}, "http": [] });
    let mut wanted = vec![(name, guest, grants)];
    if name != "family" {
        wanted.push(("family", FAMILY, &none));
    }
    for (name, guest, grants) in wanted {
        cast.tenant.deploy(name, &json!({ "component": cast.tenant.ready(guest), "grants": grants })).expect(201);
        client.put(&format!("/v1/workflows/{name}/draft"), &json!({})).expect(200);
    }
    for (role, names) in roles {
        let users: Vec<_> = names.iter().map(|name| &cast.people[name].id).collect();
        client.put(&format!("/v1/workflows/{name}/roles/{role}"), &json!({ "users": users })).expect(200);
    }
    for name in ["family", name] {
        client.post(&format!("/v1/workflows/{name}/publish"), &json!({}));
    }
    assert!(client.get(&format!("/v1/workflows/{name}")).expect(200).json()["published"].is_number(), "{name}");
}

fn nothing() -> Value {
    json!({ "storage": {}, "files": {}, "http": [] })
}

pub(crate) fn two_levels() -> Process {
    Process {
        workflow: "two-levels",
        set_up: |platform, _| {
            let cast = Cast::of(platform, &["lead", "board"]);
            publish(&cast, "two-levels", TWO_LEVELS, &nothing(), &[("lead", &["lead"]), ("board", &["board"])]);
            cast
        },
        input: |_, _| json!(20_000),
        script: vec![(1, Act::choose("lead", "approve-1", "yes")), (2, Act::choose("board", "approve-2", "yes"))],
        ends: "completed",
        takes_time: false,
        records: &[],
    }
}

pub(crate) fn parallel() -> Process {
    Process {
        workflow: "parallel",
        set_up: |platform, _| {
            let cast = Cast::of(platform, &["buyer", "tester"]);
            publish(&cast, "parallel", PARALLEL, &nothing(), &[("buyer", &["buyer"]), ("tester", &["tester"])]);
            cast
        },
        input: |_, _| json!("all"),
        script: vec![(1, Act::choose("tester", "quality", "ok")), (2, Act::choose("buyer", "price", "ok"))],
        ends: "completed",
        takes_time: false,
        records: &[],
    }
}

/// Its task is late, its service level half and wholly used up, and the head is asked in the clerk's place.
pub(crate) fn timers() -> Process {
    Process {
        workflow: "timers",
        set_up: |platform, _| {
            let cast = Cast::of(platform, &["clerk", "head"]);
            let day = json!(["00:00-24:00"]);
            let week = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
            let hours: serde_json::Map<_, _> = week.map(|name| (name.to_owned(), day.clone())).into_iter().collect();
            let calendar = json!({ "default": true, "calendar": { "zone": "UTC", "hours": hours } });
            cast.tenant.client.put("/v1/calendars/always", &calendar).expect(201);
            publish(&cast, "timers", TIMERS, &nothing(), &[("clerk", &["clerk"]), ("head", &["head"])]);
            cast
        },
        input: |_, _| Value::Null,
        script: vec![
            (1, Act::Later { ms: 70 * MINUTE }),
            (3, Act::Later { ms: 70 * MINUTE }),
            (5, Act::choose("head", "answer", "done")),
        ],
        ends: "completed",
        takes_time: false,
        records: &[],
    }
}

fn telling(platform: &Platform, outside: &Outside, mappings: &[&str]) -> (Cast, Value) {
    let cast = Cast::of(platform, &["clerk"]);
    cast.tenant.collection("data");
    let grants = json!({ "storage": { "data": "read-write" }, "files": {}, "http": [outside.origin()] });
    for mapping in mappings {
        let tells = cast.tenant.ready(TELLS_OUTSIDE);
        cast.tenant.deploy(mapping, &json!({ "component": tells, "grants": grants })).expect(201);
    }
    (cast, grants)
}

/// Three mappings, one after the other, each with an effect outside.
pub(crate) fn effects() -> Process {
    Process {
        workflow: "effects",
        set_up: |platform, outside| {
            let (cast, grants) = telling(platform, outside, &["reserve", "release", "charge", "refund", "ship"]);
            publish(&cast, "effects", EFFECTS, &grants, &[]);
            cast
        },
        input: |outside, key| json!({ "url": outside.url(), "key": key }),
        script: vec![(1, Act::Answer), (2, Act::Answer), (3, Act::Answer)],
        ends: "completed",
        takes_time: false,
        records: &["data"],
    }
}

pub(crate) fn family() -> Process {
    Process {
        workflow: "family",
        set_up: |platform, _| {
            let cast = Cast::of(platform, &[]);
            publish(&cast, "family", FAMILY, &nothing(), &[]);
            cast
        },
        input: |_, key| json!({ "name": key, "children": 3 }),
        script: vec![(1, Act::Signal { name: "go", data: json!(7) })],
        ends: "completed",
        takes_time: false,
        records: &[],
    }
}
