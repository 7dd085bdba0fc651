//! What somebody sees changes while they look at it: tasks, runs, notices and jobs, by their ids.

use std::collections::BTreeSet;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use signalsync_core::{Clock, JobId, TenantScope, Timestamp, UserId};
use signalsync_store::{Heard, Key, StoreError, Stores, Table, Transaction, Watcher};
use signalsync_work::desk::is_theirs;
use signalsync_work::jobs;

use crate::error::WorkflowError;
use crate::rows::{at_place, did};
use crate::runs::seen;
use crate::who;

/// Changes that are told at once. Behind more, it is only said that everything is to be read anew.
const CHANGES_MAX: usize = 500;

/// Something that changed, and that whoever hears of it may read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[schemars(rename = "LiveChange")]
#[serde(rename_all = "kebab-case")]
pub struct Change {
    pub topic: Topic,
    pub id: String,
}

/// What kind of thing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[schemars(rename = "LiveTopic")]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// A task came to the caller, went from them, or is due at another time.
    Tasks,
    Runs,
    Notices,
    Jobs,
}

/// What the caller hears.
#[derive(Debug, PartialEq, Eq)]
pub enum News {
    /// This has changed.
    Changes(BTreeSet<Change>),
    /// More than can be told: read anew.
    Reset,
}

/// What changes in all tenants, each tenant's behind its scope.
#[derive(Clone)]
pub struct Live {
    stores: Arc<Stores>,
    clock: Arc<dyn Clock>,
}

impl Live {
    /// Over these stores.
    pub fn new(stores: Arc<Stores>, clock: Arc<dyn Clock>) -> Self {
        Self { stores, clock }
    }

    /// Hears of what the caller sees change from now on.
    pub fn listen(&self, scope: Arc<TenantScope>) -> Listener {
        let watcher = self.stores.watch().watch(scope.tenant());
        Listener { live: self.clone(), scope, watcher, heard: BTreeSet::new(), missed: false }
    }
}

/// Somebody who hears of what changes.
pub struct Listener {
    live: Live,
    scope: Arc<TenantScope>,
    watcher: Watcher,
    /// What was heard and not told yet.
    heard: BTreeSet<Key>,
    missed: bool,
}

impl Listener {
    /// Ends when something was heard that was not told yet. Nothing is lost when it is not waited for to its end.
    pub async fn hear(&mut self) {
        let heard = self.watcher.next().await;
        match heard {
            Heard::Changed(rows) if !self.missed => self.heard.extend(rows.iter().cloned()),
            Heard::Changed(_) => {}
            Heard::Missed => self.missed = true,
        }
        if self.missed || self.heard.len() > CHANGES_MAX {
            self.heard.clear();
            self.missed = true;
        }
    }

    /// What of that which was heard the caller sees.
    ///
    /// # Errors
    /// The store failed.
    pub async fn tell(&mut self) -> Result<News, StoreError> {
        let heard = std::mem::take(&mut self.heard);
        if std::mem::take(&mut self.missed) {
            return Ok(News::Reset);
        }
        let now = self.live.clock.now();
        let mut tx = self.live.stores.tenant(&self.scope).await?.begin().await?;
        let sees = Sees::of(&mut tx, &self.scope, now)?;
        let mut changes = BTreeSet::new();
        for key in heard {
            changes.extend(sees.change(&mut tx, &self.scope, &key)?);
        }
        Ok(News::Changes(changes))
    }
}

/// What the caller sees of lists that belong to somebody.
struct Sees {
    me: Option<UserId>,
    lists: BTreeSet<String>,
    now: Timestamp,
}

impl Sees {
    fn of(tx: &mut Transaction, scope: &TenantScope, now: Timestamp) -> Result<Self, StoreError> {
        let me = scope.caller().rights.person().user;
        let lists = match me {
            Some(me) => who::mine(tx, me, now)?.iter().map(ToString::to_string).chain([did(me)]).collect(),
            None => BTreeSet::new(),
        };
        Ok(Self { me, lists, now })
    }

    fn change(&self, tx: &mut Transaction, scope: &TenantScope, key: &Key) -> Result<Option<Change>, StoreError> {
        let found = if key.is_of(Table::Inboxes) {
            self.task(key).map(|id| (Topic::Tasks, id))
        } else if key.is_of(Table::Notices) {
            self.notice(key).map(|id| (Topic::Notices, id))
        } else if key.is_of(Table::Runs) {
            self.run(tx, scope, key)?.map(|id| (Topic::Runs, id))
        } else if key.is_of(Table::Jobs) {
            job(tx, scope, key)?.map(|id| (Topic::Jobs, id))
        } else {
            None
        };
        Ok(found.map(|(topic, id)| Change { topic, id }))
    }

    fn task(&self, key: &Key) -> Option<String> {
        let parts = key.parts(1)?;
        self.lists.contains(parts[0]).then(|| at_place(parts[1]).map(|id| id.to_string()))?
    }

    fn notice(&self, key: &Key) -> Option<String> {
        let parts = key.parts(1)?;
        (parts[0] == self.me?.to_string()).then(|| parts[1].to_owned())
    }

    fn run(&self, tx: &mut Transaction, scope: &TenantScope, key: &Key) -> Result<Option<String>, StoreError> {
        let Some(id) = key.parts(0).and_then(|parts| parts[0].parse().ok()) else { return Ok(None) };
        match seen(tx, scope, id, self.now) {
            Ok(run) => Ok(Some(run.id.to_string())),
            Err(WorkflowError::Store(error)) => Err(error),
            Err(_) => Ok(None),
        }
    }
}

fn job(tx: &mut Transaction, scope: &TenantScope, key: &Key) -> Result<Option<String>, StoreError> {
    let Some(id) = key.parts(0).and_then(|parts| parts[0].parse::<JobId>().ok()) else { return Ok(None) };
    let found = jobs::get(tx, id).ok().filter(|job| is_theirs(scope, job));
    Ok(found.map(|_| id.to_string()))
}
