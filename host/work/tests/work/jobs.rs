//! Long actions: their counts are true at any moment, and they can be stopped, resumed and undone.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use serde_json::{Value, json};
use signalsync_core::{Caller, JobId, KeyId, TenantId, TenantScope};
use signalsync_store::{Key, Table, Transaction};
use signalsync_work::jobs::{
    self, Chunk, Job, JobError, JobKind, JobState, Jobs, NewJob, OPEN_MAX, PROBLEMS_KEPT_MAX, Problem, Starters,
};
use signalsync_work::{Handlers, Setback, dead_letters};
use tokio::sync::Semaphore;

use crate::lab::{Driving, Lab, until};

/// Writes the numbers up to `input`, ten at a time; every hundredth is a problem.
#[derive(Clone)]
struct Numbers {
    /// One permit for each chunk.
    chunks: Arc<Semaphore>,
    /// Chunks that were begun.
    begun: Arc<AtomicU64>,
    fails_at: Arc<Mutex<Option<u64>>>,
    undone: Arc<Mutex<Vec<u64>>>,
}

const CHUNK: u64 = 10;

fn row(n: u64) -> Key {
    Key::new(Table::Records, &["numbers", &format!("{n:06}")])
}

fn rows(tx: &mut Transaction) -> u64 {
    tx.scan(Table::Records, &["numbers"], "", None, usize::MAX, usize::MAX).unwrap().entries.len() as u64
}

impl JobKind for Numbers {
    fn step<'a>(
        &'a self,
        _: &'a TenantScope,
        _: JobId,
        job: &'a Job,
        mut tx: Transaction,
    ) -> BoxFuture<'a, Result<(Transaction, Chunk), Setback>> {
        async move {
            self.begun.fetch_add(1, Ordering::AcqRel);
            self.chunks.acquire().await.unwrap().forget();
            let (first, total) = (job.cursor.as_u64().unwrap_or(0), job.input.as_u64().unwrap());
            let next = (first + CHUNK).min(total);
            if self.fails_at.lock().is_some_and(|at| (first..next).contains(&at)) {
                return Err(Setback::never("the file is damaged"));
            }
            let mut chunk = Chunk { total: Some(total), cursor: json!(next), ..Chunk::default() };
            for n in first..next {
                if n % 100 == 99 {
                    chunk.failed += 1;
                    let column = Some("number".to_owned());
                    chunk.problems.push(Problem { row: Some(n + 1), column, reason: "it is too round".to_owned() });
                    continue;
                }
                tx.put(row(n), "");
                chunk.done += 1;
                chunk.did.push(json!(n));
            }
            chunk.end = (next == total).then(|| json!({ "last": total }));
            Ok((tx, chunk))
        }
        .boxed()
    }

    fn undo<'a>(
        &'a self,
        _: &'a TenantScope,
        _: &'a Job,
        did: Vec<Value>,
        mut tx: Transaction,
    ) -> BoxFuture<'a, Result<(Transaction, Vec<Problem>), Setback>> {
        async move {
            for n in did.iter().filter_map(Value::as_u64) {
                tx.delete(&row(n))?;
                self.undone.lock().push(n);
            }
            Ok((tx, Vec::new()))
        }
        .boxed()
    }
}

/// Nobody of a tenant may come in any more.
struct Nobody;

impl Starters for Nobody {
    fn scope<'a>(
        &'a self,
        _: &'a TenantScope,
        _: &'a str,
        _: Option<KeyId>,
    ) -> BoxFuture<'a, Result<Option<TenantScope>, String>> {
        async { Ok(None) }.boxed()
    }
}

struct Fixture {
    lab: Lab,
    tenant: TenantId,
    numbers: Numbers,
    driving: Driving,
}

async fn fixture() -> Fixture {
    let (lab, chunks) = (Lab::new(), Arc::new(Semaphore::new(0)));
    let tenant = lab.tenant().await;
    let numbers = Numbers { chunks, begun: Arc::default(), fails_at: Arc::default(), undone: Arc::default() };
    let jobs = Jobs::new(Arc::new(Nobody), Arc::new(lab.clock.clone())).with("numbers", numbers.clone());
    let driving = lab.drive(jobs.register(Handlers::default()));
    Fixture { lab, tenant, numbers, driving }
}

impl Fixture {
    async fn start(&self, total: u64) -> JobId {
        let new = NewJob { kind: "numbers", input: json!(total), can_undo: true, all_or_nothing: false };
        self.change(|tx, scope, now| jobs::start(tx, scope, new, now)).await.unwrap()
    }

    async fn change<T>(&self, edit: impl FnOnce(&mut Transaction, &TenantScope, signalsync_core::Timestamp) -> T) -> T {
        use signalsync_core::Clock as _;
        let (scope, now) = (self.lab.scope(self.tenant), self.lab.clock.now());
        self.lab.change(self.tenant, |tx| edit(tx, &scope, now)).await
    }

    async fn job(&self, id: JobId) -> (Job, u64) {
        self.lab.read(self.tenant, |tx| (jobs::get(tx, id).unwrap(), rows(tx))).await
    }

    async fn until(&self, id: JobId, holds: impl Fn(&Job) -> bool) -> (Job, u64) {
        loop {
            let (job, rows) = self.job(id).await;
            if holds(&job) {
                return (job, rows);
            }
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn counts_are_true_at_any_moment() {
    let f = fixture().await;
    let id = f.start(250).await;
    let (job, rows) = f.job(id).await;
    assert_eq!((job.state, job.done, job.total, rows), (JobState::Waiting, 0, None, 0));
    for chunk in 1..25 {
        f.numbers.chunks.add_permits(1);
        let (job, rows) = f.until(id, |job| job.done + job.failed >= chunk * CHUNK).await;
        assert_eq!((job.state, job.done, job.total), (JobState::Running, rows, Some(250)));
    }
    f.numbers.chunks.add_permits(1);
    let (job, rows) = f.until(id, |job| job.state == JobState::Done).await;
    assert_eq!((job.done, job.failed, job.problems, rows), (248, 2, 2, 248));
    assert_eq!(job.result, Some(json!({ "last": 250 })));
    let found = f.lab.read(f.tenant, |tx| jobs::problems(tx, id, None, 10).unwrap()).await.items;
    assert_eq!(found.iter().map(|problem| problem.row).collect::<Vec<_>>(), [Some(100), Some(200)]);
    f.driving.end().await;
}

#[tokio::test]
async fn a_job_stops_between_chunks_and_goes_on_there() {
    let f = fixture().await;
    let id = f.start(40).await;
    f.numbers.chunks.add_permits(1);
    f.until(id, |job| job.done == 10).await;
    until(|| f.numbers.begun.load(Ordering::Acquire) == 2).await;
    f.change(|tx, _, _| jobs::pause(tx, id)).await.unwrap();
    f.numbers.chunks.add_permits(1);
    until(|| f.driving.figures.stale() + f.driving.figures.done() >= 2 && f.numbers.chunks.available_permits() == 0)
        .await;
    let (job, rows) = f.job(id).await;
    assert_eq!((job.state, job.done, rows), (JobState::Paused, 10, 10), "the chunk that was being done left nothing");
    f.change(|tx, _, now| jobs::resume(tx, id, now)).await.unwrap();
    f.numbers.chunks.add_permits(3);
    let (job, rows) = f.until(id, |job| job.state == JobState::Done).await;
    assert_eq!((job.done, rows), (40, 40));
    f.driving.end().await;
}

#[tokio::test]
async fn a_job_that_fails_says_why_and_can_go_on() {
    let f = fixture().await;
    *f.numbers.fails_at.lock() = Some(15);
    let id = f.start(30).await;
    f.numbers.chunks.add_permits(2);
    let (job, rows) = f.until(id, |job| job.state == JobState::Failed).await;
    assert_eq!((job.done, rows, job.why.as_deref()), (10, 10, Some("the file is damaged")));
    assert_eq!(f.lab.read(f.tenant, |tx| dead_letters(tx, None, 9).unwrap().items.len()).await, 0);
    *f.numbers.fails_at.lock() = None;
    f.change(|tx, _, now| jobs::resume(tx, id, now)).await.unwrap();
    f.numbers.chunks.add_permits(2);
    let (job, rows) = f.until(id, |job| job.state == JobState::Done).await;
    assert_eq!((job.done, rows, job.why), (30, 30, None));
    f.driving.end().await;
}

#[tokio::test]
async fn a_job_is_undone_from_its_end() {
    let f = fixture().await;
    let id = f.start(500).await;
    f.numbers.chunks.add_permits(45);
    f.until(id, |job| job.done + job.failed == 450).await;
    f.change(|tx, _, now| jobs::cancel(tx, id, now)).await.unwrap();
    let (job, rows) = f.job(id).await;
    assert_eq!((job.state, rows), (JobState::Cancelled, 446));
    f.change(|tx, _, now| jobs::undo(tx, &Caller::host(), id, now)).await.unwrap();
    let (_, rows) = f.until(id, |job| job.state == JobState::Undone).await;
    assert_eq!(rows, 0);
    assert!(f.numbers.undone.lock().is_sorted_by(|a, b| a > b));
    let again = f.lab.read(f.tenant, |tx| jobs::resume(tx, id, signalsync_core::Timestamp(0))).await;
    assert!(matches!(again, Err(JobError::NotPossible { state: "undone", wanted: "resumed" })));
    // The chunk that waits since before the job was cancelled.
    f.numbers.chunks.add_permits(1);
    f.driving.end().await;
}

#[tokio::test]
async fn jobs_are_bounded_and_forgotten() {
    let f = fixture().await;
    let mut ids = Vec::new();
    for _ in 0..OPEN_MAX {
        ids.push(f.start(10).await);
    }
    let new = || NewJob { kind: "numbers", input: json!(1), can_undo: false, all_or_nothing: false };
    let more = f.change(|tx, scope, now| jobs::start(tx, scope, new(), now)).await;
    assert!(matches!(more, Err(JobError::TooMany { limit: OPEN_MAX })));
    f.numbers.chunks.add_permits(OPEN_MAX);
    until(|| f.driving.figures.done() == OPEN_MAX as u64).await;
    let page = f.lab.read(f.tenant, |tx| jobs::list(tx, None, 5).unwrap()).await;
    let newest: Vec<_> = page.items.iter().map(|(id, _)| *id).collect();
    assert_eq!(newest, ids.iter().rev().take(5).copied().collect::<Vec<_>>());
    f.lab.clock.advance(90 * 86_400_000);
    until(|| f.driving.figures.done() == 2 * OPEN_MAX as u64).await;
    assert!(f.lab.read(f.tenant, |tx| jobs::list(tx, None, 5).unwrap()).await.items.is_empty());
    let left = f.lab.read(f.tenant, |tx| tx.look(Table::JobItems, 9).unwrap()).await;
    assert_eq!(left, []);
    f.driving.end().await;
}

/// Reports more problems than are listed.
struct Wrong;

impl JobKind for Wrong {
    fn step<'a>(
        &'a self,
        _: &'a TenantScope,
        _: JobId,
        job: &'a Job,
        tx: Transaction,
    ) -> BoxFuture<'a, Result<(Transaction, Chunk), Setback>> {
        async move {
            let problem = Problem { row: None, column: None, reason: "é".repeat(5_000) };
            let chunk = Chunk { problems: vec![problem; 600], failed: 600, ..Chunk::default() };
            Ok((
                tx,
                Chunk { cursor: json!(job.problems), end: (job.problems == 9_600).then_some(Value::Null), ..chunk },
            ))
        }
        .boxed()
    }
}

#[tokio::test]
async fn problems_are_listed_up_to_a_number_and_counted_beyond() {
    let lab = Lab::new();
    let tenant = lab.tenant().await;
    let wrong = Jobs::new(Arc::new(Nobody), Arc::new(lab.clock.clone())).with("wrong", Wrong);
    let driving = lab.drive(wrong.register(Handlers::default()));
    let new = NewJob { kind: "wrong", input: Value::Null, can_undo: false, all_or_nothing: false };
    let scope = lab.scope(tenant);
    let start = |tx: &mut Transaction| jobs::start(tx, &scope, new, crate::lab::START).unwrap();
    let id = lab.change(tenant, start).await;
    until(|| driving.figures.done() == 17).await;
    let job = lab.read(tenant, |tx| jobs::get(tx, id).unwrap()).await;
    assert_eq!((job.state, job.problems, job.failed), (JobState::Done, 10_200, 10_200));
    let (mut listed, mut after) = (0, None);
    loop {
        let page = lab.read(tenant, |tx| jobs::problems(tx, id, after.as_deref(), 100).unwrap()).await;
        listed += page.items.len() as u64;
        assert!(page.items.iter().all(|problem| problem.reason.len() == 500));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(listed, PROBLEMS_KEPT_MAX);
    driving.end().await;
}

#[tokio::test]
async fn all_or_nothing_takes_back_what_was_done() {
    let f = fixture().await;
    *f.numbers.fails_at.lock() = Some(35);
    let new = NewJob { kind: "numbers", input: json!(60), can_undo: true, all_or_nothing: true };
    let id = f.change(|tx, scope, now| jobs::start(tx, scope, new.clone(), now)).await.unwrap();
    f.numbers.chunks.add_permits(4);
    let (job, rows) = f.until(id, |job| job.ended_at.is_some()).await;
    assert_eq!((job.state, job.why.as_deref()), (JobState::Failed, Some("the file is damaged")));
    assert_eq!(rows, 0, "three chunks were done, and were taken back");
    assert_eq!(f.numbers.undone.lock().len(), 30);
    let again = f.change(|tx, _, now| jobs::resume(tx, id, now)).await;
    assert!(matches!(again, Err(JobError::NotPossible { .. })), "{again:?}");
}

#[tokio::test]
async fn a_job_ends_when_its_starter_may_not_come_in_any_more() {
    let f = fixture().await;
    f.numbers.chunks.add_permits(10);
    let starter = f.lab.scope_of(f.tenant, |caller| Caller {
        principal: signalsync_core::Principal { user: Some("usr_gone".to_owned()), ..caller.principal },
        ..caller
    });
    let new = NewJob { kind: "numbers", input: json!(60), can_undo: true, all_or_nothing: false };
    let id = f.change(|tx, _, now| jobs::start(tx, &starter, new.clone(), now)).await.unwrap();
    let (job, _) = f.until(id, |job| job.ended_at.is_some()).await;
    assert_eq!((job.state, job.done), (JobState::Failed, 0));
    assert!(job.why.is_some_and(|why| why.contains("may not come in any more")));
}
