//! The example `maintenance` through the whole host: reporters, supervisors, contractors and approvers, each by themselves.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use signalsync_tests::{Platform, Stage, complete, wait_for};

const REPAIR: &str = "corrective-maintenance";
const SERVICE: &str = "preventive-maintenance";

fn acme() -> (Platform, Stage) {
    let platform = Platform::start();
    let stage = Stage::of(&platform, "acme", &["maintenance"]);
    (platform, stage)
}

fn fault(asset: &str, title: &str) -> Value {
    json!({ "input": { "asset": asset, "title": title, "urgency": "high" } })
}

/// Reported by Rita, assigned by Sam to Nordlift, and begun by Lena.
fn begun(stage: &Stage, asset: &str) -> String {
    let run = stage.start("rita", REPAIR, &fault(asset, "It makes a noise"));
    stage.choose("sam", &run, "dispatch", "assign", &json!({ "contractor": "nordlift" }));
    stage.choose("lena", &run, "begin", "start", &json!({}));
    run
}

/// The record of a run, as this person sees it.
fn order(stage: &Stage, person: &str, run: &str) -> Value {
    stage.person(person).get(&format!("/v1/collections/work-orders/records/{run}")).expect(200).json()
}

fn nothing_to_do(stage: &Stage, person: &str) {
    assert_eq!(stage.person(person).get("/v1/tasks").expect(200).json()["items"], json!([]), "{person}");
}

#[test]
fn a_repair_goes_through_as_its_people_do_it() {
    let (_platform, stage) = acme();
    let run = stage.start("rita", REPAIR, &fault("lift-1", "It stops between floors"));
    let task = stage.task("sam", &run, "dispatch");
    assert_eq!((&task["priority"], &task["form"]), (&json!("high"), &json!("dispatches")));
    let unknown = json!({ "choice": "assign", "data": { "contractor": "gone" } });
    stage.person("sam").post(&complete(&task), &unknown).problem(422, "not-valid");
    stage.choose("sam", &run, "dispatch", "assign", &json!({}));
    wait_for(|| Some(stage.task("sam", &run, "dispatch")).filter(|task| task["data"]["remark"].is_string()));
    stage.choose("sam", &run, "dispatch", "assign", &json!({ "contractor": "nordlift", "note": "Ask for Rita." }));

    // Both people of the contractor are asked, and nobody of another one.
    let task = stage.task("luis", &run, "begin");
    assert_eq!(stage.task("lena", &run, "begin")["id"], task["id"]);
    assert_eq!(task["data"]["remark"], "Ask for Rita.");
    nothing_to_do(&stage, "karl");
    stage.person("karl").get(&format!("/v1/runs/{run}")).problem(404, "not-found");
    let path = format!("/v1/collections/work-orders/records/{run}");
    stage.person("karl").get(&path).problem(404, "not-found");
    stage.choose("lena", &run, "begin", "start", &json!({}));
    stage.choose("luis", &run, "work", "estimate", &json!({ "cost": "300.00" }));
    let estimated = |task: &Value| task["data"]["cost"] == "300.00";
    wait_for(|| Some(stage.task("luis", &run, "work")).filter(estimated));
    assert_eq!(order(&stage, "mona", &run)["cost"], "300.00");
    assert!(order(&stage, "luis", &run)["cost"].is_null(), "a contractor does not see it in the list");

    stage.choose("luis", &run, "work", "hold", &json!({ "note": "Waits for a relay." }));
    stage.stands(&run, "on-hold");
    assert_eq!(stage.task("lena", &run, "resume")["data"]["remark"], "Waits for a relay.");
    stage.choose("lena", &run, "resume", "resume", &json!({}));
    stage.choose("luis", &run, "work", "complete", &json!({ "cost": "420.00" }));

    // Whoever reported it can verify it as supervisors can.
    stage.task("sam", &run, "verify");
    stage.choose("rita", &run, "verify", "return", &json!({ "comment": "It still stops." }));
    let again = wait_for(|| Some(stage.task("luis", &run, "work")).filter(|task| task["data"]["remark"].is_string()));
    assert_eq!(again["data"]["remark"], "It still stops.");
    stage.choose("luis", &run, "work", "complete", &json!({}));
    stage.choose("rita", &run, "verify", "approve", &json!({ "rating": 4 }));
    let closed = stage.stands(&run, "closed");
    let result = json!({ "outcome": "closed", "contractor": "nordlift", "cost": "420.00", "overdue": false });
    assert_eq!(closed["result"], result);
    assert_eq!(order(&stage, "sam", &run)["status"], "closed");
    let told = wait_for(|| {
        let notices = stage.person("rita").get("/v1/notifications").expect(200).json();
        notices["items"][0]["said"]["subject"].as_str().map(str::to_owned)
    });
    assert_eq!(told, "It stops between floors: closed");
}

#[test]
fn a_supervisor_reassigns_and_cancels_while_others_work() {
    let (_platform, stage) = acme();
    let run = begun(&stage, "ahu-3");
    stage.task("luis", &run, "work");
    stage.choose("sam", &run, "oversee", "reassign", &json!({ "contractor": "klima" }));
    stage.stands(&run, "assigned");
    nothing_to_do(&stage, "luis");
    stage.choose("karl", &run, "begin", "start", &json!({}));
    stage.stands(&run, "working");
    stage.choose("sam", &run, "oversee", "cancel", &json!({}));
    assert_eq!(stage.stands(&run, "cancelled")["result"]["outcome"], "cancelled");
    nothing_to_do(&stage, "karl");
}

#[test]
fn the_cost_is_approved_level_by_level_each_by_somebody_else() {
    let (_platform, stage) = acme();
    let run = begun(&stage, "ahu-3");
    stage.choose("luis", &run, "work", "complete", &json!({ "cost": "21000.00" }));
    stage.choose("sam", &run, "verify", "approve", &json!({}));
    let task = stage.task("mona", &run, "approve-cost");
    assert_eq!(task["data"]["cost"], "21000.00");
    for stranger in ["finn", "vera", "rita", "luis"] {
        nothing_to_do(&stage, stranger);
    }
    stage.choose("mona", &run, "approve-cost", "approve", &json!({}));
    stage.choose("finn", &run, "approve-cost-finance", "reject", &json!({ "comment": "Ask for a discount." }));
    let task = stage.task("luis", &run, "work");
    assert_eq!(task["data"]["remark"], "Ask for a discount.");
    stage.choose("luis", &run, "work", "complete", &json!({ "cost": "20500.00" }));
    stage.choose("sam", &run, "verify", "approve", &json!({}));
    for (person, step) in
        [("mona", "approve-cost"), ("finn", "approve-cost-finance"), ("vera", "approve-cost-director")]
    {
        stage.choose(person, &run, step, "approve", &json!({}));
    }
    assert_eq!(stage.stands(&run, "closed")["result"]["cost"], "20500.00");
}

#[test]
fn runs_stay_on_version_1_or_are_put_on_version_2_on_purpose() {
    let (platform, mut stage) = acme();
    let assigned = |stage: &Stage| {
        let run = stage.start("rita", REPAIR, &fault("lift-1", "It makes a noise"));
        stage.choose("sam", &run, "dispatch", "assign", &json!({ "contractor": "nordlift" }));
        stage.task("lena", &run, "begin");
        run
    };
    let (old, moved) = (assigned(&stage), assigned(&stage));
    stage.publish(&platform, "maintenance", REPAIR, 2);
    let new = assigned(&stage);
    stage.tenant.client.post(&format!("/v1/runs/{moved}/migrate"), &json!({ "version": 2 })).expect(200);
    for run in [&old, &moved, &new] {
        stage.choose("lena", run, "begin", "start", &json!({}));
    }
    stage.stands(&old, "working");
    for run in [&moved, &new] {
        stage.stands(run, "permit");
        nothing_to_do(&stage, "karl");
        stage.choose("olga", run, "permit", "grant", &json!({ "conditions": "Two people.", "locked-out": true }));
        assert_eq!(stage.task("luis", run, "work")["data"]["remark"], "Two people.");
    }
}

#[test]
fn a_schedule_starts_a_service_that_is_assigned_served_and_verified() {
    let (_platform, stage) = acme();
    let plans = stage.person("sam").get("/v1/collections/maintenance-plans/records").expect(200).json();
    assert_eq!(plans["items"].as_array().map(Vec::len), Some(2));
    #[expect(clippy::disallowed_methods, reason = "a schedule is for a time that is yet to come")]
    let soon = jiff::Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC) + jiff::Span::new().seconds(2);
    let start = soon.datetime().round(jiff::Unit::Second).unwrap();
    let schedule = json!({
        "schedule": { "zone": "UTC", "rule": { "recurrence": { "start": start, "rrule": "FREQ=DAILY" } } },
        "what": { "workflow": SERVICE, "input": { "plan": "lift-1-monthly" } },
    });
    stage.tenant.client.put("/v1/schedules/soon", &schedule).expect(201);
    let run = wait_for(|| {
        let runs = stage.person("sam").get(&format!("/v1/runs?workflow={SERVICE}")).expect(200).json();
        runs["items"][0]["id"].as_str().map(str::to_owned)
    });
    let task = stage.task("sam", &run, "assign");
    assert_eq!(task["data"]["contractor"], "nordlift", "the plan says who usually does it");
    assert!(task["due"].is_string(), "{task}");
    stage.choose("sam", &run, "assign", "assign", &json!({ "contractor": "nordlift" }));
    nothing_to_do(&stage, "karl");
    stage.choose("luis", &run, "serve", "done", &json!({ "findings": "1,204 trips" }));
    stage.choose("sam", &run, "verify", "approve", &json!({}));
    let closed = stage.stands(&run, "closed");
    assert_eq!((&closed["starter"], &closed["result"]["report"]["findings"]), (&Value::Null, &json!("1,204 trips")));
    assert!(closed["key"].as_str().unwrap().starts_with("soon@"), "{closed}");
    assert_eq!(order(&stage, "luis", &run)["status"], "closed");
}

#[test]
fn in_version_2_a_defect_that_a_service_finds_is_repaired_first() {
    let (platform, mut stage) = acme();
    let old = stage.start("sam", SERVICE, &json!({ "input": { "plan": "ahu-3-quarterly" } }));
    stage.publish(&platform, "maintenance", SERVICE, 2);
    let new = stage.start("sam", SERVICE, &json!({ "input": { "plan": "ahu-3-quarterly" } }));
    for run in [&old, &new] {
        stage.choose("sam", run, "assign", "assign", &json!({ "contractor": "klima" }));
        stage.choose("karl", run, "serve", "done", &json!({ "defect": "The fan is loose." }));
        stage.choose("sam", run, "verify", "approve", &json!({}));
    }
    stage.stands(&old, "closed");
    let waiting = stage.stands(&new, "repairing");
    let repair = waiting["children"]["repair"].as_str().unwrap().to_owned();
    let task = stage.task("sam", &repair, "dispatch");
    assert_eq!(task["data"]["description"], "The fan is loose.");
    stage.choose("sam", &repair, "dispatch", "assign", &json!({ "contractor": "klima" }));
    stage.choose("karl", &repair, "begin", "start", &json!({}));
    stage.choose("karl", &repair, "work", "complete", &json!({ "cost": "90.00" }));
    stage.choose("sam", &repair, "verify", "approve", &json!({}));
    stage.stands(&repair, "closed");
    assert_eq!(stage.stands(&new, "closed")["result"]["report"]["defect"], "The fan is loose.");
}
