//! Whole runs of both versions, with the test player of the SDK, on real invoices.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use e_invoicing_model::ubl;
use invoice_approval::{Payment, v1, v2};
use serde_json::{Value, json};
use signalsync_sdk::testing::{self, Installed, MockHost, Run, user};
use signalsync_sdk::workflow::{Event, Moment, Who};
use signalsync_sdk::{Message, mapping};

/// 250.33 EUR, to an account in the Netherlands.
const COFFEE: &str = "guide-example1";
/// 801.78 NOK, about 68 EUR.
const SMALL: &str = "ubl-tc434-example2";
/// 4,675.00 DKK, about 626 EUR, and no account.
const NO_ACCOUNT: &str = "ubl-tc434-example6";
/// 782,179.43 DKK, about 104,812 EUR.
const LARGE: &str = "BIS3_Invoice_positive";

fn ann() -> String {
    user(11)
}

fn ian() -> String {
    user(12)
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Seeds of the example, with ids of people in them.
fn seeds(name: &str) -> Value {
    let text = std::fs::read_to_string(examples().join(format!("invoice-approval/data/records/{name}.json"))).unwrap();
    serde_json::from_str(&text.replace("@ann", &ann()).replace("@ian", &ian())).unwrap()
}

/// A tenant with this invoice in it.
fn tenant(invoice: &str) -> MockHost {
    let file = examples().join(format!("e-invoicing/data/invoices/{invoice}.xml"));
    let record = ubl::read(&std::fs::read(file).unwrap()).unwrap();
    let mut host = MockHost::new().record("invoices", invoice, &record).collection("payments").settings(&json!({}));
    for collection in ["approval-limits", "exchange-rates"] {
        for (id, record) in seeds(collection).as_object().unwrap() {
            host = host.record(collection, id, record);
        }
    }
    host
}

fn request(invoice: &str, department: &str) -> Value {
    json!({ "invoice": invoice, "department": department })
}

fn started(invoice: &str, department: &str) -> (Installed, Run<v1::InvoiceApproval>) {
    let host = tenant(invoice).install();
    let mut run = Run::new();
    run.start(&request(invoice, department)).unwrap();
    (host, run)
}

fn payment(run: &Run<v1::InvoiceApproval>) -> Payment {
    serde_json::from_str(&run.effect("export").unwrap().input).unwrap()
}

#[test]
fn the_head_of_the_department_approves_and_it_is_paid() {
    let (_host, mut run) = started(COFFEE, "purchasing");
    assert_eq!((run.status(), run.tasks()), ("approval", vec!["approve-1"]));
    let shown: Value = serde_json::from_str(&run.task("approve-1").unwrap().data).unwrap();
    assert_eq!((&shown["amount"], &shown["seller"]), (&json!("250.33"), &json!("De Koksmaat")));
    run.choose("approve-1", &ian(), "yes", &json!({})).unwrap_err();
    assert!(run.choose("approve-1", &ann(), "yes", &json!({})).unwrap());
    assert_eq!((run.status(), run.timers()), ("exporting", vec![]));
    let paid = payment(&run);
    assert_eq!((paid.account.as_str(), paid.amount.currency.as_str()), ("NL57RABO0107307510", "EUR"));
    run.effect_done("export", &COFFEE).unwrap();
    assert_eq!(run.status(), "exported");
    let outcome = json!({ "outcome": "exported", "payment": COFFEE, "approved-by": [ann()] });
    assert_eq!(run.result::<Value>(), Some(outcome));
}

#[test]
fn nobody_is_asked_about_a_small_amount() {
    let (_host, run) = started(SMALL, "purchasing");
    assert_eq!((run.status(), run.effects()), ("exporting", vec!["export"]));
    let (_host, run) = started(SMALL, "it");
    assert_eq!(run.task("approve-1").unwrap().people, [Who::User(ian())], "other limits hold there");
}

#[test]
fn a_large_amount_needs_two_who_are_not_the_same_person() {
    let (_host, mut run) = started(LARGE, "purchasing");
    run.choose("approve-1", &ann(), "yes", &json!({})).unwrap();
    assert_eq!((run.status(), run.tasks()), ("second-approval", vec!["approve-finally-2"]));
    run.choose("approve-finally-2", &ann(), "yes", &json!({})).unwrap_err();
    run.choose("approve-finally-2", &user(1), "yes", &json!({})).unwrap_err();
    run.choose("approve-finally-2", &user(2), "yes", &json!({})).unwrap();
    assert_eq!(payment(&run).approved_by, [ann(), user(2)]);
}

#[test]
fn nobody_approves_what_they_asked_for() {
    let _host = tenant(COFFEE).install();
    let mut run = Run::<v1::InvoiceApproval>::new();
    run.start_by(&ann(), &request(COFFEE, "purchasing")).unwrap();
    assert_eq!(run.task("approve-1").unwrap().people, [Who::Role("director".to_owned())]);
    run.choose("approve-1", &ann(), "yes", &json!({})).unwrap_err();
    run.finish("approve-1", "yes", &json!({})).unwrap();
    assert_eq!(run.status(), "exporting");
}

#[test]
fn who_does_not_decide_is_reminded_then_a_director_decides() {
    let (_host, mut run) = started(LARGE, "purchasing");
    let told = |run: &Run<_>| {
        let last = run.notified().last().unwrap().clone();
        (last.template, last.to)
    };
    assert_eq!(run.wait(Moment::working_hours(8)), Ok(1));
    assert_eq!(told(&run), ("invoice-waits".to_owned(), vec![Who::User(ann())]));
    assert_eq!(run.wait(Moment::working_hours(8)), Ok(1));
    let director = Who::Role("director".to_owned());
    assert_eq!((run.status(), told(&run)), ("escalated", ("invoice-late".to_owned(), vec![director.clone()])));
    assert_eq!(run.task("approve-1").unwrap().people, [Who::User(ann()), director]);
    run.wait(Moment::working_hours(16)).unwrap();
    assert_eq!(told(&run), ("invoice-stuck".to_owned(), vec![Who::Role("accounting".to_owned())]));

    run.choose("approve-1", &ann(), "yes", &json!({})).unwrap();
    assert_eq!(run.status(), "second-approval");
    run.wait(Moment::working_hours(16)).unwrap();
    assert_eq!(run.status(), "escalated", "the second one has as long");
    run.choose("approve-finally-2", &user(2), "no", &json!({ "comment": "Which hall?" })).unwrap();
    let outcome = json!({ "outcome": "rejected", "by": user(2), "comment": "Which hall?" });
    assert_eq!((run.status(), run.result::<Value>()), ("rejected", Some(outcome)));
    assert_eq!(told(&run), ("invoice-rejected".to_owned(), vec![Who::Starter]));
}

#[test]
fn what_cannot_be_paid_goes_to_accounting() {
    let (_host, mut run) = started(NO_ACCOUNT, "purchasing");
    run.choose("approve-1", &ann(), "yes", &json!({})).unwrap();
    assert_eq!((run.status(), run.tasks()), ("export-failed", vec!["repair"]));
    run.finish("repair", "again", &json!({})).unwrap();
    assert_eq!(run.tasks(), ["repair"], "the invoice has no account yet");
    run.finish("repair", "by-hand", &json!({})).unwrap();
    assert_eq!(run.result::<Value>().unwrap()["outcome"], "paid-by-hand");

    let (_host, mut run) = started(COFFEE, "purchasing");
    run.choose("approve-1", &ann(), "yes", &json!({})).unwrap();
    run.cancel("a mistake").unwrap();
    assert!(!run.has_ended(), "the payment may be written already");
    run.effect_failed("export", "the bank is closed").unwrap();
    run.finish("repair", "again", &json!({})).unwrap();
    assert_eq!((run.status(), run.effects()), ("exporting", vec!["export"]));
}

#[test]
fn an_invoice_is_paid_once() {
    let _host = tenant(COFFEE).record("payments", COFFEE, &json!({})).install();
    let mut run = Run::<v1::InvoiceApproval>::new();
    run.start(&request(COFFEE, "purchasing")).unwrap();
    assert_eq!(run.result::<Value>(), Some(json!({ "outcome": "already-paid" })));
}

#[test]
fn what_is_missing_is_named() {
    let _host = tenant(LARGE).record("exchange-rates", "DKK", &json!({ "euro": "?" })).install();
    let mut run = Run::<v1::InvoiceApproval>::new();
    assert!(run.start(&request("other", "purchasing")).unwrap_err().contains("no invoice other"));
    assert!(run.start(&request(LARGE, "purchasing")).unwrap_err().contains("/euro"));
    let _host = tenant(COFFEE).install();
    assert!(run.start(&request(COFFEE, "sales")).unwrap_err().contains("no limits for sales"));
}

#[test]
fn in_version_2_the_requester_is_asked_and_the_same_person_decides() {
    let _host = tenant(LARGE).install();
    let mut run = Run::<v2::InvoiceApproval>::new();
    run.start(&request(LARGE, "purchasing")).unwrap();
    for approver in ["approve-1", "approve-finally-2"] {
        run.finish(approver, "ask", &json!({ "comment": "Which hall?" })).unwrap();
        assert_eq!((run.status(), run.tasks(), run.timers()), ("asking", vec!["answer"], vec![]));
        assert!(run.task("answer").unwrap().data.contains("Which hall?"));
        run.wait(Moment::days(30)).unwrap();
        run.finish("answer", "answered", &json!({ "comment": "The one in Aarhus." })).unwrap();
        assert!(run.task(approver).unwrap().data.contains("Aarhus"));
        run.finish(approver, "yes", &json!({})).unwrap();
    }
    assert_eq!(run.status(), "exporting");
}

#[test]
fn version_2_goes_on_where_version_1_was() {
    use signalsync_sdk::workflow::Workflow as _;
    let (_host, run) = started(COFFEE, "purchasing");
    let memory = serde_json::to_string(&run.state().unwrap()).unwrap();
    let before: v2::State = serde_json::from_str(&memory).unwrap();
    assert_eq!(serde_json::to_string(&before).unwrap(), memory);
    let decision = v2::InvoiceApproval::advance(before, Event::Timer("escalation".to_owned())).unwrap();
    assert_eq!(decision.status, "escalated");
}

#[test]
fn a_payment_is_a_record_of_its_invoice() {
    let (_host, mut run) = started(COFFEE, "purchasing");
    run.choose("approve-1", &ann(), "yes", &json!({})).unwrap();
    let input = run.effect("export").unwrap().input.clone();
    let message = Message::new("workflow", "application/json", input.clone());
    let outcome = testing::transform(invoice_approval::export, message).unwrap();
    let [mapping::Action::Upsert(change)] = &outcome.actions[..] else { panic!("{outcome:?}") };
    assert_eq!((change.collection.as_str(), change.id.as_deref()), ("payments", Some(COFFEE)));
    assert_eq!(serde_json::from_str::<Value>(&change.body).unwrap(), serde_json::from_str::<Value>(&input).unwrap());
}
