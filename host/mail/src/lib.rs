//! Mail: queued in the transaction of what it tells about, sent when there is time, kept in the tenant's log.
//!
//! A mail is rendered when it is queued ([`Outbox::queue`]): what it says is what was true then. The rendered mail is
//! the payload of a piece of work, the log has an entry with a text for people. Both commit with their cause; the work
//! is gone with the commit that notes the mail as sent, or as failed for good.
//!
//! **Secrets.** The link of an invitation is a secret. It stands in the payload of the work alone, which no list shows
//! and which does not outlive the sending; the log shows its first characters. Nothing of a mail is written to the
//! operator's log but its id.
//!
//! **At least once.** A crash between the relay's answer and its note sends the mail again, under the same
//! `Message-ID`.

mod address;
mod config;
mod error;
mod fill;
mod log;
mod office;
mod outbox;
mod rate;
mod send;
mod settings;
mod templates;
mod transport;

pub use address::MailAddress;
pub use config::{MailConfig, Secret, SmtpConfig, SmtpTls};
pub use error::{ConfigError, MailError};
pub use fill::{SOURCE_BYTES_MAX, check_source, fill};
pub use log::{Entry, Status, get, list};
pub use office::{Divert, Office};
pub use outbox::{Mail, Outbox};
pub use send::Sender;
pub use settings::{divert, set_divert};
pub use templates::{DATA_BYTES_MAX, Template};
