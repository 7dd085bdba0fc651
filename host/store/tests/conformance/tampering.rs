//! Contents and keys that somebody changed behind the store's back.

use std::fs;
use std::path::Path;

use signalsync_store::{EngineKind, StoreError};

use crate::files::{CHUNK, LENGTHS, body, read, write};
use crate::lab::{Lab, put, run};

fn is_damage<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Corrupt(_)))
}

/// Places in a file of this length: around the beginning, the end and every border of a chunk.
fn edges(length: usize) -> Vec<usize> {
    let (head, chunk) = (19, CHUNK + 16);
    let borders = (0..).map(|n| head + n * chunk).take_while(|at| *at < length);
    let around = borders.flat_map(|at| [at.saturating_sub(17), at - 1, at, at + 1, at + 16, at + 17]);
    let mut edges: Vec<_> = around.chain([0, 18, length - 1]).filter(|at| *at < length).collect();
    edges.sort_unstable();
    edges.dedup();
    edges
}

#[test]
fn a_changed_or_cut_content_is_noticed() {
    run(EngineKind::Memory, |lab: Lab| async move {
        for length in LENGTHS.into_iter().filter(|length| *length > 0) {
            let (tenant, store) = lab.tenant().await;
            write(&store, "f", body(length)).await;
            let place = lab.contents(tenant).remove(0);
            let whole = fs::read(&place).unwrap();
            for at in edges(whole.len()) {
                let mut flipped = whole.clone();
                flipped[at] ^= 1;
                for (what, bytes) in [("flipped", flipped.as_slice()), ("cut", &whole[..at])] {
                    fs::write(&place, bytes).unwrap();
                    assert!(is_damage(&read(&store, "f").await), "{length} bytes, {what} at {at}");
                }
            }
            fs::write(&place, &whole).unwrap();
            assert!(read(&store, "f").await.unwrap() == Some(body(length)));
            fs::remove_file(&place).unwrap();
            assert!(is_damage(&read(&store, "f").await), "gone");
        }
    });
}

#[test]
fn chunks_cannot_change_places() {
    run(EngineKind::Memory, |lab: Lab| async move {
        let (tenant, store) = lab.tenant().await;
        write(&store, "f", body(3 * CHUNK)).await;
        let place = lab.contents(tenant).remove(0);
        let whole = fs::read(&place).unwrap();
        let chunk = |n: usize| &whole[19 + n * (CHUNK + 16)..19 + (n + 1) * (CHUNK + 16)];
        let head = &whole[..19];
        for order in [[1, 0, 2], [0, 0, 2], [0, 2, 1], [2, 2, 2]] {
            fs::write(&place, [head, chunk(order[0]), chunk(order[1]), chunk(order[2])].concat()).unwrap();
            assert!(is_damage(&read(&store, "f").await), "{order:?}");
        }
        fs::write(&place, [head, chunk(0), chunk(1)].concat()).unwrap();
        assert!(is_damage(&read(&store, "f").await), "the last chunk is gone");
    });
}

fn swap(a: &Path, b: &Path) {
    let (left, right) = (fs::read(a).unwrap(), fs::read(b).unwrap());
    fs::write(a, right).unwrap();
    fs::write(b, left).unwrap();
}

#[test]
fn contents_cannot_be_swapped() {
    run(EngineKind::Redb, |lab: Lab| async move {
        let (first, second) = (lab.tenant().await, lab.tenant().await);
        for (_, store) in [&first, &second] {
            write(store, "f", body(100)).await;
        }
        write(&first.1, "g", body(100)).await;
        let (mine, theirs) = (lab.contents(first.0), lab.contents(second.0));
        swap(&mine[0], &mine[1]);
        assert!(
            is_damage(&read(&first.1, "f").await) && is_damage(&read(&first.1, "g").await),
            "two files of a tenant"
        );
        swap(&mine[0], &mine[1]);
        swap(&mine[0], &theirs[0]);
        let names = ["f", "g"];
        let damaged = [read(&first.1, names[0]).await, read(&first.1, names[1]).await];
        assert_eq!(damaged.iter().filter(|result| is_damage(result)).count(), 1);
        assert!(is_damage(&read(&second.1, "f").await), "files of two tenants");
    });
}

#[test]
fn a_key_opens_its_own_tenant_only() {
    run(EngineKind::Redb, |lab: Lab| async move {
        let (mine, theirs) = (lab.tenant().await.0, lab.tenant().await.0);
        let key = |tenant| lab.folder(tenant).join("key");
        swap(&key(mine), &key(theirs));
        let root = lab.root();
        let stores = lab.with_engine(EngineKind::Memory);
        for tenant in [mine, theirs] {
            assert!(is_damage(&stores.tenant(&lab.scope(tenant)).await));
        }
        swap(&key(mine), &key(theirs));
        assert!(stores.tenant(&lab.scope(mine)).await.is_ok());
        let master = root.join("keys/master.key");
        assert_eq!(fs::read(&master).unwrap().len(), 32);
        assert_eq!(std::os::unix::fs::MetadataExt::mode(&fs::metadata(&master).unwrap()) & 0o777, 0o600);
        fs::write(&master, [7; 32]).unwrap();
        let stores = lab.with_engine(EngineKind::Memory);
        assert!(is_damage(&stores.tenant(&lab.scope(mine)).await), "another master key");
    });
}

#[test]
fn what_a_crash_left_is_swept() {
    run(EngineKind::Redb, |lab: Lab| async move {
        let (tenant, store) = lab.tenant().await;
        write(&store, "f", "kept").await;
        let folder = lab.folder(tenant).join("files");
        let (whole, partial) = (folder.join("0".repeat(32)), folder.join(format!("{}.partial", "1".repeat(32))));
        fs::write(&whole, "x").unwrap();
        fs::write(&partial, "x").unwrap();
        let (gone, _) = lab.tenant().await;
        fs::rename(lab.folder(gone), lab.root().join("destroyed").join(gone.to_string())).unwrap();
        drop(store);
        let lab = lab.restart();
        let store = lab.open(tenant).await.unwrap();
        assert!(!whole.exists() && !partial.exists());
        assert_eq!(read(&store, "f").await.unwrap().unwrap(), "kept");
        assert!(matches!(lab.open(gone).await, Err(StoreError::NoSuchTenant)));
        assert_eq!(lab.root().join("destroyed").read_dir().unwrap().count(), 0, "a destruction goes on");
    });
}

#[test]
fn a_lost_database_is_not_taken_for_an_empty_one() {
    run(EngineKind::Redb, |lab: Lab| async move {
        let (tenant, store) = lab.tenant().await;
        put(&store, "c", "a", "x").await;
        let other = lab.with_engine(EngineKind::Sled);
        assert!(matches!(other.tenant(&lab.scope(tenant)).await, Err(StoreError::Engine(_))), "another engine");
        write(&store, "f", "content").await;
        drop(store);
        fs::remove_file(lab.folder(tenant).join("data.redb")).unwrap();
        let lab = lab.restart();
        assert!(is_damage(&lab.open(tenant).await));
        assert_eq!(lab.contents(tenant).len(), 1, "contents are not swept");
    });
}
