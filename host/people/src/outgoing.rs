//! Mails about a person's way in, as data: whoever commits the transaction queues them in it.

use serde::Serialize;
use serde_json::Value;
use signalsync_core::Timestamp;

use crate::name::{Language, MailAddress};
use crate::secret::Secret;

/// The tenant as people know it: for mails, and for passwords that must not be its name.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// What it is called.
    pub name: &'a str,
    /// Where it is, without a slash at the end, e.g. `https://acme.example.org`.
    pub url: &'a str,
}

/// What a mail says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Template {
    /// Come in: `name`, `tenant`, `link`, `expires-at`.
    Invitation,
    /// Set a new password: `name`, `tenant`, `link`, `expires-at`.
    PasswordReset,
    /// Your password was changed: `name`, `tenant`.
    PasswordChanged,
    /// A second factor was added, removed or used up: `name`, `tenant`, `what`.
    SecondFactorChanged,
    /// Somebody tries to sign in again and again: `tenant`, `mail`, `attempts`, `address`.
    SignInAlert,
    /// An operator opened the tenant for somebody: `tenant`, `mail`.
    GlassBroken,
}

/// A mail that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct OutgoingMail {
    /// To whom.
    pub to: MailAddress,
    /// In which language.
    pub language: Language,
    /// Which text.
    pub template: Template,
    /// What is filled in.
    pub data: Value,
    /// Whether it lets whoever reads it in. Then its text is nobody's but the recipient's: a log does not show it.
    pub secret: bool,
}

impl Place<'_> {
    /// Behind the `#`, so that the secret is in no server's log.
    pub(crate) fn link(&self, page: &str, secret: &Secret) -> String {
        format!("{}/{page}#{}", self.url, secret.text())
    }
}

pub(crate) fn after(now: Timestamp, life_ms: u64) -> String {
    Timestamp(now.0.saturating_add(life_ms)).to_string()
}
