//! Snapshots for an engine that has none: what rows were before they changed, for as long as somebody looks.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;

use crate::key::Versioned;

/// A row, or that there is none.
pub(crate) type Row = Option<Versioned>;

/// Rows that differ from those below.
pub(crate) trait Overlay {
    /// How the row is different, if it is.
    fn get(&self, key: &[u8]) -> Option<Row>;

    /// All different rows of a range.
    fn between(&self, start: &[u8], end: &[u8]) -> Vec<(Vec<u8>, Row)>;
}

/// What a group changes.
#[derive(Debug, Default)]
pub(crate) struct Changes(pub(crate) BTreeMap<Vec<u8>, Row>);

impl Changes {
    pub(crate) fn put(&mut self, key: &[u8], version: u64, body: &[u8]) {
        self.0.insert(key.to_vec(), Some(Versioned { version, body: Bytes::copy_from_slice(body) }));
    }

    pub(crate) fn remove(&mut self, key: &[u8]) {
        self.0.insert(key.to_vec(), None);
    }
}

impl Overlay for Changes {
    fn get(&self, key: &[u8]) -> Option<Row> {
        self.0.get(key).cloned()
    }

    fn between(&self, start: &[u8], end: &[u8]) -> Vec<(Vec<u8>, Row)> {
        let range = self.0.range::<[u8], _>((std::ops::Bound::Included(start), std::ops::Bound::Excluded(end)));
        range.map(|(key, row)| (key.clone(), row.clone())).collect()
    }
}

/// What rows were before the groups that changed them. Groups are numbered from 1; a snapshot is the
/// number of the newest group that it sees.
#[derive(Debug, Default)]
pub(crate) struct History {
    recorded: u64,
    /// The newest group that is durable: what new snapshots see.
    published: u64,
    snapshots: BTreeMap<u64, usize>,
    /// For each row, what it was before each group that changed it, oldest first.
    before: BTreeMap<Vec<u8>, VecDeque<(u64, Row)>>,
    /// Which rows each group changed.
    groups: VecDeque<(u64, Vec<Vec<u8>>)>,
}

impl History {
    /// Begins a snapshot.
    pub(crate) fn enter(&mut self) -> u64 {
        *self.snapshots.entry(self.published).or_default() += 1;
        self.published
    }

    /// Ends a snapshot.
    pub(crate) fn leave(&mut self, at: u64) {
        if let Some(count) = self.snapshots.get_mut(&at) {
            *count -= 1;
            if *count == 0 {
                self.snapshots.remove(&at);
            }
        }
        self.forget();
    }

    /// Notes what the rows are that the next group changes.
    pub(crate) fn record(&mut self, before: Vec<(Vec<u8>, Row)>) {
        self.recorded += 1;
        let group = self.recorded;
        let keys = before.iter().map(|(key, _)| key.clone()).collect();
        for (key, row) in before {
            self.before.entry(key).or_default().push_back((group, row));
        }
        self.groups.push_back((group, keys));
    }

    /// Shows the newest group to new snapshots.
    pub(crate) fn publish(&mut self) {
        self.published = self.recorded;
        self.forget();
    }

    /// Forgets what no snapshot looks at.
    fn forget(&mut self) {
        let oldest = self.snapshots.first_key_value().map_or(self.published, |(at, _)| *at);
        while let Some((_, keys)) = self.groups.pop_front_if(|(group, _)| *group <= oldest) {
            for key in keys {
                self.forget_oldest(&key);
            }
        }
    }

    fn forget_oldest(&mut self, key: &[u8]) {
        if let Some(rows) = self.before.get_mut(key) {
            rows.pop_front();
            if rows.is_empty() {
                self.before.remove(key);
            }
        }
    }
}

/// The history as one snapshot needs it.
pub(crate) struct Past<'a> {
    pub(crate) history: &'a History,
    pub(crate) at: u64,
}

impl Past<'_> {
    /// The first change that the snapshot does not see tells what it sees.
    fn row(&self, rows: &VecDeque<(u64, Row)>) -> Option<Row> {
        rows.get(rows.partition_point(|(group, _)| *group <= self.at)).map(|(_, row)| row.clone())
    }
}

impl Overlay for Past<'_> {
    fn get(&self, key: &[u8]) -> Option<Row> {
        self.history.before.get(key).and_then(|rows| self.row(rows))
    }

    fn between(&self, start: &[u8], end: &[u8]) -> Vec<(Vec<u8>, Row)> {
        let range = (std::ops::Bound::Included(start), std::ops::Bound::Excluded(end));
        let range = self.history.before.range::<[u8], _>(range);
        range.filter_map(|(key, rows)| Some((key.clone(), self.row(rows)?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(version: u64) -> Row {
        Some(Versioned { version, body: Bytes::new() })
    }

    #[test]
    fn a_snapshot_sees_what_was_before_the_groups_behind_it() {
        let mut history = History::default();
        let old = history.enter();
        history.record(vec![(b"a".to_vec(), None)]);
        history.publish();
        let new = history.enter();
        history.record(vec![(b"a".to_vec(), row(1))]);
        let get = |history: &History, at| Past { history, at }.get(b"a");
        assert_eq!(get(&history, old), Some(None));
        assert_eq!(get(&history, new), Some(row(1)));
        history.publish();
        let newest = history.enter();
        assert_eq!(get(&history, newest), None);
    }

    #[test]
    fn nothing_is_kept_that_nobody_looks_at() {
        let mut history = History::default();
        let at = history.enter();
        for version in 0..3 {
            history.record(vec![(b"a".to_vec(), row(version))]);
            history.publish();
        }
        assert_eq!(history.groups.len(), 3);
        history.leave(at);
        assert!(history.groups.is_empty() && history.before.is_empty() && history.snapshots.is_empty());
    }
}
