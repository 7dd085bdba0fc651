//! The browser app: files that were built into the program, and the page that stands for all addresses of the app.

use http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap,
    HeaderName, HeaderValue, VARY,
};
use http::request::Parts;
use http::{Method, Response};

use crate::answer::{Reply, full};

/// Path and content of each file, in the order of their paths.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/web.rs"));

const INDEX: &str = "index.html";

/// What is answered to browsers while there is no app.
const ABSENT: &str = include_str!("web/absent.html");

/// Nothing from elsewhere, nothing inline, and no text becomes markup (Trusted Types).
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
     manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; \
     require-trusted-types-for 'script'; trusted-types svelte-trusted-html",
);

/// Where the interface is, and never a page.
const INTERFACE: [&str; 2] = ["/v1/", "/problems/"];

/// What a browser gets at an address that is not one of the interface's: a file of the app, or for a page of it the one page
/// that there is. None: there is nothing for whoever asks.
pub(crate) fn answer(request: &Parts) -> Option<Reply> {
    let path = request.uri.path();
    let is_interface = INTERFACE.iter().any(|start| path.starts_with(start));
    if is_interface || !matches!(request.method, Method::GET | Method::HEAD) {
        return None;
    }
    let name = path.trim_start_matches('/');
    if let Some(content) = file(name).filter(|_| !name.is_empty()) {
        return Some(reply(&request.headers, name, content));
    }
    let is_file = name.rsplit('/').next().is_some_and(|last| last.contains('.'));
    let wants_page = text(&request.headers, &ACCEPT).contains("text/html");
    let page = file(INDEX).unwrap_or(ABSENT.as_bytes());
    (wants_page && !is_file).then(|| reply(&request.headers, INDEX, page))
}

/// A header; what is not there or no text says nothing.
fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn file(name: &str) -> Option<&'static [u8]> {
    let at = FILES.binary_search_by(|(path, _)| (*path).cmp(name)).ok()?;
    FILES.get(at).map(|(_, content)| *content)
}

fn reply(asked: &HeaderMap, name: &str, content: &'static [u8]) -> Reply {
    // Files are packed when they are built, and not each time they are asked for.
    let mut codings = text(asked, &ACCEPT_ENCODING).split(',').filter_map(|coding| coding.split(';').next());
    let takes_brotli = codings.any(|coding| coding.trim().eq_ignore_ascii_case("br"));
    let packed = file(&format!("{name}.br")).filter(|_| takes_brotli);
    let mut reply = Response::new(full(packed.unwrap_or(content)));
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type(name)));
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    // Names of assets change with their content; the page names those of today.
    let kept = if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(kept));
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    if packed.is_some() {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    reply
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        "json" | "webmanifest" => "application/json",
        "png" => "image/png",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
