//! Guest code runs on its own threads, one slice of fuel at a time; each slice goes to the tenant
//! that has had the least, by the weight of its tier.
//!
//! A call whose turn it is anyway, because a processor is free and nobody waits, takes its first slice on the thread that
//! asks for it: most calls are over by then, and handing them to another thread and back would cost more than they do.
//!
//! A tenant's *virtual time* is the processor time that its calls have had, divided by its weight.
//! The tenant with the least of it goes next (start-time fair queueing, Goyal, Vin and Chen 1996).
//! A tenant that was idle starts at the time of those who are busy: nobody saves up for a burst.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::future::Future;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use async_task::{Runnable, Task};
use parking_lot::{Condvar, Mutex};
use signalsync_core::TenantId;

/// Whose slice it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Share {
    tenant: TenantId,
    weight: u32,
}

impl Share {
    /// The share of a tenant with this weight; 100 is usual, 0 counts as 1.
    pub(crate) fn new(tenant: TenantId, weight: u32) -> Self {
        Self { tenant, weight: weight.max(1) }
    }
}

/// Runs a future and adds up the time that its polls take.
pub(crate) async fn timed<F: Future>(future: F) -> (F::Output, Duration) {
    let mut future = std::pin::pin!(future);
    let mut spent = Duration::ZERO;
    let output = std::future::poll_fn(|context| {
        let start = Instant::now();
        let poll = future.as_mut().poll(context);
        spent += start.elapsed();
        poll
    })
    .await;
    (output, spent)
}

/// The threads that run guests, and the queue that feeds them.
pub(crate) struct Scheduler {
    queue: Arc<Queue>,
    threads: Vec<JoinHandle<()>>,
}

impl Scheduler {
    /// Starts `threads` threads; host functions that wait use the runtime that this is called in.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start(threads: usize) -> std::io::Result<Self> {
        let queue = Arc::new(Queue::new(threads));
        let host = tokio::runtime::Handle::current();
        let mut started = Self { queue, threads: Vec::with_capacity(threads) };
        for number in 0..threads {
            let (queue, host) = (Arc::clone(&started.queue), host.clone());
            let thread = std::thread::Builder::new().name(format!("guest-{number}")).spawn(move || {
                let _host = host.enter();
                queue.serve();
            })?;
            started.threads.push(thread);
        }
        Ok(started)
    }

    /// Runs a call. Dropping the task drops the call at its next slice.
    pub(crate) fn spawn<F>(&self, share: Share, call: F) -> Task<F::Output, Share>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let queue = Arc::clone(&self.queue);
        let schedule = move |runnable| queue.push(runnable);
        let (runnable, task) = async_task::Builder::new().metadata(share).spawn(|_| call, schedule);
        let entered = self.queue.lanes.lock().enter(share.tenant);
        match entered {
            Entered::Running => self.queue.run_here(runnable),
            Entered::Waits => runnable.schedule(),
        }
        task
    }
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        self.queue.close();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

type Slice = Runnable<Share>;

struct Queue {
    lanes: Mutex<Lanes<Slice>>,
    filled: Condvar,
}

impl Queue {
    fn new(processors: usize) -> Self {
        Self { lanes: Mutex::new(Lanes::new(processors)), filled: Condvar::new() }
    }

    fn push(&self, slice: Slice) {
        let refused = self.lanes.lock().push(slice.metadata().tenant, slice);
        // A slice that came after the end is dropped outside of the lock: dropping it runs destructors.
        drop(refused);
        self.filled.notify_one();
    }

    fn serve(&self) {
        while let Some(slice) = self.next() {
            self.run(slice);
        }
    }

    /// Runs a slice on a thread that does not look for the next one, so somebody else must.
    fn run_here(&self, slice: Slice) {
        self.run(slice);
        let waiting = !self.lanes.lock().ready.is_empty();
        if waiting {
            self.filled.notify_one();
        }
    }

    /// Runs a slice that was taken, and charges it.
    fn run(&self, slice: Slice) {
        let share = *slice.metadata();
        let start = Instant::now();
        slice.run();
        let ns = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.lanes.lock().charge(share.tenant, ns.saturating_mul(100) / u64::from(share.weight));
    }

    fn next(&self) -> Option<Slice> {
        let mut lanes = self.lanes.lock();
        loop {
            if lanes.closed {
                return None;
            }
            if let Some(slice) = lanes.pop() {
                return Some(slice);
            }
            self.filled.wait(&mut lanes);
        }
    }

    fn close(&self) {
        let left = self.lanes.lock().close();
        drop(left);
        self.filled.notify_all();
    }
}

/// Which tenant goes next: a pure data structure.
struct Lanes<S> {
    lanes: HashMap<TenantId, Lane<S>>,
    /// Tenants with waiting slices, in the order of their virtual time.
    ready: BTreeSet<(u64, TenantId)>,
    /// Virtual time of the slice that was taken last.
    now: u64,
    /// Slices that may run at the same time, wherever they run.
    processors: usize,
    running: usize,
    closed: bool,
}

/// What becomes of a call that has just come.
#[derive(Debug, PartialEq, Eq)]
enum Entered {
    /// It is its turn: its first slice counts as running from now on.
    Running,
    /// Others are before it.
    Waits,
}

struct Lane<S> {
    slices: VecDeque<S>,
    virtual_time: u64,
    /// Slices that run now and are yet to be charged.
    running: u32,
}

impl<S> Lanes<S> {
    fn new(processors: usize) -> Self {
        Self { lanes: HashMap::new(), ready: BTreeSet::new(), now: 0, processors, running: 0, closed: false }
    }

    fn lane(&mut self, tenant: TenantId) -> &mut Lane<S> {
        let now = self.now;
        self.lanes.entry(tenant).or_insert(Lane { slices: VecDeque::new(), virtual_time: now, running: 0 })
    }

    /// Lets a call begin at once when a processor is free and nobody waits.
    fn enter(&mut self, tenant: TenantId) -> Entered {
        if self.closed || self.running >= self.processors || !self.ready.is_empty() {
            return Entered::Waits;
        }
        let now = self.now;
        let lane = self.lane(tenant);
        lane.virtual_time = lane.virtual_time.max(now);
        lane.running += 1;
        self.now = lane.virtual_time;
        self.running += 1;
        Entered::Running
    }

    /// Queues a slice; gives it back when the end has come.
    fn push(&mut self, tenant: TenantId, slice: S) -> Option<S> {
        if self.closed {
            return Some(slice);
        }
        let now = self.now;
        let lane = self.lane(tenant);
        let came_back = lane.slices.is_empty().then(|| {
            lane.virtual_time = lane.virtual_time.max(now);
            lane.virtual_time
        });
        lane.slices.push_back(slice);
        self.ready.extend(came_back.map(|virtual_time| (virtual_time, tenant)));
        None
    }

    fn pop(&mut self) -> Option<S> {
        if self.running >= self.processors {
            return None;
        }
        let (virtual_time, tenant) = self.ready.pop_first()?;
        self.now = self.now.max(virtual_time);
        let lane = self.lanes.get_mut(&tenant)?;
        let slice = lane.slices.pop_front()?;
        lane.running += 1;
        self.running += 1;
        if !lane.slices.is_empty() {
            self.ready.insert((virtual_time, tenant));
        }
        Some(slice)
    }

    /// Books what a slice has used, and forgets a tenant that has nothing left to run.
    fn charge(&mut self, tenant: TenantId, used: u64) {
        self.running -= 1;
        let Some(lane) = self.lanes.get_mut(&tenant) else { return };
        lane.running -= 1;
        let waiting = self.ready.remove(&(lane.virtual_time, tenant));
        lane.virtual_time = lane.virtual_time.saturating_add(used);
        if waiting {
            self.ready.insert((lane.virtual_time, tenant));
        }
        // A debt is kept while others have not caught up, so that leaving and coming back pays nothing.
        if !waiting && lane.running == 0 && lane.virtual_time <= self.now {
            self.lanes.remove(&tenant);
        }
        self.forget_the_idle();
    }

    /// Bounds the table: idle tenants whose debt is paid are dropped once it has grown.
    fn forget_the_idle(&mut self) {
        const LANES_BEFORE_SWEEP: usize = 4_096;
        if self.lanes.len() > LANES_BEFORE_SWEEP && self.lanes.len().is_power_of_two() {
            let now = self.now;
            self.lanes.retain(|_, lane| lane.running > 0 || !lane.slices.is_empty() || lane.virtual_time > now);
        }
    }

    fn close(&mut self) -> Vec<S> {
        self.closed = true;
        self.ready.clear();
        self.lanes.drain().flat_map(|(_, lane)| lane.slices).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs so many slices of equal length, each call always coming back, and counts whose they were.
    fn shares(calls: &[(TenantId, u64)], slices: usize) -> HashMap<TenantId, usize> {
        let mut lanes = Lanes::new(1);
        for &(tenant, weight) in calls {
            assert!(lanes.push(tenant, (tenant, weight)).is_none());
        }
        let mut had = HashMap::new();
        for _ in 0..slices {
            let Some((tenant, weight)) = lanes.pop() else { break };
            *had.entry(tenant).or_default() += 1;
            lanes.charge(tenant, 1_000 * 100 / weight);
            lanes.push(tenant, (tenant, weight));
        }
        had
    }

    #[test]
    fn many_calls_get_no_more_than_one() {
        let (greedy, modest) = (TenantId::new(), TenantId::new());
        let mut calls = vec![(greedy, 100); 50];
        calls.push((modest, 100));
        let had = shares(&calls, 1_000);
        assert!(had[&modest].abs_diff(had[&greedy]) <= 2, "{had:?}");
    }

    #[test]
    fn weight_is_a_share() {
        let (gold, free) = (TenantId::new(), TenantId::new());
        let had = shares(&[(gold, 300), (free, 100)], 1_000);
        assert!(had[&gold].abs_diff(750) <= 3, "{had:?}");
    }

    #[test]
    fn idleness_saves_nothing_up_and_leaving_forgives_nothing() {
        let (busy, late) = (TenantId::new(), TenantId::new());
        let mut lanes = Lanes::new(1);
        lanes.push(busy, "busy");
        for _ in 0..100 {
            lanes.pop();
            lanes.charge(busy, 1_000);
            lanes.push(busy, "busy");
        }
        lanes.push(late, "late");
        let mut order = Vec::new();
        for _ in 0..6 {
            let slice = lanes.pop().unwrap_or("none");
            order.push(slice);
            let tenant = if slice == "busy" { busy } else { late };
            lanes.charge(tenant, 1_000);
            lanes.push(tenant, slice);
        }
        assert_eq!(order.iter().filter(|slice| **slice == "late").count(), 3, "{order:?}");
    }

    #[test]
    fn a_call_begins_at_once_when_a_processor_is_free_and_nobody_waits() {
        let (one, two) = (TenantId::new(), TenantId::new());
        let mut lanes = Lanes::new(2);
        assert_eq!(lanes.enter(one), Entered::Running);
        assert_eq!(lanes.enter(one), Entered::Running);
        assert_eq!(lanes.enter(two), Entered::Waits, "both processors are taken");
        lanes.push(two, "waits");
        assert_eq!(lanes.pop(), None);
        lanes.charge(one, 1_000);
        assert_eq!(lanes.enter(one), Entered::Waits, "somebody is before it");
        assert_eq!(lanes.pop(), Some("waits"));
        lanes.charge(two, 1_000);
        lanes.charge(one, 1_000);
        assert_eq!(lanes.running, 0);
        lanes.close();
        assert_eq!(lanes.enter(one), Entered::Waits);
    }

    #[test]
    fn nothing_is_taken_after_the_end() {
        let mut lanes = Lanes::new(1);
        lanes.push(TenantId::new(), 1);
        assert_eq!(lanes.close(), [1]);
        assert_eq!(lanes.push(TenantId::new(), 2), Some(2));
        assert_eq!(lanes.pop(), None);
    }

    #[tokio::test]
    async fn calls_run_and_are_timed() {
        let scheduler = Scheduler::start(2).expect("threads");
        let share = Share::new(TenantId::new(), 100);
        let task = scheduler.spawn(
            share,
            timed(async {
                tokio::task::yield_now().await;
                tokio::time::sleep(Duration::from_millis(1)).await;
                7
            }),
        );
        let (answer, spent) = task.await;
        assert_eq!(answer, 7);
        assert!(spent > Duration::ZERO);
    }
}
