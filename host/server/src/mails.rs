//! From what `people` has to tell somebody to a mail: both are nouns of their own, and meet here.

use std::sync::Arc;

use serde_json::Value;
use signalsync_core::{TenantScope, Timestamp};
use signalsync_mail::{Mail, MailError, Outbox, Template};
use signalsync_people::doorman::Queue;
use signalsync_people::{OutgoingMail, PeopleError, Template as About};
use signalsync_store::Transaction;
use signalsync_work::WorkError;

/// Queues what `people` wants to tell in the transaction of its cause.
pub(crate) fn queue(outbox: Outbox) -> Queue {
    Arc::new(move |tx, scope, at, mail| send(&outbox, tx, scope, at, &mail).map_err(refused))
}

fn send(
    outbox: &Outbox,
    tx: &mut Transaction,
    scope: &TenantScope,
    at: Timestamp,
    mail: &OutgoingMail,
) -> Result<(), MailError> {
    let text = |name: &str| mail.data.get(name).and_then(Value::as_str).unwrap_or_default();
    let (tenant, when, expires) = (text("tenant"), at.to_string(), text("expires-at"));
    let (what, address);
    let (template, data) = match mail.template {
        About::Invitation => {
            let inviter = if text("inviter").is_empty() { tenant } else { text("inviter") };
            (Template::Invitation, vec![("tenant", tenant), ("inviter", inviter), ("expires", expires)])
        }
        About::PasswordReset => (Template::PasswordReset, vec![("tenant", tenant), ("expires", expires)]),
        About::PasswordChanged | About::SecondFactorChanged | About::SignInAlert | About::GlassBroken => {
            what = happened(mail);
            address = origin(scope, text("address"));
            let data =
                vec![("tenant", tenant), ("what", what.as_str()), ("when", when.as_str()), ("address", &address)];
            (Template::SecurityAlert, data)
        }
    };
    let to = mail.to.as_str().parse()?;
    let secret_link = mail.secret.then(|| text("link"));
    let mail = Mail { to: &to, template, language: mail.language.as_str(), data: &data, secret_link };
    outbox.queue(tx, scope, &mail).map(drop)
}

/// In the words of a notice.
fn happened(mail: &OutgoingMail) -> String {
    let field = |name: &str| mail.data.get(name).map(Value::to_string).unwrap_or_default();
    match mail.template {
        About::PasswordChanged => "The password was changed.".to_owned(),
        About::SecondFactorChanged => "The second factor was changed, or a recovery code was used.".to_owned(),
        About::SignInAlert => format!("{} attempts to sign in as {} failed.", field("attempts"), field("mail")),
        About::GlassBroken => format!("The platform's operator opened the tenant for {}.", field("mail")),
        About::Invitation | About::PasswordReset => String::new(),
    }
}

fn origin(scope: &TenantScope, said: &str) -> String {
    let of_request = || scope.caller().origin.address.map_or("unknown".to_owned(), |address| address.to_string());
    if said.is_empty() { of_request() } else { said.to_owned() }
}

fn refused(error: MailError) -> PeopleError {
    match error {
        MailError::Work(WorkError::Store(error)) => PeopleError::Store(error),
        MailError::Work(WorkError::Conflict) => PeopleError::Conflict,
        MailError::TooMany { limit, .. } => PeopleError::TooMany { what: "mails in an hour", limit: limit.into() },
        error @ (MailError::InvalidAddress(_)
        | MailError::NotFound
        | MailError::TooLarge { .. }
        | MailError::Template(_)
        | MailError::Precondition(_)
        | MailError::Work(_)) => PeopleError::Invalid(error.to_string()),
    }
}
