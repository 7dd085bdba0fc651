//! Who gets at which of a tenant's things: every route, every kind of caller, and things that are there.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use signalsync_server::routes::{self, Access, Route};

use crate::server::{Ask, Reply, Server};

const FILE: &str = "/v1/folders/docs/files/a.txt";

/// Makes what routes are tried on, as far as it is not there, and says what to put into their paths.
async fn things(server: &Server) -> BTreeMap<&'static str, String> {
    server.acme("PUT /v1/collections/things", &[], "{}").await;
    server.acme("PUT /v1/collections/things/records/one", &[], "{}").await;
    server.acme("PUT /v1/roles/clerk", &[], "{}").await;
    server.acme("PUT /v1/calendars/office", &[], crate::calendars::OFFICE).await;
    server.acme(&format!("PUT {FILE}"), &[("Content-Type", "text/plain")], "a").await;
    let made = async |path: &str| {
        let listed = server.acme(&format!("GET {path}"), &[], "").await.json();
        let found = listed["items"].as_array().and_then(|items| items.iter().find(|item| item["name"] == "tried"));
        if let Some(found) = found {
            return found["id"].as_str().map(str::to_owned);
        }
        let made = server.acme(&format!("POST {path}"), &[], "{\"name\":\"tried\"}").await;
        made.json()["id"].as_str().map(str::to_owned)
    };
    let ids = [("{department}", made("/v1/departments").await), ("{team}", made("/v1/teams").await)];
    let ids = ids.into_iter().chain([("{key}", made("/v1/keys").await)]);
    let names = [
        ("{collection}", "things"),
        ("{record}", "one"),
        ("{role}", "clerk"),
        ("{calendar}", "office"),
        ("{folder}", "docs"),
        ("{*path}", "a.txt"),
        ("{slug}", "acme"),
        ("{code}", "not-found"),
        ("{deployment}", "none"),
        ("{person}", "usr_00000000000000000000000000000000"),
        ("{session}", "ses_00000000000000000000000000000000"),
        ("{job}", "job_00000000000000000000000000000000"),
        ("{upload}", "upl_00000000000000000000000000000000"),
        ("{work}", "wrk_00000000000000000000000000000000"),
        ("{mail}", "mai_00000000000000000000000000000000"),
        ("{workflow}", "none"),
        ("{number}", "1"),
        ("{schedule}", "none"),
        ("{template}", "none"),
        ("{run}", "run_00000000000000000000000000000000"),
        ("{task}", "tsk_00000000000000000000000000000000"),
    ];
    let names = names.into_iter().map(|(part, name)| (part, name.to_owned()));
    let long = [("{digest}", "0".repeat(64)), ("{execution}", format!("exe_{}", "0".repeat(32)))];
    ids.map(|(part, id)| (part, id.expect("an id"))).chain(names).chain(long).collect()
}

async fn ask(server: &Server, route: &Route, actor: &str) -> Reply {
    let path = things(server).await.iter().fold(route.path.to_owned(), |path, (part, name)| path.replace(part, name));
    let query =
        if route.path == "/v1/why" { format!("?person={}&collection=things", server.person) } else { String::new() };
    let host = if route.access() == Access::Operator { "console" } else { "acme" };
    let key = match actor {
        "foreign" => Some(&server.globex),
        "member" => Some(&server.member),
        "operator" => Some(&server.operator),
        "administrator" => Some(&server.acme),
        _ => None,
    };
    let line = format!("{} {path}{query}", route.method);
    server.ask(Ask { line: &line, host, key: key.map(String::as_str), ..Ask::default() }).await
}

/// The expectation is `matrix.txt`: whoever adds a route says there what everybody gets. Bodies are empty, so 415 means
/// that somebody got in; components, deployments and executions are not there, so 404 can mean it too.
#[tokio::test]
async fn everybody_gets_what_the_matrix_says() {
    let server = Server::start().await;
    let missing = server.acme("GET /v1/collections/nothing", &[], "").await;
    let mut matrix = format!("{:68}anonymous foreign member operator administrator\n", "");
    for route in routes::all() {
        let name = format!("{} {}", route.method, route.path);
        let mut replies = Vec::new();
        for actor in ["anonymous", "foreign", "member", "operator", "administrator"] {
            let reply = ask(&server, &route, actor).await;
            assert!(reply.status < 500, "{name} as {actor}: {reply:?}");
            assert!(reply.status != 404 || reply.body == missing.body, "{name} as {actor} tells more than `not found`");
            replies.push(reply.status);
        }
        let cells: Vec<_> = replies.iter().map(u16::to_string).collect();
        let line = format!("{name:68}{:9} {:7} {:6} {:8} {}", cells[0], cells[1], cells[2], cells[3], cells[4]);
        writeln!(matrix, "{line}").expect("memory does not fail");
    }
    assert_eq!(matrix, include_str!("matrix.txt"), "{matrix}");
}
