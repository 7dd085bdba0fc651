//! Names that people choose. Each type accepts one spelling only, so that equal names are equal bytes.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A name breaks its rule; the text is the rule.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("invalid {what}: {rule}")]
pub struct InvalidName {
    /// Which kind of name.
    pub what: &'static str,
    /// What such a name looks like.
    pub rule: &'static str,
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident, $what:literal, $check:ident, $pattern:expr, $rule:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(extend("pattern" = $pattern))]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
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

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, InvalidName> {
                Self::try_from(text.to_owned())
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;

            fn try_from(text: String) -> Result<Self, InvalidName> {
                if $check(&text) { Ok(Self(text)) } else { Err(InvalidName { what: $what, rule: $rule }) }
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }
    )*};
}

names! {
    /// A tenant's label in its address `{slug}.{base-domain}`.
    TenantSlug, "tenant name", is_tenant_slug, TENANT_SLUG,
        "1 to 40 of a-z, 0-9 and single inner hyphens, starting with a letter, and not a reserved word";
    /// A named set of records.
    CollectionName, "collection name", is_name, NAME,
        "1 to 63 of a-z, 0-9 and hyphens, starting with a letter";
    /// A named set of files.
    FolderName, "folder name", is_name, NAME,
        "1 to 63 of a-z, 0-9 and hyphens, starting with a letter";
    /// A component at work for a tenant, over all its versions.
    DeploymentName, "deployment name", is_name, NAME,
        "1 to 63 of a-z, 0-9 and hyphens, starting with a letter";
    /// A role of a tenant.
    RoleName, "role name", is_name, NAME,
        "1 to 63 of a-z, 0-9 and hyphens, starting with a letter";
    /// A calendar of a tenant.
    CalendarName, "calendar name", is_name, NAME,
        "1 to 63 of a-z, 0-9 and hyphens, starting with a letter";
    /// A schedule of a tenant.
    ScheduleName, "schedule name", is_name, NAME,
        "1 to 63 of a-z, 0-9 and hyphens, starting with a letter";
    /// What a tenant's workflows say to people about something.
    TemplateName, "template name", is_name, NAME,
        "1 to 63 of a-z, 0-9 and hyphens, starting with a letter";
    /// A record within its collection.
    RecordId, "record id", is_record_id, RECORD_ID,
        "1 to 256 bytes of UTF-8 without control characters, not `.` or `..`";
    /// A file within its folder.
    FilePath, "file path", is_file_path, FILE_PATH,
        "1 to 512 bytes, segments separated by `/`, none empty, `.` or `..` or ending in a dot or space, no backslash or control characters, Unicode normal form C";
}

// The rules as regular expressions, as far as these can say them (ECMA-262).
const NAME: &str = "^[a-z][a-z0-9-]{0,62}$";
const TENANT_SLUG: &str = "^(?=.{1,40}$)[a-z](-?[a-z0-9])*$";
const RECORD_ID: &str = "^(?!\\.{1,2}$)[^\\x00-\\x1f\\x7f-\\x9f]{1,256}$";
const FILE_PATH: &str = "^[^\\x00-\\x1f\\x7f-\\x9f\\\\]{1,512}$";

/// Labels that stand for the platform itself, or that mail and web standards give a meaning.
const RESERVED_SLUGS: &[&str] = &[
    "admin",
    "api",
    "app",
    "autoconfig",
    "autodiscover",
    "console",
    "localhost",
    "mail",
    "root",
    "signalsync",
    "smtp",
    "static",
    "status",
    "support",
    "www",
];

fn is_tenant_slug(text: &str) -> bool {
    is_name(text) && text.len() <= 40 && !text.ends_with('-') && !text.contains("--") && !RESERVED_SLUGS.contains(&text)
}

/// The rule of most names: 1 to 63 of a-z, 0-9 and hyphens, starting with a letter.
pub(crate) fn is_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    matches!(bytes.first(), Some(b'a'..=b'z'))
        && bytes.len() <= 63
        && bytes.iter().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

fn is_record_id(text: &str) -> bool {
    (1..=256).contains(&text.len()) && !text.chars().any(char::is_control) && text != "." && text != ".."
}

fn is_file_path(text: &str) -> bool {
    use unicode_normalization::is_nfc;
    (1..=512).contains(&text.len())
        && is_nfc(text)
        && !text.chars().any(|c| c.is_control() || c == '\\')
        && text.split('/').all(|segment| !segment.is_empty() && !segment.ends_with(['.', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenant_names_that_look_like_the_platform_are_refused() {
        for bad in ["", "www", "console", "Acme", "acme.b", "-a", "a-", "xn--a", "1a", "a_b", &"a".repeat(41)] {
            assert!(bad.parse::<TenantSlug>().is_err(), "{bad}");
        }
        for good in ["a", "acme", "acme-2", &"a".repeat(40)] {
            assert!(good.parse::<TenantSlug>().is_ok(), "{good}");
        }
    }

    #[test]
    fn paths_have_one_spelling_and_stay_inside() {
        for bad in
            ["", "/a", "a/", "a//b", ".", "..", "a/../b", "a/.", "a\\b", "a\0", "re\u{301}sume\u{301}", "a./b", "b "]
        {
            assert!(bad.parse::<FilePath>().is_err(), "{bad:?}");
        }
        for good in ["a", "a/b.pdf", "résumé.pdf", ".hidden", &"x".repeat(512)] {
            assert!(good.parse::<FilePath>().is_ok(), "{good:?}");
        }
        assert!("x".repeat(513).parse::<FilePath>().is_err());
    }

    #[test]
    fn record_ids_are_bounded_text() {
        assert!("".parse::<RecordId>().is_err());
        assert!("a\nb".parse::<RecordId>().is_err());
        assert!("..".parse::<RecordId>().is_err());
        assert!("é".repeat(128).parse::<RecordId>().is_ok());
        assert!("é".repeat(129).parse::<RecordId>().is_err());
    }
}
