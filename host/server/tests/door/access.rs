//! Who gets where: every route, every kind of caller.

use std::fmt::Write as _;

use signalsync_core::Permission;
use signalsync_server::routes::{self, Access, Repeated, Route};

use crate::server::{Ask, Reply, Server};

/// A path with names of things that are not there.
fn line(route: &Route) -> String {
    let fill = [
        ("{digest}", "0".repeat(64)),
        ("{execution}", format!("exe_{}", "0".repeat(32))),
        ("{key}", format!("key_{}", "0".repeat(32))),
        ("{department}", format!("dep_{}", "0".repeat(32))),
        ("{team}", format!("tea_{}", "0".repeat(32))),
        ("{person}", format!("usr_{}", "0".repeat(32))),
        ("{session}", format!("ses_{}", "0".repeat(32))),
        ("{job}", format!("job_{}", "0".repeat(32))),
        ("{work}", format!("wrk_{}", "0".repeat(32))),
        ("{mail}", format!("mai_{}", "0".repeat(32))),
    ];
    let path = fill.iter().fold(route.path.to_owned(), |path, (name, value)| path.replace(name, value));
    let path = path.replace("{*path}", "no/such").replace(['{', '}'], "");
    format!("{} {path}", route.method)
}

/// Whether nobody needs to prove who they are there.
fn is_open(route: &Route) -> bool {
    matches!(route.access(), Access::Public | Access::Guest)
}

async fn ask(server: &Server, line: &str, host: &str, key: Option<&str>) -> Reply {
    server.ask(Ask { line, host, key, ..Ask::default() }).await
}

#[tokio::test]
async fn another_tenants_key_learns_nothing() {
    let server = Server::start().await;
    let missing = server.acme("GET /v1/collections/nothing", &[], "").await;
    let nobody = ask(&server, "GET /v1/collections", "acme", None).await;
    assert_eq!((missing.code(), missing.status), ("not-found".to_owned(), 404));
    assert_eq!((nobody.code(), nobody.status), ("unauthenticated".to_owned(), 401));
    let (rest, last) = server.acme.split_at(server.acme.len() - 1);
    let wrong = format!("{rest}{}", if last == "A" { "E" } else { "A" });
    for route in routes::all().iter().filter(|route| !is_open(route)) {
        let line = line(route);
        let (host, foreign) = match route.access() {
            Access::Operator => ("console", [&server.acme, &server.globex]),
            Access::Tenant(_) | Access::Guest | Access::Public => ("acme", [&server.globex, &server.operator]),
        };
        for key in foreign {
            let reply = ask(&server, &line, host, Some(key)).await;
            assert_eq!((reply.status, &reply.body), (404, &missing.body), "{line} with a foreign key");
        }
        for key in [None, Some("sk_nonsense"), Some(wrong.as_str())] {
            let reply = ask(&server, &line, host, key).await;
            assert_eq!((reply.status, &reply.body), (401, &nobody.body), "{line} without a key");
        }
        let reply = ask(&server, &line, "nobody", Some(&server.acme)).await;
        assert_eq!((reply.status, &reply.body), (404, &missing.body), "{line} where nobody is");
    }
}

/// The expectation is `routes.txt`: whoever adds a route says there who may call it, and of a POST without an
/// `Idempotency-Key` why it may come again.
#[test]
fn every_route_is_listed_with_who_may_call_it() {
    let mut listed = String::new();
    for route in routes::all() {
        let access = match route.access() {
            Access::Public => "public",
            Access::Guest => "guest",
            Access::Tenant(needs) => needs.map_or("signed-in", Permission::as_str),
            Access::Operator => "operator",
        };
        let line = format!("{access:18} {:6} {}", route.method.as_str(), route.path);
        let line = match route.repeated {
            Repeated::Again(why) => format!("{line:85} again: {why}"),
            Repeated::Once | Repeated::Harmless => line,
        };
        writeln!(listed, "{line}").expect("memory does not fail");
    }
    assert_eq!(listed, include_str!("routes.txt"), "{listed}");
}

#[tokio::test]
async fn a_route_lets_in_whom_it_is_for() {
    let server = Server::start().await;
    for route in routes::all() {
        let line = line(&route);
        let callers = [("acme", Some(&server.acme)), ("console", Some(&server.operator)), ("acme", None)];
        for (at, (host, key)) in callers.into_iter().enumerate() {
            let reply = ask(&server, &line, host, key.map(String::as_str)).await;
            let inside = match route.access() {
                Access::Public | Access::Guest => true,
                Access::Tenant(_) => at == 0,
                Access::Operator => at == 1,
            };
            assert!(reply.status < 500, "{line}: {reply:?}");
            assert_eq!(reply.status == 401, !inside && key.is_none(), "{line}");
        }
    }
}

#[tokio::test]
async fn every_answer_protects_itself() {
    let server = Server::start().await;
    for line in ["GET /healthz", "GET /v1/collections", "GET /nowhere", "DELETE /v1/collections"] {
        let reply = ask(&server, line, "acme", Some(&server.acme)).await;
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{line}");
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert_eq!(
            reply.header("content-security-policy"),
            Some("default-src 'none'; frame-ancestors 'none'; sandbox")
        );
        assert_eq!(reply.header("cross-origin-resource-policy"), Some("same-origin"));
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
    }
}
