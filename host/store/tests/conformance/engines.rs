//! Engines by themselves: groups, fsyncs, and repairs before opening.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use redb::backends::FileBackend;
use redb::{Database, StorageBackend};
use signalsync_store::commit::{Commit, Expect, Fingerprinter, Write};
use signalsync_store::engine::{Conflict, Direction, Engine, MemoryEngine, RedbEngine, SledEngine};
use signalsync_store::{StoreError, Table};

use crate::lab::record;

fn put(id: &str, body: &'static str) -> Commit {
    let writes = [(record("c", id), Write::Put(body.into()))].into();
    Commit { writes, ..Commit::default() }
}

fn if_row(id: &str, version: Option<u64>, commit: Commit) -> Commit {
    Commit { expect: vec![Expect::Row { key: record("c", id), version }], ..commit }
}

fn engines(folder: &Path) -> [Box<dyn Engine>; 3] {
    let redb = RedbEngine::open(&folder.join("redb")).unwrap();
    let sled = SledEngine::open(&folder.join("sled")).unwrap();
    [Box::new(MemoryEngine::default()), Box::new(redb), Box::new(sled)]
}

#[test]
fn each_commit_of_a_group_is_judged_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    for engine in engines(folder.path()) {
        let group = [
            if_row("a", None, put("a", "1")),
            if_row("a", None, put("a", "2")),
            if_row("a", Some(1), put("b", "3")),
            Commit { base: Some(2), ..if_row("b", Some(9), put("c", "a stale version, but nothing is newer")) },
            Commit { base: Some(2), ..if_row("b", Some(9), put("c", "now something is")) },
        ];
        assert_eq!(engine.apply(&group).unwrap(), [Ok(1), Err(Conflict), Ok(2), Ok(3), Err(Conflict)]);
        let snapshot = engine.snapshot().unwrap();
        assert_eq!(snapshot.get(record("c", "a").as_bytes()).unwrap().unwrap().body, "1");
        assert_eq!(snapshot.get(record("c", "b").as_bytes()).unwrap().unwrap().version, 2);
    }
}

#[test]
fn a_range_is_expected_with_its_gaps() {
    let folder = tempfile::tempdir().unwrap();
    for engine in engines(folder.path()) {
        engine.apply(&[put("b", "1"), put("d", "2")]).unwrap();
        let seen = |rows: &[(&str, u64)]| {
            let mut seen = Fingerprinter::default();
            rows.iter().for_each(|(id, version)| seen.row(record("c", id).as_bytes(), *version));
            let (start, end) = (record("c", "a").as_bytes().to_vec(), Some(record("c", "e").as_bytes().to_vec()));
            let expect = vec![Expect::Range { start, end, fingerprint: seen.finish() }];
            Commit { expect, ..put("z", "outside") }
        };
        let apply = |commit: Commit| engine.apply(&[commit]).unwrap()[0].is_ok();
        assert!(apply(seen(&[("b", 1), ("d", 2)])));
        assert!(!apply(seen(&[("b", 1)])) && !apply(seen(&[("b", 1), ("d", 1)])) && !apply(seen(&[])));
        assert!(apply(put("c", "a phantom")));
        assert!(!apply(seen(&[("b", 1), ("d", 2)])));
    }
}

#[test]
fn ranges_run_both_ways() {
    let folder = tempfile::tempdir().unwrap();
    for engine in engines(folder.path()) {
        // More than any page that an engine reads at once.
        let ids: Vec<_> = (0..700).map(|n| format!("{n:04}")).collect();
        engine.apply(&ids.iter().map(|id| put(id, "x")).collect::<Vec<_>>()).unwrap();
        let snapshot = engine.snapshot().unwrap();
        let odd = ids.iter().skip(1).step_by(2);
        let delete = Commit { writes: odd.map(|id| (record("c", id), Write::Delete)).collect(), ..Commit::default() };
        engine.apply(&[delete, put("0001x", "late")]).unwrap();
        let (start, end) = (record("c", "0001"), record("c", "0690"));
        let mut forth = Vec::new();
        let show = &mut |key: &[u8], _| {
            forth.push(String::from_utf8_lossy(&key[3..]).into_owned());
            true
        };
        snapshot.range(start.as_bytes(), Some(end.as_bytes()), Direction::Forth, show).unwrap();
        assert_eq!(forth, ids[1..690]);
        let mut back = Vec::new();
        let show = &mut |key: &[u8], _| {
            back.push(String::from_utf8_lossy(&key[3..]).into_owned());
            back.len() < 500
        };
        snapshot.range(start.as_bytes(), Some(end.as_bytes()), Direction::Back, show).unwrap();
        assert!(back.iter().eq(ids[190..690].iter().rev()));
        let mut none = 0;
        snapshot
            .range(end.as_bytes(), Some(start.as_bytes()), Direction::Forth, &mut |_, _| {
                none += 1;
                true
            })
            .unwrap();
        assert_eq!(none, 0);
    }
}

#[test]
fn a_closed_engine_refuses_and_opens_again() {
    let folder = tempfile::tempdir().unwrap();
    let [_, redb, sled] = engines(folder.path());
    for engine in [&redb, &sled] {
        engine.apply(&[put("a", "1")]).unwrap();
    }
    assert!(matches!(RedbEngine::open(&folder.path().join("redb")), Err(StoreError::InUse)));
    assert!(matches!(SledEngine::open(&folder.path().join("sled")), Err(StoreError::InUse)));
    let snapshots = [redb.snapshot().unwrap(), sled.snapshot().unwrap()];
    for engine in [&redb, &sled] {
        engine.close();
        assert!(matches!(engine.apply(&[put("a", "2")]), Err(StoreError::Stopped)));
        assert!(matches!(engine.snapshot(), Err(StoreError::Stopped)));
    }
    for engine in &engines(folder.path())[1..] {
        let row = engine.snapshot().unwrap().get(record("c", "a").as_bytes()).unwrap();
        assert_eq!(row.unwrap().body, "1");
    }
    for snapshot in snapshots {
        let row = snapshot.get(record("c", "a").as_bytes());
        assert!(row.is_err() || row.unwrap().unwrap().body == "1", "it answers as before, or not at all");
    }
}

/// A backend that counts how often it is synced.
#[derive(Debug)]
struct Counting {
    file: FileBackend,
    syncs: Arc<AtomicUsize>,
}

impl StorageBackend for Counting {
    fn len(&self) -> Result<u64, std::io::Error> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), std::io::Error> {
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> Result<(), std::io::Error> {
        self.file.set_len(len)
    }

    fn sync_data(&self) -> Result<(), std::io::Error> {
        self.syncs.fetch_add(1, Ordering::Relaxed);
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), std::io::Error> {
        self.file.write(offset, data)
    }
}

#[test]
fn a_group_costs_one_fsync_and_conflicts_cost_none() {
    let syncs = Arc::new(AtomicUsize::new(0));
    let backend =
        Counting { file: FileBackend::new(tempfile::tempfile().unwrap()).unwrap(), syncs: Arc::clone(&syncs) };
    let engine = RedbEngine::with(Database::builder().create_with_backend(backend).unwrap()).unwrap();
    let syncs_of = |group: &[Commit]| {
        let before = syncs.load(Ordering::Relaxed);
        engine.apply(group).unwrap();
        syncs.load(Ordering::Relaxed) - before
    };
    let conflict = if_row("a", Some(99), put("a", "x"));
    let one = syncs_of(&[put("a", "x")]);
    assert!(one > 0);
    assert_eq!(syncs_of(&vec![put("b", "x"); 64]), one);
    assert_eq!(syncs_of(&[conflict.clone(), put("b", "x")]), one);
    assert_eq!(syncs_of(&[conflict.clone(), conflict]), 0);
}

#[test]
fn sled_opens_after_a_torn_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let engine = SledEngine::open(folder.path()).unwrap();
    engine.apply(&[put("a", "1")]).unwrap();
    drop(engine);
    let torn = folder.path().join("snap.7FFFFFFFFFFFFFFF.generating");
    std::fs::write(&torn, "half of a snapshot").unwrap();
    assert!(sled::open(folder.path()).is_err(), "sled takes it for damage");
    let engine = SledEngine::open(folder.path()).unwrap();
    assert!(engine.snapshot().unwrap().get(record("c", "a").as_bytes()).unwrap().is_some());
    assert!(!torn.exists());
}

#[test]
fn sled_keeps_long_rows_in_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let engine = SledEngine::open(folder.path()).unwrap();
    let long = bytes::Bytes::from(vec![7; 60_000]);
    for n in 0..40 {
        let key = signalsync_store::Key::new(Table::Files, &["folder", &format!("{n:03}{}", "x".repeat(500))]);
        let writes = [(key, Write::Put(long.clone()))].into();
        engine.apply(&[Commit { writes, ..Commit::default() }]).unwrap()[0].unwrap();
    }
    assert_eq!(folder.path().join("blobs").read_dir().unwrap().count(), 0);
}

#[test]
fn sled_gives_up_the_pieces_of_a_row() {
    let folder = tempfile::tempdir().unwrap();
    for (body, entries) in [(Some(60_000), 16), (Some(9_000), 4), (Some(10), 2), (Some(60_000), 16), (None, 1)] {
        let engine = SledEngine::open(folder.path()).unwrap();
        let write = body.map_or(Write::Delete, |length| Write::Put(vec![7; length].into()));
        let commit = Commit { writes: [(record("c", "a"), write)].into(), ..Commit::default() };
        engine.apply(&[commit]).unwrap()[0].unwrap();
        drop(engine);
        // The number of the newest commit is an entry too.
        assert_eq!(reopened(folder.path()).len(), entries, "{body:?}");
    }
}

/// sled lets go of its files on a thread of its own, some time after it was dropped.
fn reopened(folder: &std::path::Path) -> sled::Db {
    let mut tries = (0..500).map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        sled::open(folder)
    });
    tries.find(Result::is_ok).expect("sled lets go").unwrap()
}
