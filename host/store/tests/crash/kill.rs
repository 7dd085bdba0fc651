//! `kill -9` at any moment: what was acknowledged is there, and nothing is there by half.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::Stdio;

use bytes::Bytes;
use signalsync_core::{FilePath, FolderName, TenantId};
use signalsync_store::{EngineKind, Store, Table};

use crate::lab::{Lab, block_on, engine_name, record, victim as start};

/// Writers in the victim.
const TASKS: usize = 4;

/// How often the victim is killed, unless `SIGNALSYNC_CRASH_ROUNDS` says otherwise.
const ROUNDS: usize = 6;

#[expect(clippy::disallowed_methods, reason = "the nightly run asks for more rounds")]
fn rounds() -> usize {
    std::env::var("SIGNALSYNC_CRASH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS)
}

fn folder() -> FolderName {
    "files".parse().unwrap()
}

fn file(task: usize, n: usize) -> FilePath {
    format!("{task}/{:02}", n % 7).parse().unwrap()
}

/// What a task writes as its n-th commit: of many lengths, and nobody else's.
fn body(task: usize, n: usize) -> Bytes {
    format!("{task}/{n};").repeat(1 + n * 37 % 3_000).into()
}

/// Writes until it is killed. A commit is a row for itself, the number of the task's last commit, a log entry,
/// and at times a file. Each is told when it is durable.
pub(crate) async fn victim(arguments: &[String]) {
    let [root, engine, tenant] = arguments else { panic!("root, engine and tenant") };
    let lab = Lab::open(Path::new(root), engine, tenant).await;
    let mut running = Vec::new();
    for task in 0..TASKS {
        let store = lab.store().await.unwrap();
        running.push(tokio::spawn(async move { write(store, task).await }));
    }
    for task in running {
        task.await.unwrap();
    }
}

async fn write(store: Store, task: usize) {
    let mut n = last(&store, task).await;
    loop {
        n += 1;
        let mut tx = store.begin().await.unwrap();
        tx.put(record("commits", &format!("{task}/{n:08}")), body(task, n));
        tx.put(record("last", &task.to_string()), n.to_string());
        tx.append(Table::Executions, &format!("{n:08}/{task}"), "entry", 50);
        if n % 5 == 0 {
            tx.write_file(&folder(), &file(task, n / 5), "text/plain", body(task, n)).unwrap();
        }
        tx.commit().await.unwrap();
        let told = writeln!(std::io::stdout().lock(), "{task} {n}");
        told.unwrap();
    }
}

async fn last(store: &Store, task: usize) -> usize {
    let row = store.begin().await.unwrap().get(&record("last", &task.to_string())).unwrap();
    row.map_or(0, |row| std::str::from_utf8(&row.body).unwrap().parse().unwrap())
}

pub(crate) fn what_was_acknowledged_is_there(engine: EngineKind) {
    let root = tempfile::tempdir().unwrap();
    let tenant = TenantId::new();
    let mut acknowledged = [0; TASKS];
    for round in 0..rounds() {
        // Another number of commits each time, from right after the start to a few hundred later.
        run_and_kill(root.path(), engine, tenant, 1 + round * 67 % 300, &mut acknowledged);
        block_on(check(root.path(), engine, tenant, &mut acknowledged));
    }
    assert!(acknowledged.iter().all(|n| *n > 0), "{acknowledged:?}");
}

fn run_and_kill(root: &Path, engine: EngineKind, tenant: TenantId, commits: usize, acknowledged: &mut [usize; TASKS]) {
    let mut victim = start("kill", root, engine, tenant).stdout(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(victim.stdout.take().unwrap()).lines();
    let mut hear = |line: Option<std::io::Result<String>>| {
        let line = line?.unwrap();
        let (task, n) = line.split_once(' ')?;
        acknowledged[task.parse::<usize>().unwrap()] = n.parse().unwrap();
        Some(())
    };
    (0..commits).for_each(|_| hear(told.next()).expect("the victim lives"));
    victim.kill().unwrap();
    while hear(told.next()).is_some() {}
    victim.wait().unwrap();
}

async fn check(root: &Path, engine: EngineKind, tenant: TenantId, acknowledged: &mut [usize; TASKS]) {
    let lab = Lab::open(root, engine_name(engine), &tenant.to_string()).await;
    let store = lab.store().await.unwrap();
    let mut files = 0;
    for (task, acknowledged) in acknowledged.iter_mut().enumerate() {
        let last = last(&store, task).await;
        assert!(last == *acknowledged || last == *acknowledged + 1, "task {task}: {last} after {acknowledged}");
        *acknowledged = last;
        let mut tx = store.begin().await.unwrap();
        let prefix = format!("{task}/");
        let page = tx.scan(Table::Records, &["commits"], &prefix, None, usize::MAX, usize::MAX).unwrap();
        assert_eq!(page.entries.len(), last, "task {task}: no commit is missing, none is too many");
        for (n, (id, row)) in (1..).zip(&page.entries) {
            assert!(*id == format!("{task}/{n:08}") && row.body == body(task, n), "task {task}, commit {n}");
        }
        for n in (1..=last / 5).rev().take(7) {
            let content = tx.read_file(&folder(), &file(task, n), 0, u32::MAX).unwrap().unwrap();
            assert!(content == body(task, n * 5), "task {task}, file {n}");
            files += 1;
        }
    }
    let tx = store.begin().await.unwrap();
    let log = tx.newest(Table::Executions, None, 100, |_| true).unwrap();
    assert_eq!(log.entries.len(), acknowledged.iter().sum::<usize>().min(50));
    let contents = root.join("tenants").join(tenant.to_string()).join("files").read_dir().unwrap().count();
    assert_eq!(contents, files, "a content for each file, and nothing else");
}
