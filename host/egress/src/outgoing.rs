//! Checks that need nothing but the request: what passes can be written to a connection as it is.

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use http::uri::PathAndQuery;
use http::{Method, Uri};
use http_body_util::Full;
use signalsync_core::contract;
use url::Url;

use crate::error::EgressError;
use crate::origin::{InvalidOrigin, Origin, parse};

/// Bytes of a URL. Servers refuse longer ones.
pub const URL_BYTES_MAX: usize = 8 << 10;
/// Header fields of a request.
pub const HEADERS_MAX: usize = 64;
/// Bytes of all names and values of a request's header fields; servers refuse more.
pub const HEADER_BYTES_MAX: usize = 16 << 10;
/// Bytes of a request's body: what a component can make the host hold.
pub const BODY_BYTES_MAX: usize = 1 << 20;

/// How every request names its sender.
const SENDER: &str = "signalsync";

/// Header fields that say how the message is carried, or by whom: the host writes them.
const HOSTS_OWN: &[&str] =
    &["host", "content-length", "connection", "transfer-encoding", "upgrade", "expect", "te", "trailer", "forwarded"];

/// Families of such fields.
const HOSTS_OWN_PREFIXES: &[&str] = &["proxy-", "x-forwarded-"];

/// A request that passed.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) origin: Origin,
    pub(crate) request: http::Request<Full<Bytes>>,
}

/// Checks a request against the limits of the contract and the origins that were granted.
pub(crate) fn check(granted: &[Origin], request: contract::Request) -> Result<Outgoing, EgressError> {
    let method = method(&request.method)?;
    let url = url(&request.url)?;
    let origin = Origin::of(&url).map_err(bad_url)?;
    let mut headers = headers(&request.headers, &origin)?;
    if request.body.len() > BODY_BYTES_MAX {
        return Err(EgressError::over_limit("the body of a request is at most 1 MiB"));
    }
    if let Some(name) = request.credential {
        return Err(EgressError::Invalid(format!("no credential is stored under the name {name:?}")));
    }
    if !granted.contains(&origin) {
        return Err(EgressError::NotGranted);
    }
    if !request.body.is_empty() || expects_body(&method) {
        headers.insert(CONTENT_LENGTH, request.body.len().into());
    }
    let mut outgoing = http::Request::new(Full::from(request.body));
    *outgoing.method_mut() = method;
    *outgoing.uri_mut() = target(&url)?;
    *outgoing.headers_mut() = headers;
    Ok(Outgoing { origin, request: outgoing })
}

fn method(text: &str) -> Result<Method, EgressError> {
    match text {
        "GET" => Ok(Method::GET),
        "HEAD" => Ok(Method::HEAD),
        "POST" => Ok(Method::POST),
        "PUT" => Ok(Method::PUT),
        "PATCH" => Ok(Method::PATCH),
        "DELETE" => Ok(Method::DELETE),
        _ => Err(EgressError::invalid("the method must be GET, HEAD, POST, PUT, PATCH or DELETE")),
    }
}

/// Whether a server may ask for a length also where there is no body (RFC 9110, 8.6).
fn expects_body(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT | Method::PATCH)
}

fn url(text: &str) -> Result<Url, EgressError> {
    if text.len() > URL_BYTES_MAX {
        return Err(EgressError::over_limit("a URL is at most 8 KiB"));
    }
    let url = parse(text).map_err(bad_url)?;
    if url.fragment().is_some() {
        return Err(EgressError::invalid("the URL of a request has no fragment"));
    }
    Ok(url)
}

fn bad_url(error: InvalidOrigin) -> EgressError {
    EgressError::Invalid(format!("the URL is malformed: {error}"))
}

/// Path and query, without the host: the only form in which a server cannot be told of another one.
fn target(url: &Url) -> Result<Uri, EgressError> {
    let text = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let target: PathAndQuery = text.parse().map_err(|_| EgressError::invalid("the URL's path is malformed"))?;
    Ok(Uri::from(target))
}

fn headers(given: &[contract::Header], origin: &Origin) -> Result<HeaderMap, EgressError> {
    if given.len() > HEADERS_MAX {
        return Err(EgressError::over_limit("a request has at most 64 header fields"));
    }
    if given.iter().map(|header| header.name.len() + header.value.len()).sum::<usize>() > HEADER_BYTES_MAX {
        return Err(EgressError::over_limit("the header fields of a request are at most 16 KiB together"));
    }
    let mut headers = HeaderMap::with_capacity(given.len() + 3);
    headers.insert(HOST, value("host", &origin.authority())?);
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    for header in given {
        headers.append(name(&header.name)?, value(&header.name, &header.value)?);
    }
    sign(&mut headers)?;
    Ok(headers)
}

fn name(text: &str) -> Result<HeaderName, EgressError> {
    let name = HeaderName::from_bytes(text.as_bytes())
        .map_err(|_| EgressError::Invalid(format!("{text:?} is not the name of a header field")))?;
    let is_hosts_own =
        HOSTS_OWN.contains(&name.as_str()) || HOSTS_OWN_PREFIXES.iter().any(|prefix| name.as_str().starts_with(prefix));
    if is_hosts_own {
        return Err(EgressError::Invalid(format!("the header field {name} belongs to the host")));
    }
    Ok(name)
}

fn value(name: &str, text: &str) -> Result<HeaderValue, EgressError> {
    let malformed = || EgressError::Invalid(format!("the header field {name} may hold visible ASCII, spaces and tabs"));
    if text.is_ascii() { HeaderValue::from_str(text).map_err(|_| malformed()) } else { Err(malformed()) }
}

/// Names the host as a sender, behind the component's own name where it gives one (RFC 9110, 10.1.5).
fn sign(headers: &mut HeaderMap) -> Result<(), EgressError> {
    let mut agents = headers.get_all(USER_AGENT).iter();
    let agent = match (agents.next().map(HeaderValue::to_str), agents.next()) {
        (None, _) => SENDER.to_owned(),
        (Some(Ok(agent)), None) => format!("{agent} {SENDER}"),
        _ => return Err(EgressError::invalid("the header field user-agent may be given once")),
    };
    headers.insert(USER_AGENT, value("user-agent", &agent)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn request() -> contract::Request {
        contract::Request {
            method: "POST".into(),
            url: "https://api.example.com/orders?open=1".into(),
            headers: vec![],
            body: b"{}".to_vec(),
            credential: None,
        }
    }

    fn granted() -> Vec<Origin> {
        vec!["https://api.example.com".parse().unwrap()]
    }

    fn with_url(url: &str) -> Result<Outgoing, EgressError> {
        check(&granted(), contract::Request { url: url.into(), ..request() })
    }

    fn with_headers(headers: &[(&str, &str)]) -> Result<Outgoing, EgressError> {
        let header = |&(name, value): &(&str, &str)| contract::Header { name: name.into(), value: value.into() };
        check(&granted(), contract::Request { headers: headers.iter().map(header).collect(), ..request() })
    }

    #[test]
    fn a_plain_request_passes() {
        let outgoing = check(&granted(), request()).unwrap().request;
        assert_eq!(outgoing.method(), Method::POST);
        assert_eq!(outgoing.uri(), "/orders?open=1");
        assert_eq!(outgoing.headers()[HOST], "api.example.com");
        assert_eq!(outgoing.headers()[USER_AGENT], "signalsync");
    }

    #[test]
    fn methods() {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] {
            assert!(check(&granted(), contract::Request { method: method.into(), ..request() }).is_ok(), "{method}");
        }
        for method in ["", "get", "Post", "CONNECT", "TRACE", "OPTIONS", "GET ", "GET /x HTTP/1.1\r\nX:", "PRI", "Ｇ"]
        {
            let sent = check(&granted(), contract::Request { method: method.into(), ..request() });
            assert!(matches!(sent, Err(EgressError::Invalid(_))), "{method:?}");
        }
    }

    #[test]
    fn only_the_granted_origin() {
        for url in [
            "https://api.example.com",
            "https://API.example.com./x",
            "https://api.example.com:443/",
            "https://api.example.com//evil.example/",
        ] {
            assert!(with_url(url).is_ok(), "{url}");
        }
        for url in [
            "http://api.example.com/",
            "https://api.example.com:8443/",
            "https://example.com/",
            "https://api.example.com.evil.org/",
            "https://xn--api-.example.com/",
            "https://127.0.0.1/",
            "https://2130706433/",
        ] {
            assert!(matches!(with_url(url), Err(EgressError::NotGranted | EgressError::Invalid(_))), "{url}");
        }
    }

    #[test]
    fn urls_with_two_meanings_are_malformed() {
        for url in [
            "",
            "/orders",
            "*",
            "//api.example.com/",
            "https:api.example.com",
            "https://api.example.com@evil.example/",
            "https://evil.example\\@api.example.com/",
            "https://api.example.com\\.evil.example/",
            "https://api.example.com/#fragment",
            "https://api.example.com/#",
            "https://evil.example#@api.example.com/",
            "https://api.example.com/a b",
            "https://api.example.com/\r\nHost: evil.example",
            "\thttps://api.example.com/",
            "https://api.example.com\0.evil.example/",
            "ftp://api.example.com/",
        ] {
            assert!(matches!(with_url(url), Err(EgressError::Invalid(_))), "{url:?}");
        }
    }

    #[test]
    fn the_target_never_names_a_host() {
        for (url, target) in [
            ("https://api.example.com", "/"),
            ("https://api.example.com?a", "/?a"),
            ("https://api.example.com//evil.example/x", "//evil.example/x"),
            ("https://api.example.com/https://evil.example/", "/https://evil.example/"),
            ("https://api.example.com/a/../../b", "/b"),
            ("https://api.example.com/ü?ü", "/%C3%BC?%C3%BC"),
            ("https://api.example.com/%0d%0aHost:%20evil", "/%0d%0aHost:%20evil"),
        ] {
            assert_eq!(with_url(url).unwrap().request.uri(), target, "{url}");
        }
    }

    #[test]
    fn a_url_of_8_kib_and_one_byte_more() {
        let longest = format!("https://api.example.com/{}", "a".repeat(URL_BYTES_MAX - 24));
        assert!(with_url(&longest).is_ok());
        assert!(matches!(with_url(&format!("{longest}a")), Err(EgressError::OverLimit(_))));
    }

    #[test]
    fn fields_that_belong_to_the_host() {
        for name in [
            "Host",
            "content-length",
            "Connection",
            "Transfer-Encoding",
            "Upgrade",
            "Expect",
            "TE",
            "Trailer",
            "Forwarded",
            "Proxy-Authorization",
            "proxy-connection",
            "X-Forwarded-For",
            "x-forwarded-anything",
        ] {
            assert!(matches!(with_headers(&[(name, "1")]), Err(EgressError::Invalid(_))), "{name}");
        }
    }

    #[test]
    fn malformed_fields() {
        for name in ["", " ", "a b", "a:", "a\r\nb", "ä", "a\0", "(a)"] {
            assert!(matches!(with_headers(&[(name, "1")]), Err(EgressError::Invalid(_))), "{name:?}");
        }
        for value in ["a\r\nHost: evil.example", "a\nb", "a\0", "\u{7f}", "ä", "\u{1b}[1m"] {
            assert!(matches!(with_headers(&[("x-a", value)]), Err(EgressError::Invalid(_))), "{value:?}");
        }
        for value in ["", " padded ", "a\tb", "~!\"#$%&'"] {
            assert!(with_headers(&[("x-a", value)]).is_ok(), "{value:?}");
        }
    }

    #[test]
    fn as_many_fields_as_allowed_and_one_more() {
        let fields = vec![("x-a", "1"); HEADERS_MAX];
        assert_eq!(with_headers(&fields).unwrap().request.headers().get_all("x-a").iter().count(), HEADERS_MAX);
        let more = vec![("x-a", "1"); HEADERS_MAX + 1];
        assert!(matches!(with_headers(&more), Err(EgressError::OverLimit(_))));
    }

    #[test]
    fn as_many_bytes_of_fields_as_allowed_and_one_more() {
        let value = "v".repeat(HEADER_BYTES_MAX - 3);
        assert!(with_headers(&[("x-a", &value)]).is_ok());
        assert!(matches!(with_headers(&[("x-ab", &value)]), Err(EgressError::OverLimit(_))));
    }

    #[test]
    fn the_largest_body_and_one_byte_more() {
        let sized = |bytes| check(&granted(), contract::Request { body: vec![0; bytes], ..request() });
        assert!(sized(BODY_BYTES_MAX).is_ok());
        assert!(matches!(sized(BODY_BYTES_MAX + 1), Err(EgressError::OverLimit(_))));
    }

    #[test]
    fn the_component_names_itself_before_the_host() {
        let outgoing = with_headers(&[("User-Agent", "acme-sync/1.0")]).unwrap();
        assert_eq!(outgoing.request.headers()[USER_AGENT], "acme-sync/1.0 signalsync");
        assert!(with_headers(&[("user-agent", "a"), ("user-agent", "b")]).is_err());
    }

    #[test]
    fn a_credential_that_is_not_stored() {
        let sent = check(&granted(), contract::Request { credential: Some("erp".into()), ..request() });
        assert!(matches!(sent, Err(EgressError::Invalid(text)) if text.contains("erp")));
    }
}
