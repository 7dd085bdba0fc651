//! Queueing a mail in the transaction of its cause.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use signalsync_core::{Clock, MailId, TenantScope, Timestamp};
use signalsync_store::Transaction;
use signalsync_work::{New, schedule};

use crate::address::MailAddress;
use crate::config::MailConfig;
use crate::error::MailError;
use crate::log::{self, Entry, Status};
use crate::rate::Rate;
use crate::templates::{Rendered, Template, Templates, spoken, tame};

/// The kind of work that sends a mail.
pub(crate) const KIND: &str = "mail";

/// Characters of a link's secret that the log shows.
const SHOWN_OF_SECRET: usize = 4;

/// A mail that is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Mail<'a> {
    /// Whom it is for.
    pub to: &'a MailAddress,
    /// What it is about; says which data it needs.
    pub template: Template,
    /// BCP 47 tag of the recipient's language.
    pub language: &'a str,
    /// What the template is filled with. Values are shown in the log, so secrets are never among them.
    pub data: &'a [(&'a str, &'a str)],
    /// A link that lets whoever has it in. The log shows its beginning.
    pub secret_link: Option<&'a str>,
}

/// What is sent: the payload of the work. It holds the secret link, and is gone with the work.
#[derive(Serialize, Deserialize)]
pub(crate) struct Sealed {
    pub(crate) mail: MailId,
    pub(crate) to: MailAddress,
    pub(crate) at: Timestamp,
    #[serde(flatten)]
    pub(crate) rendered: Rendered,
}

/// Where mails are queued. Clones are the same.
#[derive(Clone)]
pub struct Outbox(Arc<Inner>);

struct Inner {
    templates: Templates,
    clock: Arc<dyn Clock>,
    rate: Rate,
    per_hour_max: u32,
    log_kept: u32,
}

impl Outbox {
    /// With the limits of the configuration.
    pub fn new(config: &MailConfig, clock: Arc<dyn Clock>) -> Self {
        let (per_hour_max, log_kept) = (config.per_tenant_per_hour_max, config.log_kept);
        Self(Arc::new(Inner { templates: Templates::new(), clock, rate: Rate::default(), per_hour_max, log_kept }))
    }

    /// Puts a mail into the transaction: it is sent exactly when the transaction commits.
    ///
    /// # Errors
    /// `TooMany`, `TooLarge`, `Template`, or the store failed.
    pub fn queue(&self, tx: &mut Transaction, scope: &TenantScope, mail: &Mail<'_>) -> Result<MailId, MailError> {
        let (id, now) = (MailId::new(), self.0.clock.now());
        let data = tame(mail.data)?;
        let render =
            |link: Option<&str>| self.0.templates.render(mail.template, mail.language, &with_link(&data, link));
        let rendered = render(mail.secret_link)?;
        let shown = mail.secret_link.map(shortened);
        let shown_as = render(shown.as_deref())?;
        let limit = self.0.per_hour_max;
        let admitted = self.0.rate.admit(scope.tenant(), now, limit);
        admitted.map_err(|again_at| MailError::TooMany { limit, again_at })?;
        let sealed = Sealed { mail: id, to: mail.to.clone(), at: now, rendered };
        let work = schedule(tx, New::of(KIND, &sealed, now)?)?;
        let entry = Entry {
            id,
            to: mail.to.clone(),
            diverted_to: None,
            template: mail.template,
            language: spoken(mail.language).to_owned(),
            data: with_link(&data, shown.as_deref()),
            subject: shown_as.subject,
            text: shown_as.text,
            status: Status::Queued,
            queued_at: now,
            ended_at: None,
            problem: None,
            work,
        };
        log::add(tx, &entry, self.0.log_kept)?;
        Ok(id)
    }
}

fn with_link(data: &BTreeMap<String, String>, link: Option<&str>) -> BTreeMap<String, String> {
    let link = link.map(|link| ("link".to_owned(), link.to_owned()));
    data.iter().map(|(name, value)| (name.clone(), value.clone())).chain(link).collect()
}

/// The link up to its secret, which is what comes behind the last sign that separates, and a little of that.
fn shortened(link: &str) -> String {
    let begin = link.rfind(['/', '#', '=', '?', '&']).map_or(0, |at| at + 1);
    let (open, secret) = link.split_at(begin);
    let shown: String = secret.chars().take(SHOWN_OF_SECRET.min(secret.chars().count() / 4)).collect();
    format!("{open}{shown}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortened_link_opens_nothing() {
        for (link, shown) in [
            ("https://acme.example.com/join#AbCdEfGhIjKlMnOpQrSt", "https://acme.example.com/join#AbCd…"),
            ("https://acme.example.com/reset?token=AbCdEfGhIjKlMnOpQrSt", "https://acme.example.com/reset?token=AbCd…"),
            ("https://acme.example.com/join/12345678", "https://acme.example.com/join/12…"),
            ("abc", "…"),
        ] {
            assert_eq!(shortened(link), shown);
        }
    }
}
