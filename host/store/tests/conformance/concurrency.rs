//! Many transactions at a time.

use std::collections::HashSet;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use signalsync_core::Timestamp;
use signalsync_store::{CommitError, Done, RequestKey, Reused, Store, StoreError, Table, Transaction};

use crate::lab::{Lab, all, put, record};

const TASKS: usize = 8;
const ROUNDS: usize = 12;

/// Runs an operation until it does not conflict.
async fn until_committed(store: &Store, operation: impl Fn(&mut Transaction)) {
    loop {
        let mut tx = store.begin().await.unwrap();
        operation(&mut tx);
        match tx.commit().await {
            Ok(_) => return,
            Err(CommitError::Conflict) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

async fn together<F: Future<Output = ()> + Send + 'static>(task: impl Fn(usize) -> F) {
    for task in join_all((0..TASKS).map(|n| tokio::spawn(task(n)))).await {
        task.unwrap();
    }
}

fn number(tx: &mut Transaction, id: &str) -> usize {
    let row = tx.get(&record("c", id)).unwrap();
    row.map_or(0, |row| std::str::from_utf8(&row.body).unwrap().parse().unwrap())
}

pub(crate) async fn no_update_is_lost(lab: Lab) {
    let (_, store) = lab.tenant().await;
    let increments = store.clone();
    together(move |_| {
        let store = increments.clone();
        async move {
            for _ in 0..ROUNDS {
                until_committed(&store, |tx| {
                    let n = number(tx, "counter");
                    tx.put(record("c", "counter"), (n + 1).to_string());
                })
                .await;
            }
        }
    })
    .await;
    assert_eq!(number(&mut store.begin().await.unwrap(), "counter"), TASKS * ROUNDS);
}

/// Each task takes the number behind the largest one that it sees.
pub(crate) async fn no_phantom_slips_in(lab: Lab) {
    let (_, store) = lab.tenant().await;
    let takers = store.clone();
    together(move |task| {
        let store = takers.clone();
        async move {
            for round in 0..ROUNDS {
                until_committed(&store, |tx| {
                    let next = all(tx, "numbers").len();
                    tx.put(record("numbers", &format!("{next:04}")), format!("{task}/{round}"));
                })
                .await;
            }
        }
    })
    .await;
    let taken = all(&mut store.begin().await.unwrap(), "numbers");
    let owners: HashSet<_> = taken.iter().map(|(_, owner)| owner).collect();
    assert_eq!((taken.len(), owners.len()), (TASKS * ROUNDS, TASKS * ROUNDS));
}

/// Money moves between accounts, and in no snapshot is any lost.
pub(crate) async fn readers_see_whole_commits(lab: Lab) {
    let (_, store) = lab.tenant().await;
    let mut tx = store.begin().await.unwrap();
    (0..TASKS).for_each(|n| tx.put(record("c", &n.to_string()), "100"));
    tx.commit().await.unwrap();
    let accounts = store.clone();
    together(move |task| {
        let store = accounts.clone();
        async move {
            for round in 0..ROUNDS {
                let (from, to) = (task.to_string(), ((task + round + 1) % TASKS).to_string());
                if from != to {
                    until_committed(&store, |tx| {
                        let (a, b) = (number(tx, &from), number(tx, &to));
                        tx.put(record("c", &from), (a - 1).to_string());
                        tx.put(record("c", &to), (b + 1).to_string());
                    })
                    .await;
                }
                let mut tx = store.begin().await.unwrap();
                let sum: usize = all(&mut tx, "c").iter().map(|(id, _)| number(&mut tx, id)).sum();
                assert_eq!(sum, TASKS * 100);
            }
        }
    })
    .await;
}

/// Somebody else is faster, so many times.
async fn behind_others(store: &Store, faster: usize) -> (Result<usize, CommitError>, usize) {
    let attempts = AtomicUsize::new(0);
    let (attempts, others) = (&attempts, store);
    let work = |mut tx: Transaction| async move {
        let n = number(&mut tx, "contested");
        if attempts.fetch_add(1, Ordering::Relaxed) < faster {
            put(others, "c", "contested", (n + 1).to_string()).await;
        }
        tx.put(record("c", "contested"), (n + 100).to_string());
        Ok((tx, n))
    };
    let done = store.transact_async(work).await;
    (done.map(|(n, _)| n), attempts.load(Ordering::Relaxed))
}

pub(crate) async fn an_operation_is_repeated_a_few_times(lab: Lab) {
    let (_, store) = lab.tenant().await;
    let (done, attempts) = behind_others(&store, 4).await;
    assert_eq!((done.unwrap(), attempts), (4, 5));
    let (refused, attempts) = behind_others(&store, 5).await;
    assert!(matches!(refused, Err(CommitError::Conflict)));
    assert_eq!((attempts, number(&mut store.begin().await.unwrap(), "contested")), (5, 104 + 5));
}

/// What can go wrong with a named request.
#[derive(Debug)]
enum Failed {
    Reused,
    Other,
}

impl From<Reused> for Failed {
    fn from(_: Reused) -> Self {
        Self::Reused
    }
}

impl From<CommitError> for Failed {
    fn from(_: CommitError) -> Self {
        Self::Other
    }
}

impl From<StoreError> for Failed {
    fn from(_: StoreError) -> Self {
        Self::Other
    }
}

pub(crate) async fn a_named_request_has_its_effect_once(lab: Lab) {
    let (_, store) = lab.tenant().await;
    let count = async |asked: &str| -> Result<Done<usize>, Failed> {
        let request = RequestKey::new("name", [asked.as_bytes()]).unwrap();
        let edit = |tx: &mut Transaction| {
            let n = number(tx, "counter") + 1;
            tx.put(record("c", "counter"), n.to_string());
            Ok(n)
        };
        store.once(Some(&request), Timestamp(0), edit).await
    };
    let first = count("this").await.unwrap();
    assert_eq!((first.value, first.before), (1, false));
    put(&store, "c", "other", "x").await;
    let again = count("this").await.unwrap();
    assert_eq!(again, Done { before: true, ..first });
    assert!(matches!(count("that").await, Err(Failed::Reused)));
    assert_eq!(number(&mut store.begin().await.unwrap(), "counter"), 1);
}

pub(crate) async fn a_blind_write_never_conflicts(lab: Lab) {
    let (_, store) = lab.tenant().await;
    let writers = store.clone();
    together(move |task| {
        let store = writers.clone();
        async move {
            for round in 0..ROUNDS {
                let mut tx = store.begin().await.unwrap();
                tx.put(record("c", "last"), task.to_string());
                tx.append(Table::Executions, &format!("{round:02}-{task}"), "x", 1_000);
                tx.commit().await.unwrap();
            }
        }
    })
    .await;
    let tx = store.begin().await.unwrap();
    assert_eq!(tx.newest(Table::Executions, None, 1_000, |_| true).unwrap().entries.len(), TASKS * ROUNDS);
}

pub(crate) async fn a_caller_that_goes_away_commits_all_the_same(lab: Lab) {
    let (_, store) = lab.tenant().await;
    for n in 1..=4 {
        let mut tx = store.begin().await.unwrap();
        tx.put(record("c", "abandoned"), n.to_string());
        // Asked once, and never again.
        drop(tx.commit().now_or_never());
        while number(&mut store.begin().await.unwrap(), "abandoned") != n {
            put(&store, "c", "other", "x").await;
        }
    }
}
