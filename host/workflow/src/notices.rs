//! What runs tell people: a list for each of them, in the app.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use signalsync_core::contract::workflow::Notify;
use signalsync_core::{DeploymentName, NoticeId, RunId, TenantScope, Timestamp, UserId};
use signalsync_store::{Key, Listing, StoreError, Stores, Table, Transaction};

use crate::absence::person;
use crate::apply::later;
use crate::error::WorkflowError;
use crate::machine::Run;
use crate::rows::{read, write};
use crate::tasks::Comment;
use crate::templates::Wording;
use crate::{deliver, who};

/// The kind of work that forgets a notice.
pub(crate) const EXPIRES: &str = "workflow-notice-expires";

/// How long a notice is kept.
const KEPT_MS: u64 = 90 * 24 * 60 * 60 * 1_000;

/// What a notice is about that a comment makes; no template of a tenant has this name.
const MENTION: &str = "@mention";

/// Most notices in one part of a list, and that are marked at once.
const PAGE_MAX: usize = 200;

/// Notices that are looked at to count those that are not read.
const COUNTED_MAX: usize = 1_000;

/// How many notices somebody has not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Unread {
    /// Among the newest 1,000.
    pub count: usize,
    /// Whether there are older ones, which were not looked at.
    pub more: bool,
}

/// Something that somebody is told.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Notice {
    pub id: NoticeId,
    pub at: Timestamp,
    pub workflow: DeploymentName,
    pub run: RunId,
    /// What it is about.
    pub template: String,
    /// What the template is filled with.
    pub data: Box<RawValue>,
    /// In words; a moment later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<Wording>,
    pub read: bool,
}

/// Which notice of whom.
#[derive(Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) user: UserId,
    pub(crate) id: NoticeId,
}

/// Tells people, each once.
pub(crate) fn notify(tx: &mut Transaction, run: &Run, notify: &Notify, now: Timestamp) -> Result<(), StoreError> {
    let holders = who::holders(tx, run, &notify.to)?;
    for user in who::people(tx, &holders)? {
        let id = tell(tx, run, user, (&notify.template, &notify.data), now)?;
        put_into_words(tx, &Place { user, id }, now)?;
    }
    Ok(())
}

/// Tells those whom a comment mentions.
pub(crate) fn mention(tx: &mut Transaction, run: &Run, comment: &Comment, now: Timestamp) -> Result<(), StoreError> {
    let data = serde_json::json!({"by": comment.by, "text": comment.text}).to_string();
    comment.mentions.iter().try_for_each(|user| tell(tx, run, *user, (MENTION, &data), now).map(drop))
}

fn tell(
    tx: &mut Transaction,
    run: &Run,
    user: UserId,
    (template, data): (&str, &str),
    now: Timestamp,
) -> Result<NoticeId, StoreError> {
    let data = RawValue::from_string(data.to_owned()).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    let (id, template, workflow) = (NoticeId::new(), template.to_owned(), run.workflow.clone());
    let notice = Notice { id, at: now, workflow, run: run.id, template, data, said: None, read: false };
    keep(tx, user, &notice)?;
    Ok(id)
}

/// Puts in a notice that is forgotten some day.
pub(crate) fn keep(tx: &mut Transaction, user: UserId, notice: &Notice) -> Result<(), StoreError> {
    put(tx, user, notice)?;
    later(tx, EXPIRES, &Place { user, id: notice.id }, Timestamp(notice.at.0.saturating_add(KEPT_MS))).map(drop)
}

/// Has a notice said in words.
pub(crate) fn put_into_words(tx: &mut Transaction, place: &Place, now: Timestamp) -> Result<(), StoreError> {
    later(tx, deliver::KIND, place, now).map(drop)
}

impl Notice {
    /// Whether words for it are still to be found.
    pub(crate) fn is_to_be_said(&self) -> bool {
        self.said.is_none() && self.template != MENTION
    }
}

pub(crate) fn find(tx: &mut Transaction, user: UserId, id: NoticeId) -> Result<Option<Notice>, StoreError> {
    read(tx, &key(user, id))
}

pub(crate) fn put(tx: &mut Transaction, user: UserId, notice: &Notice) -> Result<(), StoreError> {
    write(tx, key(user, notice.id), notice)
}

/// Forgets a notice.
pub(crate) fn expire(tx: &mut Transaction, place: &Place) -> Result<(), StoreError> {
    tx.delete(&key(place.user, place.id)).map(drop)
}

/// The notices of all tenants' people, each behind their scope.
#[derive(Clone)]
pub struct Notices {
    stores: Arc<Stores>,
}

impl Notices {
    /// Over these stores.
    pub fn new(stores: Arc<Stores>) -> Self {
        Self { stores }
    }

    /// The caller's notices, newest first.
    ///
    /// # Errors
    /// `PersonNeeded`, or the store failed.
    pub async fn list(
        &self,
        scope: &TenantScope,
        before: Option<&str>,
        limit: usize,
    ) -> Result<Listing<Notice>, WorkflowError> {
        let me = person(scope)?.to_string();
        let mut tx = self.stores.tenant(scope).await?.begin().await?;
        let page = tx.scan_back(Table::Notices, &[&me], "", before, limit.clamp(1, PAGE_MAX), usize::MAX)?;
        Ok(Listing::of(page)?)
    }

    /// How many of the caller's notices are not read.
    ///
    /// # Errors
    /// `PersonNeeded`, or the store failed.
    pub async fn unread(&self, scope: &TenantScope) -> Result<Unread, WorkflowError> {
        let me = person(scope)?.to_string();
        let mut tx = self.stores.tenant(scope).await?.begin().await?;
        let page = tx.scan_back(Table::Notices, &[&me], "", None, COUNTED_MAX, usize::MAX)?;
        let Listing { items, next } = Listing::<Notice>::of(page)?;
        Ok(Unread { count: items.iter().filter(|notice| !notice.read).count(), more: next.is_some() })
    }

    /// The caller has read these; those that are gone are passed over.
    ///
    /// # Errors
    /// `PersonNeeded`, `TooMany`, `Conflict`, or the store failed.
    pub async fn mark_read(&self, scope: &TenantScope, ids: &[NoticeId]) -> Result<(), WorkflowError> {
        let me = person(scope)?;
        if ids.len() > PAGE_MAX {
            return Err(WorkflowError::TooMany { what: "notices that are marked at once", limit: PAGE_MAX });
        }
        let mark = |tx: &mut Transaction| {
            for id in ids {
                if let Some(notice) = read::<Notice>(tx, &key(me, *id))? {
                    write(tx, key(me, *id), &Notice { read: true, ..notice })?;
                }
            }
            Ok(())
        };
        self.stores.tenant(scope).await?.transact(mark).await
    }
}

fn key(user: UserId, id: NoticeId) -> Key {
    Key::new(Table::Notices, &[&user.to_string(), &id.to_string()])
}
