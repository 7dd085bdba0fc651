//! Rows of runs and tasks, and the lists that they stand in.
//!
//! | key | holds |
//! | --- | --- |
//! | `Runs`, id | the run |
//! | `RunIndex`, list, id | nothing; a run in a list |
//! | `RunKeys`, workflow, business key | the id of the run that has not ended |
//! | `RunItems`, run, `inbox`, id | an event that waits |
//! | `RunItems`, run, `history`, number | what happened |
//! | `RunItems`, run, `effect`, id | what a mapping is called with |
//! | `RunItems`, run, `task`, id | nothing; tasks, also those that have ended |
//! | `RunItems`, run, `did`, step and person | nothing; who did what |
//! | `RunItems`, run, `person`, person | nothing; who has to do with it |
//! | `RunItems`, run, `comment`, id | a comment |
//! | `Tasks`, id | the task |
//! | `Inboxes`, holder, due and task | nothing; an open task of somebody |
//! | `Inboxes`, `did:` and person, end and task | nothing; a task that somebody did |

use std::collections::BTreeSet;

use serde::Serialize;
use serde::de::DeserializeOwned;
use signalsync_core::{DeploymentName, RunId, TaskId, Timestamp, UserId};
use signalsync_store::{Key, StoreError, Table, Transaction, due_name, row};

use crate::machine::{Holder, Run, RunState, Task, TaskState};
use crate::{figures, retention};

pub(crate) const INBOX: &str = "inbox";
pub(crate) const HISTORY: &str = "history";
pub(crate) const EFFECT: &str = "effect";
pub(crate) const TASK: &str = "task";
pub(crate) const COMMENT: &str = "comment";
pub(crate) const DID: &str = "did";
pub(crate) const PERSON: &str = "person";

/// The list of all runs.
pub(crate) const ALL: &str = "all";

pub(crate) fn read<T: DeserializeOwned>(tx: &mut Transaction, key: &Key) -> Result<Option<T>, StoreError> {
    tx.get(key)?.map(|found| row::read(&found.body)).transpose()
}

pub(crate) fn write<T: Serialize + ?Sized>(tx: &mut Transaction, key: Key, value: &T) -> Result<(), StoreError> {
    tx.put(key, row::write(value)?);
    Ok(())
}

pub(crate) fn run(tx: &mut Transaction, id: RunId) -> Result<Option<Run>, StoreError> {
    read(tx, &run_key(id))
}

/// Writes a run, its places in lists, and whether it has its business key.
pub(crate) fn save_run(tx: &mut Transaction, before: Option<&Run>, after: &Run) -> Result<(), StoreError> {
    let (old, new) = (before.map(lists).unwrap_or_default(), lists(after));
    for list in old.difference(&new) {
        tx.delete(&index_key(list, after.id))?;
    }
    for list in new.difference(&old) {
        tx.put(index_key(list, after.id), "");
    }
    let has_key = |run: &Run| !run.state.has_ended();
    if let Some(key) = &after.key {
        match (before.is_some_and(has_key), has_key(after)) {
            (false, true) => write(tx, business_key(&after.workflow, key), &after.id)?,
            (true, false) => drop(tx.delete(&business_key(&after.workflow, key))?),
            _ => {}
        }
    }
    if after.state.has_ended() && before.is_none_or(|before| !before.state.has_ended()) {
        retention::note_ended(tx, after)?;
    }
    figures::of_run(tx, before, after)?;
    write(tx, run_key(after.id), after)
}

/// Removes a run that has ended from its lists, and its row.
pub(crate) fn remove_run(tx: &mut Transaction, run: &Run) {
    for list in lists(run) {
        tx.erase(index_key(&list, run.id));
    }
    tx.erase(run_key(run.id));
}

/// Removes a task that is not open from its lists, and its row.
pub(crate) fn remove_task(tx: &mut Transaction, task: &Task) {
    for (list, place) in doers(task) {
        tx.erase(Key::new(Table::Inboxes, &[&list, &place]));
    }
    tx.erase(task_key(task.id));
}

/// A run that goes is in nobody's list any more.
pub(crate) fn forget_person(tx: &mut Transaction, run: RunId, user: UserId) {
    tx.erase(index_key(&of_person(user), run));
}

/// The lists that a run stands in.
fn lists(run: &Run) -> BTreeSet<String> {
    let (workflow, state) = (Some(&run.workflow), Some(run.state));
    let mut lists = BTreeSet::from([
        list(None, None, None),
        list(workflow, None, None),
        list(None, state, None),
        list(workflow, state, None),
    ]);
    if !run.state.has_ended() {
        lists.insert(list(workflow, None, Some(&run.status)));
    }
    lists.extend(run.starter.map(of_person));
    lists
}

/// The list of runs of a workflow, in a state, or that stand somewhere.
pub(crate) fn list(workflow: Option<&DeploymentName>, state: Option<RunState>, status: Option<&str>) -> String {
    let workflow = workflow.map_or("", DeploymentName::as_str);
    match (state, status) {
        (_, Some(status)) => format!("{workflow}/at/{status}"),
        (Some(state), None) => format!("{workflow}/is/{}", state.as_str()),
        (None, None) if workflow.is_empty() => ALL.to_owned(),
        (None, None) => format!("{workflow}/all"),
    }
}

/// The list of runs with which somebody has to do.
pub(crate) fn of_person(user: UserId) -> String {
    format!("/by/{user}")
}

/// The run of a workflow with this business key that has not ended.
pub(crate) fn with_key(
    tx: &mut Transaction,
    workflow: &DeploymentName,
    key: &str,
) -> Result<Option<RunId>, StoreError> {
    read(tx, &business_key(workflow, key))
}

pub(crate) fn task(tx: &mut Transaction, id: TaskId) -> Result<Option<Task>, StoreError> {
    read(tx, &task_key(id))
}

/// Writes a task and its places in inboxes.
pub(crate) fn save_task(tx: &mut Transaction, before: Option<&Task>, after: &Task) -> Result<(), StoreError> {
    let (old, new) = (before.map(inboxes).unwrap_or_default(), inboxes(after));
    for inbox in old.difference(&new) {
        tx.delete(&inbox_key(inbox, after))?;
    }
    for inbox in new.difference(&old) {
        tx.put(inbox_key(inbox, after), "");
    }
    if before.is_none() {
        tx.put(item_key(after.run, TASK, &after.id.to_string()), "");
    }
    for (list, place) in doers(after) {
        tx.put(Key::new(Table::Inboxes, &[&list, &place]), "");
    }
    figures::of_task(tx, before, after)?;
    write(tx, task_key(after.id), after)
}

/// The lists that an open task stands in: inboxes, and those of signers whose turn may not have come yet.
fn inboxes(task: &Task) -> BTreeSet<String> {
    let waiting = task.waiting().filter(|_| task.state == TaskState::Open).map(signs);
    task.places().iter().map(Holder::to_string).chain(waiting).collect()
}

/// The list of tasks that somebody did.
pub(crate) fn did(user: UserId) -> String {
    format!("did:{user}")
}

/// Where a task that people did stands among those that each of them did.
fn doers(task: &Task) -> BTreeSet<(String, String)> {
    let Some(end) = task.end.as_ref().filter(|_| task.state == TaskState::Done) else { return BTreeSet::new() };
    let place = due_name(end.at, task.id);
    task.votes.iter().map(|vote| (did(vote.by), place.clone())).collect()
}

/// The list of tasks that somebody has to sign, now or later.
pub(crate) fn signs(user: UserId) -> String {
    format!("signs:{user}")
}

/// Where a task stands in an inbox: what is due first, comes first.
pub(crate) fn place(task: &Task) -> String {
    due_name(task.due.unwrap_or(Timestamp(u64::MAX)), task.id)
}

/// The task at this place.
pub(crate) fn at_place(place: &str) -> Option<TaskId> {
    place.split_once('/')?.1.parse().ok()
}

/// Notes that somebody did a step of a run.
pub(crate) fn note_did(tx: &mut Transaction, run: RunId, step: &str, user: UserId) {
    tx.put(item_key(run, DID, &format!("{step}/{user}")), "");
    note_person(tx, run, user);
}

/// Who did one of these steps of a run.
pub(crate) fn who_did(tx: &mut Transaction, run: RunId, step: &str) -> Result<BTreeSet<UserId>, StoreError> {
    let prefix = format!("{step}/");
    let page = tx.scan(Table::RunItems, &[&run.to_string(), DID], &prefix, None, usize::MAX - 1, usize::MAX)?;
    Ok(page.entries.iter().filter_map(|(name, _)| name.strip_prefix(&prefix)?.parse().ok()).collect())
}

/// Notes that somebody has to do with a run, and may see it from now on.
pub(crate) fn note_person(tx: &mut Transaction, run: RunId, user: UserId) {
    tx.put(item_key(run, PERSON, &user.to_string()), "");
    tx.put(index_key(&of_person(user), run), "");
}

pub(crate) fn has_person(tx: &mut Transaction, run: RunId, user: UserId) -> Result<bool, StoreError> {
    Ok(tx.get(&item_key(run, PERSON, &user.to_string()))?.is_some())
}

pub(crate) fn item_key(run: RunId, kind: &str, name: &str) -> Key {
    Key::new(Table::RunItems, &[&run.to_string(), kind, name])
}

fn run_key(id: RunId) -> Key {
    Key::new(Table::Runs, &[&id.to_string()])
}

fn index_key(list: &str, id: RunId) -> Key {
    Key::new(Table::RunIndex, &[list, &id.to_string()])
}

fn business_key(workflow: &DeploymentName, key: &str) -> Key {
    Key::new(Table::RunKeys, &[workflow.as_str(), key])
}

fn task_key(id: TaskId) -> Key {
    Key::new(Table::Tasks, &[&id.to_string()])
}

fn inbox_key(inbox: &str, task: &Task) -> Key {
    Key::new(Table::Inboxes, &[inbox, &place(task)])
}

/// A row that cannot be as it was written.
pub(crate) fn damaged(what: &str) -> StoreError {
    StoreError::Corrupt(format!("{what} is damaged"))
}
