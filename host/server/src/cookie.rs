//! The cookie that carries a session, and the proof that a request comes from a page of ours.
//!
//! `__Host-` makes browsers take the cookie from this very host alone, over TLS, so that no neighbouring name can set or
//! read it. They treat `localhost` and the names below it as safe without TLS.

use http::header::{COOKIE, HOST, HeaderName, HeaderValue, ORIGIN, SET_COOKIE};
use http::request::Parts;
use http::{HeaderMap, Method};
use signalsync_people::session::SessionToken;

use crate::answer::{Answer, Reply};
use crate::listener::Peer;
use crate::problem::{Code, Problem};

const NAME: &str = "__Host-session";
const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Lax";
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The session that a request shows; none when it shows two, because then somebody else may have set one.
pub(crate) fn token(headers: &HeaderMap) -> Option<SessionToken> {
    let texts = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut ours = pairs.filter(|(name, _)| *name == NAME).map(|(_, value)| value);
    match (ours.next(), ours.next()) {
        (Some(value), None) => SessionToken::parse(value),
        _ => None,
    }
}

/// Hands a session to the client.
#[must_use]
pub(crate) fn set<T>(answer: Answer<T>, token: &SessionToken) -> Answer<T> {
    answer.map(|reply| shown(reply, token))
}

fn shown(reply: Reply, token: &SessionToken) -> Reply {
    with_cookie(reply, &format!("{NAME}={}; {ATTRIBUTES}", token.text()))
}

/// Takes the session away from the client.
#[must_use]
pub(crate) fn clear<T>(answer: Answer<T>) -> Answer<T> {
    answer.map(|reply| with_cookie(reply, &format!("{NAME}=; {ATTRIBUTES}; Max-Age=0")))
}

/// Hands over a session that got a new secret, unless the answer says something else of it.
#[must_use]
pub(crate) fn renew(reply: Reply, token: Option<&SessionToken>) -> Reply {
    match token.filter(|_| !reply.headers().contains_key(SET_COOKIE)) {
        Some(token) => shown(reply, token),
        None => reply,
    }
}

fn with_cookie(mut reply: Reply, cookie: &str) -> Reply {
    if let Ok(mut value) = HeaderValue::from_str(cookie) {
        value.set_sensitive(true);
        reply.headers_mut().insert(SET_COOKIE, value);
    }
    reply
}

/// What a browser says about the page that a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Page {
    Ours,
    Foreign,
    /// It is no browser, or a very old one.
    Unsaid,
}

/// Refuses an unsafe request that a cookie proves, unless it says that it comes from a page of ours.
///
/// # Errors
/// `cross-origin`.
pub(crate) fn check_ours(parts: &Parts) -> Result<(), Problem> {
    refuse_unless(is_safe(&parts.method) || page(parts) == Page::Ours)
}

/// Refuses an unsafe request that says that it comes from somebody else's page.
///
/// # Errors
/// `cross-origin`.
pub(crate) fn check_not_foreign(parts: &Parts) -> Result<(), Problem> {
    refuse_unless(is_safe(&parts.method) || page(parts) != Page::Foreign)
}

fn refuse_unless(fine: bool) -> Result<(), Problem> {
    if fine { Ok(()) } else { Err(Problem::plain(Code::CrossOrigin)) }
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn page(parts: &Parts) -> Page {
    let site = parts.headers.get(SEC_FETCH_SITE).map(|site| site.as_bytes() == b"same-origin");
    let origin = parts.headers.get(ORIGIN).map(|origin| is_ours(origin, parts));
    match (site, origin) {
        (Some(false), _) | (_, Some(false)) => Page::Foreign,
        (None, None) => Page::Unsaid,
        (Some(true), _) | (_, Some(true)) => Page::Ours,
    }
}

/// The same host and port, and over TLS when the request came over it.
fn is_ours(origin: &HeaderValue, parts: &Parts) -> bool {
    let is_secure = parts.extensions.get::<Peer>().is_some_and(|peer| peer.is_secure);
    let host = parts.uri.authority().map(|authority| authority.as_str());
    let host = host.or_else(|| parts.headers.get(HOST).and_then(|host| host.to_str().ok()));
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    let origin = origin.filter(|(scheme, _)| !is_secure || *scheme == "https").map(|(_, authority)| authority);
    origin.zip(host).is_some_and(|(origin, host)| origin.eq_ignore_ascii_case(host))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use http::Request;

    use super::*;

    fn post(headers: &[(&str, &str)]) -> Parts {
        let request = Request::post("/v1/sign-out").header(HOST, "acme.example.org");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn only_pages_of_ours_may_act_for_a_session() {
        for (headers, expected) in [
            (&[][..], Page::Unsaid),
            (&[("sec-fetch-site", "same-origin")], Page::Ours),
            (&[("origin", "https://acme.example.org")], Page::Ours),
            (&[("origin", "https://ACME.example.org")], Page::Ours),
            (&[("sec-fetch-site", "same-site")], Page::Foreign),
            (&[("sec-fetch-site", "cross-site")], Page::Foreign),
            (&[("sec-fetch-site", "none")], Page::Foreign),
            (&[("origin", "null")], Page::Foreign),
            (&[("origin", "https://globex.example.org")], Page::Foreign),
            (&[("origin", "https://acme.example.org:8443")], Page::Foreign),
            (&[("origin", "https://acme.example.org.evil.example")], Page::Foreign),
            (&[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")], Page::Foreign),
        ] {
            assert_eq!(page(&post(headers)), expected, "{headers:?}");
        }
    }

    #[test]
    fn of_two_cookies_neither_is_believed() {
        let token = format!("ses_{}.{}", "0".repeat(32), "A".repeat(43));
        let shown = |cookies: &[String]| {
            let mut headers = HeaderMap::new();
            for cookie in cookies {
                headers.append(COOKIE, cookie.parse().unwrap());
            }
            super::token(&headers).map(|token| token.text())
        };
        let ours = format!("{NAME}={token}");
        assert_eq!(shown(&[format!("a=b; {ours}; c=d")]), Some(token.clone()));
        assert_eq!(shown(&[format!("{ours}; {ours}")]), None);
        assert_eq!(shown(&[ours.clone(), ours]), None);
        assert_eq!(shown(&[format!("session={token}")]), None);
    }
}
