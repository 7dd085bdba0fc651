//! The power goes off while redb writes: of what was not synced, any part may have reached the disk, in any order.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use redb::{Database, StorageBackend};
use signalsync_store::commit::{Commit, Write};
use signalsync_store::engine::{Direction, Engine, RedbEngine};

use crate::lab::record;

const CUTS: u32 = 150;
const SECTOR: usize = 512;

/// A disk with a cache that forgets.
#[derive(Debug, Default)]
struct Disk {
    /// What the running system sees.
    seen: Vec<u8>,
    /// What is surely there after a cut.
    durable: Vec<u8>,
    /// What may be there.
    pending: Vec<Change>,
    /// Changes until the power goes off; none when it stays on.
    left: Option<u32>,
}

#[derive(Debug)]
enum Change {
    Length(usize),
    Bytes(usize, Vec<u8>),
}

impl Change {
    fn apply(&self, image: &mut Vec<u8>) {
        match self {
            Self::Length(length) => image.resize(*length, 0),
            Self::Bytes(at, bytes) => {
                image.resize(image.len().max(at + bytes.len()), 0);
                image[*at..at + bytes.len()].copy_from_slice(bytes);
            }
        }
    }
}

impl Disk {
    fn spend(&mut self) -> io::Result<()> {
        match &mut self.left {
            Some(0) => return Err(io::Error::other("the power is off")),
            Some(left) => *left -= 1,
            None => {}
        }
        Ok(())
    }

    fn change(&mut self, change: Change) -> io::Result<()> {
        self.spend()?;
        change.apply(&mut self.seen);
        self.pending.push(change);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.spend()?;
        self.pending.clear();
        self.durable.clone_from(&self.seen);
        Ok(())
    }

    /// The power comes back: each unsynced change is there, or a part of it, or nothing.
    fn restart(&mut self, rng: &mut TestRng) {
        let mut image = std::mem::take(&mut self.durable);
        let odds = rng.next_u32() % 5;
        for change in self.pending.drain(..) {
            match change {
                Change::Bytes(at, bytes) => {
                    for (n, sector) in bytes.chunks(SECTOR).enumerate() {
                        if rng.next_u32() % 4 < odds {
                            Change::Bytes(at + n * SECTOR, sector.to_vec()).apply(&mut image);
                        }
                    }
                }
                length => {
                    if rng.next_u32() % 4 < odds {
                        length.apply(&mut image);
                    }
                }
            }
        }
        *self = Self { durable: image.clone(), seen: image, ..Self::default() };
    }
}

#[derive(Debug, Clone, Default)]
struct Plug(Arc<Mutex<Disk>>);

impl StorageBackend for Plug {
    fn len(&self) -> Result<u64, io::Error> {
        Ok(self.0.lock().unwrap().seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
        let disk = self.0.lock().unwrap();
        let from = disk.seen.get(offset as usize..).and_then(|rest| rest.get(..out.len()));
        out.copy_from_slice(from.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<(), io::Error> {
        self.0.lock().unwrap().change(Change::Length(len as usize))
    }

    fn sync_data(&self) -> Result<(), io::Error> {
        self.0.lock().unwrap().sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), io::Error> {
        self.0.lock().unwrap().change(Change::Bytes(offset as usize, data.to_vec()))
    }
}

type Rows = BTreeMap<String, Vec<u8>>;

fn rows(engine: &RedbEngine) -> Rows {
    let mut rows = Rows::new();
    let show = &mut |key: &[u8], row: signalsync_store::Versioned| {
        rows.insert(String::from_utf8_lossy(&key[3..]).into_owned(), row.body.to_vec());
        true
    };
    let (start, end) = (record("c", ""), record("d", ""));
    engine.snapshot().unwrap().range(start.as_bytes(), Some(end.as_bytes()), Direction::Forth, show).unwrap();
    rows
}

/// A commit of a few rows, and what the rows are after it.
fn commit(rows: &Rows, rng: &mut TestRng) -> (Commit, Rows) {
    let (mut commit, mut rows) = (Commit::default(), rows.clone());
    for _ in 0..=rng.next_u32() % 6 {
        let id = format!("{:02}", rng.next_u32() % 40);
        if rng.next_u32().is_multiple_of(4) {
            rows.remove(&id);
            commit.writes.insert(record("c", &id), Write::Delete);
        } else {
            let body = vec![rng.next_u32() as u8; (rng.next_u32() % 9_000) as usize];
            rows.insert(id.clone(), body.clone());
            commit.writes.insert(record("c", &id), Write::Put(body.into()));
        }
    }
    (commit, rows)
}

#[test]
fn an_acknowledged_commit_survives_a_power_cut_and_no_commit_is_torn() {
    let mut rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let plug = Plug::default();
    let mut acknowledged = Rows::new();
    let mut unknown: Option<Rows> = None;
    let mut commits = 0;
    for cut in 0..CUTS {
        let database = Database::builder().create_with_backend(plug.clone());
        let Ok(engine) = database.map_err(Into::into).and_then(RedbEngine::with) else {
            panic!("cut {cut}: the database does not open");
        };
        let found = rows(&engine);
        assert!(found == acknowledged || unknown.as_ref() == Some(&found), "cut {cut}: neither before nor after");
        acknowledged = found;
        plug.0.lock().unwrap().left = Some(rng.next_u32() % 120);
        loop {
            let (commit, after) = commit(&acknowledged, &mut rng);
            match engine.apply(&[commit]) {
                Ok(_) => (acknowledged, commits) = (after, commits + 1),
                Err(_) => {
                    unknown = Some(after);
                    break;
                }
            }
        }
        drop(engine);
        plug.0.lock().unwrap().restart(&mut rng);
    }
    assert!(commits > CUTS, "{commits} commits were acknowledged in between");
}
