//! From the Host header to the label that it stands for. The only function that reads the header.

use http::Version;
use http::header::HOST;
use http::request::Parts;
use signalsync_tenancy::HostLabel;

use crate::problem::{Code, Problem};

/// The operator's label.
const CONSOLE: &str = "console";

/// Which address a request was sent to; none when it is nobody's, like `a.b.example.com`.
///
/// # Errors
/// No Host, two of them, one that is no host, or one that differs from an absolute address (RFC 9112, 3.2).
pub(crate) fn label(request: &Parts, base: &str) -> Result<Option<HostLabel>, Problem> {
    let mut hosts = request.headers.get_all(HOST).iter();
    let authority = request.uri.authority().map(|authority| name(authority.as_str())).transpose()?;
    let host = match (hosts.next(), hosts.next(), &authority) {
        (Some(host), None, _) => name(host.to_str().map_err(|_| bad("the Host header is not ASCII"))?)?,
        // HTTP/2 has `:authority` in its place (RFC 9113, 8.3.1).
        (None, None, Some(authority)) if request.version == Version::HTTP_2 => authority.clone(),
        _ => return Err(bad("a request has exactly one Host header")),
    };
    if authority.is_some_and(|authority| authority != host) {
        return Err(bad("the address names another host than the Host header"));
    }
    Ok(of_name(&host, base))
}

fn of_name(name: &str, base: &str) -> Option<HostLabel> {
    let label = name.strip_suffix(base)?.strip_suffix('.')?;
    if label == CONSOLE { Some(HostLabel::Console) } else { label.parse().ok().map(HostLabel::Tenant) }
}

/// Lower case, without port and without the trailing dot.
fn name(host: &str) -> Result<String, Problem> {
    let (name, port) = host.rsplit_once(':').filter(|_| !host.ends_with(']')).unwrap_or((host, ""));
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_name_byte = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'[' | b']' | b':');
    if name.is_empty() || !name.bytes().all(is_name_byte) {
        return Err(bad("the Host header is not a host"));
    }
    if port.len() > 5 || !port.bytes().all(|b| b.is_ascii_digit()) {
        return Err(bad("the port of the Host header is not a number"));
    }
    Ok(name.to_ascii_lowercase())
}

fn bad(detail: &str) -> Problem {
    Problem::new(Code::BadHost, detail)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn ask(hosts: &[&str], uri: &str) -> Result<Option<HostLabel>, Code> {
        ask_by(Version::HTTP_11, hosts, uri)
    }

    fn ask_by(version: Version, hosts: &[&str], uri: &str) -> Result<Option<HostLabel>, Code> {
        let mut request = http::Request::builder().version(version).uri(uri);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        label(&request.body(()).unwrap().into_parts().0, "example.com").map_err(|problem| problem.code())
    }

    #[test]
    fn http2_names_its_host_in_the_address() {
        let by_http2 = |hosts: &[&str], uri| ask_by(Version::HTTP_2, hosts, uri);
        assert_eq!(by_http2(&[], "https://acme.example.com/"), Ok(acme()));
        assert_eq!(by_http2(&["acme.example.com"], "https://acme.example.com/"), Ok(acme()));
        assert_eq!(by_http2(&["globex.example.com"], "https://acme.example.com/"), Err(Code::BadHost));
        assert_eq!(ask(&[], "https://acme.example.com/"), Err(Code::BadHost));
    }

    fn acme() -> Option<HostLabel> {
        Some(HostLabel::Tenant("acme".parse().unwrap()))
    }

    #[test]
    fn one_label_has_many_spellings() {
        for host in [
            "acme.example.com",
            "ACME.Example.com",
            "acme.example.com.",
            "acme.example.com:8080",
            "acme.example.com.:1",
        ] {
            assert_eq!(ask(&[host], "/"), Ok(acme()), "{host}");
        }
        assert_eq!(ask(&["console.example.com"], "/"), Ok(Some(HostLabel::Console)));
        assert_eq!(ask(&["acme.example.com"], "http://acme.example.com:80/"), Ok(acme()));
    }

    #[test]
    fn other_names_are_nobody() {
        for host in [
            "example.com",
            "a.b.example.com",
            "xn--a.example.com",
            "acmeexample.com",
            "evil.com",
            "127.0.0.1:80",
            "[::1]:80",
            "www.example.com",
        ] {
            assert_eq!(ask(&[host], "/"), Ok(None), "{host}");
        }
    }

    #[test]
    fn what_is_not_one_host_is_refused() {
        for hosts in [
            &[][..],
            &["acme.example.com", "acme.example.com"],
            &[""],
            &["a@acme.example.com"],
            &["acme.example.com:x"],
            &["a b"],
        ] {
            assert_eq!(ask(hosts, "/"), Err(Code::BadHost), "{hosts:?}");
        }
        assert_eq!(ask(&["acme.example.com"], "http://globex.example.com/"), Err(Code::BadHost));
    }
}
