//! One transaction at a time.

use signalsync_store::{Key, Page, Table, Transaction};

use crate::lab::{Lab, all, put, record};

fn ids(page: &Page) -> Vec<&str> {
    page.entries.iter().map(|(id, _)| id.as_str()).collect()
}

fn scan(tx: &mut Transaction, prefix: &str, after: Option<&str>, limit: usize) -> Page {
    tx.scan(Table::Records, &["c"], prefix, after, limit, usize::MAX).unwrap()
}

pub(crate) async fn a_transaction_reads_its_own_writes(lab: Lab) {
    let (_, store) = lab.tenant().await;
    put(&store, "c", "kept", "1").await;
    put(&store, "c", "replaced", "1").await;
    put(&store, "c", "deleted", "1").await;
    let mut tx = store.begin().await.unwrap();
    tx.put(record("c", "replaced"), "2");
    tx.put(record("c", "new"), "2");
    assert!(tx.delete(&record("c", "deleted")).unwrap());
    assert!(!tx.delete(&record("c", "deleted")).unwrap());
    assert!(!tx.delete(&record("c", "never")).unwrap());
    assert_eq!(tx.get(&record("c", "deleted")).unwrap(), None);
    assert_eq!(tx.get(&record("c", "new")).unwrap().unwrap().version, 0);
    let seen = all(&mut tx, "c");
    assert_eq!(seen, [("kept", "1"), ("new", "2"), ("replaced", "2")].map(|(id, body)| (id.into(), body.into())));
    tx.commit().await.unwrap();
    assert_eq!(all(&mut store.begin().await.unwrap(), "c"), seen);
}

pub(crate) async fn pages_go_on_where_they_ended(lab: Lab) {
    let (_, store) = lab.tenant().await;
    let mut tx = store.begin().await.unwrap();
    for id in ["a", "b", "b/1", "b/2", "c", "é"] {
        tx.put(record("c", id), "x");
    }
    tx.commit().await.unwrap();
    let mut tx = store.begin().await.unwrap();
    tx.put(record("c", "b/3"), "own");
    assert_eq!(ids(&scan(&mut tx, "b", None, 10)), ["b", "b/1", "b/2", "b/3"]);
    assert_eq!(ids(&scan(&mut tx, "b", Some("a"), 10)), ["b", "b/1", "b/2", "b/3"]);
    assert_eq!(ids(&scan(&mut tx, "b", Some("c"), 10)), [""; 0]);
    let first = scan(&mut tx, "", None, 4);
    assert_eq!((ids(&first), first.next.as_deref()), (vec!["a", "b", "b/1", "b/2"], Some("b/2")));
    let second = scan(&mut tx, "", first.next.as_deref(), 3);
    assert_eq!((ids(&second), second.next.as_deref()), (vec!["b/3", "c", "é"], None));
    assert_eq!(scan(&mut tx, "", None, 0).entries, []);
}

pub(crate) async fn a_page_ends_by_bytes_too(lab: Lab) {
    let (_, store) = lab.tenant().await;
    let mut tx = store.begin().await.unwrap();
    for (id, bytes) in [("a", 10), ("b", 10), ("c", 30), ("d", 1)] {
        tx.put(record("c", id), vec![b'x'; bytes]);
    }
    let mut page = |after, bytes_max| {
        let page = tx.scan(Table::Records, &["c"], "", after, 10, bytes_max).unwrap();
        (page.entries.len(), page.next)
    };
    assert_eq!(page(None, 20), (2, Some("b".to_owned())));
    assert_eq!(page(None, 19), (1, Some("a".to_owned())));
    assert_eq!(page(Some("b"), 29), (1, Some("c".to_owned())), "one row is always shown");
    assert_eq!(page(Some("b"), 31), (2, None));
}

pub(crate) async fn rows_of_all_lengths(lab: Lab) {
    let (tenant, store) = lab.tenant().await;
    let lengths = [0, 1, 4095, 4096, 4097, 8192, 65_535, 65_536, 1 << 20, (1 << 20) + 1];
    for round in 0..2 {
        // The second round replaces each row by one of another length.
        let body = |n: usize| vec![round; lengths[(n + usize::from(round)) % lengths.len()]];
        let mut tx = store.begin().await.unwrap();
        (0..lengths.len()).for_each(|n| tx.put(record("c", &format!("{n}")), body(n)));
        tx.commit().await.unwrap();
        let mut tx = store.begin().await.unwrap();
        for n in 0..lengths.len() {
            assert!(tx.get(&record("c", &format!("{n}"))).unwrap().unwrap().body == body(n), "row {n}");
        }
        assert_eq!(all(&mut tx, "c").len(), lengths.len());
    }
    let mut tx = store.begin().await.unwrap();
    (0..lengths.len()).for_each(|n| assert!(tx.delete(&record("c", &format!("{n}"))).unwrap()));
    tx.commit().await.unwrap();
    assert_eq!(all(&mut store.begin().await.unwrap(), "c"), []);
    let outsized = lab.folder(tenant).join("sled/blobs");
    assert!(!outsized.exists() || outsized.read_dir().unwrap().next().is_none(), "sled keeps everything in its log");
}

pub(crate) async fn a_savepoint_undoes_writes_only(lab: Lab) {
    let (_, store) = lab.tenant().await;
    put(&store, "c", "read", "1").await;
    let mut tx = store.begin().await.unwrap();
    tx.put(record("c", "before"), "1");
    let savepoint = tx.savepoint();
    tx.put(record("c", "before"), "2");
    tx.put(record("c", "after"), "2");
    tx.append(Table::Executions, "1", "entry", 10);
    assert_eq!(tx.written_bytes(), 7);
    tx.get(&record("c", "read")).unwrap();
    tx.rollback(savepoint);
    assert_eq!(tx.written_bytes(), 1);
    assert_eq!(all(&mut tx, "c").len(), 2);
    put(&store, "c", "read", "2").await;
    assert!(tx.commit().await.is_err(), "what was read before the rollback still counts");
    let mut tx = store.begin().await.unwrap();
    let savepoint = tx.savepoint();
    tx.put(record("c", "x"), "1");
    assert!(!tx.is_read_only());
    tx.rollback(savepoint);
    assert!(tx.is_read_only());
}

fn log(tx: &Transaction) -> Vec<String> {
    let page = tx.newest(Table::Executions, None, 100, |_| true).unwrap();
    page.entries.into_iter().rev().map(|(id, _)| id).collect()
}

pub(crate) async fn a_log_keeps_its_newest(lab: Lab) {
    let (_, store) = lab.tenant().await;
    for n in 0..10 {
        let mut tx = store.begin().await.unwrap();
        tx.append(Table::Executions, &format!("{n:02}a"), "x", 5);
        tx.append(Table::Executions, &format!("{n:02}b"), "x", 5);
        tx.commit().await.unwrap();
    }
    let mut tx = store.begin().await.unwrap();
    assert_eq!(log(&tx), ["07b", "08a", "08b", "09a", "09b"]);
    let page = tx.scan(Table::Executions, &[], "08", None, 10, usize::MAX).unwrap();
    assert_eq!(ids(&page), ["08a", "08b"]);
    assert_eq!(tx.get(&Key::new(Table::Executions, &["07a"])).unwrap(), None);
    let newest = tx.newest(Table::Executions, Some("09b"), 2, |_| true).unwrap();
    assert_eq!((ids(&newest), newest.next.as_deref()), (vec!["09a", "08b"], Some("08b")));
}

pub(crate) async fn a_log_shrinks_when_its_limit_does(lab: Lab) {
    let (_, store) = lab.tenant().await;
    let mut lengths = Vec::new();
    for (n, keep) in [6, 6, 6, 6, 6, 6, 2, 2, 2, 2, 0, 0].into_iter().enumerate() {
        let mut tx = store.begin().await.unwrap();
        tx.append(Table::Executions, &format!("{n:02}"), "x", keep);
        tx.commit().await.unwrap();
        lengths.push(log(&store.begin().await.unwrap()).len());
    }
    assert_eq!(lengths, [1, 2, 3, 4, 5, 6, 5, 4, 3, 2, 1, 1], "each entry removes two at most, and one always stays");
}

pub(crate) async fn versions_number_the_commits(lab: Lab) {
    let (tenant, store) = lab.tenant().await;
    assert_eq!(store.begin().await.unwrap().commit().await.unwrap().version, 0);
    assert_eq!(put(&store, "c", "a", "1").await, 1);
    assert_eq!(put(&store, "c", "b", "1").await, 2);
    assert_eq!(put(&store, "c", "a", "2").await, 3);
    let mut tx = store.begin().await.unwrap();
    assert_eq!(tx.get(&record("c", "a")).unwrap().unwrap().version, 3);
    assert_eq!(tx.get(&record("c", "b")).unwrap().unwrap().version, 2);
    assert_eq!(tx.commit().await.unwrap().version, 3, "reading makes no version");
    drop(store);
    let lab = lab.restart();
    let store = lab.open(tenant).await.unwrap();
    let survives = lab.kind != signalsync_store::EngineKind::Memory;
    assert_eq!(put(&store, "c", "a", "3").await, if survives { 4 } else { 1 });
}

pub(crate) async fn a_snapshot_does_not_move(lab: Lab) {
    let (_, store) = lab.tenant().await;
    let mut snapshots = Vec::new();
    for n in 0_i32..8 {
        snapshots.push((n, store.begin().await.unwrap()));
        put(&store, "c", &format!("{n}"), "x").await;
        put(&store, "c", "counter", format!("{n}")).await;
        if n >= 4 {
            let mut tx = store.begin().await.unwrap();
            tx.delete(&record("c", &format!("{}", n - 4))).unwrap();
            tx.commit().await.unwrap();
        }
    }
    // In no particular order, so that what is kept for them is given up piece by piece.
    snapshots.swap(1, 6);
    for (n, mut tx) in snapshots {
        let counter = tx.get(&record("c", "counter")).unwrap().map(|row| row.body);
        assert_eq!(counter, (n > 0).then(|| (n - 1).to_string().into()));
        let expected: Vec<_> = ((n - 4).max(0)..n).map(|n| n.to_string()).collect();
        let seen: Vec<_> = all(&mut tx, "c").into_iter().map(|(id, _)| id).filter(|id| id != "counter").collect();
        assert_eq!(seen, expected, "snapshot {n}");
    }
}
