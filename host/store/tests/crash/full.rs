//! No room: writes are refused as such, reads go on, and nothing that was acknowledged is lost.

use std::path::Path;
use std::process::{Command, Stdio};

use bytes::Bytes;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use signalsync_core::{FilePath, FolderName, TenantId};
use signalsync_store::{CommitError, EngineKind, Store, StoreError};

use crate::lab::{Lab, record, victim};

fn body(n: usize) -> Bytes {
    format!("{n};").repeat(8_000).into()
}

/// Commits one row; answers whether there was room.
async fn fits(store: &Store, n: usize) -> Result<bool, CommitError> {
    let mut tx = store.begin().await?;
    tx.put(record("c", &format!("{n:06}")), body(n));
    match tx.commit().await {
        Ok(_) => Ok(true),
        Err(CommitError::Store(StoreError::Full)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// All rows from the first to the last are there as they were written.
async fn check(store: &Store, rows: std::ops::Range<usize>) {
    let mut tx = store.begin().await.unwrap();
    for n in rows {
        assert!(tx.get(&record("c", &format!("{n:06}"))).unwrap().is_some_and(|row| row.body == body(n)), "row {n}");
    }
}

/// Fills a disk of 24 MiB through the store, with rows and files.
pub(crate) async fn on_a_small_disk(arguments: &[String]) {
    let [root, engine, tenant] = arguments else { panic!("root, engine and tenant") };
    let lab = Lab::open(Path::new(root), engine, tenant).await;
    let store = lab.store().await.unwrap();
    let (folder, path): (FolderName, FilePath) = ("f".parse().unwrap(), "f".parse().unwrap());
    let mut tx = store.begin().await.unwrap();
    tx.write_file(&folder, &path, "text/plain", body(0)).unwrap();
    tx.commit().await.unwrap();
    let mut count = 0;
    while fits(&store, count).await.unwrap() {
        count += 1;
    }
    assert!(count > 20, "{count} rows");
    check(&store, 0..count).await;
    let mut writer = store.stage_file().await.unwrap();
    let refused = loop {
        if let Err(error) = writer.write(vec![0; 1 << 20].into()).await {
            break error;
        }
    };
    assert!(matches!(refused, StoreError::Full));
    drop(writer);
    let mut tx = store.begin().await.unwrap();
    tx.write_file(&folder, &path, "text/plain", vec![1; 1 << 20].into()).unwrap();
    assert!(matches!(tx.commit().await, Err(CommitError::Store(StoreError::Full))));
    // Deleting needs no room, and makes some: the same store goes on.
    let mut tx = store.begin().await.unwrap();
    assert_eq!(tx.read_file(&folder, &path, 0, u32::MAX).unwrap().unwrap(), body(0));
    drop(tx);
    for n in 0..count / 2 {
        let mut tx = store.begin().await.unwrap();
        assert!(tx.delete(&record("c", &format!("{n:06}"))).unwrap());
        tx.commit().await.unwrap();
    }
    check(&store, count / 2..count).await;
    // What else lay on the disk goes away.
    std::fs::remove_file(Path::new(root).join("ballast")).unwrap();
    assert!(fits(&store, count).await.unwrap(), "there is room again");
    check(&store, count / 2..count + 1).await;
}

pub(crate) fn a_full_disk_refuses_writes_until_there_is_room(engine: EngineKind) {
    let root = tempfile::tempdir().unwrap();
    // A file system that only the victim sees, and that ends with it.
    let mount =
        "mount -t tmpfs -o size=24m tmpfs \"$3\" && head -c 6m /dev/zero > \"$3/ballast\" && exec \"$0\" \"$@\"";
    let mut shell = Command::new("unshare");
    shell.args(["-m", "sh", "-c", mount]);
    let command = victim("tmpfs", root.path(), engine, TenantId::new());
    let may_mount = Command::new("unshare").args(["-m", "true"]).stderr(Stdio::null()).status();
    if !may_mount.is_ok_and(|status| status.success()) {
        // Without the right to mount, the limit on the length of files below is what can be had.
        return;
    }
    assert!(shell.arg(command.get_program()).args(command.get_args()).status().unwrap().success());
}

/// Lets the engine itself fail in the middle of a write, by a limit on the length of files.
pub(crate) async fn under_a_limit(arguments: &[String]) {
    let [root, engine, tenant] = arguments else { panic!("root, engine and tenant") };
    let lab = Lab::open(Path::new(root), engine, tenant).await;
    let mut count = 0;
    for round in 1..=4 {
        limit(Some(round * (2 << 20)));
        loop {
            let store = lab.store().await.unwrap();
            match fits(&store, count).await {
                Ok(true) => count += 1,
                Ok(false) => break,
                Err(error) => panic!("round {round}: {error}"),
            }
        }
        // Still under the limit: opened again, and read.
        check(&lab.store().await.unwrap(), 0..count).await;
        limit(None);
        let store = lab.store().await.unwrap();
        check(&store, 0..count).await;
        assert!(fits(&store, count).await.unwrap(), "there is room again");
        count += 1;
    }
    assert!(count > 50, "{count} rows");
}

fn limit(bytes: Option<u64>) {
    let maximum = getrlimit(Resource::Fsize).maximum;
    setrlimit(Resource::Fsize, Rlimit { current: bytes.or(maximum), maximum }).unwrap();
}

pub(crate) fn a_write_that_breaks_loses_nothing(engine: EngineKind) {
    let root = tempfile::tempdir().unwrap();
    let command = victim("rlimit", root.path(), engine, TenantId::new());
    let mut shell = Command::new("sh");
    // Without this the signal that tells of the limit would end the victim.
    shell.args(["-c", "trap '' XFSZ && exec \"$0\" \"$@\""]).arg(command.get_program()).args(command.get_args());
    assert!(shell.status().unwrap().success());
}
