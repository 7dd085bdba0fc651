//! The browser app at a tenant's address, or the page that says that it is not in this program.

use crate::server::{Ask, Server};

/// Nothing from elsewhere, nothing inline, and no text becomes markup.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
    connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; \
    require-trusted-types-for 'script'; trusted-types svelte-trusted-html";

const BROWSER: (&str, &str) = ("Accept", "text/html,application/xhtml+xml");

#[tokio::test]
async fn a_browser_gets_a_page_at_every_address_that_is_not_the_interfaces() {
    let server = Server::start().await;
    let headers = [BROWSER];
    for host in ["acme", "console"] {
        for line in ["GET /", "GET /tasks/tsk_1"] {
            let page = server.ask(Ask { line, host, headers: &headers, ..Ask::default() }).await;
            assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")), "{line}");
            assert_eq!(page.header("content-security-policy"), Some(POLICY));
            assert_eq!(page.header("cache-control"), Some("no-cache"));
        }
    }
    for line in ["GET /v1/nothing", "GET /problems/nothing", "GET /nothing.js", "POST /tasks"] {
        let refused = server.ask(Ask { line, host: "acme", headers: &headers, ..Ask::default() }).await;
        assert_eq!((refused.status, refused.code().as_str()), (404, "not-found"), "{line}");
    }
    let program = server.ask(Ask { line: "GET /tasks", host: "acme", ..Ask::default() }).await;
    assert_eq!(
        (program.status, program.code().as_str()),
        (404, "not-found"),
        "programs are told that there is nothing"
    );
}
