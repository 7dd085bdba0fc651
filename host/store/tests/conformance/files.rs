//! Files: as atomic as rows, of any length, and nothing left behind.

use bytes::Bytes;
use signalsync_core::{FilePath, FolderName, TenantId};
use signalsync_store::{CommitError, Store, StoreError, Transaction};

use crate::lab::{Lab, all, put, record};

pub(crate) const CHUNK: usize = 64 << 10;
pub(crate) const LENGTHS: [usize; 8] = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1, 5 * CHUNK - 7];

pub(crate) fn folder() -> FolderName {
    "invoices".parse().unwrap()
}

pub(crate) fn path(path: &str) -> FilePath {
    path.parse().unwrap()
}

/// Bytes that differ from chunk to chunk.
pub(crate) fn body(length: usize) -> Bytes {
    (0..length).map(|n| (n / 251 + n) as u8).collect()
}

/// Commits a file from memory.
pub(crate) async fn write(store: &Store, name: &str, content: impl Into<Bytes>) {
    let mut tx = store.begin().await.unwrap();
    tx.write_file(&folder(), &path(name), "text/plain", content.into()).unwrap();
    tx.commit().await.unwrap();
}

/// Commits a file as a stream in pieces of odd length.
async fn stream(store: &Store, name: &str, content: &Bytes) {
    let mut writer = store.stage_file().await.unwrap();
    for piece in content.chunks(10_007) {
        writer.write(Bytes::copy_from_slice(piece)).await.unwrap();
    }
    assert_eq!(writer.size(), content.len() as u64);
    let staged = writer.finish().await.unwrap();
    assert_eq!(staged.size(), content.len() as u64);
    let mut tx = store.begin().await.unwrap();
    tx.put_file(&folder(), &path(name), "application/xml", staged).unwrap();
    tx.commit().await.unwrap();
}

/// The whole file, once in one read and once as a stream.
pub(crate) async fn read(store: &Store, name: &str) -> Result<Option<Bytes>, StoreError> {
    let mut tx = store.begin().await?;
    let Some(info) = tx.file(&folder(), &path(name))? else { return Ok(None) };
    let mut streamed = Vec::new();
    let mut reader = store.open_file(&info).await?;
    while let Some(piece) = reader.next().await? {
        streamed.extend_from_slice(&piece);
    }
    let whole = tx.read_file(&folder(), &path(name), 0, u32::MAX)?.unwrap();
    assert_eq!((whole.len() as u64, whole == streamed), (info.size, true));
    Ok(Some(whole))
}

fn part(tx: &mut Transaction, name: &str) -> Option<Bytes> {
    tx.read_file(&folder(), &path(name), 0, 100).unwrap()
}

/// Waits until only so many contents are left: removing is left to a thread that may wait for the disk.
async fn until_contents(lab: &Lab, tenant: TenantId, count: usize) {
    while lab.contents(tenant).len() != count {
        tokio::task::yield_now().await;
    }
}

pub(crate) async fn contents_of_all_lengths(lab: Lab) {
    let (tenant, store) = lab.tenant().await;
    for length in LENGTHS {
        write(&store, &format!("memory/{length}"), body(length)).await;
        stream(&store, &format!("stream/{length}"), &body(length)).await;
    }
    drop(store);
    let survives = lab.kind != signalsync_store::EngineKind::Memory;
    let lab = if survives { lab.restart() } else { lab };
    let store = lab.open(tenant).await.unwrap();
    for length in LENGTHS {
        for name in ["memory", "stream"] {
            assert!(read(&store, &format!("{name}/{length}")).await.unwrap() == Some(body(length)), "{name} {length}");
        }
    }
    let mut tx = store.begin().await.unwrap();
    let listed = tx.list_files(&folder(), Some(&path("memory/9")), 3).unwrap();
    let listed: Vec<_> = listed.iter().map(|info| (info.path.as_str(), info.size, info.media_type.as_str())).collect();
    let expected = [("stream/0", 0), ("stream/1", 1), ("stream/131072", 131_072)];
    assert_eq!(listed, expected.map(|(path, size)| (path, size, "application/xml")));
}

pub(crate) async fn a_part_is_read_from_anywhere(lab: Lab) {
    let (_, store) = lab.tenant().await;
    let content = body(3 * CHUNK + 100);
    write(&store, "f", content.clone()).await;
    let mut tx = store.begin().await.unwrap();
    tx.write_file(&folder(), &path("pending"), "text/plain", content.clone()).unwrap();
    let edges = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, content.len() - 1, content.len(), content.len() + CHUNK];
    for from in edges {
        for length in [0, 1, CHUNK, 2 * CHUNK + 1, usize::from(u16::MAX) * 9] {
            let expected = &content[from.min(content.len())..(from + length).min(content.len())];
            for name in ["f", "pending"] {
                let read = tx.read_file(&folder(), &path(name), from as u64, length as u32).unwrap().unwrap();
                assert!(read == expected, "{name}: {length} bytes from {from}");
            }
        }
    }
    assert_eq!(tx.read_file(&folder(), &path("f"), u64::MAX, u32::MAX).unwrap().unwrap().len(), 0);
    assert_eq!(tx.read_file(&folder(), &path("none"), 0, 1).unwrap(), None);
}

pub(crate) async fn a_staged_file_belongs_to_nobody_until_committed(lab: Lab) {
    let (tenant, store) = lab.tenant().await;
    let mut writer = store.stage_file().await.unwrap();
    writer.write(body(CHUNK + 1)).await.unwrap();
    drop(writer);
    until_contents(&lab, tenant, 0).await;
    drop(store.stage_file().await.unwrap().finish().await.unwrap());
    until_contents(&lab, tenant, 0).await;
    let staged = store.stage_file().await.unwrap().finish().await.unwrap();
    let mut tx = store.begin().await.unwrap();
    tx.put_file(&folder(), &path("f"), "text/plain", staged).unwrap();
    assert_eq!(part(&mut tx, "f").unwrap().len(), 0);
    drop(tx);
    until_contents(&lab, tenant, 0).await;
    let elsewhere = lab.tenant().await.1.stage_file().await.unwrap().finish().await.unwrap();
    let mut tx = store.begin().await.unwrap();
    let refused = tx.put_file(&folder(), &path("f"), "text/plain", elsewhere);
    assert!(matches!(refused, Err(StoreError::Stopped)), "a content of another store");
}

pub(crate) async fn a_file_is_as_atomic_as_a_row(lab: Lab) {
    let (tenant, store) = lab.tenant().await;
    write(&store, "f", "old").await;
    let mut loser = store.begin().await.unwrap();
    loser.write_file(&folder(), &path("f"), "text/plain", "lost".into()).unwrap();
    loser.write_file(&folder(), &path("g"), "text/plain", "lost".into()).unwrap();
    let mut winner = store.begin().await.unwrap();
    winner.write_file(&folder(), &path("f"), "text/plain", "new".into()).unwrap();
    winner.put(record("c", "f"), "new");
    assert_eq!(part(&mut winner, "f").unwrap(), "new");
    winner.commit().await.unwrap();
    assert!(matches!(loser.commit().await, Err(CommitError::Conflict)));
    let mut tx = store.begin().await.unwrap();
    assert_eq!((part(&mut tx, "f").unwrap(), part(&mut tx, "g")), ("new".into(), None));
    assert_eq!(all(&mut tx, "c").len(), 1);
    assert_eq!(tx.file(&folder(), &path("f")).unwrap().unwrap().version, 2);
    drop(tx);
    until_contents(&lab, tenant, 1).await;
    let mut tx = store.begin().await.unwrap();
    assert!(tx.delete_file(&folder(), &path("f")).unwrap());
    assert!(!tx.delete_file(&folder(), &path("f")).unwrap());
    assert_eq!(part(&mut tx, "f"), None);
    tx.commit().await.unwrap();
    until_contents(&lab, tenant, 0).await;
}

pub(crate) async fn an_older_snapshot_reads_the_older_content(lab: Lab) {
    let (tenant, store) = lab.tenant().await;
    write(&store, "f", "first").await;
    let mut first = store.begin().await.unwrap();
    write(&store, "f", "second").await;
    let mut second = store.begin().await.unwrap();
    let mut tx = store.begin().await.unwrap();
    tx.delete_file(&folder(), &path("f")).unwrap();
    tx.commit().await.unwrap();
    assert_eq!(part(&mut second, "f").unwrap(), "second");
    assert_eq!(lab.contents(tenant).len(), 2);
    drop(second);
    assert_eq!(part(&mut first, "f").unwrap(), "first");
    drop(first);
    until_contents(&lab, tenant, 0).await;
}

pub(crate) async fn a_rolled_back_file_leaves_nothing(lab: Lab) {
    let (tenant, store) = lab.tenant().await;
    write(&store, "f", "kept").await;
    let mut tx = store.begin().await.unwrap();
    let savepoint = tx.savepoint();
    let staged = store.stage_file().await.unwrap().finish().await.unwrap();
    tx.put_file(&folder(), &path("f"), "text/plain", staged).unwrap();
    tx.write_file(&folder(), &path("g"), "text/plain", "gone".into()).unwrap();
    tx.rollback(savepoint);
    assert_eq!((part(&mut tx, "f").unwrap(), part(&mut tx, "g")), ("kept".into(), None));
    // Written twice in one transaction: only the last one counts.
    tx.write_file(&folder(), &path("f"), "text/plain", "1".into()).unwrap();
    tx.write_file(&folder(), &path("f"), "text/plain", "2".into()).unwrap();
    put(&store, "c", "other", "x").await;
    tx.commit().await.unwrap();
    assert_eq!(read(&store, "f").await.unwrap().unwrap(), "2");
    until_contents(&lab, tenant, 1).await;
}

pub(crate) async fn the_disk_shows_neither_names_nor_contents(lab: Lab) {
    let (tenant, store) = lab.tenant().await;
    let secret = b"the secret of the house, many times over. ".repeat(5_000);
    write(&store, "very-secret-name.txt", secret.clone()).await;
    write(&store, "copy.txt", secret.clone()).await;
    let contents: Vec<_> = lab.contents(tenant).iter().map(|path| std::fs::read(path).unwrap()).collect();
    assert_ne!(contents[0], contents[1], "equal contents look different");
    for (path, content) in lab.contents(tenant).iter().zip(&contents) {
        assert!(!path.to_string_lossy().contains("secret"));
        assert!(!content.windows(10).any(|window| window == b"the secret"));
    }
    assert!(store.disk_bytes().await.unwrap() > 2 * secret.len() as u64);
}
