//! Random transactions against a model that is a map.
//!
//! A transaction that committed must have read what the model holds at that moment: then the order of the commits
//! is an order in which everything could have happened alone. One that conflicted must have had a reason.

use std::collections::BTreeMap;

use bytes::Bytes;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use signalsync_store::{CommitError, EngineKind, Page, Savepoint, Store, Table, Transaction, Versioned};

use crate::lab::{Lab, record};

/// Transactions that are open at the same time.
const OPEN: usize = 3;
const LOG_KEEPS: u32 = 3;

const COLLECTIONS: [&str; 2] = ["a", "ab"];
const IDS: [&str; 8] = ["", "a", "a\u{1}", "aa", "ab", "b", "é", "\u{10ffff}"];
const PREFIXES: [&str; 4] = ["", "a", "aa", "é"];

#[derive(Debug, Clone)]
enum Step {
    Get { row: usize },
    Scan { collection: usize, prefix: usize, after: Option<usize>, limit: usize, bytes_max: usize },
    Put { row: usize, bytes: usize },
    Delete { row: usize },
    Append,
    Savepoint,
    Rollback,
    Commit,
}

fn step() -> impl Strategy<Value = Step> {
    let row = 0..COLLECTIONS.len() * IDS.len();
    prop_oneof![
        3 => row.clone().prop_map(|row| Step::Get { row }),
        3 => (0..COLLECTIONS.len(), 0..PREFIXES.len(), prop::option::of(0..IDS.len()), 0..5usize, 0..40usize).prop_map(
            |(collection, prefix, after, limit, bytes_max)| Step::Scan { collection, prefix, after, limit, bytes_max }
        ),
        5 => (row.clone(), prop_oneof![9 => 0..20usize, 1 => Just(5_000)]).prop_map(|(row, bytes)| Step::Put { row, bytes }),
        2 => row.prop_map(|row| Step::Delete { row }),
        2 => Just(Step::Append),
        1 => Just(Step::Savepoint),
        1 => Just(Step::Rollback),
        4 => Just(Step::Commit),
    ]
}

type Id = (usize, &'static str);
type Rows = BTreeMap<Id, Versioned>;
type Changes = BTreeMap<Id, Option<Bytes>>;

fn id(row: usize) -> Id {
    (row % COLLECTIONS.len(), IDS[row / COLLECTIONS.len()])
}

/// The rows as a transaction sees them.
fn merged(rows: &Rows, changes: &Changes) -> Rows {
    let mut rows = rows.clone();
    for (id, change) in changes {
        match change {
            Some(body) => rows.insert(*id, Versioned { version: 0, body: body.clone() }),
            None => rows.remove(id),
        };
    }
    rows
}

/// What a scan asks.
#[derive(Debug, Clone, PartialEq)]
struct Scan {
    collection: usize,
    prefix: &'static str,
    after: Option<&'static str>,
    limit: usize,
    bytes_max: usize,
}

impl Scan {
    fn run(&self, tx: &mut Transaction) -> Page {
        let parents = [COLLECTIONS[self.collection]];
        tx.scan(Table::Records, &parents, self.prefix, self.after, self.limit, self.bytes_max).unwrap()
    }

    fn asks_for(&self, (collection, id): &Id) -> bool {
        *collection == self.collection && id.starts_with(self.prefix) && self.after.is_none_or(|after| *id > after)
    }

    fn run_on_model(&self, rows: &Rows) -> Page {
        let (mut entries, mut bytes, mut next): (Vec<(String, Versioned)>, usize, _) = (Vec::new(), 0, None);
        for ((_, id), row) in rows.iter().filter(|(id, _)| self.asks_for(id)) {
            bytes += row.body.len();
            if entries.len() == self.limit || (!entries.is_empty() && bytes > self.bytes_max) {
                next = entries.last().map(|(id, _)| id.clone());
                break;
            }
            entries.push(((*id).to_owned(), row.clone()));
        }
        Page { entries, next }
    }
}

/// Something that was read, and the answer.
#[derive(Debug, Clone, PartialEq)]
enum Seen {
    Row(Id, Option<Versioned>),
    Page(Scan, Page),
}

impl Seen {
    /// The same question to the model.
    fn again(&self, rows: &Rows) -> Self {
        match self {
            Self::Row(id, _) => Self::Row(*id, rows.get(id).cloned()),
            Self::Page(scan, _) => Self::Page(scan.clone(), scan.run_on_model(rows)),
        }
    }

    /// Whether a change of this row may have changed the answer.
    fn concerns(&self, changed: &Id) -> bool {
        match self {
            Self::Row(id, _) => id == changed,
            Self::Page(scan, _) => scan.asks_for(changed),
        }
    }
}

/// An open transaction, and what it should see.
struct Open {
    tx: Transaction,
    base: Rows,
    base_version: u64,
    changes: Changes,
    seen: Vec<(Seen, Changes)>,
    appended: Vec<String>,
    savepoints: Vec<(Savepoint, Changes, usize)>,
}

impl Open {
    fn see(&mut self, seen: Seen) {
        assert_eq!(seen, seen.again(&merged(&self.base, &self.changes)), "seen, expected");
        self.seen.push((seen, self.changes.clone()));
    }
}

#[derive(Default)]
struct Model {
    rows: Rows,
    version: u64,
    /// Ids of the log.
    log: Vec<String>,
    entries: usize,
    /// What each commit changed.
    history: BTreeMap<u64, Vec<Id>>,
}

impl Model {
    async fn begin(&self, store: &Store) -> Open {
        let tx = store.begin().await.unwrap();
        Open {
            tx,
            base: self.rows.clone(),
            base_version: self.version,
            changes: Changes::new(),
            seen: Vec::new(),
            appended: Vec::new(),
            savepoints: Vec::new(),
        }
    }

    fn step(&mut self, open: &mut Open, step: &Step) {
        match *step {
            Step::Get { row } => {
                let (collection, name) = id(row);
                let found = open.tx.get(&record(COLLECTIONS[collection], name)).unwrap();
                open.see(Seen::Row(id(row), found));
            }
            Step::Scan { collection, prefix, after, limit, bytes_max } => {
                let (prefix, after) = (PREFIXES[prefix], after.map(|after| IDS[after]));
                let scan = Scan { collection, prefix, after, limit, bytes_max };
                let page = scan.run(&mut open.tx);
                open.see(Seen::Page(scan, page));
            }
            Step::Put { row, bytes } => {
                let (collection, name) = id(row);
                let body = Bytes::from(vec![b'x'; bytes]);
                open.tx.put(record(COLLECTIONS[collection], name), body.clone());
                open.changes.insert(id(row), Some(body));
            }
            Step::Delete { row } => {
                let (collection, name) = id(row);
                let existed = open.tx.delete(&record(COLLECTIONS[collection], name)).unwrap();
                let row_before = merged(&open.base, &open.changes).get(&id(row)).cloned();
                assert_eq!(existed, row_before.is_some());
                open.see(Seen::Row(id(row), row_before));
                if existed {
                    open.changes.insert(id(row), None);
                }
            }
            Step::Append => {
                self.entries += 1;
                let entry = format!("{:06}", self.entries);
                open.tx.append(Table::Executions, &entry, "entry", LOG_KEEPS);
                open.appended.push(entry);
            }
            Step::Savepoint => open.savepoints.push((open.tx.savepoint(), open.changes.clone(), open.appended.len())),
            Step::Rollback => {
                if let Some((savepoint, changes, appended)) = open.savepoints.pop() {
                    open.tx.rollback(savepoint);
                    open.changes = changes;
                    open.appended.truncate(appended);
                }
            }
            Step::Commit => unreachable!("a commit ends the transaction"),
        }
    }

    async fn commit(&mut self, open: Open) {
        let writes = !open.changes.is_empty() || !open.appended.is_empty();
        let result = open.tx.commit().await;
        if !writes {
            assert_eq!(result.unwrap().version, open.base_version);
            return;
        }
        match result {
            Ok(committed) => {
                for (seen, own) in &open.seen {
                    assert_eq!(*seen, seen.again(&merged(&self.rows, own)), "still true at the commit");
                }
                self.version += 1;
                assert_eq!(committed.version, self.version);
                self.apply(open.changes, open.appended);
            }
            Err(CommitError::Conflict) => {
                let since = self.history.range(open.base_version + 1..).flat_map(|(_, changed)| changed);
                let reason = since.into_iter().any(|changed| open.seen.iter().any(|(seen, _)| seen.concerns(changed)));
                assert!(reason, "a conflict without a reason");
            }
            Err(error) => panic!("{error}"),
        }
    }

    fn apply(&mut self, changes: Changes, appended: Vec<String>) {
        self.history.insert(self.version, changes.keys().copied().collect());
        for (id, change) in changes {
            match change {
                Some(body) => self.rows.insert(id, Versioned { version: self.version, body }),
                None => self.rows.remove(&id),
            };
        }
        for entry in appended {
            self.log.push(entry);
            self.log.sort();
            let surplus = self.log.len().saturating_sub(LOG_KEEPS as usize);
            self.log.drain(..surplus);
        }
    }

    async fn check(&self, store: &Store) {
        let mut open = self.begin(store).await;
        for collection in 0..COLLECTIONS.len() {
            let scan = Scan { collection, prefix: "", after: None, limit: usize::MAX, bytes_max: usize::MAX };
            let page = scan.run(&mut open.tx);
            open.see(Seen::Page(scan, page));
        }
        let log = open.tx.newest(Table::Executions, None, 100, |_| true).unwrap();
        let log: Vec<_> = log.entries.into_iter().rev().map(|(id, _)| id).collect();
        assert_eq!(log, self.log);
    }
}

async fn play(store: Store, steps: Vec<(usize, Step)>) {
    let mut model = Model::default();
    let mut open: [Option<Open>; OPEN] = Default::default();
    for (slot, step) in &steps {
        let current = match open[*slot].take() {
            Some(current) => current,
            None => model.begin(&store).await,
        };
        if matches!(step, Step::Commit) {
            model.commit(current).await;
        } else {
            model.step(open[*slot].insert(current), step);
        }
    }
    for open in open.into_iter().flatten() {
        model.commit(open).await;
    }
    model.check(&store).await;
}

pub(crate) async fn transactions_are_serialisable(lab: Lab) {
    // A disk waits for each commit.
    let cases = if lab.kind == EngineKind::Memory { 256 } else { 24 };
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let steps = prop::collection::vec((0..OPEN, step()), 1..80);
    let runtime = tokio::runtime::Handle::current();
    let played = tokio::task::block_in_place(|| {
        runner.run(&steps, |steps| {
            runtime.block_on(async {
                let (_, store) = lab.tenant().await;
                play(store, steps).await;
            });
            Ok(())
        })
    });
    played.unwrap();
}
