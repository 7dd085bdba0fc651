//! A disk that reports a failed fsync: what it was for is not acknowledged, and everything else is there.

use std::path::Path;
use std::process::{Command, Stdio};

use signalsync_core::{FilePath, FolderName, TenantId};
use signalsync_store::{CommitError, EngineKind};

use crate::lab::{Lab, record, victim};

const COMMITS: usize = 40;

/// Commits rows and files while one fsync fails, then looks at them.
pub(crate) async fn with_a_failing_fsync(arguments: &[String]) {
    let [root, engine, tenant] = arguments else { panic!("root, engine and tenant") };
    let lab = Lab::open(Path::new(root), engine, tenant).await;
    let folder: FolderName = "f".parse().unwrap();
    let path = |n: usize| format!("{n}").parse::<FilePath>().unwrap();
    let mut acknowledged = Vec::new();
    for n in 0..COMMITS {
        // Opened again when it stopped.
        let mut tx = lab.store().await.unwrap().begin().await.unwrap();
        tx.put(record("c", &n.to_string()), "row");
        tx.write_file(&folder, &path(n), "text/plain", "content".into()).unwrap();
        match tx.commit().await {
            Ok(_) => acknowledged.push(n),
            Err(CommitError::Store(error)) => assert!(acknowledged.len() == n, "more than one failure: {error}"),
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(acknowledged.len(), COMMITS - 1, "one commit was not acknowledged");
    let mut tx = lab.store().await.unwrap().begin().await.unwrap();
    for n in acknowledged {
        assert!(tx.get(&record("c", &n.to_string())).unwrap().is_some(), "row {n}");
        assert_eq!(tx.read_file(&folder, &path(n), 0, 9).unwrap().unwrap(), "content", "file {n}");
    }
    // The one in doubt is there with its row and its content, or not at all.
    for n in 0..COMMITS {
        let row = tx.get(&record("c", &n.to_string())).unwrap();
        assert_eq!(tx.read_file(&folder, &path(n), 0, 9).unwrap().is_some(), row.is_some(), "commit {n}");
    }
}

pub(crate) fn a_failed_fsync_is_not_acknowledged(engine: EngineKind) {
    let traced = Command::new("strace").args(["-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    if !traced.is_ok_and(|status| status.success()) {
        // Without the right to trace there is nobody who could make an fsync fail.
        return;
    }
    // Engines sync rows with one call, contents and folders with the other.
    for call in ["fdatasync", "fsync"] {
        let root = tempfile::tempdir().unwrap();
        let command = victim("sync", root.path(), engine, TenantId::new());
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}")]);
        strace.args(["-e", &format!("inject={call}:error=EIO:when=30")]);
        assert!(strace.arg(command.get_program()).args(command.get_args()).status().unwrap().success(), "{call}");
    }
}
