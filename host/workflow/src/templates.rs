//! What a tenant's runs say to people, in its own words and in each of its languages.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use signalsync_audit::{Action, Event, record};
use signalsync_core::{Clock, TemplateName, TenantScope};
use signalsync_mail::{check_source, fill};
use signalsync_store::{Key, Listing, StoreError, Stores, Table, Transaction};

use crate::error::WorkflowError;
use crate::rows::{read, write};

/// Templates of a tenant.
pub const TEMPLATES_MAX: usize = 200;

/// Languages of one template.
pub const LANGUAGES_MAX: usize = 20;

/// What is said about something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "NoticeTemplate")]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Template {
    /// By the primary tag of the language, e.g. `de`. The first one stands in for all others.
    pub languages: BTreeMap<String, Wording>,
}

/// In one language. Both are filled with the data of whoever tells it, as Jinja does: `{{ amount }}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Wording {
    pub subject: String,
    pub text: String,
}

/// A template in a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "NamedTemplate")]
pub struct Named {
    pub name: String,
    #[serde(flatten)]
    pub template: Template,
}

impl Template {
    pub(crate) fn check(&self) -> Result<(), WorkflowError> {
        let invalid = |why: String| WorkflowError::Invalid(why);
        if !(1..=LANGUAGES_MAX).contains(&self.languages.len()) {
            return Err(invalid(format!("a template has 1 to {LANGUAGES_MAX} languages")));
        }
        for (language, wording) in &self.languages {
            let is_tag = (2..=8).contains(&language.len()) && language.bytes().all(|b| b.is_ascii_lowercase());
            if !is_tag {
                return Err(invalid(format!("{language:?} is no primary tag of a language, like `de`")));
            }
            for (part, source) in [("subject", &wording.subject), ("text", &wording.text)] {
                check_source(source).map_err(|why| invalid(format!("the {part} in `{language}`: {why}")))?;
            }
        }
        Ok(())
    }

    /// What is said to somebody who speaks this language.
    pub(crate) fn said(&self, language: &str, data: &Value) -> Result<Wording, signalsync_mail::MailError> {
        let primary = language.split('-').next().unwrap_or_default().to_ascii_lowercase();
        let spoken = self.languages.get(&primary).or_else(|| self.languages.values().next());
        let nothing = || signalsync_mail::MailError::Template("it has no language".to_owned());
        let Wording { subject, text } = spoken.ok_or_else(nothing)?;
        Ok(Wording { subject: fill(subject, data)?, text: fill(text, data)? })
    }
}

/// The templates of all tenants, each tenant's behind its scope.
#[derive(Clone)]
pub struct Templates {
    stores: Arc<Stores>,
    clock: Arc<dyn Clock>,
}

impl Templates {
    /// Over these stores.
    pub fn new(stores: Arc<Stores>, clock: Arc<dyn Clock>) -> Self {
        Self { stores, clock }
    }

    /// All templates, in the order of their names.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(&self, scope: &TenantScope) -> Result<Listing<Named>, WorkflowError> {
        let mut tx = self.stores.tenant(scope).await?.begin().await?;
        let page = tx.scan(Table::Templates, &[], "", None, TEMPLATES_MAX, usize::MAX)?;
        let named = |(name, found): &(String, signalsync_store::Versioned)| {
            Ok::<_, StoreError>(Named { name: name.clone(), template: signalsync_store::row::read(&found.body)? })
        };
        Ok(Listing { items: page.entries.iter().map(named).collect::<Result<_, _>>()?, next: None })
    }

    /// One template.
    ///
    /// # Errors
    /// `NotFound`, or the store failed.
    pub async fn get(&self, scope: &TenantScope, name: &TemplateName) -> Result<Template, WorkflowError> {
        let mut tx = self.stores.tenant(scope).await?.begin().await?;
        find(&mut tx, name.as_str())?.ok_or(WorkflowError::NotFound)
    }

    /// Says it in these words from now on; true when it is new.
    ///
    /// # Errors
    /// `Invalid`, `TooMany`, `Conflict`, or the store failed.
    pub async fn put(
        &self,
        scope: &TenantScope,
        name: &TemplateName,
        template: &Template,
    ) -> Result<bool, WorkflowError> {
        template.check()?;
        let now = self.clock.now();
        let put = |tx: &mut Transaction| {
            let before = find(tx, name.as_str())?;
            let count = tx.scan(Table::Templates, &[], "", None, TEMPLATES_MAX, usize::MAX)?.entries.len();
            if before.is_none() && count >= TEMPLATES_MAX {
                return Err(WorkflowError::TooMany { what: "templates", limit: TEMPLATES_MAX });
            }
            write(tx, key(name.as_str()), template)?;
            let event = Event::new(Action::TemplateChanged, format!("template/{name}")).after(template)?;
            let event = match &before {
                Some(before) => event.before(before)?,
                None => event,
            };
            record(tx, scope.caller(), now, event)?;
            Ok(before.is_none())
        };
        self.stores.tenant(scope).await?.transact(put).await
    }

    /// Forgets a template. Runs that use it cannot tell anybody anything with it any more.
    ///
    /// # Errors
    /// `NotFound`, `Conflict`, or the store failed.
    pub async fn delete(&self, scope: &TenantScope, name: &TemplateName) -> Result<(), WorkflowError> {
        let now = self.clock.now();
        let delete = |tx: &mut Transaction| {
            let before = find(tx, name.as_str())?.ok_or(WorkflowError::NotFound)?;
            tx.delete(&key(name.as_str()))?;
            let event = Event::new(Action::TemplateChanged, format!("template/{name}")).before(&before)?;
            Ok(record(tx, scope.caller(), now, event)?)
        };
        self.stores.tenant(scope).await?.transact(delete).await
    }
}

pub(crate) fn find(tx: &mut Transaction, name: &str) -> Result<Option<Template>, StoreError> {
    read(tx, &key(name))
}

pub(crate) fn key(name: &str) -> Key {
    Key::new(Table::Templates, &[name])
}
