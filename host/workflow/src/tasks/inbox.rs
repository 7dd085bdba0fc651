//! Inboxes: what somebody is asked to do, over all by which they are asked.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use signalsync_core::contract::workflow::Priority;
use signalsync_core::{DeploymentName, RunId, TaskId, Timestamp, UserId};
use signalsync_store::{Listing, StoreError, Table, Transaction};

use crate::machine::{Holder, Task};
use crate::rows::{self, TASK, at_place, damaged};

/// Most tasks in one part of a list.
const PAGE_MAX: usize = 200;

/// Places in inboxes that one page looks at, wanted or not.
const LOOKS_MAX: usize = 1_000;

/// Tasks that are counted; of those beyond, it is only said that there are more.
const COUNTED_MAX: usize = 1_000;

/// Which tasks are wanted.
#[derive(Debug, Clone, Default)]
pub struct TaskFilter {
    /// Only by this the caller is asked: `me`, or a group.
    pub holder: Option<Holder>,
    pub workflow: Option<DeploymentName>,
    pub run: Option<RunId>,
    /// At least so urgent.
    pub priority: Option<Priority>,
    /// Due before.
    pub due_before: Option<Timestamp>,
}

impl TaskFilter {
    fn fits(&self, task: &Task) -> bool {
        self.workflow.as_ref().is_none_or(|workflow| task.workflow == *workflow)
            && self.run.is_none_or(|run| task.run == run)
            && self.priority.is_none_or(|priority| task.priority >= priority)
            && self.due_before.is_none_or(|at| task.due.is_some_and(|due| due < at))
    }
}

/// How many tasks somebody is asked to do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "TaskCounts")]
#[serde(rename_all = "kebab-case")]
pub struct Counts {
    /// In all; each once.
    pub open: usize,
    /// As themselves.
    pub mine: usize,
    /// Whose time has passed.
    pub late: usize,
    /// Whether there are more than are counted.
    pub more: bool,
}

/// Tasks that somebody may do, what is due first comes first.
pub(super) fn list(
    tx: &mut Transaction,
    (me, mine): (UserId, &BTreeSet<Holder>),
    filter: &TaskFilter,
    after: Option<&str>,
    limit: usize,
) -> Result<Listing<Task>, StoreError> {
    let wanted: BTreeSet<_> =
        mine.iter().filter(|own| filter.holder.as_ref().is_none_or(|only| only == *own)).collect();
    let places = places(tx, &wanted, after, LOOKS_MAX)?;
    let (limit, more) = (limit.clamp(1, PAGE_MAX), places.len() > LOOKS_MAX);
    let mut items = Vec::new();
    let mut last = None;
    for place in places.into_keys().take(LOOKS_MAX) {
        let task = task_at(tx, &place)?;
        if filter.fits(&task) && task.seat(me, mine).is_ok() {
            items.push(task);
        }
        if items.len() == limit {
            return Ok(Listing { items, next: Some(place) });
        }
        last = Some(place);
    }
    Ok(Listing { items, next: last.filter(|_| more) })
}

/// The first places in all of these inboxes together, each once, and whether it is somebody's own; one more than asked for
/// when there are more.
fn places(
    tx: &mut Transaction,
    holders: &BTreeSet<&Holder>,
    after: Option<&str>,
    limit: usize,
) -> Result<BTreeMap<String, bool>, StoreError> {
    let mut found = BTreeMap::new();
    for holder in holders {
        let page = tx.scan(Table::Inboxes, &[&holder.to_string()], "", after, limit + 1, usize::MAX)?;
        let own = matches!(holder, Holder::User(_));
        for (place, _) in page.entries {
            *found.entry(place).or_default() |= own;
        }
    }
    while found.len() > limit + 1 {
        found.pop_last();
    }
    Ok(found)
}

fn task_at(tx: &mut Transaction, place: &str) -> Result<Task, StoreError> {
    let id = at_place(place).ok_or_else(|| damaged("a place in an inbox"))?;
    rows::task(tx, id)?.ok_or_else(|| damaged("a place in an inbox"))
}

/// Counts without looking at the tasks: places say when they are due.
pub(super) fn count(
    tx: &mut Transaction,
    (_, mine): (UserId, &BTreeSet<Holder>),
    now: Timestamp,
) -> Result<Counts, StoreError> {
    let places = places(tx, &mine.iter().collect(), None, COUNTED_MAX)?;
    let mut counts = Counts { more: places.len() > COUNTED_MAX, ..Counts::default() };
    for (place, own) in places.into_iter().take(COUNTED_MAX) {
        counts.open += 1;
        counts.mine += usize::from(own);
        let due = place.split('/').next().and_then(|due| due.parse().ok()).map_or(u64::MAX, |due: u64| due);
        counts.late += usize::from(due <= now.0);
    }
    Ok(counts)
}

/// All tasks of a run, oldest first.
pub(super) fn of_run(
    tx: &mut Transaction,
    run: RunId,
    after: Option<&str>,
    limit: usize,
) -> Result<Listing<Task>, StoreError> {
    let page = tx.scan(Table::RunItems, &[&run.to_string(), TASK], "", after, limit.clamp(1, PAGE_MAX), usize::MAX)?;
    let mut items = Vec::with_capacity(page.entries.len());
    for (id, _) in &page.entries {
        let id: TaskId = id.parse().map_err(|_| damaged("a task of a run"))?;
        items.push(rows::task(tx, id)?.ok_or_else(|| damaged("a task of a run"))?);
    }
    Ok(Listing { items, next: page.next })
}
