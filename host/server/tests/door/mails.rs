//! What administrators see and decide of mails and of work.

use serde_json::{Value, json};

use crate::server::Server;
use crate::structure::administrator;

#[tokio::test]
async fn the_log_shows_what_was_sent_to_whom_and_no_secret() {
    let server = Server::start().await;
    let invited = json!({"mail": "ann@example.org", "name": "Ann", "roles": ["member"]});
    let invited = administrator(&server, "POST /v1/invitations", invited).await;
    assert_eq!(invited.status, 201, "{invited:?}");
    let listed = administrator(&server, "GET /v1/mails", Value::Null).await.json();
    let mail = &listed["items"][0];
    assert_eq!((&mail["to"], &mail["template"]), (&json!("ann@example.org"), &json!("invitation")), "{listed}");
    let text = mail["text"].as_str().unwrap_or_default();
    assert!(text.contains("/activate") && !text.contains("inv_"), "the link's secret is left out: {text}");
    let line = format!("GET /v1/mails/{}", mail["id"].as_str().unwrap_or_default());
    assert_eq!(administrator(&server, &line, Value::Null).await.json()["id"], mail["id"]);
    let failed = administrator(&server, "GET /v1/mails?status=failed", Value::Null).await.json();
    assert_eq!(failed["items"], json!([]));
    assert_eq!(administrator(&server, "GET /v1/mails?status=lost", Value::Null).await.code(), "bad-request");
}

#[tokio::test]
async fn mails_are_diverted_by_those_who_may_and_that_is_audited() {
    let server = Server::start().await;
    let settings = "/v1/mail-settings";
    let ask = async |line: String, body: Value| administrator(&server, &line, body).await;
    assert_eq!(ask(format!("GET {settings}"), Value::Null).await.json(), json!({"divert-to": null}));
    let wrong = ask(format!("PUT {settings}"), json!({"divert-to": "nowhere"})).await;
    assert_eq!(wrong.status, 422, "{wrong:?}");
    assert_eq!(ask(format!("PUT {settings}"), json!({"divert-to": "all@example.org"})).await.status, 204);
    assert_eq!(ask(format!("GET {settings}"), Value::Null).await.json(), json!({"divert-to": "all@example.org"}));
    assert_eq!(ask(format!("PUT {settings}"), json!({"divert-to": null})).await.status, 204);
    assert_eq!(ask(format!("GET {settings}"), Value::Null).await.json(), json!({"divert-to": null}));
}

#[tokio::test]
async fn what_is_not_there_is_neither_seen_nor_changed() {
    let server = Server::start().await;
    let zeros = "0".repeat(32);
    assert_eq!(administrator(&server, "GET /v1/jobs", Value::Null).await.json()["items"], json!([]));
    assert_eq!(administrator(&server, "GET /v1/dead-letters", Value::Null).await.json()["items"], json!([]));
    for line in [
        format!("GET /v1/jobs/job_{zeros}"),
        format!("GET /v1/jobs/job_{zeros}/problems"),
        format!("POST /v1/jobs/job_{zeros}/undo"),
        format!("POST /v1/dead-letters/wrk_{zeros}/retry"),
        format!("DELETE /v1/dead-letters/wrk_{zeros}"),
        format!("GET /v1/mails/mai_{zeros}"),
    ] {
        assert_eq!(administrator(&server, &line, Value::Null).await.status, 404, "{line}");
    }
}

#[tokio::test]
async fn a_tenant_says_how_it_is_called_and_speaks_its_language() {
    let server = Server::start().await;
    let address = "/v1/organisation";
    let ask = async |line: String, body: Value| administrator(&server, &line, body).await;
    assert_eq!(ask(format!("GET {address}"), Value::Null).await.json(), json!({"name": null, "language": "en"}));
    for wrong in [json!({"name": " "}), json!({"language": "klingonese-xx-xx"}), json!({"colour": "red"})] {
        assert_eq!(ask(format!("PUT {address}"), wrong.clone()).await.status, 422, "{wrong}");
    }
    let called = json!({"name": "Acme & Söhne", "language": "de-AT"});
    assert_eq!(ask(format!("PUT {address}"), called.clone()).await.json(), called);
    let invited = json!({"mail": "ann@example.org", "roles": ["member"]});
    assert_eq!(ask("POST /v1/invitations".to_owned(), invited).await.json()["language"], "de-AT");
    let mail = ask("GET /v1/mails".to_owned(), Value::Null).await.json()["items"][0].clone();
    assert!(mail["subject"].as_str().is_some_and(|subject| subject.contains("Acme & Söhne")), "{mail}");
    let audited = ask("GET /v1/audit?subject=setting/organisation".to_owned(), Value::Null).await.json();
    assert_eq!(audited["items"].as_array().map(Vec::len), Some(1));
}
