//! From the Host header to the label that it stands for. The only function that reads the header.

use http::header::HOST;
use http::{HeaderMap, Uri};
use signalsync_tenancy::HostLabel;

use crate::problem::{Code, Problem};

/// The operator's label.
const CONSOLE: &str = "console";

/// Which address a request was sent to; none when it is nobody's, like `a.b.example.com`.
///
/// # Errors
/// No Host, two of them, one that is no host, or one that differs from an absolute address (RFC 9112, 3.2).
pub(crate) fn label(headers: &HeaderMap, uri: &Uri, base: &str) -> Result<Option<HostLabel>, Problem> {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return Err(bad("a request has exactly one Host header"));
    };
    let name = name(host.to_str().map_err(|_| bad("the Host header is not ASCII"))?)?;
    if let Some(authority) = uri.authority()
        && self::name(authority.as_str())? != name
    {
        return Err(bad("the address names another host than the Host header"));
    }
    Ok(of_name(&name, base))
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
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(HOST, host.parse().unwrap());
        }
        label(&headers, &uri.parse().unwrap(), "example.com").map_err(|problem| problem.code())
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
