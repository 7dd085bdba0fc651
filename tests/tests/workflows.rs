//! Workflows from upload to decision: what they say of themselves is read and checked when they are uploaded, and each
//! decides under the limits of a call. What becomes of their decisions is the business of runs.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use signalsync_tests::guests::*;
use signalsync_tests::{Platform, Tenant};

struct Lab {
    platform: Platform,
    tenant: Tenant,
}

impl Lab {
    fn prepare() -> Self {
        let platform = Platform::start();
        let tenant = platform.tenant("acme");
        Self { platform, tenant }
    }

    /// Uploads and deploys a workflow; what it says of itself.
    #[track_caller]
    fn deploy(&self, guest: &str) -> Value {
        let digest = self.tenant.ready(guest);
        let component = self.tenant.client.get(&format!("/v1/components/{digest}")).expect(200).json();
        assert_eq!((component["kind"].as_str(), component["contract"].as_str()), (Some("workflow"), Some("0.1.0")));
        self.tenant.deploy("guest", &json!({ "component": digest })).expect(201);
        component["definition"].clone()
    }

    /// What the deployed workflow decides at the start of a run with this input.
    #[track_caller]
    fn start(&self, input: &Value) -> Value {
        let started = json!({ "input": input.to_string(), "by": null, "key": "k-1", "run": "run_1" });
        self.decide(None, &json!({ "started": started }))
    }

    /// What it decides about an event after a decision.
    #[track_caller]
    fn decide(&self, before: Option<&Value>, event: &Value) -> Value {
        let state = before.map(|decision| &decision["state"]);
        let tried = self.tenant.trial(&json!({ "advance": { "state": state, "event": event } }));
        assert_eq!(tried["failure"], Value::Null, "{tried}");
        tried["answer"]["decision"].clone()
    }
}

fn done(task: &str, step: &str, choice: &str) -> Value {
    let by = format!("usr_{:032x}", 7);
    let vote = json!({ "by": by, "choice": choice, "data": "null", "at": "2026-01-31T12:00:00Z" });
    json!({ "task-done": { "id": task, "step": step, "choice": choice, "data": "null", "by": by, "votes": [vote] } })
}

#[test]
fn what_a_workflow_says_of_itself_is_kept_and_shown() {
    let lab = Lab::prepare();
    let definition = lab.deploy(TIMERS);
    assert_eq!(definition["name"], "timers");
    assert_eq!(definition["statuses"][0], json!({ "name": "open", "label": "Open", "color": "yellow" }));
    let step = &definition["steps"][0];
    assert_eq!((&step["signing"], &step["turn"]), (&json!("any"), &json!("together")));
    assert_eq!(step["due"], json!({ "after": 3_600_000 }));
    assert_eq!(step["choices"][1], json!({ "id": "ask", "label": "Ask the customer", "leaning": "neutral" }));
    let level = &definition["service-levels"][0];
    assert_eq!((&level["counts-in"], &level["alerts"]), (&json!(["open"]), &json!([50, 100])));
    assert_eq!(definition["signals"], json!(["reply"]));
}

/// A list says what there is; what each of them is, it does not carry along.
#[test]
fn a_list_of_components_has_no_definitions_and_deleting_one_forgets_its_own() {
    let lab = Lab::prepare();
    let digest = lab.tenant.ready(APPROVAL);
    let path = format!("/v1/components/{digest}");
    assert_eq!(lab.tenant.client.get(&path).expect(200).json()["definition"]["name"], "approval");
    let list = lab.tenant.client.get("/v1/components").expect(200).json();
    assert_eq!((&list["items"][0]["state"], &list["items"][0]["definition"]), (&json!("ready"), &Value::Null));
    lab.tenant.client.delete(&path).expect(204);
    lab.tenant.client.get(&path).problem(404, "not-found");
    lab.tenant.ready(ACCEPT_ALL);
    let validation = lab.tenant.client.get("/v1/components").expect(200).json()["items"][0].clone();
    assert_eq!(validation["definition"], Value::Null);
}

#[test]
fn what_a_workflow_says_of_itself_outlives_the_process() {
    let mut lab = Lab::prepare();
    let digest = lab.tenant.ready(APPROVAL);
    lab.platform.kill();
    lab.platform.resume();
    let tenant = lab.platform.again(&lab.tenant);
    let component = tenant.client.get(&format!("/v1/components/{digest}")).expect(200).json();
    assert_eq!(component["definition"]["steps"][0]["id"], "approve");
}

#[test]
fn a_manager_approves() {
    let lab = Lab::prepare();
    lab.deploy(APPROVAL);
    let started = lab.start(&json!(250));
    assert_eq!((&started["status"], &started["actions"][0]["open-task"]["data"]), (&json!("waiting"), &json!("250")));
    assert_eq!(started["actions"][1], json!({ "set-timer": { "id": "reminder", "at": { "after": 86_400_000 } } }));
    let reminded = lab.decide(Some(&started), &json!({ "timer": "reminder" }));
    assert_eq!(reminded["actions"][0]["notify"]["to"], json!([{ "role": "manager" }]));
    let approved = lab.decide(Some(&reminded), &done("approve", "approve", "yes"));
    assert_eq!(
        (&approved["status"], &approved["actions"]),
        (&json!("approved"), &json!([{ "complete": "\"approved\"" }]))
    );
}

#[test]
fn an_amount_says_how_many_levels_approve() {
    let lab = Lab::prepare();
    lab.deploy(TWO_LEVELS);
    assert_eq!(lab.start(&json!(100))["status"], "approved");
    let first = lab.start(&json!(20_000));
    let task = &first["actions"][0]["open-task"];
    assert_eq!((&task["id"], &task["people"]), (&json!("approve-1"), &json!([{ "role": "lead" }])));
    let second = lab.decide(Some(&first), &done("approve-1", "approve", "yes"));
    let task = &second["actions"][0]["open-task"];
    assert_eq!((&task["id"], &task["people"]), (&json!("approve-2"), &json!([{ "role": "board" }])));
    assert_eq!(lab.decide(Some(&second), &done("approve-2", "approve", "no"))["status"], "rejected");
}

#[test]
fn branches_come_together() {
    let lab = Lab::prepare();
    lab.deploy(PARALLEL);
    let any = lab.start(&json!("any"));
    assert_eq!(any["actions"].as_array().unwrap().len(), 2);
    let joined = lab.decide(Some(&any), &done("quality", "quality", "ok"));
    assert_eq!(joined["actions"], json!([{ "close-task": "price" }, { "complete": "[\"quality\"]" }]));
    let all = lab.start(&json!("all"));
    let waits = lab.decide(Some(&all), &done("quality", "quality", "ok"));
    assert_eq!((&waits["status"], &waits["actions"]), (&json!("checking"), &json!([])));
    assert_eq!(lab.decide(Some(&waits), &done("price", "price", "ok"))["status"], "checked");
}

#[test]
fn what_is_late_is_heard() {
    let lab = Lab::prepare();
    lab.deploy(TIMERS);
    let started = lab.start(&json!(null));
    let due = lab.decide(Some(&started), &json!({ "task-due": { "id": "answer", "step": "answer" } }));
    let alert = lab.decide(Some(&due), &json!({ "service-level": { "id": "reaction", "percent": 50 } }));
    let escalated = lab.decide(Some(&alert), &json!({ "timer": "answer" }));
    assert_eq!(escalated["actions"][0], json!({ "close-task": "answer" }));
    let over = lab.decide(Some(&escalated), &json!({ "timer": "answer" }));
    assert_eq!(over["actions"], json!([{ "fail": "nobody answered: answer, reaction 50, escalated" }]));
}

#[test]
fn effects_are_undone() {
    let lab = Lab::prepare();
    lab.deploy(EFFECTS);
    let started = lab.start(&json!({ "order": 7 }));
    assert_eq!(started["actions"][0]["run-mapping"]["mapping"], "reserve");
    let charged = lab.decide(Some(&started), &json!({ "effect-done": { "id": "reserve", "data": "1" } }));
    let failed = json!({ "effect-failed": { "id": "charge", "reason": "no money" } });
    let undone = lab.decide(Some(&charged), &failed);
    assert_eq!(undone["actions"][0]["run-mapping"]["id"], "undo-reserve");
    let ended = lab.decide(Some(&undone), &json!({ "effect-done": { "id": "undo-reserve", "data": "2" } }));
    assert_eq!((&ended["status"], &ended["actions"]), (&json!("undone"), &json!([{ "fail": "no money" }])));
}

#[test]
fn children_are_started_told_and_cancelled() {
    let lab = Lab::prepare();
    lab.deploy(FAMILY);
    let started = lab.start(&json!({ "name": "a", "children": 2 }));
    assert_eq!(started["actions"][1]["start-child"]["key"], "a-2");
    let told = lab.decide(Some(&started), &json!({ "signal": { "name": "go", "data": "5" } }));
    assert_eq!(told["actions"][0]["send-signal"]["key"], "a-1");
    let ended = |id: &str, outcome: Value| json!({ "child-ended": { "id": id, "outcome": outcome } });
    let first = lab.decide(Some(&told), &ended("child-1", json!({ "completed": "5" })));
    let second = lab.decide(Some(&first), &ended("child-2", json!({ "completed": "6" })));
    assert_eq!(second["actions"], json!([{ "complete": "11" }]));
    let failed = lab.decide(Some(&first), &ended("child-2", json!({ "failed": "lost" })));
    assert_eq!(failed["actions"], json!([{ "fail": "lost" }]));
    let cancelled = lab.decide(Some(&first), &json!({ "cancel": "enough" }));
    assert_eq!(cancelled["actions"], json!([{ "cancel-child": "child-2" }]));
}
