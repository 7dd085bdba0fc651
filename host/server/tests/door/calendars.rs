//! Calendars over HTTP: kept, found for departments, filled from files, and asked when something is due.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};

use crate::server::{Reply, Server};
use crate::structure::{administrator, with_key};

/// Nine to five in Berlin.
pub(crate) const OFFICE: &str = r#"{"calendar": {"zone": "Europe/Berlin", "hours": {
    "monday": ["09:00-17:00"], "tuesday": ["09:00-17:00"], "wednesday": ["09:00-17:00"],
    "thursday": ["09:00-17:00"], "friday": ["09:00-17:00"]}}}"#;

const HOLIDAYS: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n\
    BEGIN:VEVENT\r\nSUMMARY:New Year\r\nDTSTART;VALUE=DATE:20200101\r\nRRULE:FREQ=YEARLY\r\nEND:VEVENT\r\n\
    BEGIN:VEVENT\r\nSUMMARY:Good\r\n  Friday\r\nDTSTART;VALUE=DATE:20300419\r\nCLASS:PUBLIC\r\nEND:VEVENT\r\n\
    END:VCALENDAR\r\n";

async fn server() -> Server {
    let server = Server::start().await;
    let made = server.acme("PUT /v1/calendars/office", &[], OFFICE).await;
    assert_eq!((made.status, made.header("location")), (201, Some("/v1/calendars/office")), "{made:?}");
    server
}

async fn get(server: &Server, path: &str) -> Reply {
    server.acme(&format!("GET /v1/calendars{path}"), &[], "").await
}

fn office(more: Value) -> Value {
    let mut draft: Value = serde_json::from_str(OFFICE).unwrap();
    draft.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    draft
}

#[tokio::test]
async fn a_calendar_is_kept_changed_under_its_tag_and_deleted() {
    let server = server().await;
    let kept = get(&server, "/office").await;
    let tag = kept.header("etag").unwrap().to_owned();
    assert_eq!((&kept.json()["default"], &kept.json()["title"]), (&json!(true), &json!("office")), "the first one");
    let same = server.acme("GET /v1/calendars/office", &[("If-None-Match", &tag)], "").await;
    assert_eq!(same.status, 304);

    let titled = office(json!({"title": "Head office"})).to_string();
    let changed = server.acme("PUT /v1/calendars/office", &[("If-Match", &tag)], &titled).await;
    assert_eq!(changed.status, 200);
    assert_eq!(changed.header("etag"), get(&server, "/office").await.header("etag"));
    let stale = server.acme("PUT /v1/calendars/office", &[("If-Match", &tag)], &titled).await;
    assert_eq!(stale.code(), "precondition-failed");
    let exists = server.acme("PUT /v1/calendars/office", &[("If-None-Match", "*")], &titled).await;
    assert_eq!(exists.code(), "precondition-failed");

    let stale = server.acme("DELETE /v1/calendars/office", &[("If-Match", &tag)], "").await;
    assert_eq!(stale.code(), "precondition-failed");
    assert_eq!(server.acme("DELETE /v1/calendars/office", &[], "").await.status, 204);
    assert_eq!(get(&server, "/office").await.code(), "not-found");
    let audit = server.acme("GET /v1/audit?action=calendar.", &[], "").await.json();
    let actions: Vec<_> = audit["items"].as_array().unwrap().iter().map(|entry| entry["action"].clone()).collect();
    assert_eq!(actions, ["calendar.delete", "calendar.change", "calendar.change"]);
}

#[tokio::test]
async fn there_is_one_default_and_it_does_not_go_while_there_are_others() {
    let server = server().await;
    let listed = async || {
        let items = get(&server, "").await.json()["items"].as_array().unwrap().clone();
        items.iter().map(|item| (item["name"].clone(), item["default"].clone())).collect::<Vec<_>>()
    };
    administrator(&server, "PUT /v1/calendars/plant", office(json!({}))).await;
    assert_eq!(listed().await, [(json!("office"), json!(true)), (json!("plant"), json!(false))]);
    let tag = get(&server, "/office").await.header("etag").unwrap().to_owned();
    administrator(&server, "PUT /v1/calendars/plant", office(json!({"default": true}))).await;
    assert_eq!(listed().await, [(json!("office"), json!(false)), (json!("plant"), json!(true))]);
    assert_ne!(get(&server, "/office").await.header("etag"), Some(tag.as_str()), "it has changed too");
    let unset = administrator(&server, "PUT /v1/calendars/plant", office(json!({"default": false}))).await;
    assert_eq!(unset.code(), "default-calendar");
    assert_eq!(administrator(&server, "DELETE /v1/calendars/plant", Value::Null).await.code(), "default-calendar");
    assert_eq!(administrator(&server, "DELETE /v1/calendars/office", Value::Null).await.status, 204);
    assert_eq!(administrator(&server, "DELETE /v1/calendars/plant", Value::Null).await.status, 204);
}

#[tokio::test]
async fn a_department_has_one_calendar_which_is_in_use_by_it() {
    let server = server().await;
    let made = administrator(&server, "POST /v1/departments", json!({"name": "Plant"})).await;
    let department = made.json()["id"].clone();
    let with = office(json!({"departments": [department]}));
    assert_eq!(administrator(&server, "PUT /v1/calendars/plant", with.clone()).await.status, 201);
    let taken = administrator(&server, "PUT /v1/calendars/office", with).await;
    assert_eq!((taken.code().as_str(), &taken.json()["calendar"]), ("department-has-calendar", &json!("plant")));
    let in_use = administrator(&server, "DELETE /v1/calendars/plant", Value::Null).await;
    assert_eq!(in_use.code(), "calendar-in-use");
    assert!(in_use.json()["by"].as_str().unwrap().contains(department.as_str().unwrap()));
    administrator(&server, "PUT /v1/calendars/plant", office(json!({}))).await;
    assert_eq!(administrator(&server, "DELETE /v1/calendars/plant", Value::Null).await.status, 204);
}

#[tokio::test]
async fn what_is_no_calendar_is_refused_with_the_reason() {
    let server = server().await;
    let put =
        async |calendar: Value| administrator(&server, "PUT /v1/calendars/x", json!({"calendar": calendar})).await;
    let zone = put(json!({"zone": "Mars/Olympus", "hours": {"monday": ["09:00-17:00"]}})).await;
    assert_eq!(zone.code(), "invalid-body");
    assert!(zone.json()["detail"].as_str().unwrap().contains("`Mars/Olympus` is no time zone"), "{zone:?}");
    let hours = put(json!({"zone": "UTC", "hours": {"monday": ["22:00-06:00"]}})).await;
    assert!(hours.json()["detail"].as_str().unwrap().contains("a shift over midnight"), "{hours:?}");
    let never = put(json!({"zone": "UTC", "hours": {}})).await;
    assert!(never.json()["detail"].as_str().unwrap().contains("no day of the week has hours"), "{never:?}");
    let unknown = put(json!({"zone": "UTC", "hours": {"monday": ["09:00-17:00"]}, "colour": "red"})).await;
    assert_eq!(unknown.code(), "unknown-field");
}

#[tokio::test]
async fn holidays_are_brought_in_from_a_file_tried_first() {
    let server = server().await;
    let import = async |query: &str, file: &str| {
        let line = format!("POST /v1/calendars/office/import{query}");
        server.acme(&line, &[("Content-Type", "text/calendar; charset=utf-8")], file).await
    };
    let tried = import("?dry-run=true", HOLIDAYS).await;
    assert_eq!(tried.status, 200, "{tried:?}");
    let done = import("", HOLIDAYS).await.json();
    assert_eq!(tried.json(), done, "the trial says what is done");
    assert_eq!(
        done["added"],
        json!([
            {"name": "New Year", "on": "01-01"},
            {"name": "Good Friday", "on": "2030-04-19"},
        ])
    );
    assert_eq!((&done["events"], &done["present"], &done["skipped"]), (&json!(2), &json!(0), &json!({"CLASS": 1})));
    assert_eq!(get(&server, "/office").await.json()["calendar"]["holidays"], done["added"]);
    let again = import("", HOLIDAYS).await.json();
    assert_eq!((&again["added"], &again["present"]), (&json!([]), &json!(2)));

    let bad = import("", &HOLIDAYS.replace("20200101", "yesterday")).await;
    assert_eq!((bad.code().as_str(), &bad.json()["line"]), ("bad-calendar-file", &json!(6)), "{bad:?}");
    assert_eq!(server.acme("POST /v1/calendars/office/import", &[], "{}").await.code(), "unsupported-media-type");
    let large = "x".repeat((1 << 20) + 1);
    assert_eq!(import("", &large).await.code(), "too-large");
}

#[tokio::test]
async fn whoever_is_signed_in_sees_when_something_is_due_and_why() {
    let server = server().await;
    let holidays = json!([{"name": "New Year", "on": "01-01"}]);
    let mut draft = office(json!({}));
    draft["calendar"]["holidays"] = holidays;
    administrator(&server, "PUT /v1/calendars/office", draft).await;
    let member = async |line: &str| with_key(&server, &server.member, line, &Value::Null).await;
    // Wednesday at four in the afternoon, two hours.
    let due = member("GET /v1/calendars/office/preview?from=2025-12-31T15:00:00Z&minutes=120").await;
    assert_eq!(
        due.json(),
        json!({
            "due": "2026-01-02T09:00:00.000Z",
            "due-local": "2026-01-02T10:00:00+01:00[Europe/Berlin]",
            "days": [{"on": "2026-01-01", "hours": [], "why": {"holidays": ["New Year"]}}],
            "more": 0,
        })
    );
    assert_eq!(member("GET /v1/calendars/office/preview?minutes=4294967295").await.code(), "never-due");
    for bad in ["", "?minutes=-1", "?minutes=1&from=yesterday", "?minutes=1&until=x"] {
        assert_eq!(member(&format!("GET /v1/calendars/office/preview{bad}")).await.code(), "bad-request", "{bad}");
    }
    assert_eq!(member("GET /v1/calendars/none/preview?minutes=1").await.code(), "not-found");
}
