//! From a template and data to a subject, a text and a page.

use std::collections::BTreeMap;
use std::io;

use minijinja::{Environment, UndefinedBehavior, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::MailError;

/// Bytes of all data that a mail is filled with.
pub const DATA_BYTES_MAX: usize = 8 << 10;

/// Bytes of a rendered subject, which is one line.
const SUBJECT_BYTES_MAX: usize = 200;

/// Bytes of a rendered text, and of a rendered page. Together, escaped as JSON, they fit into a piece of work.
const PART_BYTES_MAX: usize = 20 << 10;

/// Instructions of the template engine for one part.
pub(crate) const FUEL: u64 = 20_000;

/// Languages that there are; the first one stands in for all others.
const LANGUAGES: [&str; 2] = ["en", "de"];

/// What a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "MailTemplate")]
#[serde(rename_all = "kebab-case")]
pub enum Template {
    /// Somebody is to become a user. Data: `tenant`, `inviter`, `expires`; link.
    Invitation,
    /// Somebody asked to set a new password. Data: `tenant`, `expires`; link.
    PasswordReset,
    /// Something happened to an account. Data: `tenant`, `what`, `when`, `address`.
    SecurityAlert,
    /// A workflow tells somebody something, in the tenant's own words. Data: `tenant`, `subject`, `text`.
    Notice,
    /// Somebody tries whether mail works. Data: `tenant`.
    Test,
}

impl Template {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Invitation, Self::PasswordReset, Self::SecurityAlert, Self::Notice, Self::Test];

    /// As it stands in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::PasswordReset => "password-reset",
            Self::SecurityAlert => "security-alert",
            Self::Notice => "notice",
            Self::Test => "test",
        }
    }
}

macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../templates/", $name)))),+]
    };
}

/// Name and text. A text's first line is the subject.
const FILES: &[(&str, &str)] = files![
    "layout.html",
    "invitation.de.html",
    "invitation.de.txt",
    "invitation.en.html",
    "invitation.en.txt",
    "notice.de.html",
    "notice.de.txt",
    "notice.en.html",
    "notice.en.txt",
    "password-reset.de.html",
    "password-reset.de.txt",
    "password-reset.en.html",
    "password-reset.en.txt",
    "security-alert.de.html",
    "security-alert.de.txt",
    "security-alert.en.html",
    "security-alert.en.txt",
    "test.de.html",
    "test.de.txt",
    "test.en.html",
    "test.en.txt",
];

/// What a mail says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rendered {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

/// All templates, compiled.
pub(crate) struct Templates(Environment<'static>);

impl Templates {
    pub(crate) fn new() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        for (name, text) in FILES {
            // What is named `.html` is escaped, what is named `.txt` is not.
            let added = environment.add_template(name, text);
            added.unwrap_or_else(|error| unreachable!("{name} is tested: {error}"));
        }
        Self(environment)
    }

    /// Fills a template in the language, or in the one that stands in for it.
    pub(crate) fn render(
        &self,
        template: Template,
        language: &str,
        data: &BTreeMap<String, String>,
    ) -> Result<Rendered, MailError> {
        let name = format!("{}.{}", template.as_str(), spoken(language));
        let text = self.part(&format!("{name}.txt"), data)?;
        let html = self.part(&format!("{name}.html"), data)?;
        let (subject, text) = text.split_once('\n').unwrap_or((&text, ""));
        Ok(Rendered { subject: one_line(subject), text: text.trim().to_owned(), html })
    }

    fn part(&self, name: &str, data: &BTreeMap<String, String>) -> Result<String, MailError> {
        let wrong = |error: minijinja::Error| MailError::Template(format!("{name}: {error}"));
        let mut out = Bounded::default();
        self.0
            .get_template(name)
            .and_then(|template| template.render_captured_to(context(data), &mut out))
            .map_err(wrong)?;
        out.text().map_err(|error| MailError::Template(format!("{name}: {error}")))
    }
}

fn context(data: &BTreeMap<String, String>) -> Value {
    Value::from_pairs(data.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

/// The language of a tag like `de-AT`, if there is one, or the first one.
pub(crate) fn spoken(tag: &str) -> &'static str {
    let primary = tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    LANGUAGES.iter().find(|language| **language == primary).copied().unwrap_or(LANGUAGES[0])
}

/// The value whose lines stay: what a tenant says in its own words, below the subject.
const OWN_TEXT: &str = "text";

/// Data without what could make a text look like something else: values are one line each, but for the tenant's own text.
///
/// # Errors
/// `TooLarge`.
pub(crate) fn tame(data: &[(&str, &str)]) -> Result<BTreeMap<String, String>, MailError> {
    let bytes = data.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > DATA_BYTES_MAX {
        return Err(MailError::TooLarge { bytes, limit: DATA_BYTES_MAX });
    }
    let tamed = |(name, value): &(&str, &str)| match *name {
        OWN_TEXT => value.split('\n').map(without_breaks).collect::<Vec<_>>().join("\n"),
        _ => without_breaks(value),
    };
    Ok(data.iter().map(|value| (value.0.to_owned(), tamed(value))).collect())
}

/// Line and paragraph separators are breaks too, though they are no control characters.
fn without_breaks(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect()
}

fn one_line(text: &str) -> String {
    let text = without_breaks(text);
    let end = (0..=SUBJECT_BYTES_MAX.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text[..end].trim().to_owned()
}

/// Takes so much and no more.
#[derive(Default)]
pub(crate) struct Bounded(Vec<u8>);

impl Bounded {
    pub(crate) fn text(self) -> Result<String, std::string::FromUtf8Error> {
        String::from_utf8(self.0)
    }
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > PART_BYTES_MAX {
            return Err(io::Error::other(format!("a part of a mail has at most {PART_BYTES_MAX} bytes")));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    const DATA: &[(&str, &str)] = &[
        ("tenant", "Acme & <Sons>"),
        ("inviter", "Ada\r\nBcc: x@y.z\n\nPlease pay"),
        ("expires", "2026-11-30"),
        ("what", "the password was changed"),
        ("when", "2026-11-23 16:00 UTC"),
        ("address", "192.0.2.7"),
        ("link", "https://acme.example.com/join#secret"),
        ("subject", "A message\nof ours"),
        ("text", "Please look\nat this soon."),
    ];

    #[test]
    fn every_template_is_there_in_every_language_and_in_both_forms() {
        let (templates, data) = (Templates::new(), tame(DATA).unwrap());
        for template in Template::ALL {
            let [english, german] = LANGUAGES.map(|language| templates.render(template, language, &data).unwrap());
            assert_ne!(english.text, german.text);
            for mail in [english, german] {
                assert!(!mail.subject.is_empty() && mail.text.len() > 40 && mail.html.contains("</html>"));
                assert!(mail.html.contains("Acme &amp; &lt;Sons&gt;") && mail.text.contains("Acme & <Sons>"));
                let has_link = matches!(template, Template::Invitation | Template::PasswordReset);
                assert_eq!(
                    (mail.text.contains("join#secret"), mail.html.contains("join#secret")),
                    (has_link, has_link)
                );
            }
        }
    }

    #[test]
    fn data_cannot_make_lines_of_its_own() {
        let mail = Templates::new().render(Template::Invitation, "en", &tame(DATA).unwrap()).unwrap();
        assert!(!mail.subject.contains(['\r', '\n']));
        assert!(!mail.text.lines().any(|line| line.starts_with("Bcc") || line.starts_with("Please")));
        assert_eq!(without_breaks("a\u{2028}b\u{85}c\td"), "a b c d");
    }

    #[test]
    fn what_is_missing_is_said() {
        let missing = Templates::new().render(Template::Invitation, "en", &tame(&DATA[..2]).unwrap());
        assert!(matches!(missing, Err(MailError::Template(_))));
    }

    #[test]
    fn data_output_and_effort_are_bounded() {
        let long = "x".repeat(DATA_BYTES_MAX - 6);
        assert!(tame(&[("tenant", &long)]).is_ok());
        assert!(matches!(tame(&[("tenants", &long)]), Err(MailError::TooLarge { .. })));
        let mut templates = Templates::new();
        templates.0.add_template("test.en.txt", "S\n{{ tenant }}{{ tenant }}").unwrap();
        assert!(templates.render(Template::Test, "en", &tame(&[("tenant", &long)]).unwrap()).is_ok());
        templates.0.add_template("test.en.txt", "S\n{{ tenant }}{{ tenant }}{{ tenant }}").unwrap();
        assert!(templates.render(Template::Test, "en", &tame(&[("tenant", &long)]).unwrap()).is_err());
        templates.0.add_template("test.en.txt", "S\n{% for i in range(100000) %}{% endfor %}").unwrap();
        assert!(templates.render(Template::Test, "en", &tame(&[("tenant", "a")]).unwrap()).is_err());
    }

    #[test]
    fn languages_are_found_by_their_tags() {
        for (tag, language) in [("de", "de"), ("de-AT", "de"), ("DE", "de"), ("fr", "en"), ("", "en"), ("en-GB", "en")]
        {
            assert_eq!(spoken(tag), language, "{tag}");
        }
    }

    #[test]
    fn subjects_are_short() {
        assert_eq!(one_line(&"é".repeat(150)).len(), SUBJECT_BYTES_MAX);
    }
}
