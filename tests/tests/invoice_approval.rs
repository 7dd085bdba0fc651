//! The example `invoice-approval` through the whole host: real invoices come in, and its people approve them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use e_invoicing_model::ubl;
use serde_json::{Value, json};
use signalsync_tests::{Platform, Stage, complete, wait_for};

/// 250.33 EUR.
const COFFEE: &str = "NL8200.98.395.B.01:12115118";
/// 801.78 NOK, about 68 EUR.
const SMALL: &str = "NO123456789MVA:TOSL108";
/// 4,675.00 DKK, about 626 EUR, and no account.
const NO_ACCOUNT: &str = "DK123456789MVA:TOSL110";
/// 782,179.43 DKK, about 104,812 EUR.
const LARGE: &str = "DK12345678:12345";

/// Files of these invoices, as they come in.
const FILES: [(&str, &str); 4] = [
    (COFFEE, "guide-example1.xml"),
    (SMALL, "ubl-tc434-example2.xml"),
    (NO_ACCOUNT, "ubl-tc434-example6.xml"),
    (LARGE, "BIS3_Invoice_positive.xml"),
];

fn file(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/e-invoicing/data/invoices");
    std::fs::read(folder.join(name)).unwrap()
}

/// A tenant with the process and these invoices, as the mapping of e-invoicing would have written them.
fn acme() -> (Platform, Stage) {
    let platform = Platform::start();
    let stage = Stage::of(&platform, "acme", &[PROCESS]);
    for (id, name) in FILES {
        let record = serde_json::to_value(ubl::read(&file(name)).unwrap()).unwrap();
        stage.tenant.client.put(&format!("/v1/collections/invoices/records/{id}"), &record).expect(201);
    }
    (platform, stage)
}

fn request(invoice: &str, department: &str) -> Value {
    json!({ "key": invoice, "input": { "invoice": invoice, "department": department } })
}

const PROCESS: &str = "invoice-approval";

/// Minutes of working time that no test lives to see.
const LONG: u32 = 60 * 60;

fn payment(stage: &Stage, invoice: &str) -> Value {
    stage.person("clara").get(&format!("/v1/collections/payments/records/{invoice}")).expect(200).json()
}

fn yes() -> Value {
    json!({ "choice": "yes" })
}

#[test]
fn an_invoice_comes_in_is_approved_by_the_head_of_the_department_and_is_paid() {
    let platform = Platform::start();
    let stage = Stage::of(&platform, "acme", &["e-invoicing", PROCESS]);
    for (id, name) in FILES {
        let xml: &[_] = &[("content-type", "application/xml")];
        let came = stage.tenant.client.send("POST", "/v1/mappings/ubl-invoice", xml, &file(name)).expect(200).json();
        assert_eq!(came["changes"][0]["id"], id, "the other tests name it so");
    }
    stage.person("ann").post("/v1/workflows/invoice-approval/runs", &request(COFFEE, "it")).problem(403, "not-allowed");
    let unknown = request("gone", "purchasing");
    stage.person("clara").post("/v1/workflows/invoice-approval/runs", &unknown).problem(422, "not-valid");

    let run = stage.start("clara", PROCESS, &request(COFFEE, "purchasing"));
    let task = stage.task("ann", &run, "approve");
    assert_eq!((&task["data"]["amount"], &task["data"]["seller"]), (&json!("250.33"), &json!("De Koksmaat")));
    assert_eq!(task["form"], "approvals");
    assert!(task["due"].is_string(), "{task}");
    for stranger in ["ian", "dora"] {
        assert_eq!(stage.person(stranger).get("/v1/tasks").expect(200).json()["items"], json!([]), "{stranger}");
    }
    stage.person("ian").post(&complete(&task), &yes()).problem(404, "not-found");
    stage.choose("ann", &run, "approve", "yes", &json!({ "comment": "We drank it." }));

    let ended = stage.stands(&run, "exported");
    let outcome = json!({ "outcome": "exported", "payment": COFFEE, "approved-by": [stage.id("ann")] });
    assert_eq!((&ended["state"], &ended["result"]), (&json!("completed"), &outcome));
    let paid = payment(&stage, COFFEE);
    assert_eq!(paid["account"], "NL57RABO0107307510", "{paid}");
    assert_eq!(paid["amount"], json!({ "amount": "250.33", "currency": "EUR" }));

    // Whoever asks for it again pays it no second time.
    let again = stage.start("clara", PROCESS, &request(COFFEE, "purchasing"));
    assert_eq!(stage.stands(&again, "rejected")["result"], json!({ "outcome": "already-paid" }));
}

#[test]
fn amount_and_department_decide_how_many_approve() {
    let (_platform, stage) = acme();
    let small = stage.start("clara", PROCESS, &request(SMALL, "purchasing"));
    assert_eq!(stage.stands(&small, "exported")["result"]["approved-by"], json!([]));

    let large = stage.start("clara", PROCESS, &request(LARGE, "purchasing"));
    stage.choose("ann", &large, "approve", "yes", &json!({}));
    let task = stage.task("dora", &large, "approve-finally");
    stage.person("ann").post(&complete(&task), &yes()).problem(403, "not-allowed");
    stage.choose("dan", &large, "approve-finally", "yes", &json!({}));
    stage.stands(&large, "exported");
    assert_eq!(payment(&stage, LARGE)["approved-by"], json!([stage.id("ann"), stage.id("dan")]));
}

#[test]
fn nobody_approves_their_own_and_a_director_does_instead() {
    let (_platform, stage) = acme();
    let run = stage.start("ian", PROCESS, &request(COFFEE, "it"));
    let task = stage.task("dora", &run, "approve");
    stage.person("ian").post(&complete(&task), &yes()).problem(403, "not-allowed");
    stage.choose("dora", &run, "approve", "no", &json!({ "comment": "No." }));
    let outcome = json!({ "outcome": "rejected", "by": stage.id("dora"), "comment": "No." });
    assert_eq!(stage.stands(&run, "rejected")["result"], outcome);
    let told = wait_for(|| {
        let notices = stage.person("ian").get("/v1/notifications").expect(200).json();
        notices["items"][0]["said"]["subject"].as_str().map(str::to_owned)
    });
    assert_eq!(told, "Rejected: invoice 12115118");
}

#[test]
fn what_has_no_account_is_accountings_to_repair() {
    let (_platform, stage) = acme();
    let run = stage.start("clara", PROCESS, &request(NO_ACCOUNT, "purchasing"));
    stage.choose("ann", &run, "approve", "yes", &json!({}));
    let task = stage.task("clara", &run, "repair");
    assert_eq!(task["data"]["why"], "the invoice does not say to which account");
    // Accounting has it repaired: the invoice says now where to pay to.
    let at = format!("/v1/collections/invoices/records/{NO_ACCOUNT}");
    let mut invoice = stage.tenant.client.get(&at).expect(200).json();
    invoice["payment-instructions"] =
        json!([{ "means-code": "30", "account": { "identifier": "DK1212341234123412" } }]);
    stage.tenant.client.put(&at, &invoice).expect(200);
    stage.choose("clara", &run, "repair", "again", &json!({}));
    stage.stands(&run, "exported");
    assert_eq!(payment(&stage, NO_ACCOUNT)["account"], "DK1212341234123412");
}

#[test]
fn when_nobody_decides_in_time_a_director_is_asked_and_accounting_is_told() {
    let (_platform, stage) = acme();
    // No working time at all is passed at once. Each has a run of its own: what is due at the same instant has no order.
    let patience = |remind_after: u32, escalate_after: u32| {
        let deployed = stage.tenant.client.get("/v1/deployments/invoice-approval/versions").expect(200).json();
        let newest = &deployed["items"][0];
        let settings = json!({ "remind-after": remind_after, "escalate-after": escalate_after });
        let draft = json!({ "component": newest["component"], "grants": newest["grants"], "settings": settings });
        stage.tenant.deploy(PROCESS, &draft).expect(201);
        stage.tenant.client.put("/v1/workflows/invoice-approval/draft", &json!({})).expect(200);
        stage.tenant.client.post("/v1/workflows/invoice-approval/publish", &json!({})).expect(200);
    };
    let subject = |person: &str| {
        let notices = stage.person(person).get("/v1/notifications").expect(200).json();
        notices["items"][0]["said"]["subject"].as_str().map(str::to_owned)
    };
    patience(0, LONG);
    stage.start("clara", PROCESS, &request(LARGE, "purchasing"));
    assert_eq!(wait_for(|| subject("ann")), "Please decide: invoice 12345");
    patience(LONG, 0);
    let run = stage.start("clara", PROCESS, &request(COFFEE, "purchasing"));
    stage.stands(&run, "escalated");
    assert_eq!(wait_for(|| subject("dora")), "Nobody decided: invoice 12115118");
    assert_eq!(wait_for(|| subject("clara")), "Stuck: invoice 12115118");
    stage.choose("dora", &run, "approve", "yes", &json!({}));
    stage.stands(&run, "exported");
    assert_eq!(payment(&stage, COFFEE)["approved-by"], json!([stage.id("dora")]));
}

#[test]
fn runs_stay_on_version_1_or_are_put_on_version_2_on_purpose() {
    let (platform, mut stage) = acme();
    let old = stage.start("clara", PROCESS, &request(LARGE, "purchasing"));
    let moved = stage.start("clara", PROCESS, &request(COFFEE, "purchasing"));
    let choices = |task: &Value| task["choices"].as_array().unwrap().len();
    assert_eq!(choices(&stage.task("ann", &moved, "approve")), 2);
    stage.task("ann", &old, "approve");
    stage.publish(&platform, PROCESS, PROCESS, 2);
    let new = stage.start("clara", PROCESS, &request(NO_ACCOUNT, "it"));
    assert_eq!(choices(&stage.task("ian", &new, "approve")), 3);
    stage.choose("ian", &new, "approve", "ask", &json!({ "comment": "For what?" }));
    let question = stage.task("clara", &new, "answer");
    assert_eq!((&question["data"]["question"], &question["form"]), (&json!("For what?"), &json!("approvals")));
    stage.choose("clara", &new, "answer", "answered", &json!({ "comment": "Printers." }));
    assert_eq!(stage.task("ian", &new, "approve")["data"]["note"], "Printers.");

    // The first one goes on as it began; the other one is put on the new version, and its next task is of that one.
    stage.tenant.client.post(&format!("/v1/runs/{moved}/migrate"), &json!({ "version": 2 })).expect(200);
    let versions = |run: &str| stage.run_when(run, |_| true)["version"].clone();
    assert_eq!((versions(&old), versions(&moved), versions(&new)), (json!(1), json!(2), json!(2)));
    stage.choose("ann", &moved, "approve", "yes", &json!({}));
    stage.stands(&moved, "exported");
    stage.choose("ann", &old, "approve", "yes", &json!({}));
    assert_eq!(choices(&stage.task("dan", &old, "approve-finally")), 2);
    stage.choose("dan", &old, "approve-finally", "yes", &json!({}));
    stage.stands(&old, "exported");
}
