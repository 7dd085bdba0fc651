//! Sending what is queued: a piece of work for each mail.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use lettre::Message;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use signalsync_core::{Clock, MailId, TenantScope};
use signalsync_store::{StoreError, Stores, Transaction};
use signalsync_work::{Claimed, Ended, Handlers, Outside, Policy, Setback, WorkError};

use crate::address::MailAddress;
use crate::config::MailConfig;
use crate::error::ConfigError;
use crate::log::{self, Status};
use crate::outbox::{KIND, Sealed};
use crate::settings;
use crate::transport::Transport;

/// Sends mails.
pub struct Sender {
    stores: Arc<Stores>,
    clock: Arc<dyn Clock>,
    transport: Transport,
    from: Mailbox,
}

impl Sender {
    /// As it is configured; mails become files in `folder` when there is no relay. Nothing is connected yet.
    ///
    /// # Errors
    /// Something of the configuration cannot be used.
    pub fn new(
        config: &MailConfig,
        folder: PathBuf,
        stores: Arc<Stores>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigError> {
        let why = "it looks like `SignalSync <no-reply@example.com>`";
        let from: Mailbox = config.from.parse().map_err(|_| ConfigError::Impossible { field: "from", why })?;
        let transport = match &config.smtp {
            Some(smtp) => Transport::smtp(smtp, from.email.domain())?,
            None => Transport::folder(config.folder.clone().unwrap_or(folder))?,
        };
        Ok(Self { stores, clock, transport, from })
    }

    /// Makes a driver send mails.
    #[must_use]
    pub fn register(self, handlers: Handlers) -> Handlers {
        handlers.outside(KIND, self)
    }

    async fn send(&self, scope: &TenantScope, claimed: &Claimed) -> Result<Ended, Setback> {
        let sealed: Sealed = claimed.payload()?;
        if !scope.tier().reaches_outside {
            return Ok(self.ended(sealed.mail, Status::Held, None));
        }
        let diverted = settings::divert(&mut self.stores.tenant(scope).await?.begin().await?)?;
        let message = self.message(&sealed, diverted.as_ref()).map_err(Setback::never)?;
        self.transport.send(sealed.mail, message).await?;
        tracing::info!(mail = %sealed.mail, tenant = %scope.tenant(), "a mail was sent");
        let status = if diverted.is_some() { Status::Diverted } else { Status::Sent };
        Ok(self.ended(sealed.mail, status, diverted))
    }

    fn ended(&self, id: MailId, status: Status, diverted: Option<MailAddress>) -> Ended {
        let at = self.clock.now();
        Ended::done().writing(move |tx| {
            log::change(tx, id, |entry| {
                entry.status = status;
                entry.diverted_to.clone_from(&diverted);
                entry.ended_at = Some(at);
            })
        })
    }

    fn message(&self, sealed: &Sealed, diverted: Option<&MailAddress>) -> Result<Message, lettre::error::Error> {
        let Sealed { mail, to, at, rendered } = sealed;
        let subject = match diverted {
            Some(_) => format!("[{to}] {}", rendered.subject),
            None => rendered.subject.clone(),
        };
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        Message::builder()
            .message_id(Some(format!("<{mail}@{}>", self.from.email.domain())))
            .date(SystemTime::UNIX_EPOCH + Duration::from_millis(at.0))
            .from(self.from.clone())
            .to(Mailbox::new(None, diverted.unwrap_or(to).inner().clone()))
            .subject(subject)
            .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
            .multipart(MultiPart::alternative_plain_html(rendered.text.clone(), rendered.html.clone()))
    }
}

impl Outside for Sender {
    /// About half a day until a mail is given up.
    fn policy(&self) -> Policy {
        Policy { lease_ms: 120_000, ..Policy::default() }
    }

    fn run<'a>(&'a self, scope: &'a TenantScope, claimed: &'a Claimed) -> BoxFuture<'a, Result<Ended, Setback>> {
        self.send(scope, claimed).boxed()
    }

    /// The log says why it failed. No dead letter is left, because its secret must not outlive it: whoever needs the
    /// mail asks for a new one.
    fn given_up(&self, claimed: &Claimed, why: &str, tx: &mut Transaction) -> Result<(), StoreError> {
        let Ok(Sealed { mail, .. }) = claimed.payload() else { return Ok(()) };
        log::change(tx, mail, |entry| {
            entry.status = Status::Failed;
            entry.problem = Some(why.to_owned());
            entry.ended_at = Some(self.clock.now());
        })?;
        match signalsync_work::cancel(tx, claimed.id) {
            Ok(_) => Ok(()),
            Err(WorkError::Store(error)) => Err(error),
            Err(error) => Err(StoreError::Corrupt(error.to_string())),
        }
    }
}
