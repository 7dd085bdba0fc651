//! Mail addresses and languages, each in one spelling, so that equal ones are equal bytes.

use std::fmt;
use std::str::FromStr;

use email_address::{EmailAddress, Options};
use oxilangtag::LanguageTag;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signalsync_core::InvalidName;
use url::Host;

/// Bytes of a mail address (RFC 5321, 4.5.3.1.3).
pub const MAIL_BYTES_MAX: usize = 254;

/// Bytes of a language tag; RFC 5646 (4.4.1) asks for room for 35.
pub const LANGUAGE_BYTES_MAX: usize = 35;

/// A mail address in lower case, with its domain in ASCII.
///
/// Capitals before the `@` could tell two mailboxes apart (RFC 5321), but no provider that people use lets them; two
/// people whose addresses differ by capitals alone would be a trap.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct MailAddress(String);

impl MailAddress {
    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`, and behind it.
    pub(crate) fn halves(&self) -> (&str, &str) {
        self.0.rsplit_once('@').unwrap_or((&self.0, ""))
    }
}

impl FromStr for MailAddress {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        normal(text).map(Self).ok_or(InvalidName {
            what: "mail address",
            rule: "`name@domain` of at most 254 bytes, the name in ASCII without quotes, the domain with a dot",
        })
    }
}

fn normal(text: &str) -> Option<String> {
    let (name, domain) = text.trim().rsplit_once('@')?;
    if text.len() > MAIL_BYTES_MAX || !name.is_ascii() || name.contains('"') {
        return None;
    }
    let Host::Domain(domain) = Host::parse(domain).ok()? else { return None };
    let address = format!("{}@{domain}", name.to_ascii_lowercase());
    let options = Options::default().with_required_tld().without_domain_literal().without_display_text();
    EmailAddress::parse_with_options(&address, options).ok()?;
    (address.len() <= MAIL_BYTES_MAX).then_some(address)
}

/// A language tag (BCP 47) in its normal spelling, e.g. `de-AT`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Language(String);

impl Language {
    /// The tag as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Language {
    /// English.
    fn default() -> Self {
        Self("en".to_owned())
    }
}

impl FromStr for Language {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let invalid = InvalidName { what: "language", rule: "a tag of BCP 47 of at most 35 bytes, e.g. `de-AT`" };
        if text.len() > LANGUAGE_BYTES_MAX {
            return Err(invalid);
        }
        LanguageTag::parse_and_normalize(text).map(|tag| Self(tag.into_inner())).map_err(|_| invalid)
    }
}

macro_rules! texts {
    ($($name:ident)*) => {$(
        impl TryFrom<String> for $name {
            type Error = InvalidName;

            fn try_from(text: String) -> Result<Self, InvalidName> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    )*};
}

texts! { MailAddress Language }

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_spelling() {
        for (text, normal) in [
            ("ann@example.org", "ann@example.org"),
            (" Ann.Lee+x@Example.ORG ", "ann.lee+x@example.org"),
            ("ann@bücher.example", "ann@xn--bcher-kva.example"),
            ("ann@XN--BCHER-KVA.example", "ann@xn--bcher-kva.example"),
        ] {
            assert_eq!(text.parse::<MailAddress>().unwrap().as_str(), normal);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.org", "a".repeat(64));
        let longer = format!("a@{}.org", "b.".repeat(130));
        for bad in [
            "",
            "ann",
            "@example.org",
            "ann@",
            "ann@localhost",
            "ann@[127.0.0.1]",
            "ann@127.0.0.1",
            "a b@example.org",
            "Ann <ann@example.org>",
            "ann@example.org\r\nBcc: x@example.org",
            "\"a b\"@example.org",
            "änn@example.org",
            "a..b@example.org",
            "a@exa mple.org",
            &longer,
        ] {
            assert!(bad.parse::<MailAddress>().is_err(), "{bad:?}");
        }
        assert!(long.parse::<MailAddress>().is_ok());
        assert!(format!("a{long}").parse::<MailAddress>().is_err(), "65 bytes before the @");
    }

    #[test]
    fn a_language_has_one_spelling() {
        assert_eq!("DE-at".parse::<Language>().unwrap().as_str(), "de-AT");
        for bad in ["", "d", "de_AT", "de AT", "english-language-of-some-kind", &"a-".repeat(40)] {
            assert!(bad.parse::<Language>().is_err(), "{bad:?}");
        }
    }
}
