//! From a notice to words, in the app and by mail: a piece of work for each, behind the step that wanted it.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use signalsync_core::{TemplateName, TenantScope, UserId};
use signalsync_mail::{Mail, MailError, Outbox, Template as Form};
use signalsync_people::organisation::organisation;
use signalsync_people::person::{self, PersonRow, PersonState};
use signalsync_store::{Key, StoreError, Stores, Table, Transaction};
use signalsync_work::{Claimed, Handlers, Outcome, Setback, Within};

use crate::absence::person as caller;
use crate::error::WorkflowError;
use crate::notices::{self, Notice, Place};
use crate::rows::{read, write};
use crate::templates::{self, Wording};

/// The kind of work that does it.
pub(crate) const KIND: &str = "workflow-notice";

/// What somebody wants to be told how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct NoticeSettings {
    /// Whether notices are mailed too.
    pub mail: bool,
}

impl Default for NoticeSettings {
    fn default() -> Self {
        Self { mail: true }
    }
}

/// Puts notices into words.
#[derive(Clone)]
pub struct Deliveries {
    stores: Arc<Stores>,
    outbox: Outbox,
}

impl Deliveries {
    /// Mails go through this outbox.
    pub fn new(stores: Arc<Stores>, outbox: Outbox) -> Self {
        Self { stores, outbox }
    }

    /// Makes a driver do it.
    #[must_use]
    pub fn register(self, handlers: Handlers) -> Handlers {
        handlers.within(KIND, self)
    }

    /// How the caller wants to be told.
    ///
    /// # Errors
    /// `PersonNeeded`, or the store failed.
    pub async fn settings(&self, scope: &TenantScope) -> Result<NoticeSettings, WorkflowError> {
        let me = caller(scope)?;
        let mut tx = self.stores.tenant(scope).await?.begin().await?;
        Ok(settings(&mut tx, me)?)
    }

    /// Tells the caller otherwise from now on.
    ///
    /// # Errors
    /// `PersonNeeded`, `Conflict`, or the store failed.
    pub async fn set(&self, scope: &TenantScope, wanted: &NoticeSettings) -> Result<(), WorkflowError> {
        let me = caller(scope)?;
        let set = |tx: &mut Transaction| Ok(write(tx, settings_key(me), wanted)?);
        self.stores.tenant(scope).await?.transact(set).await
    }

    /// Mails the caller what a template would say with this data.
    ///
    /// # Errors
    /// `PersonNeeded`, `NotFound`, `Invalid`, `TooMany`, `Conflict`, or the store failed.
    pub async fn test(
        &self,
        scope: &TenantScope,
        name: &TemplateName,
        data: &Value,
        language: Option<&str>,
    ) -> Result<Wording, WorkflowError> {
        let me = caller(scope)?;
        let test = |tx: &mut Transaction| {
            let template = templates::find(tx, name.as_str())?.ok_or(WorkflowError::NotFound)?;
            let person = person::find(tx, me)?.ok_or(WorkflowError::PersonNeeded)?;
            let language = language.unwrap_or(person.language.as_str());
            let said = template.said(language, data).map_err(refused)?;
            self.mail(tx, scope, &person, name.as_str(), &said).map_err(refused)?;
            Ok(said)
        };
        self.stores.tenant(scope).await?.transact(test).await
    }

    fn deliver(&self, scope: &TenantScope, tx: &mut Transaction, place: Place) -> Result<(), Setback> {
        let Place { user, id } = place;
        let Some(notice) = notices::find(tx, user, id)? else { return Ok(()) };
        let Some(person) = person::find(tx, user)?.filter(|person| person.state == PersonState::Active) else {
            return Ok(());
        };
        let missing = || Setback::never(format!("there is no template `{}`", notice.template));
        let template = templates::find(tx, &notice.template)?.ok_or_else(missing)?;
        let data = serde_json::from_str(notice.data.get()).map_err(Setback::never)?;
        let said = template.said(person.language.as_str(), &data).map_err(set_back)?;
        if settings(tx, user)?.mail {
            self.mail(tx, scope, &person, notice.workflow.as_str(), &said).map_err(set_back)?;
        }
        notices::put(tx, user, &Notice { said: Some(said), ..notice })?;
        Ok(())
    }

    fn mail(
        &self,
        tx: &mut Transaction,
        scope: &TenantScope,
        person: &PersonRow,
        from: &str,
        said: &Wording,
    ) -> Result<(), MailError> {
        let to = person.mail.as_str().parse()?;
        let tenant = organisation(tx)?.name.unwrap_or_else(|| from.to_owned());
        let data = [("tenant", tenant.as_str()), ("subject", said.subject.as_str()), ("text", said.text.as_str())];
        let language = person.language.as_str();
        let mail = Mail { to: &to, template: Form::Notice, language, data: &data, secret_link: None };
        self.outbox.queue(tx, scope, &mail).map(drop)
    }
}

impl Within for Deliveries {
    fn run<'a>(
        &'a self,
        scope: &'a TenantScope,
        claimed: &'a Claimed,
        mut tx: Transaction,
    ) -> BoxFuture<'a, Result<(Transaction, Outcome), Setback>> {
        async move {
            self.deliver(scope, &mut tx, claimed.payload()?)?;
            Ok((tx, Outcome::Done))
        }
        .boxed()
    }
}

fn settings(tx: &mut Transaction, user: UserId) -> Result<NoticeSettings, StoreError> {
    Ok(read(tx, &settings_key(user))?.unwrap_or_default())
}

pub(crate) fn settings_key(user: UserId) -> Key {
    Key::new(Table::NoticeSettings, &[&user.to_string()])
}

fn set_back(error: MailError) -> Setback {
    let why = error.to_string();
    match error {
        MailError::TooMany { again_at, .. } => Setback::Again { why, not_before: Some(again_at) },
        MailError::Work(_) => Setback::again(why),
        MailError::InvalidAddress(_)
        | MailError::NotFound
        | MailError::TooLarge { .. }
        | MailError::Template(_)
        | MailError::Precondition(_) => Setback::never(why),
    }
}

fn refused(error: MailError) -> WorkflowError {
    match error {
        MailError::Work(error) => error.into(),
        MailError::TooMany { limit, .. } => WorkflowError::TooMany { what: "mails in an hour", limit: limit as usize },
        other @ (MailError::InvalidAddress(_)
        | MailError::NotFound
        | MailError::TooLarge { .. }
        | MailError::Template(_)
        | MailError::Precondition(_)) => WorkflowError::Invalid(other.to_string()),
    }
}
