//! How mail leaves the installation, as the operator writes it.

use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;

/// `[mail]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailConfig {
    /// Who mails are from, e.g. `SignalSync <no-reply@example.com>`.
    pub from: String,
    /// Mails that a tenant may queue in an hour; more are refused.
    pub per_tenant_per_hour_max: u32,
    /// Entries of a tenant's log; the oldest go first.
    pub log_kept: u32,
    /// Where mails are written as files while there is no relay. Default: `mails` in the folder of data.
    pub folder: Option<PathBuf>,
    /// The relay. Without one, mails are written as files.
    pub smtp: Option<SmtpConfig>,
}

impl Default for MailConfig {
    fn default() -> Self {
        Self {
            from: "SignalSync <no-reply@localhost>".to_owned(),
            per_tenant_per_hour_max: 1_000,
            log_kept: 20_000,
            folder: None,
            smtp: None,
        }
    }
}

/// `[mail.smtp]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpConfig {
    /// Name of the relay, which its certificate must have.
    pub host: String,
    /// Default: 587 with `starttls`, 465 with `tls`, 25 with `none`.
    pub port: Option<u16>,
    /// How the connection is protected.
    #[serde(default)]
    pub tls: SmtpTls,
    /// Certificates in PEM that are trusted besides the usual ones, e.g. of an authority of your own.
    pub ca_file: Option<PathBuf>,
    /// Who signs in; needs `password`.
    pub user: Option<String>,
    /// Never shown.
    pub password: Option<Secret>,
    /// For each step of a conversation.
    #[serde(default = "timeout_ms")]
    pub timeout_ms: u64,
    /// Connections at the same time; they are kept open for a while.
    #[serde(default = "connections_max")]
    pub connections_max: u32,
}

fn timeout_ms() -> u64 {
    20_000
}

fn connections_max() -> u32 {
    8
}

/// How the connection to the relay is protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SmtpTls {
    /// It begins in the clear and is refused unless it becomes TLS.
    #[default]
    Starttls,
    /// TLS from its first byte.
    Tls,
    /// Not at all: only to this machine.
    None,
}

/// A text that is not shown.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}
