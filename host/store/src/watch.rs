//! What commits have changed, for those who watch a tenant while it changes: which rows of which tables, and not what is
//! in them.
//!
//! Nothing of it is durable, and nobody is waited for: a watcher that falls behind hears that it has missed something, and
//! reads anew. A tenant that nobody watches costs nothing.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use signalsync_core::TenantId;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{Receiver, Sender, channel};

use crate::commit::Commit;
use crate::key::{Key, Table};

/// Tables whose rows are told of: what people look at while it changes.
const WATCHED: [Table; 4] = [Table::Jobs, Table::Runs, Table::Inboxes, Table::Notices];

/// Commits that a watcher may be behind.
const BEHIND_MAX: usize = 256;

/// Who watches which tenant.
#[derive(Debug, Default)]
pub struct Watch {
    tenants: Mutex<HashMap<TenantId, Sender<Arc<[Key]>>>>,
}

/// One who watches a tenant.
#[derive(Debug)]
pub struct Watcher(Receiver<Arc<[Key]>>);

/// What a watcher hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// These rows were written or deleted, and it is durable.
    Changed(Arc<[Key]>),
    /// It fell behind, and does not know what has changed.
    Missed,
}

impl Watch {
    /// Hears of all that is committed from now on.
    pub fn watch(&self, tenant: TenantId) -> Watcher {
        let mut tenants = self.tenants.lock();
        Watcher(tenants.entry(tenant).or_insert_with(|| channel(BEHIND_MAX).0).subscribe())
    }

    /// The rows of a commit that watchers would hear of; none when there are no watchers.
    pub(crate) fn rows(&self, tenant: TenantId, commit: &Commit) -> Vec<Key> {
        if !self.tenants.lock().contains_key(&tenant) {
            return Vec::new();
        }
        let is_watched = |key: &&Key| WATCHED.into_iter().any(|table| key.is_of(table));
        commit.writes.keys().filter(is_watched).cloned().collect()
    }

    pub(crate) fn tell(&self, tenant: TenantId, rows: Vec<Key>) {
        if rows.is_empty() {
            return;
        }
        let mut tenants = self.tenants.lock();
        if tenants.get(&tenant).is_some_and(|watchers| watchers.send(rows.into()).is_err()) {
            tenants.remove(&tenant);
        }
    }
}

impl Watcher {
    /// What was committed next. Nothing is lost when it is not waited for to its end.
    pub async fn next(&mut self) -> Heard {
        match self.0.recv().await {
            Ok(rows) => Heard::Changed(rows),
            Err(RecvError::Lagged(_)) => Heard::Missed,
            // The sender goes when it has no watchers, and here is one.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commit::Write;

    fn commit(keys: &[Key]) -> Commit {
        let writes = keys.iter().map(|key| (key.clone(), Write::Delete)).collect();
        Commit { writes, ..Commit::default() }
    }

    #[tokio::test]
    async fn a_watcher_hears_of_its_tenant_alone_and_of_what_it_missed() {
        let (watch, tenant, other) = (Watch::default(), TenantId::new(), TenantId::new());
        let (run, record) = (Key::new(Table::Runs, &["1"]), Key::new(Table::Records, &["a", "1"]));
        let both = commit(&[run.clone(), record]);
        assert_eq!(watch.rows(tenant, &both), [], "nobody watches");
        let mut watcher = watch.watch(tenant);
        assert_eq!(watch.rows(tenant, &both), std::slice::from_ref(&run));
        watch.tell(other, vec![run.clone()]);
        watch.tell(tenant, watch.rows(tenant, &both));
        assert_eq!(watcher.next().await, Heard::Changed([run.clone()].into()));
        for _ in 0..=BEHIND_MAX {
            watch.tell(tenant, vec![run.clone()]);
        }
        assert_eq!(watcher.next().await, Heard::Missed);
        drop(watcher);
        watch.tell(tenant, vec![run]);
        assert_eq!(watch.rows(tenant, &both), [], "who has gone is forgotten");
    }
}
