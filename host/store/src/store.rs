//! One open database with its files, and the committer that groups what arrives together.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signalsync_core::{TenantId, Timestamp};
use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_blocking;

use crate::blob::Blobs;
use crate::commit::Commit;
use crate::due::{self, Due};
use crate::engine::{Conflict, Engine, Snapshot};
use crate::error::{CommitError, StoreError};
use crate::files::FileInfo;
use crate::home::Opened;
use crate::key::Key;
use crate::quota::Quota;
use crate::room::Room;
use crate::stream::{FileReader, FileWriter};
use crate::transaction::Transaction;
use crate::watch::Watch;

/// Commits that share one fsync.
const GROUP_MAX: usize = 64;

/// Commits that wait for the committer; more make their callers wait.
const WAITING_MAX: usize = 256;

/// A tenant's open store. Cheap to clone; the database closes when the last one is gone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    engine: Arc<dyn Engine>,
    blobs: Arc<Blobs>,
    jobs: mpsc::Sender<Job>,
    stopped: Arc<AtomicBool>,
    quota: Quota,
}

/// To whom a store tells when its tenant is due.
pub(crate) struct Tells {
    pub(crate) tenant: TenantId,
    pub(crate) due: Arc<Due>,
    pub(crate) watch: Arc<Watch>,
}

/// What is told of a commit, once it is durable.
struct Telling {
    due: Option<Timestamp>,
    rows: Vec<Key>,
}

impl Tells {
    fn about(&self, commit: &Commit) -> Telling {
        Telling { due: due::earliest(commit), rows: self.watch.rows(self.tenant, commit) }
    }

    fn of(&self, tellings: Vec<Telling>, results: &[Result<u64, Conflict>]) {
        let durable = tellings.into_iter().zip(results).filter(|(_, result)| result.is_ok());
        let (mut rows, mut earliest) = (Vec::new(), None::<Timestamp>);
        for (telling, _) in durable {
            earliest = earliest.into_iter().chain(telling.due).min();
            rows.extend(telling.rows);
        }
        if let Some(at) = earliest {
            self.due.note(self.tenant, at);
        }
        self.watch.tell(self.tenant, rows);
    }
}

struct Job {
    commit: Commit,
    done: oneshot::Sender<Result<u64, CommitError>>,
}

impl Store {
    /// Starts the committer of an engine. Call it inside of a tokio runtime.
    pub(crate) fn new(opened: Opened, tells: Option<Tells>) -> Self {
        let Opened { engine, blobs, room } = opened;
        let (jobs, waiting) = mpsc::channel(WAITING_MAX);
        let stopped = Arc::new(AtomicBool::new(false));
        let committer = Committer { engine: Arc::clone(&engine), room, stopped: Arc::clone(&stopped), tells };
        tokio::spawn(committer.run(waiting));
        Self(Arc::new(Inner { engine, blobs, jobs, stopped, quota: Quota::unlimited() }))
    }

    /// Begins a transaction on the newest snapshot.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn begin(&self) -> Result<Transaction, StoreError> {
        // A snapshot takes a lock and reads nothing: microseconds, whatever the size of the database.
        Transaction::of(self)
    }

    /// Starts a file that is too large for memory. It belongs to nobody until a transaction takes it.
    ///
    /// # Errors
    /// `QuotaUsedUp`, or the file cannot be made.
    pub async fn stage_file(&self) -> Result<FileWriter, StoreError> {
        self.check_quota().await?;
        FileWriter::start(Arc::clone(&self.0.blobs)).await
    }

    /// Reads a file from its beginning, piece by piece. Hold the transaction that found it until this answers:
    /// a content that was replaced goes when no transaction can see it any more.
    ///
    /// # Errors
    /// The content is missing or damaged.
    pub async fn open_file(&self, info: &FileInfo) -> Result<FileReader, StoreError> {
        FileReader::open(Arc::clone(&self.0.blobs), info).await
    }

    /// Bytes on disk, files included. An estimate that lags behind by what the file system has not yet booked.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub async fn disk_bytes(&self) -> Result<u64, StoreError> {
        let blobs = Arc::clone(&self.0.blobs);
        blocking(move || blobs.disk_bytes()).await
    }

    /// Sets how much of the disk may be used.
    pub(crate) fn allow(&self, bytes_max: u64) {
        self.0.quota.allow(bytes_max);
    }

    /// Whether there may be more data.
    ///
    /// # Errors
    /// `QuotaUsedUp`, or the folder cannot be read.
    pub(crate) async fn check_quota(&self) -> Result<(), StoreError> {
        let quota = &self.0.quota;
        if !quota.is_limited() {
            return Ok(());
        }
        let used = match quota.measured() {
            Some(used) => used,
            None => {
                let used = self.disk_bytes().await?;
                quota.measure(used);
                used
            }
        };
        quota.check(used)
    }

    /// Whether a write failed, so that the store must be opened again.
    pub(crate) fn is_stopped(&self) -> bool {
        self.0.stopped.load(Ordering::Acquire)
    }

    /// Whether somebody else holds this store, or a content that is on its way into it.
    pub(crate) fn is_in_use(&self) -> bool {
        Arc::strong_count(&self.0) > 1 || Arc::strong_count(&self.0.blobs) > 1
    }

    /// Closes the store under those who still hold it: nothing is acknowledged any more.
    pub(crate) async fn stop(&self) -> Result<(), StoreError> {
        self.0.stopped.store(true, Ordering::Release);
        close(Arc::clone(&self.0.engine)).await
    }

    pub(crate) fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        self.0.engine.snapshot()
    }

    pub(crate) fn blobs(&self) -> &Arc<Blobs> {
        &self.0.blobs
    }

    /// Hands a commit to the committer. It is carried out even when the caller goes away.
    pub(crate) async fn commit(&self, commit: Commit) -> Result<u64, CommitError> {
        let (done, result) = oneshot::channel();
        let job = Job { commit, done };
        self.0.jobs.send(job).await.map_err(|_| StoreError::Stopped)?;
        result.await.map_err(|_| StoreError::Stopped)?
    }
}

/// Runs on a thread that may wait for the disk.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    spawn_blocking(work).await.unwrap_or_else(|error| Err(StoreError::Engine(error.to_string())))
}

async fn close(engine: Arc<dyn Engine>) -> Result<(), StoreError> {
    blocking(move || {
        engine.close();
        Ok(())
    })
    .await
}

/// The one that writes: takes what waits, as a group, and answers when it is durable.
struct Committer {
    engine: Arc<dyn Engine>,
    /// None when the rows need no disk.
    room: Option<Room>,
    stopped: Arc<AtomicBool>,
    /// None for a store in which no work waits.
    tells: Option<Tells>,
}

impl Committer {
    async fn run(self, mut waiting: mpsc::Receiver<Job>) {
        let mut group = Vec::with_capacity(GROUP_MAX);
        while waiting.recv_many(&mut group, GROUP_MAX).await > 0 {
            let (commits, callers): (Vec<_>, Vec<_>) = group.drain(..).map(|job| (job.commit, job.done)).unzip();
            match self.apply(commits).await {
                Ok(results) => answer(callers, results),
                Err(StoreError::Full) => refuse(callers, || StoreError::Full),
                Err(_) => refuse(callers, || StoreError::Stopped),
            }
        }
        // Closing waits for the disk, so it is not left to whoever drops the store.
        let closed = blocking(move || {
            drop(self.engine);
            Ok(())
        });
        if let Err(error) = closed.await {
            tracing::error!(%error, "a store did not close");
        }
    }

    async fn apply(&self, commits: Vec<Commit>) -> Result<Vec<Result<u64, Conflict>>, StoreError> {
        if self.stopped.load(Ordering::Acquire) {
            return Err(StoreError::Stopped);
        }
        if let Some(room) = &self.room {
            room.for_commits(&commits)?;
        }
        let tellings = self.tells.as_ref().map(|tells| commits.iter().map(|commit| tells.about(commit)).collect());
        let engine = Arc::clone(&self.engine);
        let applied = blocking(move || engine.apply(&commits)).await;
        if let (Some(tells), Some(tellings), Ok(results)) = (&self.tells, tellings, &applied) {
            tells.of(tellings, results);
        }
        if let Err(error) = &applied {
            tracing::error!(%error, "a group of commits failed; the store stops until it is opened again");
            self.stopped.store(true, Ordering::Release);
            close(Arc::clone(&self.engine)).await?;
        }
        applied
    }
}

fn answer(callers: Vec<oneshot::Sender<Result<u64, CommitError>>>, results: Vec<Result<u64, Conflict>>) {
    for (caller, result) in callers.into_iter().zip(results) {
        // A caller that went away has its commit all the same.
        let _ = caller.send(result.map_err(|Conflict| CommitError::Conflict));
    }
}

fn refuse(callers: Vec<oneshot::Sender<Result<u64, CommitError>>>, why: impl Fn() -> StoreError) {
    for caller in callers {
        let _ = caller.send(Err(why().into()));
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::io;
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    use cap_std::ambient_authority;
    use cap_std::fs::Dir;
    use parking_lot::Mutex;

    use super::*;
    use crate::cipher::SecretKey;
    use crate::engine::MemoryEngine;
    use crate::key::Table;

    /// An engine that applies a group when it is told to, or fails.
    struct Gated {
        engine: MemoryEngine,
        gate: Mutex<Receiver<io::Result<()>>>,
        groups: Mutex<Vec<usize>>,
        closed: AtomicBool,
    }

    impl Engine for Gated {
        fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
            self.engine.snapshot()
        }

        fn apply(&self, group: &[Commit]) -> Result<Vec<Result<u64, Conflict>>, StoreError> {
            self.groups.lock().push(group.len());
            self.gate.lock().recv().unwrap()?;
            self.engine.apply(group)
        }

        fn close(&self) {
            self.closed.store(true, Ordering::Release);
        }
    }

    fn store() -> (Store, Arc<Gated>, SyncSender<io::Result<()>>, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let (open, gate) = sync_channel(GROUP_MAX);
        let engine = MemoryEngine::default();
        let closed = AtomicBool::new(false);
        let engine = Arc::new(Gated { engine, gate: Mutex::new(gate), groups: Mutex::default(), closed });
        let dir = Dir::open_ambient_dir(folder.path(), ambient_authority()).unwrap();
        let key = SecretKey::in_file(&folder.path().join("key")).unwrap();
        let blobs = Arc::new(Blobs::new(dir, key, "tenant".to_owned(), folder.path().to_owned()));
        let opened = Opened { engine: Arc::clone(&engine) as _, blobs, room: None };
        (Store::new(opened, None), engine, open, folder)
    }

    async fn put(store: Store) -> Result<u64, CommitError> {
        let mut tx = store.begin().await?;
        tx.put(Key::new(Table::Records, &["c", "id"]), "body");
        tx.commit().await.map(|committed| committed.version)
    }

    /// Waits until the committer is at work, and so many wait for it.
    async fn until_waiting(store: &Store, engine: &Gated, groups: usize, waiting: usize) {
        while engine.groups.lock().len() < groups || store.0.jobs.capacity() != WAITING_MAX - waiting {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn what_waits_together_is_one_group() {
        let (store, engine, open, _folder) = store();
        let first = tokio::spawn(put(store.clone()));
        until_waiting(&store, &engine, 1, 0).await;
        let more: Vec<_> = (0..GROUP_MAX + 6).map(|_| tokio::spawn(put(store.clone()))).collect();
        until_waiting(&store, &engine, 1, GROUP_MAX + 6).await;
        more[0].abort();
        (0..3).for_each(|_| open.send(Ok(())).unwrap());
        assert_eq!(first.await.unwrap().unwrap(), 1);
        for commit in more.into_iter().skip(1) {
            commit.await.unwrap().unwrap();
        }
        assert_eq!(*engine.groups.lock(), [1, GROUP_MAX, 6], "the one that went away is committed with the others");
        let version = store.begin().await.unwrap().commit().await.unwrap().version;
        assert_eq!(version, GROUP_MAX as u64 + 7);
    }

    #[tokio::test]
    async fn a_store_whose_write_failed_acknowledges_nothing_more() {
        for (error, is_full) in [(io::ErrorKind::Other, false), (io::ErrorKind::StorageFull, true)] {
            let (store, engine, open, _folder) = store();
            open.send(Ok(())).unwrap();
            put(store.clone()).await.unwrap();
            open.send(Err(error.into())).unwrap();
            let failed = put(store.clone()).await.unwrap_err();
            assert_eq!(matches!(failed, CommitError::Store(StoreError::Full)), is_full);
            assert!(store.is_stopped() && engine.closed.load(Ordering::Acquire));
            let later = put(store.clone()).await.unwrap_err();
            assert!(matches!(later, CommitError::Store(StoreError::Stopped)));
            assert_eq!(engine.groups.lock().len(), 2, "the engine is not asked again");
        }
    }

    #[tokio::test]
    async fn a_content_stays_when_it_is_unknown_what_became_of_its_commit() {
        for (error, left) in [(Ok(()), 1), (Err(io::ErrorKind::Other.into()), 2)] {
            let (store, _engine, open, folder) = store();
            let (name, path) = ("f".parse::<signalsync_core::FolderName>().unwrap(), "p".parse().unwrap());
            for outcome in [Ok(()), error] {
                open.send(outcome).unwrap();
                let mut tx = store.begin().await.unwrap();
                tx.write_file(&name, &path, "text/plain", "content".into()).unwrap();
                let _ = tx.commit().await;
            }
            let contents = folder.path().read_dir().unwrap().count() - 1;
            assert_eq!(contents, left, "besides the key");
        }
    }
}
