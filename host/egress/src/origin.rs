//! Where a request goes: scheme, host and port, in one spelling.

use std::fmt;
use std::str::FromStr;

use rustls::pki_types::{DnsName, ServerName};
use url::{Host, Url};

/// Longest host name that DNS allows, in bytes.
const HOST_BYTES_MAX: usize = 253;

/// An origin (RFC 6454): scheme, host and port.
///
/// Every spelling of a host becomes one: names are lower-case, in ASCII (IDNA), without the final dot;
/// numbers in any notation are addresses.
///
/// ```
/// # use signalsync_egress::Origin;
/// let origin: Origin = "HTTPS://API.Example.com.:443".parse()?;
/// assert_eq!(origin.to_string(), "https://api.example.com");
/// # Ok::<_, signalsync_egress::InvalidOrigin>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    scheme: Scheme,
    host: Host,
    port: u16,
}

/// How the host is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Scheme {
    Http,
    Https,
}

/// Why a text is not an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOrigin {
    /// Not an absolute URL.
    #[error("not an absolute URL: write e.g. https://api.example.com")]
    NotUrl,
    /// Neither `https` nor `http`.
    #[error("the scheme must be https or http")]
    Scheme,
    /// A host that cannot exist.
    #[error("the host is not a valid name or address")]
    Host,
    /// `user:password@`.
    #[error("user information does not belong into a URL")]
    UserInformation,
    /// More than scheme, host and port.
    #[error("an origin has no path, query or fragment: write e.g. https://api.example.com")]
    MoreThanOrigin,
}

impl Origin {
    /// Whether the connection is encrypted.
    pub fn is_secure(&self) -> bool {
        self.scheme == Scheme::Https
    }

    /// The name or address.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The port, the scheme's own where none was written.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The origin of a URL that was parsed already.
    pub(crate) fn of(url: &Url) -> Result<Self, InvalidOrigin> {
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return Err(InvalidOrigin::Scheme),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidOrigin::UserInformation);
        }
        let host = match url.host().ok_or(InvalidOrigin::Host)? {
            Host::Domain(name) => Host::Domain(domain(name)?),
            Host::Ipv4(address) => Host::Ipv4(address),
            Host::Ipv6(address) => Host::Ipv6(address),
        };
        let port = url.port_or_known_default().ok_or(InvalidOrigin::Host)?;
        Ok(Self { scheme, host, port })
    }

    /// The value of the `Host` field: the port only where it is not the scheme's own.
    pub(crate) fn authority(&self) -> String {
        if self.port == self.scheme.port() { self.host.to_string() } else { format!("{}:{}", self.host, self.port) }
    }

    /// Whom the certificate must name.
    pub(crate) fn server_name(&self) -> Result<ServerName<'static>, InvalidOrigin> {
        Ok(match &self.host {
            Host::Domain(name) => {
                ServerName::DnsName(DnsName::try_from(name.clone()).map_err(|_| InvalidOrigin::Host)?)
            }
            Host::Ipv4(address) => ServerName::from(std::net::IpAddr::from(*address)),
            Host::Ipv6(address) => ServerName::from(std::net::IpAddr::from(*address)),
        })
    }

    /// Whether this is `domain` or a name below it.
    pub(crate) fn is_within(&self, domain: &str) -> bool {
        let Host::Domain(name) = &self.host else { return false };
        name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }
}

/// A name without its final dot, of the characters that host names have: a `*` would not mean what it says.
fn domain(name: &str) -> Result<String, InvalidOrigin> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_usual = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(is_usual);
    if name.len() > HOST_BYTES_MAX || !name.split('.').all(is_label) {
        return Err(InvalidOrigin::Host);
    }
    Ok(name.to_owned())
}

impl Scheme {
    fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl FromStr for Origin {
    type Err = InvalidOrigin;

    /// Reads the text of a grant, e.g. `https://api.example.com:8443`.
    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        let url = parse(text)?;
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidOrigin::MoreThanOrigin);
        }
        Self::of(&url)
    }
}

/// The only place where text becomes a URL. Stricter than a browser: what WHATWG silently drops or turns
/// (white space, control characters, `\`) is refused, and so is a URL without `//`.
pub(crate) fn parse(text: &str) -> Result<Url, InvalidOrigin> {
    if text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
        return Err(InvalidOrigin::NotUrl);
    }
    let (_, rest) = text.split_once("://").ok_or(InvalidOrigin::NotUrl)?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(InvalidOrigin::UserInformation);
    }
    if authority.is_empty() {
        return Err(InvalidOrigin::Host);
    }
    Url::parse(text).map_err(|error| match error {
        url::ParseError::RelativeUrlWithoutBase => InvalidOrigin::NotUrl,
        _ => InvalidOrigin::Host,
    })
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_secure() { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.authority())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, InvalidOrigin>) {
        let found = text.parse::<Origin>().map(|origin| origin.to_string());
        assert_eq!(found.as_deref(), expected.as_ref().map(|text| *text), "{text}");
    }

    #[test]
    fn one_spelling_for_every_host() {
        for text in [
            "https://api.example.com",
            "https://api.example.com/",
            "https://API.EXAMPLE.com",
            "https://api.example.com.",
            "https://api.example.com:443",
            "https://ａｐｉ.example。com",
            "https://%61pi.example.com",
        ] {
            check(text, Ok("https://api.example.com"));
        }
        check("https://müller.example", Ok("https://xn--mller-kva.example"));
        check("http://example.com:443", Ok("http://example.com:443"));
        check("https://example.com:8443", Ok("https://example.com:8443"));
    }

    #[test]
    fn every_spelling_of_an_address_is_the_address() {
        for text in [
            "http://127.0.0.1",
            "http://2130706433",
            "http://0x7f.1",
            "http://0177.0.0.1",
            "http://127.1",
            "http://127.0.0.1.",
            "http://①②⑦.0.0.1",
            "http://0x7F000001",
        ] {
            check(text, Ok("http://127.0.0.1"));
        }
        check("http://[::ffff:127.0.0.1]", Ok("http://[::ffff:7f00:1]"));
        check("http://[::]:8080", Ok("http://[::]:8080"));
    }

    #[test]
    fn what_is_not_an_origin() {
        use InvalidOrigin::{Host, MoreThanOrigin, NotUrl, Scheme, UserInformation};
        for (text, expected) in [
            ("", NotUrl),
            ("api.example.com", NotUrl),
            ("https:api.example.com", NotUrl),
            ("https:/api.example.com", NotUrl),
            ("//api.example.com", NotUrl),
            ("https:\\\\api.example.com", NotUrl),
            ("https://api.example.com\\@127.0.0.1", NotUrl),
            (" https://api.example.com", NotUrl),
            ("https://api.exa\tmple.com", NotUrl),
            ("https://api.example.com\n", NotUrl),
            ("ftp://api.example.com", Scheme),
            ("file:///etc/passwd", Host),
            ("file://host/etc/passwd", MoreThanOrigin),
            ("https://", Host),
            ("https:///api.example.com", Host),
            ("https://.", Host),
            ("https://a..example.com", Host),
            ("https://example.com..", Host),
            ("https://exa%00mple.com", Host),
            ("https://exa mple.com", NotUrl),
            ("https://1.2.3.4.5", Host),
            ("https://256.1.1.1", Host),
            ("https://[::1", Host),
            ("https://[fe80::1%25eth0]", Host),
            ("https://example.com:65536", Host),
            ("https://*.example.com", Host),
            ("https://ok@127.0.0.1/", UserInformation),
            ("https://@example.com", UserInformation),
            ("https://user:password@example.com", UserInformation),
            ("https://ok#@127.0.0.1/", MoreThanOrigin),
            ("https://example.com/path", MoreThanOrigin),
            ("https://example.com//", MoreThanOrigin),
            ("https://example.com?", MoreThanOrigin),
            ("https://example.com#", MoreThanOrigin),
        ] {
            check(text, Err(expected));
        }
        check(&format!("https://{}", ["a"; 200].join(".")), Err(Host));
    }

    #[test]
    fn below_a_domain() {
        let within = |text: &str| text.parse::<Origin>().is_ok_and(|origin| origin.is_within("example.com"));
        assert!(within("https://example.com"));
        assert!(within("https://acme.example.com:8443"));
        assert!(!within("https://badexample.com"));
        assert!(!within("https://example.com.evil.org"));
        assert!(!within("https://8.8.8.8"));
    }
}
