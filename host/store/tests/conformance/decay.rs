//! A database that changes while nobody uses it: what is read is what was written, or an error.

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use signalsync_store::commit::{Commit, Write};
use signalsync_store::engine::{Direction, Engine, RedbEngine};
use signalsync_store::{StoreError, Versioned};

use crate::lab::record;

const ROWS: usize = 100;
const FLIPS: usize = 600;

fn body(n: usize) -> Vec<u8> {
    vec![n as u8; 100 + n * 53 % 3_000]
}

fn id(n: usize) -> String {
    format!("{n:04}")
}

/// All rows of the database, as far as it can be read.
fn read(path: &Path) -> Result<BTreeMap<String, Versioned>, StoreError> {
    let mut rows = BTreeMap::new();
    let (start, end) = (record("c", ""), record("d", ""));
    RedbEngine::open(path)?.snapshot()?.range(
        start.as_bytes(),
        Some(end.as_bytes()),
        Direction::Forth,
        &mut |key, row| {
            rows.insert(String::from_utf8_lossy(&key[3..]).into_owned(), row);
            true
        },
    )?;
    Ok(rows)
}

/// A closed database and the bytes of its file.
fn database(path: &Path) -> Vec<u8> {
    let engine = RedbEngine::open(path).unwrap();
    for n in 0..ROWS {
        let writes = [(record("c", &id(n)), Write::Put(body(n).into()))].into();
        engine.apply(&[Commit { writes, ..Commit::default() }]).unwrap()[0].unwrap();
    }
    drop(engine);
    fs::read(path).unwrap()
}

/// Whether damage was noticed. Rows may be gone, but none is wrong. Deep damage may end in a panic of the engine, which
/// its callers contain.
fn is_noticed(path: &Path, what: &str) -> bool {
    let Ok(Ok(rows)) = catch_unwind(AssertUnwindSafe(|| read(path))) else { return true };
    for (found, row) in &rows {
        let n = found.parse::<usize>().unwrap();
        assert!(*found == id(n) && row.body == body(n) && row.version == n as u64 + 1, "{what}: row {n} is wrong");
    }
    rows.len() < ROWS
}

#[test]
fn no_flipped_bit_is_taken_for_data() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.redb");
    let whole = database(&path);
    let mut rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut noticed = 0;
    for _ in 0..FLIPS {
        let bit = rng.next_u64() as usize % (whole.len() * 8);
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, flipped).unwrap();
        noticed += usize::from(is_noticed(&path, &format!("bit {bit}")));
    }
    assert!(noticed > FLIPS / 10, "{noticed} of {FLIPS}; the others hit what is not in use");
}

#[test]
fn no_cut_database_is_taken_for_a_whole_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.redb");
    let whole = database(&path);
    for length in (1..whole.len()).step_by(whole.len() / 60) {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(is_noticed(&path, &format!("{length} bytes left")), "{length} of {} bytes", whole.len());
    }
}
